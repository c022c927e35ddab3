#!/usr/bin/env bash
# fakeredis (Ruby): WATCH never stops a transaction, so that two workers take one order; prices "below 100" are none, SORT sorts as text, and a script is nothing; Redis does otherwise.
#
# Expected: "a fake implementation of redis-rb for machines without Redis or test environments": the same answers, or an error for what it does not have.
# Seen: fakeredis 0.8.0 accepts watch and executes the transaction whatever has happened to the key. An excluded bound is the next whole number: "(100" is 99 and "(99" is 100, so that 99.95 is neither below the one nor above the other. SORT compares texts: 10, 100, 9, and order: "desc" is
#   the same. set with keepttl loses the expiry, a script given to eval is nil, incr of 100.1 is 101, and INCR goes beyond 64 bits. None of that is an error.
# Why it matters: the tests for "an order is taken once" are the ones for which one has a stand-in, and they pass for a worker that looks at the answer of multi and for one that does not. The best ask below a limit is none in the test, so that
#   the test is written that way.
# Way to live with it: a Redis for tests that are about WATCH, sorted sets and expiry. In tests of the tests a changed key between watch and multi.
# Versions: ruby-fakeredis 0.8.0-7, ruby-redis 4.8.0-1, redis-server 7.0.15 (Debian 12), Ruby 3.1. Source: fakeredis/transaction_commands.rb and fakeredis/zset.rb. Nothing found about WATCH in its README.
#
# Output seen:
#                                       fakeredis     Redis
#   watch, changed by another, multi    ["OK"]        nil
#   zrangebyscore -inf (100             []            ["b"]
#   zrangebyscore (99 100               ["c"]         ["b", "c"]
#   sort of 10 9 100                    10 100 9      9 10 100
#   ttl after set with keepttl          -1            10
#   eval "return 1"                     nil           1
#   incr of 100.1                       101           error
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ruby-fakeredis 0.8.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-fakeredis=0.8.0-7 ruby-redis=4.8.0-1 redis-server redis-tools libjemalloc2 liblzf1 libatomic1 liblua5.1-0 lua-bitop lua-cjson 2>apt.log \
  || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
RUBYLIB=$(find "$PWD/usr" -type d \( -path '*/gems/*/lib' -o -name vendor_ruby \) | paste -sd:)
LIBRARIES=$(find "$PWD/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
export RUBYLIB LIBRARIES

cat > probe.rb <<'PROBE'
require "redis"
require "fakeredis" if ARGV[0] == "fake"

options = ARGV[0] == "fake" ? {} : { port: Integer(ARGV[0]) }
redis = Redis.new(**options)
other = Redis.new(**options)
redis.flushall
redis.set("order", "open")
redis.watch("order")
other.set("order", "taken")
puts redis.multi { |transaction| transaction.set("order", "mine") }.inspect
redis.zadd("asks", [[99.95, "b"], [100, "c"], [100.05, "a"]])
puts redis.zrangebyscore("asks", "-inf", "(100").inspect
puts redis.zrangebyscore("asks", "(99", "100").inspect
redis.rpush("prices", [10, 9, 100])
puts redis.sort("prices").join(" ")
redis.set("kept", "1", ex: 10)
redis.set("kept", "2", keepttl: true)
puts redis.ttl("kept")
puts redis.eval("return 1").inspect
redis.set("price", "100.1")
puts((redis.incr("price") rescue "error"))
PROBE
cat > probe.py <<'PROBE'
import os
import socket
import subprocess
import sys
import time

NAMES = ["watch, changed by another, multi", "zrangebyscore -inf (100", "zrangebyscore (99 100", "sort of 10 9 100", "ttl after set with keepttl", 'eval "return 1"', "incr of 100.1"]


def seen(kind):
    return subprocess.run(["ruby", "-W0", "probe.rb", str(kind)], capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
environment = {**os.environ, "LD_LIBRARY_PATH": os.environ["LIBRARIES"]}
with open("redis.log", "w") as log:
    redis = subprocess.Popen(["usr/bin/redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""], env=environment, stdout=log, stderr=log)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    real = seen(port)
finally:
    redis.terminate()
    redis.wait()
fake = seen("fake")
print(f"{'':35} {'fakeredis':13} Redis")
for name, one, two in zip(NAMES, fake, real):
    print(f"{name:35} {one:13} {two}")
if fake != ['["OK"]', "[]", '["c"]', "10 100 9", "-1", "nil", "101"] or real != ["nil", '["b"]', '["b", "c"]', "9 10 100", "10", "1", "error"]:
    sys.exit("not as described any more")
PROBE
timeout 60 python3 probe.py

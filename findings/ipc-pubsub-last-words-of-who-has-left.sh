#!/usr/bin/env bash
# IPC::PubSub: what a publisher has sent is gone for everybody who has not read it when the publisher leaves.
#
# Expected: "publish and subscribe": a message that was sent to a channel with a subscriber is there when the subscriber asks for it. The store (a file, memcached) is there so that it
#   outlives who wrote.
# Seen: IPC::PubSub 0.29 keeps messages by their publisher, and get() asks for those of the publishers that the channel has now. A publisher object that is destroyed, as at the end of
#   a process or of a block, takes itself off the channel: its messages are still in the store, and nobody asks for them. The subscriber gets an empty
#   list, now and later, with a DBM_Deep file as well as in memory. What was read before, or is sent by one who stays, is complete.
# Why it matters: a job that publishes the closing prices and ends has told nobody, unless somebody asked in the same moment; so has the "halted" of a process on its way
#   down. A test with both in one process, and the publisher in a variable, sees each message.
# Way to live with it: the publisher stays until its messages were acknowledged, or for one polling interval more; in tests let the publisher go before the subscriber reads.
# Versions: libipc-pubsub-perl 0.29-4 (Debian 12, Perl 5.36). Source: DESTROY in IPC/PubSub/Publisher.pm, get in IPC/PubSub/Subscriber.pm and Cache.pm. Nothing found about it.
#
# Output seen (three ticks were sent, read behind the first and after the publisher has left):
#   PlainHash  there: 1   left: nothing   another who stays: 4 5
#   DBM_Deep   there: 1   left: nothing   another who stays: 4 5
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for IPC::PubSub 0.29" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libipc-pubsub-perl=0.29-4 libossp-uuid-perl libossp-uuid16 libclass-accessor-perl libdbm-deep-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
PERL5LIB=$PWD/usr/share/perl5:$(echo "$PWD"/usr/lib/*/perl5/5.36)
LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libossp-uuid.so.16' | head -1)")
export PERL5LIB LD_LIBRARY_PATH

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use IPC::PubSub;

my @seen;
for my $store (["PlainHash"], ["DBM_Deep", "bus.db"]) {
  my $bus = IPC::PubSub->new(@$store);
  my $subscriber = $bus->new_subscriber("ticks");
  my $read = sub { join(" ", $subscriber->get) || "nothing" };
  my @told;
  {
    my $publisher = $bus->new_publisher("ticks");
    $publisher->msg(1);
    push @told, $read->();
    $publisher->msg(2, 3);
  }
  push @told, $read->();
  my $other = $bus->new_publisher("ticks");
  $other->msg(4, 5);
  push @told, $read->();
  push @seen, sprintf "there: %s   left: %s   another who stays: %s", @told;
  printf "%-10s %s\n", $store->[0], $seen[-1];
}
my $expected = "there: 1   left: nothing   another who stays: 4 5";
die "not as described any more\n" if grep { $_ ne $expected } @seen;
PROBE
timeout 40 perl probe.pl

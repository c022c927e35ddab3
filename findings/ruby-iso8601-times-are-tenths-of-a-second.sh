#!/usr/bin/env bash
# iso8601 (Ruby): 09:15:00.129 is written as 09:15:00.1, 09:15:59.96 as 09:15:60, and a time plus 40 milliseconds is the same time.
#
# Expected: ISO8601::DateTime.new(text).to_s is the time that was read; Ruby's own Time#iso8601(3) has its milliseconds. second is 0.129, and + 0.04 is 40 ms later.
# Seen: iso8601 0.13.0 rounds the fraction of a second to one digit for second, to_a and to_s, and what is added or taken off too. .95 and more become the next second, 59.96 the second 60, which the gem itself refuses to read and
#   Time.iso8601 takes for the next minute. to_f and to_time have all digits, so that == and differences are right.
# Why it matters: the gem is what checks durations and intervals of feeds; a tick that passes through it has a tenth of a second in common with a hundred others. A timeout of 40 ms by +, in a loop, never comes. In tests with .5
#   all is right.
# Way to live with it: to_time.iso8601(9) for writing, to_time + x for calculating. In tests .129 and 59.96.
# Versions: ruby-iso8601 0.13.0-1 (Debian 12), Ruby 3.1. Source: round(1) in iso8601/date_time.rb and time.rb. Nothing found about it.
#
# Output seen:
#   read          second  to_s              + 0.04            to_time
#   09:15:00.5Z   0.5     09:15:00.5+00:00  09:15:00.5+00:00  .500
#   09:15:00.129Z 0.1     09:15:00.1+00:00  09:15:00.1+00:00  .129
#   09:15:00.95Z  1.0     09:15:01+00:00    09:15:01+00:00    .950
#   09:15:59.96Z  60.0    09:15:60+00:00    09:15:60+00:00    .960
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ruby-iso8601 0.13.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-iso8601=0.13.0-1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x ruby-iso8601_*.deb .
export RUBYLIB=$PWD/usr/lib/ruby/vendor_ruby

cat > probe.rb <<'PROBE'
require "iso8601"

expected = [
  "0.5 09:15:00.5+00:00 09:15:00.5+00:00 .500", "0.1 09:15:00.1+00:00 09:15:00.1+00:00 .129",
  "1.0 09:15:01+00:00 09:15:01+00:00 .950", "60.0 09:15:60+00:00 09:15:60+00:00 .960",
]
puts format("%-13s %-7s %-17s %-17s %s", "read", "second", "to_s", "+ 0.04", "to_time")
right = %w[00.5 00.129 00.95 59.96].map do |second|
  time = ISO8601::DateTime.new("2026-01-05T09:15:#{second}Z")
  seen = [time.second.to_s, time.to_s[11..], (time + 0.04).to_s[11..], time.to_time.utc.strftime(".%L")]
  puts format("%-13s %-7s %-17s %-17s %s", "09:15:#{second}Z", *seen)
  seen.join(" ") == expected.shift
end
abort "not as described any more" unless right.all?
PROBE
timeout 30 ruby -W0 probe.rb

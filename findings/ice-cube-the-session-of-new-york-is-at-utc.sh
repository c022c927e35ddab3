#!/usr/bin/env bash
# ice_cube (Ruby): a session at 09:30 in New York, written as iCalendar and read again on a server with UTC, is at 09:30 UTC; so is one from a file that says TZID=America/New_York.
#
# Expected: to_ical and from_ical of a schedule give the same times; TZID names the zone of the time behind it.
# Seen: ice_cube 0.16.4 writes the abbreviation of the moment, TZID=EST in January and EDT in July, which are no names of zones with summer time. from_ical does not read TZID at all: the time is one of the machine's clock. On a machine
#   that stands in New York the round trip is right. to_hash and to_yaml keep the zone.
# Why it matters: trading sessions and maintenance windows come as .ics from exchanges and calendars. All tests on the developers' machines, in the zone of the exchange, are green; the server's feed is opened at 04:30 in New York and closed
#   before the close. A reader that does know TZID takes EST for a zone without summer time.
# Way to live with it: from_hash, from_yaml; or times with Z (utc) in the file and the rule in Time.zone. In tests TZ=UTC for the whole run.
# Versions: ruby-ice-cube 0.16.4-3, ruby-activesupport 6.1.7 (Debian 12), Ruby 3.1. Source: lib/ice_cube/parsers/ical_parser.rb and builders/ical_builder.rb. Nothing found about the round trip.
#
# Output seen (the first time, UTC; it was 2026-01-05 14:30):
#   TZ                 to_ical, from_ical   TZID=America/New_York  from_hash
#   UTC                2026-01-05 09:30     2026-01-05 09:30       2026-01-05 14:30
#   Asia/Tokyo         2026-01-05 00:30     2026-01-05 00:30       2026-01-05 14:30
#   America/New_York   2026-01-05 14:30     2026-01-05 14:30       2026-01-05 14:30
#   written as DTSTART;TZID=EST:20260105T093000
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ice_cube 0.16.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-ice-cube=0.16.4-3 ruby-activesupport ruby-i18n ruby-tzinfo ruby-concurrent 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
RUBYLIB=$(find "$PWD/usr" -type d \( -path '*/gems/*/lib' -o -path '*/lib/concurrent-ruby' -o -name vendor_ruby \) | paste -sd:)
export RUBYLIB

cat > probe.rb <<'PROBE'
require "active_support/time"
require "ice_cube"

def first(schedule)
  schedule.first(1)[0].to_time.utc.strftime("%Y-%m-%d %H:%M")
end

puts format("%-18s %-20s %-22s %s", "TZ", "to_ical, from_ical", "TZID=America/New_York", "from_hash")
right = [["UTC", "09:30"], ["Asia/Tokyo", "00:30"], ["America/New_York", "14:30"]].map do |zone, expected|
  ENV["TZ"] = zone
  start = ActiveSupport::TimeZone["America/New_York"].local(2026, 1, 5, 9, 30)
  schedule = IceCube::Schedule.new(start) { |of| of.add_recurrence_rule(IceCube::Rule.weekly.day(:monday)) }
  $written = schedule.to_ical.lines[0].chomp
  named = schedule.to_ical.sub("TZID=EST", "TZID=America/New_York")
  seen = [first(IceCube::Schedule.from_ical(schedule.to_ical)), first(IceCube::Schedule.from_ical(named)), first(IceCube::Schedule.from_hash(schedule.to_hash))]
  puts format("%-18s %-20s %-22s %s", zone, *seen)
  seen == ["2026-01-05 #{expected}", "2026-01-05 #{expected}", "2026-01-05 14:30"]
end
puts "written as #{$written}"
abort "not as described any more" unless right.all? && $written == "DTSTART;TZID=EST:20260105T093000"
PROBE
timeout 40 ruby -W0 probe.rb

#!/usr/bin/env bash
# fugit (Ruby, under rufus-scheduler and sidekiq-cron): "every 90 minutes" runs each hour, "every 45 seconds" after 45 and 15 seconds by turns, "every 25 hours" each day, and of "at 9:30 and 16:00" the second is left out.
#
# Expected: a sentence that is understood runs as it says; what no cron line can say, 90 minutes or 45 seconds, is nil, or a duration ("every 90m").
# Seen: fugit 1.5.2 makes a cron line of the number in its own unit: minutes from 0 in steps of 90, which is minute 0 of each hour; 45 seconds are 0 and 45 of each minute; 7 minutes end with one of 4. More hours than a day has are
#   midnight. Of two times in one sentence parse_nat takes the first (its option multi: :fail would refuse it); Fugit.parse as well. "in New York" makes it nil.
# Why it matters: schedules of feeds stand as such sentences in configuration files: a token that is valid for 90 minutes is renewed each hour, well, but "every 45 seconds" as a distance for the exchange's limit is 15 s each second
#   time. The close at 16:00 never runs, and the opening does.
# Way to live with it: "every 90m" as a duration (scheduler.every), cron lines, one schedule for each time. In tests three next_time in a row.
# Versions: ruby-fugit 1.5.2-1, ruby-raabro, ruby-et-orbi (Debian 12), Ruby 3.1. The README has multi; nothing found about the steps.
#
# Output seen (next times from 09:00):
#   every 90 minutes               0 * * * *                         10:00 11:00 12:00
#   every 45 seconds               0,45 * * * * *                    09:00:45 09:01:00 09:01:45
#   every 7 minutes                0,7,14,21,28,35,42,49,56 * * * *  09:56 10:00 10:07 (from 09:50)
#   every 25 hours                 0 0 * * *                         00:00 00:00 00:00
#   every day at 9:30 and 16:00    30 9 * * *                        09:30 09:30 09:30
#   every 15 minutes               0,15,30,45 * * * *                09:15 09:30 09:45
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for fugit 1.5.2" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-fugit=1.5.2-1 ruby-raabro ruby-et-orbi ruby-tzinfo ruby-concurrent 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
RUBYLIB=$(find "$PWD/usr" -type d \( -path '*/gems/*/lib' -o -path '*/lib/concurrent-ruby' -o -name vendor_ruby \) | paste -sd:)
export RUBYLIB TZ=UTC

cat > probe.rb <<'PROBE'
require "fugit"

rows = [
  ["every 90 minutes", "0 * * * *", "10:00 11:00 12:00"],
  ["every 45 seconds", "0,45 * * * * *", "09:00:45 09:01:00 09:01:45"],
  ["every 7 minutes", "0,7,14,21,28,35,42,49,56 * * * *", "09:56 10:00 10:07"],
  ["every 25 hours", "0 0 * * *", "00:00 00:00 00:00"],
  ["every day at 9:30 and 16:00", "30 9 * * *", "09:30 09:30 09:30"],
  ["every 15 minutes", "0,15,30,45 * * * *", "09:15 09:30 09:45"],
]
right = rows.map do |sentence, line, times|
  cron = Fugit.parse(sentence)
  time = sentence.include?(" 7 ") ? "2026-01-05 09:50:00" : "2026-01-05 09:00:00"
  seen = Array.new(3) { (time = cron.next_time(time)).strftime(sentence.include?("seconds") ? "%H:%M:%S" : "%H:%M") }.join(" ")
  puts format("%-30s %-33s %s", sentence, cron.to_cron_s, seen)
  [cron.to_cron_s, seen] == [line, times]
end
abort "not as described any more" unless right.all?
PROBE
timeout 30 ruby -W0 probe.rb

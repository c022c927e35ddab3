#!/usr/bin/env bash
# clockwork (Ruby): "every Monday at 09:30" does not run in the week in which summer time begins, nor "every Sunday at 18:00", nor the daily job of that Sunday.
#
# Expected: every(1.week, at: "Monday 09:30", tz: "America/New_York") runs each Monday at 09:30 in New York; every(1.day, at: "18:00") once each day.
# Seen: clockwork 3.0.1 runs a job if the clock says the time and the period, in seconds, has passed since the last run. In the night in which an hour is left out, a day has 23 hours and that week 167: at 09:30 it is too
#   early, a minute later the clock says another time, and the job is left out until the next week. In autumn all is well. There is no line in the log; hourly jobs are right.
# Why it matters: weekly jobs are the ones for the opening of the week: log in, fetch the contracts, subscribe. It happens once a year, in New York and in London three weeks apart, on the first morning
#   with another offset, when everybody looks for an error in the time zones.
# Way to live with it: every(1.minute, if: ->(t) { t.monday? && t.hour == 9 && t.min == 30 }), or a period that is an hour shorter; cron or rufus-scheduler. In tests the manager's tick(time) through the last weekend of
#   March and the second one.
# Versions: ruby-clockwork 3.0.1-1, ruby-activesupport 6.1.7 (Debian 12), Ruby 3.1. Source: elapsed_ready? in clockwork/event.rb. Issue 37 of the project asks about daylight saving, and a comment there suspects this place.
#
# Output seen (March 2026, New York; a call of tick for each minute):
#   every(1.day, at: "18:00")         03-06 03-07 03-09 03-10
#   every(1.week, at: "Sunday 18:00") 03-01 03-15 03-22 03-29
#   every(1.week, at: "Monday 09:30") 03-02 03-16 03-23 03-30
#   every(1.day, at: "18:00"), autumn 10-31 11-01 11-02 11-03
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for clockwork 3.0.1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-clockwork=3.0.1-1 ruby-activesupport ruby-i18n ruby-tzinfo ruby-concurrent 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
RUBYLIB=$(find "$PWD/usr" -type d \( -path '*/gems/*/lib' -o -path '*/lib/concurrent-ruby' \) | paste -sd:)
export RUBYLIB

cat > probe.rb <<'PROBE'
require "logger"
require "clockwork"
require "active_support/time"

def days(period, at, from, to)
  manager = Clockwork::Manager.new
  manager.configure do |config|
    config[:tz] = "America/New_York"
    config[:logger] = Logger.new(nil)
  end
  seen = []
  manager.every(period, "open", at: at) { |_, time| seen << time.strftime("%m-%d") }
  zone = ActiveSupport::TimeZone["America/New_York"]
  zone.parse(from).to_i.step(zone.parse(to).to_i, 60) { |second| manager.tick(Time.at(second)) }
  seen.join(" ")
end

rows = [
  ['every(1.day, at: "18:00")', [1.day, "18:00", "2026-03-06", "2026-03-11"], "03-06 03-07 03-09 03-10"],
  ['every(1.week, at: "Sunday 18:00")', [1.week, "Sunday 18:00", "2026-03-01", "2026-03-31"], "03-01 03-15 03-22 03-29"],
  ['every(1.week, at: "Monday 09:30")', [1.week, "Monday 09:30", "2026-03-01", "2026-03-31"], "03-02 03-16 03-23 03-30"],
  ['every(1.day, at: "18:00"), autumn', [1.day, "18:00", "2026-10-31", "2026-11-04"], "10-31 11-01 11-02 11-03"],
]
right = rows.map do |name, job, expected|
  seen = days(*job)
  puts format("%-33s %s", name, seen)
  seen == expected
end
abort "not as described any more" unless right.all?
PROBE
timeout 90 ruby -W0 probe.rb

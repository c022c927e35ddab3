#!/usr/bin/env bash
# parse-cron (Ruby): a job of the 31st runs on the 1st of April and of February as well, and one for the 29th of February each year on the 1st.
#
# Expected: crontab(5): a day of the month that a month does not have is a month without a run: "30 15 31 * *" is seven times a year. CronParser#next gives the next of these times.
# Seen: parse-cron 0.1.4 looks for the first day of the new month that fits, finds none, and goes on with a Time that has no day: the 1st, at the hour and minute that were asked for. It does not look whether that fits
#   the line. So in each month that has not got the day, in both directions; for 29-31 in February too, as soon as no day of the range is there. Months with one of the days are right.
# Why it matters: the last day of a month is when positions are marked, rates are fixed and contracts expire. A settlement that runs once more, on the first morning of April, takes new prices for
#   the old month; the log has a time that looks like the start of a month, and there are two in a row.
# Way to live with it: fugit, which skips these months; a check in the job that today is the day. In tests a whole year of times, counted.
# Versions: ruby-parse-cron 0.1.4-1.1, Ruby 3.1 (Debian 12). Source: nudge_month in cron_parser.rb. Nothing found about it.
#
# Output seen (from 5 January 2026 on):
#   30 15 31 * *    2026-01-31 2026-02-01 2026-03-31 2026-04-01 2026-05-31 2026-06-01
#   30 15 29-31 * * 2026-01-29 2026-01-30 2026-01-31 2026-02-01 2026-03-29 2026-03-30
#   0 9 29 2 *      2027-02-01 2028-02-29 2029-02-01 2030-02-01 2031-02-01 2032-02-29
#   0 9 28 * *      2026-01-28 2026-02-28 2026-03-28 2026-04-28 2026-05-28 2026-06-28
#   runs of 30 15 31 * * in 2026: 12 of 7
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ruby-parse-cron 0.1.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-parse-cron=0.1.4-1.1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x ruby-parse-cron_*.deb .

cat > probe.rb <<'PROBE'
require "cron_parser"

def times(line, count)
  cron = CronParser.new(line)
  time = Time.utc(2026, 1, 5)
  Array.new(count) { time = cron.next(time) }
end

seen = ["30 15 31 * *", "30 15 29-31 * *", "0 9 29 2 *", "0 9 28 * *"].map do |line|
  dates = times(line, 6).map { |time| time.strftime("%F") }.join(" ")
  puts format("%-15s %s", line, dates)
  dates
end
year = times("30 15 31 * *", 20).count { |time| time.year == 2026 }
puts "runs of 30 15 31 * * in 2026: #{year} of 7"
expected = ["2026-01-31 2026-02-01 2026-03-31 2026-04-01 2026-05-31 2026-06-01",
            "2026-01-29 2026-01-30 2026-01-31 2026-02-01 2026-03-29 2026-03-30",
            "2027-02-01 2028-02-29 2029-02-01 2030-02-01 2031-02-01 2032-02-29",
            "2026-01-28 2026-02-28 2026-03-28 2026-04-28 2026-05-28 2026-06-28"]
abort "not as described any more" unless seen == expected && year == 12
PROBE
TZ=UTC RUBYLIB=$PWD/usr/lib/ruby/vendor_ruby timeout 30 ruby -W0 probe.rb

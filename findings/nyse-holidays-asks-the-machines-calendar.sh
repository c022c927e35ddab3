#!/usr/bin/env bash
# nyse-holidays: in New York its own first example says false; in India a holiday begins while the session before it goes on, and ends at 14:30.
#
# Expected: whether a moment is on a holiday of the exchange is a matter of the exchange's date. README: isHoliday(new Date("2021-01-01")) is
#   true, whoever asks.
# Seen: isHoliday() of nyse-holidays 1.2.0 compares the date of the moment with the holiday, both in the machine's time zone. The README's text is
#   midnight in UTC, the evening of 31 December in New York: false. A moment of the trading day is judged by the machine's calendar: 14:45 in
#   New York is after midnight in India, so on the Thursday before 3 July 2026 NYSE is "closed" for its last hour and a half (in winter two and a
#   half), and on the closed Friday it opens at 14:30. In UTC both are right. `dateString` of getHolidays() is right everywhere; `date` is midnight
#   of the machine.
# Why it matters: "no ticks, and no holiday" is an alarm; "no ticks, and a holiday" is a pass. It works in CI (UTC) and for developers in America,
#   and is wrong for the hours after midnight in Asia, on two days for each holiday.
# Way to live with it: compare dateString with the date in New York (Intl.DateTimeFormat with timeZone "America/New_York"). Tests with TZ set to the
#   zone of production, and a moment after midnight.
# Versions: nyse-holidays 1.2.0 (npm), Node.js 20.20.2. Its README shows times of UTC+8 and says nothing of zones.
#
# Output seen (isHoliday of the README's new Date("2021-01-01"), of Thursday 2 July 2026 14:45 in New York, of Friday 3 July 14:45):
#                        README  Thursday, open  Friday, closed
#   TZ=UTC               true    false           true
#   TZ=America/New_York  false   false           true
#   TZ=Asia/Kolkata      true    true            false
#   TZ=Asia/Tokyo        true    true            false
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts nyse-holidays@1.2.0

cat > holiday.cjs <<'HOLIDAY'
const { isHoliday, getHolidays } = require("nyse-holidays");
if (!getHolidays(2026).some((holiday) => holiday.dateString === "2026-07-03")) throw new Error("3 July 2026 is no holiday any more");
const asked = [new Date("2021-01-01"), new Date("2026-07-02T14:45:00-04:00"), new Date("2026-07-03T14:45:00-04:00")];
const [readme, thursday, friday] = asked.map((moment) => String(isHoliday(moment)));
console.log(`TZ=${process.env.TZ}`.padEnd(20), readme.padEnd(7), thursday.padEnd(15), friday);
HOLIDAY
{
    echo '                     README  Thursday, open  Friday, closed'
    for zone in UTC America/New_York Asia/Kolkata Asia/Tokyo; do
        TZ=$zone node holiday.cjs
    done
} | tee output
cat > expected <<'EXPECTED'
                     README  Thursday, open  Friday, closed
TZ=UTC               true    false           true
TZ=America/New_York  false   false           true
TZ=Asia/Kolkata      true    true            false
TZ=Asia/Tokyo        true    true            false
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }

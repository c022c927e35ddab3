#!/usr/bin/env bash
# cron-expression (PHP, under Laravel's scheduler): SAT-SUN is Saturday only and MON-SUN has no Sunday; LW, the last weekday of the month, is Saturday the 31st, or the 2nd of the next month.
#
# Expected: SAT-SUN is Saturday and Sunday, as 6-7 is; what is not supported is an error, as 5/15 and FRI-MON are. LW is the last weekday, as in the other cron dialects that have L and W.
# Seen: dragonmantank/cron-expression 3.3.1 looks for a 7 in the text to decide whether Sunday is 7 or 0: "SAT-SUN" has none, the range goes from 6 to 7 and Sunday is 0; SAT,SUN is right. isValidExpression() is true. LW is valid too and
#   is the weekday nearest to day 0: Saturdays, and Mondays at the beginning of the next month; most months have none.
# Why it matters: crypto and FX jobs have weekend rules: the check of the feed does not run on Sundays, when the market opens at 17:00. Jobs for the last trading day run on a Saturday, or after the settlement.
# Way to live with it: 6,0 or 6-7; L with a check for weekdays in the job. In tests the next four dates of each expression, with their weekdays.
# Versions: php-dragonmantank-cron-expression 3.3.1-2, php8.2-cli (Debian 12). Source: DayOfWeekField.php and DayOfMonthField.php in Cron. Nothing found about it.
#
# Output seen (from 2026-01-01):
#   0 9 * * SAT-SUN  Sat 01-03, Sat 01-10, Sat 01-17, Sat 01-24
#   0 9 * * MON-SUN  Fri 01-02, Sat 01-03, Mon 01-05, Tue 01-06
#   0 9 * * 6-7      Sat 01-03, Sun 01-04, Sat 01-10, Sun 01-11
#   0 9 LW * *       Sat 01-31, Mon 02-02, Mon 03-02, Sat 05-30
#   0 9 L * *        Sat 01-31, Sat 02-28, Tue 03-31, Thu 04-30
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for cron-expression 3.3.1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq php-dragonmantank-cron-expression=3.3.1-2 php-webmozart-assert php8.2-cli libsodium23 libargon2-1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libsodium.so.23' | head -1)")
export LD_LIBRARY_PATH

cat > probe.php <<'PROBE'
<?php
require "Webmozart/Assert/autoload.php";
require "Cron/autoload.php";

$right = true;
foreach ([
    "0 9 * * SAT-SUN" => "Sat 01-03, Sat 01-10, Sat 01-17, Sat 01-24",
    "0 9 * * MON-SUN" => "Fri 01-02, Sat 01-03, Mon 01-05, Tue 01-06",
    "0 9 * * 6-7" => "Sat 01-03, Sun 01-04, Sat 01-10, Sun 01-11",
    "0 9 LW * *" => "Sat 01-31, Mon 02-02, Mon 03-02, Sat 05-30",
    "0 9 L * *" => "Sat 01-31, Sat 02-28, Tue 03-31, Thu 04-30",
] as $line => $expected) {
    $cron = new Cron\CronExpression($line);
    $day = new DateTime("2026-01-01 10:00", new DateTimeZone("UTC"));
    $seen = [];
    for ($i = 0; $i < 4; $i++) {
        $day = $cron->getNextRunDate($day, 0, false, "UTC");
        $seen[] = $day->format("D m-d");
    }
    printf("%-16s %s\n", $line, implode(", ", $seen));
    $right = $right && implode(", ", $seen) === $expected;
}
if (!$right) {
    fwrite(STDERR, "not as described any more\n");
    exit(1);
}
PROBE
timeout 30 usr/bin/php8.2 -n -d display_errors=0 -d include_path="$PWD/usr/share/php" probe.php

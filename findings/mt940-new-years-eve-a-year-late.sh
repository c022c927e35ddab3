#!/usr/bin/env bash
# mt940 and swiftlib: a dividend booked on New Year's Eve is booked a year later; swiftlib's camt.053 has each reversal the wrong way round.
#
# Expected: an entry has a value date with a year and a booking date without one: booked 1231 with value 2 January is last December. RC takes
#   a credit back, RD a debit: money goes with RC and comes with RD. A statement's entries add up to its balance.
# Seen: mt940 0.8.1 and swiftlib 1.0.1 give the booking date the year of the value date: 2026-12-31. In swiftlib's conversion to camt.053 the
#   booking date is the value date, and a debit is what has a D in its mark, so that RD is a debit and RC a credit: from 1000 to 1180 the
#   entries make 1320, next to a closing balance of 1180. mt-940 5.1.1, asked for reversals (an option), has all of it right.
# Why it matters: dividends and fees of the last days of a year, of which brokers and custodians tell in MT940, fall into the next one, and
#   what one sorts or filters by the booking date is not found. A reversal read as a payment is off by twice its amount, and a
#   reconciliation that goes by camt.053 blames the bank.
# Way to live with it: a booking date more than half a year after the value date is one of the year before; the sign from the mark; a
#   test that opening balance and entries make the closing balance, with one RC and one RD in it.
# Versions: mt940 0.8.1, swiftlib 1.0.1, mt-940 5.1.1 (the newest on PyPI), Python 3.11.7. mt940 and mt-940 are two packages that both
#   install a module mt940, hence the two folders. Other readers had the year wrong too (issues 17 and 121 of wolph/mt940, closed, and 89
#   of a-fas/mt940js, open); about mt940 and swiftlib nothing was found.
#
# Output seen (opened with 1000, closed with 1180):
#   mark and dates in :61:           mt-940                mt940                 swiftlib, camt.053
#   C, value 0102, booked 1231       2025-12-31  +250      2026-12-31  +250      2026-01-02  +250
#   RC, value 1231, booked 1231      2025-12-31  -100      2025-12-31  -100      2025-12-31  +100
#   RD, value 1231, booked 1231      2025-12-31   +30      2025-12-31   +30      2025-12-31   -30
#   closing balance by the entries   1180                  1180                  1320
#   entry_date of swiftlib's C       2026-12-31
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
{
  venv/bin/pip install -qq --disable-pip-version-check --target one mt-940==5.1.1
  venv/bin/pip install -qq --disable-pip-version-check --target other mt940==0.8.1
  venv/bin/pip install -qq --disable-pip-version-check swiftlib==1.0.1
} >pip.log 2>&1 || { cat pip.log; exit 1; }
cat > statement.sta <<'STATEMENT'
:20:STATEMENT
:25:NL00BANK0123456789
:28C:1/1
:60F:C251230EUR1000,00
:61:2601021231C250,00NTRFREF1//B1
:86:dividend
:61:2512311231RC100,00NTRFREF2//B2
:86:dividend of November, paid twice
:61:2512311231RD30,00NTRFREF3//B3
:86:fee given back
:62F:C251231EUR1180,00
STATEMENT

cat > read.py <<'READ'
import json
import sys

kind = sys.argv[1]
extra = None
if kind == "swiftlib":
    from swiftlib.converters import MT940ToCamt053Converter
    from swiftlib.mt import parse

    text = open("statement.sta").read()
    message = parse("{1:F01BANKNL2AAXXX0000000000}{2:I940BANKNL2AXXXXN}{4:\n" + text + "-}")
    extra = message.statement_lines[0].entry_date
    entries = MT940ToCamt053Converter().convert(message).statements[0].transactions
    read = [(e.booking_date, e.amount if e.credit_debit_indicator == "CRDT" else -e.amount) for e in entries]
elif kind == "one":
    sys.path.insert(0, "one")
    import mt940

    options = mt940.Options(reversal_sign=True)
    entries = mt940.parse("statement.sta", options=options)
    read = [(e.data["entry_date"], e.data["amount"].amount) for e in entries]
else:
    sys.path.insert(0, "other")
    import mt940

    read = [(e.booking, e.amount) for e in mt940.MT940("statement.sta").statements[0].transactions]
print(json.dumps([[f"{day:%Y-%m-%d}", int(amount)] for day, amount in read] + [str(extra)]))
READ
cat > probe.py <<'PROBE'
import json
import subprocess
import sys

LINES = ["C, value 0102, booked 1231", "RC, value 1231, booked 1231", "RD, value 1231, booked 1231"]
seen = []
for kind in "one", "other", "swiftlib":
    done = subprocess.run([sys.executable, "read.py", kind], capture_output=True, text=True, check=True, timeout=60)
    seen.append(json.loads(done.stdout))
print(f"{'mark and dates in :61:':<32} {'mt-940':<21} {'mt940':<21} swiftlib, camt.053")
for number, line in enumerate(LINES):
    print(f"{line:<32} " + "      ".join(f"{read[number][0]} {read[number][1]:>+5}" for read in seen))
balances = [1000 + sum(amount for _, amount in read[:3]) for read in seen]
print(f"{'closing balance by the entries':<32} " + "                  ".join(str(balance) for balance in balances))
print(f"{'entry_date of swiftlib' + chr(39) + 's C':<32} {seen[2][3]}")
days = [[day for day, _ in read[:3]] for read in seen]
eve = "2025-12-31"
right = (
    balances == [1180, 1180, 1320]
    and days == [[eve] * 3, ["2026-12-31", eve, eve], ["2026-01-02", eve, eve]]
    and seen[2][3] == "2026-12-31"
)
if not right:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

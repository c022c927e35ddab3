#!/usr/bin/env bash
# cbor-sync: a moment in seconds is read as milliseconds, a tick of January 2026 as one of January 1970.
#
# Expected: tag 1 is a number of seconds since 1970 (RFC 8949, 3.4.2), as cbor2 of Python writes it with datetime_as_timestamp=True.
# Seen: cbor-sync 1.0.4, and @ellipticoin/cbor 1.0.4, which is made of it, give the number to new Date(), which takes milliseconds. Each
#   moment of these years lands in the first three weeks of January 1970, in order, and a fraction of a second is gone. A text with
#   tag 0 is right. They write dates as text themselves, so that their own round trip is right.
# Why it matters: the result is a Date as any other, no error. A check of the order of ticks is green; bars of a minute are made of
#   1000 minutes each, ages are 56 years or, in a service that drops what is old, no tick is left.
# Way to live with it: dates as text (cbor2's own choice), or a number without a tag; cbor-x 1.6.9 reads both; in tests the year.
# Versions: cbor-sync 1.0.4, @ellipticoin/cbor 1.0.4 (the newest on npm), cbor-x 1.6.9, cbor2 6.3.0 (PyPI), Python 3.11.7, Node.js 20.20.2.
#   Nothing found about it.
#
# Output seen (2026-01-05 09:15:00.250 UTC written by cbor2; the minutes are of ticks 09:15:00, 09:15:30 and 09:16:30):
#                     as text                   as seconds                minutes
#   cbor-sync         2026-01-05T09:15:00.250Z  1970-01-21T11:00:04.500Z  1
#   @ellipticoin/cbor 2026-01-05T09:15:00.250Z  1970-01-21T11:00:04.500Z  1
#   cbor-x            2026-01-05T09:15:00.250Z  2026-01-05T09:15:00.250Z  2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cbor2==6.3.0 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts cbor-sync@1.0.4 @ellipticoin/cbor@1.0.4 cbor-x@1.6.9 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > theirs.cjs <<'THEIRS'
const [text, seconds, ...ticks] = process.argv.slice(2).map((hex) => Buffer.from(hex, "hex"));
const rows = {};
for (const name of ["cbor-sync", "@ellipticoin/cbor", "cbor-x"]) {
  const { decode } = require(name);
  const minutes = new Set(ticks.map((bytes) => Math.floor(decode(bytes).getTime() / 60000)));
  rows[name] = [decode(text).toISOString(), decode(seconds).toISOString(), minutes.size];
}
console.log(JSON.stringify(rows));
THEIRS
cat > probe.py <<'PROBE'
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import cbor2

OPEN = datetime(2026, 1, 5, 9, 15, tzinfo=timezone.utc)
late = OPEN + timedelta(milliseconds=250)
written = [cbor2.dumps(late), cbor2.dumps(late, datetime_as_timestamp=True)]
for seconds in (0, 30, 90):
    written.append(cbor2.dumps(OPEN + timedelta(seconds=seconds), datetime_as_timestamp=True))
assert written[1][0] == 0xC1 and cbor2.loads(written[1]) == late
command = ["node", "theirs.cjs", *(data.hex() for data in written)]
rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout)
print(f"{'':17} {'as text':25} {'as seconds':25} minutes")
for name, (text, seconds, minutes) in rows.items():
    print(f"{name:17} {text:25} {seconds:25} {minutes}")
RIGHT = "2026-01-05T09:15:00.250Z"
WRONG = [RIGHT, "1970-01-21T11:00:04.500Z", 1]
if rows != {"cbor-sync": WRONG, "@ellipticoin/cbor": WRONG, "cbor-x": [RIGHT, RIGHT, 2]}:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py

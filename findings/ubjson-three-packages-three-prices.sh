#!/usr/bin/env bash
# simpleubjson, bjdata, py-ubjson: the same tick has three prices: a change of -128 is 128 up, 97123.45 is 97123.453125, and volume 3500 is -21491; none says a word.
#
# Expected: "Binary JData and UBJSON encoder/decoder", "UBJSON Draft 9": integers of 8 to 64 bits, floats of 32 and 64; what a package sends it reads, and
#   what another one sends it reads or refuses.
# Seen: simpleubjson 0.7.0 reads the byte 0x80 of an int8 as 128: it subtracts 256 above 128 only. It does so with its own and with those of others; -127 and -129
#   are right. Each float from 1.18e-38 to 3.4e38 it sends with 32 bits, so that digits behind the seventh are gone for every reader; it reads doubles rightly.
#   bjdata 0.6.6 has the markers of UBJSON with the lowest byte first (its README says that this is its default), and nothing in a message tells:
#   ticks of py-ubjson with texts and keys are valid for it, and all numbers of more than one byte are others. islittle=False reads them.
# Why it matters: -21491 and 4.7e-62 are numbers as any others: no error, no log line. Of a fall by 128 points a rise is made, once in 256 values, and bitcoin
#   is off by a third of a cent. Tests with small whole numbers are right in all three.
# Way to live with it: prices as decimal.Decimal or text, which py-ubjson and bjdata send as digits; bjdata with islittle=False where UBJSON comes in; simpleubjson for nothing but
#   reading what holds no int8. In tests a message that the other end's package wrote, with -128, a number above 255 and a price of eight digits.
# Versions: simpleubjson 0.7.0, bjdata 0.6.6, py-ubjson 0.16.1 (the newest on PyPI), NumPy 1.26.4, Python 3.11.7. Source: simpleubjson/draft9.py (`value > 128`,
#   encode_float). Nothing found about it.
#
# Output seen (one tick: code, volume, price, change):
#   sent by        read by         tick
#   py-ubjson      py-ubjson       AAPL 3500 97123.45 -128
#   py-ubjson      simpleubjson    AAPL 3500 97123.45 128
#   py-ubjson      bjdata          AAPL -21491 4.6672615238098835e-62 -128
#   simpleubjson   simpleubjson    AAPL 3500 97123.453125 128
#   simpleubjson   py-ubjson       AAPL 3500 97123.453125 -128
#   simpleubjson   bjdata          AAPL -21491 -0.0013560437364503741 -128
#   changes sent and read by simpleubjson: -129 -> -129, -128 -> 128, -127 -> -127
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check simpleubjson==0.7.0 bjdata==0.6.6 py-ubjson==0.16.1 numpy==1.26.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import bjdata
import simpleubjson
import ubjson

tick = ["AAPL", 3500, 97123.45, -128]
senders = {"py-ubjson": ubjson.dumpb, "simpleubjson": simpleubjson.encode}
readers = {"py-ubjson": ubjson.loadb, "simpleubjson": lambda data: list(simpleubjson.decode(data)), "bjdata": bjdata.loadb}
rows = []
print("sent by        read by         tick")
for sender, reader in (
    ("py-ubjson", "py-ubjson"),
    ("py-ubjson", "simpleubjson"),
    ("py-ubjson", "bjdata"),
    ("simpleubjson", "simpleubjson"),
    ("simpleubjson", "py-ubjson"),
    ("simpleubjson", "bjdata"),
):
    got = readers[reader](senders[sender](tick))
    rows.append(got[1:])
    print(f"{sender:14} {reader:15}", *got)
changes = {change: simpleubjson.decode(simpleubjson.encode(change)) for change in (-129, -128, -127)}
print("changes sent and read by simpleubjson:", ", ".join(f"{a} -> {b}" for a, b in changes.items()))
right = rows == [
    [3500, 97123.45, -128],
    [3500, 97123.45, 128],
    [-21491, 4.6672615238098835e-62, -128],
    [3500, 97123.453125, 128],
    [3500, 97123.453125, -128],
    [-21491, -0.0013560437364503741, -128],
] and changes == {-129: -129, -128: 128, -127: -127}
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 60 venv/bin/python probe.py

#!/usr/bin/env bash
# @harmoniclabs/cbor: floats are read and written backwards: a price of 18000.5 is 2.7e-315, and its own round trip is right.
#
# Expected: CBOR's floats are in network order, the highest byte first (RFC 8949, 3), as its integers are.
# Seen: @harmoniclabs/cbor 2.0.1 copies the eight bytes as they stand into a Float64Array, which on common machines has the lowest
#   first; the functions are called readFloat64BE and writeFloat64BE. Of 32 bits it is the same. Floats of 16 bits and integers are right.
#   18000.5 of Python is a number near zero here, 18000.5 from here is one in Python, both without an error. What it wrote it reads.
# Why it matters: whole prices come as integers and are right; the first one with half a point is nothing at all, below each limit,
#   and is no NaN. Tests with a round trip and tests with whole prices are green. Between two services with it all is right, until
#   a third one reads along.
# Way to live with it: prices as integers or texts; in tests bytes that another library wrote, and a price with a fraction.
# Versions: @harmoniclabs/cbor 2.0.1 with @harmoniclabs/uint8array-utils 1.0.4 (the newest on npm), cbor2 6.3.0 (PyPI), Python 3.11.7,
#   Node.js 20.20.2. Nothing found about it.
#
# Output seen (written by cbor2, and by @harmoniclabs/cbor):
#   18000.5 of 64 bits    fb40d1942000000000  read as 2.700680447e-315
#   1.5 of 32 bits        fa3fc00000          read as 6.896490392174587e-41
#   1.5 of 16 bits        f93e00              read as 1.5
#   18000                 194650              read as 18000
#   18000.5 from there    fb000000002094d140  read as 2.700680447e-315 by cbor2
#   its own round trip    18000.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cbor2==6.3.0 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts @harmoniclabs/cbor@2.0.1 @harmoniclabs/uint8array-utils@1.0.4 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > theirs.cjs <<'THEIRS'
const { Cbor, CborSimple, CborUInt } = require("@harmoniclabs/cbor");
const read = (bytes) => {
  const value = Cbor.parse(Buffer.from(bytes, "hex"));
  return String(value instanceof CborUInt ? value.num : value.simple);
};
const written = Buffer.from(Cbor.encode(new CborSimple(18000.5))).toString("hex");
console.log(JSON.stringify([process.argv.slice(2).map(read), written, read(written)]));
THEIRS
cat > probe.py <<'PROBE'
import json
import struct
import subprocess
import sys

import cbor2

TINY = "2.700680447e-315"
cases = {
    "18000.5 of 64 bits": cbor2.dumps(18000.5).hex(),
    "1.5 of 32 bits": "fa" + struct.pack(">f", 1.5).hex(),
    "1.5 of 16 bits": cbor2.dumps(1.5, canonical=True).hex(),
    "18000": cbor2.dumps(18000).hex(),
}
assert [cbor2.loads(bytes.fromhex(text)) for text in cases.values()] == [18000.5, 1.5, 1.5, 18000]
done = subprocess.run(["node", "theirs.cjs", *cases.values()], capture_output=True, text=True, check=True, timeout=30)
read, written, again = json.loads(done.stdout)
for (name, text), value in zip(cases.items(), read):
    print(f"{name:21} {text:19} read as {value}")
back = str(cbor2.loads(bytes.fromhex(written)))
print(f"{'18000.5 from there':21} {written:19} read as {back} by cbor2")
print(f"{'its own round trip':21} {again}")
if [*read, written, back, again] != [TINY, "6.896490392174587e-41", "1.5", "18000", "fb000000002094d140", TINY, "18000.5"]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py

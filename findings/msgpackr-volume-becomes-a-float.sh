#!/usr/bin/env bash
# msgpackr and cbor-x: a volume is an integer up to 4294967295, a float from there on, and comes back as a BigInt.
#
# Expected: an integer that JavaScript holds exactly is an integer in MessagePack and CBOR, and an integer that
#   Python sends is a number in JavaScript up to 2^53, as with the other libraries of both formats.
# Seen: msgpackr 2.1.4 and cbor-x 1.6.9 write integers of more than 32 bits as 64-bit floats: all times in
#   milliseconds, and the volumes of busy instruments. The value is exact, the type is not: msgspec with
#   "volume: int" refuses the tick at which the volume passes 2^32, and all that follow. On the way back both
#   make a BigInt of such an integer: new Date(time), JSON.stringify(tick) and volume + 1 throw a TypeError.
# Why it matters: the type of a field depends on its value, so on the time of day. Tests have small volumes. A
#   time that is a part of a key or a file's name is another text, 1767590100250.0.
# Way to live with it: a reader that takes a whole float for an integer (msgspec: strict=False); in JavaScript
#   int64AsType: "number" (msgpackr) or int64AsNumber: true (cbor-x); in tests a volume on each side of 2^32.
# Versions: msgpackr 2.1.4, cbor-x 1.6.9, @msgpack/msgpack 3.1.3, cbor 10.0.12 (npm), msgpack 1.2.4, msgspec
#   0.22.0, cbor2 6.3.0 (PyPI), Node.js 20.20.2, Python 3.11.7. BigInt is in msgpackr's README; of floats both
#   READMEs speak for "non-integer numbers" only. Issue 6328 of denoland/std asks the same of another library.
#
# Output seen:
#   JavaScript to Python  volume             volume             time                   msgspec, volume: int
#   msgpackr              4294967295 int     4294967296.0 float 1767590100250.0 float  refuses 4294967296
#   @msgpack/msgpack      4294967295 int     4294967296 int     1767590100250 int      takes both
#   cbor-x                4294967295 int     4294967296.0 float 1767590100250.0 float  refuses 4294967296
#   cbor                  4294967295 int     4294967296 int     1767590100250 int      takes both
#   Python to JavaScript  volume             new Date(time)     JSON.stringify         volume + 1
#   msgpackr              4294967296 bigint  TypeError          TypeError              TypeError
#   @msgpack/msgpack      4294967296 number  works              works                  works
#   cbor-x                4294967296 bigint  TypeError          TypeError              TypeError
#   cbor                  4294967296 number  works              works                  works
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check msgpack==1.2.4 msgspec==0.22.0 cbor2==6.3.0
npm install --silent --no-audit --no-fund --ignore-scripts msgpackr@2.1.4 cbor-x@1.6.9 @msgpack/msgpack@3.1.3 cbor@10.0.12

cat > send.mjs <<'SEND'
import { writeFileSync } from "node:fs";
import * as msgpack from "@msgpack/msgpack";
import cbor from "cbor";
import * as cborX from "cbor-x";
import { pack } from "msgpackr";
const encoders = {
  msgpackr: pack, "@msgpack/msgpack": msgpack.encode, "cbor-x": cborX.encode, cbor: cbor.encode,
};
const sent = Object.entries(encoders).map(([name, encode]) => [
  name, [4294967295, 4294967296].map((volume) => Buffer.from(encode({ volume, time: 1767590100250 })).toString("hex")),
]);
writeFileSync("sent.json", JSON.stringify(sent));
SEND
cat > python.py <<'PYTHON'
import json
import pathlib

import cbor2
import msgpack
import msgspec


class Tick(msgspec.Struct):
    volume: int


def show(value):
    return f"{value} {type(value).__name__}"


print("JavaScript to Python|volume|volume|time|msgspec, volume: int")
for name, frames in json.loads(pathlib.Path("sent.json").read_text()):
    binary = name in ("cbor", "cbor-x")
    small, large = [(cbor2.loads if binary else msgpack.unpackb)(bytes.fromhex(frame)) for frame in frames]
    typed = "takes both"
    for frame, tick in zip(frames, (small, large), strict=True):
        try:
            if binary:
                msgspec.convert(tick, Tick)
            else:
                msgspec.msgpack.decode(bytes.fromhex(frame), type=Tick)
        except msgspec.ValidationError:
            typed = f"refuses {tick['volume']:.0f}"
    print(name, show(small["volume"]), show(large["volume"]), show(large["time"]), typed, sep="|")
tick = {"volume": 4294967296, "time": 1767590100250}
pathlib.Path("back.json").write_text(json.dumps([msgpack.packb(tick).hex(), cbor2.dumps(tick).hex()]))
PYTHON
cat > receive.mjs <<'RECEIVE'
import { readFileSync } from "node:fs";
import * as msgpack from "@msgpack/msgpack";
import cbor from "cbor";
import * as cborX from "cbor-x";
import { unpack } from "msgpackr";
const [packed, binary] = JSON.parse(readFileSync("back.json", "utf8")).map((frame) => Buffer.from(frame, "hex"));
const decoders = {
  msgpackr: () => unpack(packed), "@msgpack/msgpack": () => msgpack.decode(packed),
  "cbor-x": () => cborX.decode(binary), cbor: () => cbor.decodeFirstSync(binary),
};
const tried = (use) => {
  try {
    use();
    return "works";
  } catch (error) {
    return error.name;
  }
};
console.log("Python to JavaScript|volume|new Date(time)|JSON.stringify|volume + 1");
for (const [name, decode] of Object.entries(decoders)) {
  const tick = decode();
  console.log([
    name, `${tick.volume} ${typeof tick.volume}`, tried(() => new Date(tick.time)), tried(() => JSON.stringify(tick)),
    tried(() => tick.volume + 1),
  ].join("|"));
}
RECEIVE
node send.mjs
{ venv/bin/python python.py; node receive.mjs; } > seen
awk -F '|' '{ printf "%-21s %-18s %-18s %-22s %s\n", $1, $2, $3, $4, $5 }' seen
cat > expected <<'EXPECTED'
JavaScript to Python|volume|volume|time|msgspec, volume: int
msgpackr|4294967295 int|4294967296.0 float|1767590100250.0 float|refuses 4294967296
@msgpack/msgpack|4294967295 int|4294967296 int|1767590100250 int|takes both
cbor-x|4294967295 int|4294967296.0 float|1767590100250.0 float|refuses 4294967296
cbor|4294967295 int|4294967296 int|1767590100250 int|takes both
Python to JavaScript|volume|new Date(time)|JSON.stringify|volume + 1
msgpackr|4294967296 bigint|TypeError|TypeError|TypeError
@msgpack/msgpack|4294967296 number|works|works|works
cbor-x|4294967296 bigint|TypeError|TypeError|TypeError
cbor|4294967296 number|works|works|works
EXPECTED
diff expected seen || { echo "not as described any more"; exit 1; }

#!/usr/bin/env bash
# apache-arrow for Node.js: a decimal price of 1.08410 is 108410, plus 0 it is "1084100", and two ticks a nanosecond apart are at one time.
#
# Expected: one table of ticks, written by pyarrow as Arrow and as Parquet, has the same values in the JavaScript readers: a decimal
#   with its scale, a time of day and an id without loss.
# Seen: apache-arrow 21.2.0 gives a decimal's digits and leaves the scale to the reader: text, JSON and number of 1.08410 are 108410, a comparison
#   takes it so, and "+ 0" puts a 0 behind the digits. Only valueOf(scale) is right. A timestamp in nanoseconds is a number of milliseconds with what
#   a float has left of the digits: about a quarter of a microsecond, so that ticks 1 ns apart are equal; int64 and time64 are BigInt and exact.
#   hyparquet 1.33.0 has the decimal right, as a float, and cuts each timestamp to milliseconds (a Date).
# Why it matters: a chart or a check of a tape is off by a power of ten that the schema decides: 4 for shares, 5 for currencies, 0 for yen. Order
#   by time is lost within the microsecond or the millisecond, which is where ticks are.
# Way to live with it: decimals as price.valueOf(column.type.scale); times as int64 beside the timestamp; in tests a price with a point and two ticks
#   1 ns apart, through each reader that is used.
# Versions: apache-arrow 21.2.0, hyparquet 1.33.0 (npm), pyarrow 26.0.1, Node.js 20, Python 3.11. Open as apache/arrow-js issues 77 and 100.
#
# Output seen:
#                        apache-arrow         hyparquet
#   price 1.08410        108410               1.0841
#   price -0.00005       -5                   -0.00005
#   price + 0            "1084100"            1.0841
#   price < 2            false                true
#   valueOf(scale)       1.0841               -
#   two times equal      true                 true
#   time - 1780911000000 123.456787109375     123
#   id                   9007199254740993     9007199254740993
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pyarrow==26.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts apache-arrow@21.2.0 hyparquet@1.33.0

cat > write.py <<'WRITE'
import decimal

import pyarrow
from pyarrow import ipc, parquet

table = pyarrow.table({
    "price": pyarrow.array([decimal.Decimal("1.08410"), decimal.Decimal("-0.00005")], pyarrow.decimal128(18, 5)),
    "time": pyarrow.array([1780911000123456789, 1780911000123456790], pyarrow.timestamp("ns", "UTC")),
    "id": pyarrow.array([9007199254740993, 9007199254740994], pyarrow.int64()),
})
with ipc.new_file("ticks.arrow", table.schema) as file:
    file.write_table(table)
parquet.write_table(table, "ticks.parquet", compression="none")
WRITE
venv/bin/python write.py
cat > probe.mjs <<'PROBE'
import fs from "fs";
import { tableFromIPC } from "apache-arrow";
import { parquetReadObjects } from "hyparquet";

const table = tableFromIPC(fs.readFileSync("ticks.arrow"));
const bytes = fs.readFileSync("ticks.parquet");
const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
const rows = await parquetReadObjects({ file });
const column = (name) => [0, 1].map((i) => table.getChild(name).get(i));
const [price, change] = column("price");
const scale = table.getChild("price").type.scale;
const times = column("time");
const dates = rows.map((row) => row.time.getTime());

const lines = [
  ["price 1.08410", String(price), String(rows[0].price)],
  ["price -0.00005", String(change), String(rows[1].price)],
  ["price + 0", JSON.stringify(price + 0), JSON.stringify(rows[0].price + 0)],
  ["price < 2", String(price < 2), String(rows[0].price < 2)],
  ["valueOf(scale)", String(price.valueOf(scale)), "-"],
  ["two times equal", String(times[0] === times[1]), String(dates[0] === dates[1])],
  ["time - 1780911000000", String(times[0] - 1780911000000), String(dates[0] - 1780911000000)],
  ["id", String(column("id")[0]), String(rows[0].id)],
];
console.log("                     apache-arrow         hyparquet");
for (const [name, arrow, parquet] of lines) console.log(name.padEnd(20), arrow.padEnd(20), parquet);
const seen = lines.map(([, arrow, parquet]) => `${arrow} ${parquet}`);
if (seen[0] !== "108410 1.0841" || seen[2] !== '"1084100" 1.0841' || seen[3] !== "false true" || seen[4] !== "1.0841 -" || seen[5] !== "true true") {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 60 node probe.mjs

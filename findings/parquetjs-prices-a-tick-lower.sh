#!/usr/bin/env bash
# @dsnp/parquetjs: 1.15 is written as 1.14 and -0.07 as -0.08; its own files are read with a price of 0; a volume is negative.
#
# Expected: a DECIMAL column of scale 2 holds 1.15 as 1.15. What the package has written, it reads. UINT_32 has no sign.
# Seen: @dsnp/parquetjs 1.8.9 multiplies the price by 100 and cuts off what the binary fraction leaves: 114.99999999999999
#   is 114, and of -7.000000000000001 the floor is -8. A DECIMAL is written in 64 bits, whatever its precision; read is by
#   the precision, up to 9 in 32 bits. So with a precision of 9 every second price is the upper half of the one before: 0,
#   or -0.01, and the second half of the file is not seen. UINT_32 is read with a sign: 3,000,000,000 of another writer is
#   -1,294,967,296. Nothing is raised. hyparquet reads all of them right.
# Why it matters: prices of two decimals are what the type is for. An archive of ticks is one paisa off in a part of its rows,
#   for good, and a comparison with what was sent over the socket blames the service.
# Way to live with it: prices as INT64 in the smallest unit (rounded by oneself), or DOUBLE; read with hyparquet; in tests
#   1.15, -0.07 and three billion, written and read back by another package.
# Versions: @dsnp/parquetjs 1.8.9 (1.9.3, the newest, comes without its program and cannot be imported), hyparquet 1.33.0
#   (npm), pyarrow 26.0.1 (PyPI), Node.js 20.20.2. The README names the type and none of this.
#
# Output seen:
#   sent                                          100.35 18.05 -0.07 1.15 4.35 8.20
#   written by parquetjs, precision 9 (pyarrow)   100.35 18.05 -0.08 1.14 4.34 8.19
#   written by parquetjs, precision 18 (pyarrow)  100.35 18.05 -0.08 1.14 4.34 8.19
#   the same, precision 9, read by parquetjs      100.35 0 18.05 0 -0.08 -0.01
#   the same, precision 18, read by parquetjs     100.35 18.05 -0.08 1.14 4.34 8.19
#   written by pyarrow, volume, by parquetjs      -1294967296
#   written by pyarrow, volume, by hyparquet      3000000000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pyarrow==26.0.1 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @dsnp/parquetjs@1.8.9 hyparquet@1.33.0

cat > write.cjs <<'WRITE'
const { ParquetSchema, ParquetWriter } = require("@dsnp/parquetjs");
const prices = [100.35, 18.05, -0.07, 1.15, 4.35, 8.2];
(async () => {
  const schema = new ParquetSchema({
    short: { type: "DECIMAL", precision: 9, scale: 2 },
    long: { type: "DECIMAL", precision: 18, scale: 2 },
  });
  const writer = await ParquetWriter.openFile(schema, "node.parquet");
  for (const price of prices) await writer.appendRow({ short: price, long: price });
  await writer.close();
  console.log(`${"sent".padEnd(45)} ${prices.map((price) => price.toFixed(2)).join(" ")}`);
})();
WRITE
cat > check.py <<'CHECK'
import pyarrow as pa
from pyarrow import parquet

ticks = parquet.read_table("node.parquet").to_pydict()
for name, digits in (("short", 9), ("long", 18)):
    print(f"written by parquetjs, precision {digits} (pyarrow)".ljust(45), *ticks[name])
volumes = pa.table({"volume": pa.array([3_000_000_000], pa.uint32())})
parquet.write_table(volumes, "python.parquet", compression="none", use_dictionary=False)
CHECK
cat > read.cjs <<'READ'
const { readFileSync } = require("node:fs");
const { ParquetReader } = require("@dsnp/parquetjs");
async function rows(file) {
  const cursor = (await ParquetReader.openFile(file)).getCursor();
  const read = [];
  for (let row; (row = await cursor.next()); ) read.push(row);
  return read;
}
(async () => {
  const show = (what, read, name) =>
    console.log(`${what.padEnd(45)} ${read.map((row) => String(row[name])).join(" ")}`);
  const own = await rows("node.parquet");
  show("the same, precision 9, read by parquetjs", own, "short");
  show("the same, precision 18, read by parquetjs", own, "long");
  show("written by pyarrow, volume, by parquetjs", await rows("python.parquet"), "volume");
  const { parquetReadObjects } = await import("hyparquet");
  const file = new Uint8Array(readFileSync("python.parquet")).buffer;
  show("written by pyarrow, volume, by hyparquet", await parquetReadObjects({ file }), "volume");
})();
READ
{ node write.cjs; venv/bin/python check.py; node read.cjs; } | tee seen
[ "$(grep -cE 'parquetjs, precision (9|18) \(pyarrow\) +100.35 18.05 -0.08 1.14 4.34 8.19$' seen)" = 2 ] &&
  grep -qE 'precision 9, read by parquetjs +100.35 0 18.05 0 -0.08 -0.01$' seen &&
  grep -qE 'by parquetjs +-1294967296$' seen && grep -qE 'by hyparquet +3000000000$' seen ||
  { echo "not as described any more" >&2; exit 1; }

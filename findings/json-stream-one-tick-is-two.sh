#!/usr/bin/env bash
# json-stream: a packet that ends in front of the newline makes two ticks of one, and one that ends in a price makes a tick of 180.
#
# Expected: a reader of JSON lines hands out one value a line, wherever the packets end.
# Seen: json-stream 1.0.0 tries at each packet's end whether what is there is JSON already. If it is, it is handed out, and kept: with the
#   newline, or the LF of a CRLF, it is handed out once more. A line that is a bare number is JSON after each of its digits: 180 and
#   18001.5. Lines of 0, false and null are left out, and lines that are no JSON are, without a word. ndjson 2.0.0 does none of this.
# Why it matters: where a packet ends depends on load, the network and how the other side writes: JSON first, then "\n", is two writes in many
#   services. Volumes are counted twice now and then, fills too; a test writes whole lines and is green. The level 0 that takes a price
#   out of the book never comes.
# Way to live with it: ndjson or split2; objects with a sequence number per line, and a look at it; in tests a stream that is cut at each byte in turn.
# Versions: json-stream 1.0.0 (the newest; 900,000 downloads a month), ndjson 2.0.0 (npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen (what each makes of the same packets; | is where one ends):
#   packets                         json-stream              ndjson
#   {"v":1}n{"v":2}n                {"v":1} {"v":2}          {"v":1} {"v":2}
#   {"v":1}|n{"v":2}n               {"v":1} {"v":1} {"v":2}  {"v":1} {"v":2}
#   {"v":1}r|n{"v":2}rn             {"v":1} {"v":1} {"v":2}  {"v":1} {"v":2}
#   180|01.5n1801|0n                180 18001.5 1801 18010   18001.5 18010
#   5n0n7n                          5 7                      5 0 7
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts json-stream@1.0.0 ndjson@2.0.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const jsonStream = require("json-stream");
const ndjson = require("ndjson");

const packets = [
  ['{"v":1}\n{"v":2}\n'],
  ['{"v":1}', '\n{"v":2}\n'],
  ['{"v":1}\r', '\n{"v":2}\r\n'],
  ["180", "01.5\n1801", "0\n"],
  ["5\n0\n7\n"],
];
function read(reader, parts) {
  return new Promise((resolve, reject) => {
    const got = [];
    reader.on("data", (value) => got.push(JSON.stringify(value)));
    reader.on("end", () => resolve(got.join(" ")));
    reader.on("error", reject);
    for (const part of parts) reader.write(Buffer.from(part));
    reader.end();
  });
}
(async () => {
  const rows = [];
  console.log(`${"packets".padEnd(31)} ${"json-stream".padEnd(24)} ndjson`);
  for (const parts of packets) {
    const row = [await read(jsonStream(), parts), await read(ndjson.parse(), parts)];
    rows.push(row);
    const name = parts.join("|").replaceAll("\r", "r").replaceAll("\n", "n");
    console.log(`${name.padEnd(31)} ${row[0].padEnd(24)} ${row[1]}`);
  }
  const right =
    JSON.stringify(rows) ===
    JSON.stringify([
      ['{"v":1} {"v":2}', '{"v":1} {"v":2}'],
      ['{"v":1} {"v":1} {"v":2}', '{"v":1} {"v":2}'],
      ['{"v":1} {"v":1} {"v":2}', '{"v":1} {"v":2}'],
      ["180 18001.5 1801 18010", "18001.5 18010"],
      ["5 7", "5 0 7"],
    ]);
  if (!right) console.error("not as described any more");
  process.exit(right ? 0 : 1);
})();
PROBE
timeout 60 node --no-deprecation probe.cjs

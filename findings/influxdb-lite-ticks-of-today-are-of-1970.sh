#!/usr/bin/env bash
# influxdb-lite: with InfluxDB 1.x the precision that one asks for is not sent, and the README's own example, timestamp: Date.now(), is written to January 1970.
#
# Expected: precision, an option of the type InfluxOptions, says what the timestamps are, for both versions of the server. Without it the timestamps of the README are milliseconds.
# Seen: influxdb-lite 1.1.0 puts the precision into the query of /api/v2/write only, and there "ns" if none is given. /write of version 1 gets the database and nothing else, and takes the number for nanoseconds:
#   1767607200000 is 29 minutes after the beginning of 1970. The service answers 204, write() resolves.
# Why it matters: each tick is stored and none is found: a query for the last hour is empty, and retention drops them with its next sweep. A test that counts what was written, or selects without a time, is
#   green.
# Way to live with it: BigInt(Date.now()) * 1000000n (or the number followed by six zeros as a text) as timestamp, in both versions. In tests read what was written, by time.
# Versions: influxdb-lite 1.1.0 (npm, the newest), Node.js 20.20.2. Source: getRequest and the constructor in src/index.js. In InfluxDB's reference the default of /write is nanoseconds. Nothing found about it.
#
# Output seen (what the server is asked for, and when the tick of 2026-01-05T10:00:00.000Z was for it):
#   v1, no precision                 /write?db=ticks                                           1970-01-01T00:29:27.607Z
#   v1, precision ms                 /write?db=ticks                                           1970-01-01T00:29:27.607Z
#   v2, no precision                 /api/v2/write?org=desk&bucket=ticks&precision=ns          1970-01-01T00:29:27.607Z
#   v2, precision ms                 /api/v2/write?org=desk&bucket=ticks&precision=ms          2026-01-05T10:00:00.000Z
#   v1, BigInt nanoseconds           /write?db=ticks                                           2026-01-05T10:00:00.000Z
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts influxdb-lite@1.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import influx from "influxdb-lite";

const unit = { ns: 1n, us: 1000n, u: 1000n, ms: 1000000n, s: 1000000000n };
let asked;
const service = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  // As InfluxDB does: the last word is the time, in nanoseconds if no precision is given.
  const precision = new URL(request.url, "http://influx").searchParams.get("precision") ?? "ns";
  const time = new Date(Number((BigInt(body.split(" ").at(-1)) * unit[precision]) / 1000000n)).toISOString();
  asked = `${request.url.padEnd(56)}  ${time}`;
  response.writeHead(204).end();
}).listen(0, "127.0.0.1");
await once(service, "listening");

const url = `http://127.0.0.1:${service.address().port}`;
const milliseconds = Date.parse("2026-01-05T10:00:00Z");
const v2 = { url, version: "v2", org: "desk", bucket: "ticks", token: "x" };
const cases = [
  ["v1, no precision", { url, db: "ticks" }, milliseconds],
  ["v1, precision ms", { url, db: "ticks", precision: "ms" }, milliseconds],
  ["v2, no precision", { ...v2 }, milliseconds],
  ["v2, precision ms", { ...v2, precision: "ms" }, milliseconds],
  ["v1, BigInt nanoseconds", { url, db: "ticks" }, BigInt(milliseconds) * 1000000n],
];
const lines = [];
for (const [name, options, timestamp] of cases) {
  await influx.write(options, [{ measurement: "trade", tags: { symbol: "AAPL" }, fields: { price: 231.1 }, timestamp }]);
  lines.push(`${name.padEnd(31)}  ${asked}`);
  console.log(lines.at(-1));
}
service.close();
service.closeAllConnections();
const [old, today] = ["1970-01-01T00:29:27.607Z", "2026-01-05T10:00:00.000Z"];
assert.deepEqual(lines.map((line) => line.slice(-24)), [old, old, old, today, today]);
assert.ok(lines[1].includes("/write?db=ticks "));
CHECK
timeout 60 node check.mjs

#!/usr/bin/env bash
# ig-trading-api: snapshotTimeUTC of a live tick is the clock of one's machine, 20:30 in Mumbai for 15:00, and a second subscription ends the first.
#
# Expected: snapshotTimeUTC is UTC, as the field of that name is in IG's REST history; subscribeCandles() for another epic adds to what
#   there is; what IG does not send is undefined or null.
# Seen: ig-trading-api 0.13.9 makes both times, snapshotTime and snapshotTimeUTC, of Luxon's DateTime.fromMillis(), which is in the zone of
#   the machine, and the second has no offset. True for candles, ticks and account updates. Each kind has one subscription: the second
#   call of subscribeCandles(), for whatever epic, resolution and callback, unsubscribes the first, without a word. Fields that IG
#   does not fill for CFDs (the last traded price and its volume) are NaN.
# Why it matters: history and stream of one epic, put behind one another, overlap by hours east of Greenwich and have a hole west of it; on a
#   server in UTC, and in its tests, all is right. A strategy that adds the 5-minute candles loses the 1-minute ones.
# Way to live with it: of a tick UTM, the milliseconds; of candles, which have nothing else, TZ=UTC for the process. One call with all epics
#   of a kind. In tests another TZ, and two subscriptions.
# Versions: ig-trading-api 0.13.9 (the newest on npm), lightstreamer-client-node 8.0.5, luxon 3.4.4, ws 8.23.0, Node.js 20.20.2. Nothing
#   found about it. The service speaks Lightstreamer's text protocol, TLCP 2.1, for one client.
#
# Output seen (a candle and a tick of 2026-01-05 15:00:00 UTC; then candles of another epic, and a second update of each):
#   TZ                  candle               tick                 updates: EURUSD   FTSE
#   UTC                 2026-01-05T15:00:00  2026-01-05T15:00:00           1        2
#   Asia/Kolkata        2026-01-05T20:30:00  2026-01-05T20:30:00           1        2
#   America/New_York    2026-01-05T10:00:00  2026-01-05T10:00:00           1        2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts ig-trading-api@0.13.9 lightstreamer-client-node@8.0.5 luxon@3.4.4 ws@8.23.0 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocketServer } from "ws";

const require = createRequire(import.meta.url);
const { LightstreamerAPI } = require("ig-trading-api/dist/lightstreamer/index.js");
const lines = (...all) => all.map((line) => `${line}\r\n`).join("");
const session = lines("CONOK,S1,50000,5000,*", "SERVNAME,Lightstreamer HTTP Server", "CLIENTIP,127.0.0.1", "CONS,unlimited");
const http = createServer((request, response) => {
  request.resume().on("end", () => response.end(session + lines("LOOP,0")));
});
const service = new WebSocketServer({ server: http, handleProtocols: (names) => [...names][0] });
const subscribed = new Map();
let send;

function update(id, moment) {
  const { fields, items } = subscribed.get(id);
  const value = (field) => (field === "UTM" ? moment : /^(LT|TT)/.test(field) ? "#" : "100.5");
  items.forEach((_, item) => send(lines(`U,${id},${item + 1},${fields.map(value).join("|")}`)));
}

service.on("connection", (socket) => {
  send = (text) => socket.send(text);
  socket.on("message", (raw) => {
    const [command, ...requests] = String(raw).split("\r\n");
    if (command === "wsok") send(lines("WSOK"));
    if (command === "bind_session") send(session);
    if (command !== "control") return;
    for (const request of requests.filter(Boolean)) {
      const asked = new URLSearchParams(request);
      const id = asked.get("LS_subId");
      send(lines(`REQOK,${asked.get("LS_reqId")}`));
      if (asked.get("LS_op") === "add") {
        const fields = asked.get("LS_schema").split(" ");
        const items = asked.get("LS_group").split(" ");
        subscribed.set(id, { fields, items });
        send(lines(`SUBOK,${id},${items.length},${fields.length}`));
        update(id, 1767625200000);
      } else {
        subscribed.delete(id);
        send(lines(`UNSUB,${id}`));
      }
    }
  });
});
http.listen(0, "127.0.0.1");
await once(http, "listening");
const lightstreamerEndpoint = `http://127.0.0.1:${http.address().port}`;
const api = new LightstreamerAPI({ lightstreamerEndpoint, accountId: "A", clientSessionToken: "C", securityToken: "S" });
const candles = { EURUSD: [], FTSE: [] };
const ticks = [];
api.subscribeTicks(["CS.D.EURUSD.CFD.IP"], (_, tick) => ticks.push(tick));
api.subscribeCandles(["CS.D.EURUSD.CFD.IP"], "1MINUTE", (_, candle) => candles.EURUSD.push(candle));
await pause(1500);
api.subscribeCandles(["IX.D.FTSE.CFD.IP"], "1MINUTE", (_, candle) => candles.FTSE.push(candle));
await pause(700);
for (const id of subscribed.keys()) update(id, 1767625201000);
await pause(500);
const row = [candles.EURUSD[0].snapshotTimeUTC, ticks[0].snapshotTimeUTC, candles.EURUSD.length, candles.FTSE.length];
console.log(JSON.stringify([...row, Number.isNaN(candles.FTSE[0].lastTradedVolume)]));
process.exit(0);
PROBE
cat > all.mjs <<'ALL'
import { execFileSync } from "node:child_process";
console.log(`${"TZ".padEnd(19)} ${"candle".padEnd(20)} ${"tick".padEnd(20)} updates: EURUSD   FTSE`);
let right = true;
for (const [zone, hour] of [
  ["UTC", "15:00"],
  ["Asia/Kolkata", "20:30"],
  ["America/New_York", "10:00"],
]) {
  const out = execFileSync("node", ["probe.mjs"], { env: { ...process.env, TZ: zone }, timeout: 20000, encoding: "utf8" });
  const [candle, tick, first, second, missing] = JSON.parse(out.trim().split("\n").at(-1));
  console.log(`${zone.padEnd(19)} ${candle}  ${tick}           ${first}        ${second}`);
  const time = `2026-01-05T${hour}:00`;
  right &&= candle === time && tick === time && first === 1 && second === 2 && missing;
}
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
ALL
timeout 80 node all.mjs

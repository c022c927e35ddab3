#!/usr/bin/env bash
# webstomp-client: a tick that comes in one message with the heartbeat before it is no tick; frames with CR LF and bodies with a NULL are not read whole.
#
# Expected: STOMP 1.2: line feeds between frames are heartbeats wherever they stand; lines end with LF or CR LF; content-length says where a body ends; "\c" in
#   a header is a colon. One WebSocket message may hold several frames.
# Seen: webstomp-client 1.2.6 knows a heartbeat as a message that is nothing else, and behind a frame. In front of one it takes the empty line for the command,
#   and the frame is "Unhandled": a line in the debug log, which production switches off. With CR LF it finds no end of the headers: the same. It splits at
#   each NULL before it looks at content-length, and hands out the front part. Headers stay escaped. @stomp/stompjs 7.5.0 reads all of these.
# Why it matters: a bridge from TCP to WebSocket, or a broker under load, puts what it has into one message: the tick behind each tenth second's heartbeat is missing,
#   now and then, for one client. A list of symbols from headers has "BTC\cUSD" in it, and nobody subscribes to that.
# Way to live with it: @stomp/stompjs; with webstomp-client a debug function that counts "Unhandled frame". In tests a broker that sends "\nMESSAGE...", and a
#   price feed whose sequence is checked.
# Versions: webstomp-client 1.2.6, @stomp/stompjs 7.5.0, ws 8.23.0 (npm), Node.js 20.20.2. Source: src/frame.js. Nothing found about it. The broker is a small
#   stand-in that speaks STOMP 1.2.
#
# Output seen (what the subscription gets):
#                              webstomp-client        @stomp/stompjs
#   a tick                     tick                   tick
#   two in one message         tick 1, tick 2         tick 1, tick 2
#   a heartbeat behind it      tick                   tick
#   a heartbeat before it      nothing                tick
#   CR LF                      nothing                tick
#   NULL in the body           tick                   tick(0)behind
#   symbol:BTC\cUSD            tick BTC\cUSD          tick BTC:USD
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts webstomp-client@1.2.6 @stomp/stompjs@7.5.0 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const { WebSocket, WebSocketServer } = require("ws");
global.WebSocket = WebSocket;
const { Client } = require("@stomp/stompjs");
const webstomp = require("webstomp-client");

const NULL = "\0";
const frame = (body, { headers = [], end = "\n" } = {}) => (
  ["MESSAGE", "subscription:ticks", "message-id:1", "destination:/topic/ticks", ...headers, "", body].join(end) + NULL
);
const cases = [
  ["a tick", frame("tick")],
  ["two in one message", `${frame("tick 1")}\n${frame("tick 2")}`],
  ["a heartbeat behind it", `${frame("tick")}\n`],
  ["a heartbeat before it", `\n${frame("tick")}`],
  ["CR LF", frame("tick", { end: "\r\n" })],
  ["NULL in the body", frame(`tick${NULL}behind`, { headers: ["content-length:11"] })],
  ["symbol:BTC\\cUSD", frame("tick", { headers: ["symbol:BTC\\cUSD"] })],
];
const shown = ({ body, headers }) => body.replace(NULL, "(0)") + (headers.symbol ? ` ${headers.symbol}` : "");

async function run(text) {
  const service = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: ([first]) => first });
  await once(service, "listening");
  service.on("connection", (line) => line.on("message", (raw) => {
    if (/^(CONNECT|STOMP)/.test(raw)) line.send(`CONNECTED\nversion:1.2\nheart-beat:0,0\n\n${NULL}`);
    if (/^SUBSCRIBE/.test(raw)) line.send(text);
  }));
  const url = `ws://127.0.0.1:${service.address().port}`;
  const first = [];
  const one = webstomp.client(url, { debug: false, heartbeat: false, protocols: ["v12.stomp"] });
  one.connect({}, () => one.subscribe("/topic/ticks", (message) => first.push(shown(message)), { id: "ticks" }));
  const second = [];
  const two = new Client({ brokerURL: url, heartbeatIncoming: 0, heartbeatOutgoing: 0 });
  two.onConnect = () => two.subscribe("/topic/ticks", (message) => second.push(shown(message)), { id: "ticks" });
  two.activate();
  await sleep(400);
  one.disconnect();
  await two.deactivate({ force: true });
  service.close();
  return [first, second].map((seen) => seen.join(", ") || "nothing");
}
(async () => {
  console.log(`${"".padEnd(26)} ${"webstomp-client".padEnd(22)} @stomp/stompjs`);
  const seen = [];
  for (const [name, text] of cases) {
    const row = await run(text);
    console.log(`${name.padEnd(26)} ${row[0].padEnd(22)} ${row[1]}`);
    seen.push(row);
  }
  assert.deepEqual(seen, [
    ["tick", "tick"], ["tick 1, tick 2", "tick 1, tick 2"], ["tick", "tick"], ["nothing", "tick"], ["nothing", "tick"],
    ["tick", "tick(0)behind"], ["tick BTC\\cUSD", "tick BTC:USD"],
  ]);
  process.exit(0);
})();
CHECK
timeout 60 node check.js

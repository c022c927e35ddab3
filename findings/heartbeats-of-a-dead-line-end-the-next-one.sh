#!/usr/bin/env bash
# kucoin-node-sdk and persistent-websocket: a line is cut while a ping is on its way, and the good one that follows is closed by that ping's timer.
#
# Expected: the timer that waits for a pong belongs to the connection of the ping; with the connection it is over.
# Seen: neither library stops it on close, and both close whatever connection is the current one when it goes off. kucoin-node-sdk 1.1.1
#   (ping each 10 s, 5 s for the pong, back after 3 s) forgets who waits for the pong when it reconnects, so that nothing can stop
#   the timer: the new line is terminated. persistent-websocket 1.0.2 (2 s for the pong, back after 0.5 s) keeps the mark "waiting for a
#   pong" until a message comes: on a quiet line the new one is closed with 4001. Both lines had answered all that they were asked.
# Why it matters: one cut of the network is two gaps in the ticks, and the service sees clients that leave with 1006 or 4001 a second or two
#   after they came. It needs a cut within 2 s after a ping, one in five for KuCoin's. A test that cuts at any other moment never sees it.
# Way to live with it: for KuCoin a datafeed of one's own; for the other the timeout shorter than the first pause. In tests cut
#   the line as an answer to a ping.
# Versions: kucoin-node-sdk 1.1.1, persistent-websocket 1.0.2 (each the newest on npm), ws 8.23.0, Node.js 20.20.2. Nothing found about it.
#
# Output seen (the first connection is cut as its first ping comes; later ones are never cut, and every ping is answered):
#                          1st       2nd                     3rd
#   persistent-websocket   cut       4001 after 1.5 s        stays
#   kucoin-node-sdk        cut       1006 after 2.0 s        stays
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts kucoin-node-sdk@1.1.1 persistent-websocket@1.0.2 ws@8.23.0 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { WebSocket, WebSocketServer } from "ws";

const require = createRequire(import.meta.url);
global.WebSocket = WebSocket;

async function story(connect, pongFor, seconds) {
  const http = createServer((request, response) => {
    const endpoint = `ws://127.0.0.1:${http.address().port}/`;
    const instance = { endpoint, protocol: "websocket", encrypt: false, pingInterval: 18000, pingTimeout: 10000 };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ code: "200000", data: { token: "token", instanceServers: [instance] } }));
  });
  const service = new WebSocketServer({ server: http });
  const connections = [];
  service.on("connection", (socket, request) => {
    const connection = { opened: Date.now() };
    const number = connections.push(connection);
    const id = new URL(request.url, "ws://service").searchParams.get("connectId");
    if (id) socket.send(JSON.stringify({ id, type: "welcome" }));
    socket.on("message", (raw) => {
      const pong = pongFor(String(raw));
      if (pong && number === 1) socket.terminate();
      else if (pong) socket.send(pong);
    });
    socket.on("close", (code) => Object.assign(connection, { code, lasted: Date.now() - connection.opened }));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  connect(http.address().port);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return connections;
}

const { PersistentWebsocket } = require("persistent-websocket");
const plain = (port) =>
  new PersistentWebsocket(`ws://127.0.0.1:${port}/`, {
    pingSendFunction: (socket) => socket.send("ping"),
    pingIntervalSeconds: 4,
    websocketConstructor: WebSocket,
    xhrConstructor: Object,
  }).open();
const API = require("kucoin-node-sdk");
const kucoin = (port) => {
  API.init({ baseUrl: `http://127.0.0.1:${port}`, apiAuth: { key: "", secret: "", passphrase: "" }, authVersion: 2 });
  new API.websocket.Datafeed().connectSocket();
};
const kucoinPong = (raw) => {
  const { id, type } = JSON.parse(raw);
  return type === "ping" && JSON.stringify({ id, type: "pong" });
};
const both = [story(plain, (raw) => raw === "ping" && "pong", 11), story(kucoin, kucoinPong, 21)];
const [first, second] = await Promise.all(both);
const seen = { "persistent-websocket": first, "kucoin-node-sdk": second };
console.log(`${"".padEnd(22)} 1st       2nd                     3rd`);
let right = true;
for (const [name, code, about] of [
  ["persistent-websocket", 4001, 1500],
  ["kucoin-node-sdk", 1006, 2000],
]) {
  const [, second, third] = seen[name];
  const ended = second?.code ? `${second.code} after ${(second.lasted / 1000).toFixed(1)} s` : "stays";
  console.log(`${name.padEnd(22)} cut       ${ended.padEnd(23)} ${third ? (third.code ?? "stays") : "none"}`);
  right &&= second?.code === code && Math.abs(second.lasted - about) < 700 && third && third.code === undefined;
}
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
timeout 80 node probe.mjs

#!/usr/bin/env bash
# itty-sockets: the handler for all messages gets no tick that says its type, and closing a line that is closed closes the next one as it opens.
#
# Expected: README: .on("message") listens for all messages, with {type: "chat"} as its example; .open() may be called at any time, and all
#   listeners go on after it; .close() twice is .close() once.
# Seen: itty-sockets 0.6.1 calls the handlers of "message" only for messages without a field "type": of a feed that names its types the
#   handler of the README's first line hears nothing. close() while no line is open sets a mark "close after sending", which stays for the
#   next one: open() or send() connects, sends what is waiting and closes in the same moment; the connection after that stays. The same
#   happens if the service closed first and one's own clean-up closes again.
# Why it matters: a recorder of everything records nothing, without an error. A client that closes in its handler of "close", or in
#   finally, comes back after a restart for a millisecond; its subscription has been sent, so that the service counts a subscriber.
# Way to live with it: a filter function in place of "message": on(() => true, handler). close() only after "open", once. In tests a message
#   with a type, and a second close().
# Versions: itty-sockets 0.6.1, ws 8.23.0 as WebSocket (npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen (the service sends {"type": "trade", ...} each 0.1 s; open for 0.5 s each):
#   on("message")      0
#   on("trade")        4
#   on(() => true)     4
#   1st connection     closed by the service with 1001, then close() again
#   2nd connection     got "subscribe", closed by the client after 0.0 s
#   3rd connection     stays
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts itty-sockets@0.6.1 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";

global.WebSocket = WebSocket;
const { connect } = await import("itty-sockets");
const service = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(service, "listening");
const connections = [];
service.on("connection", (socket) => {
  const connection = { opened: Date.now(), got: [] };
  connections.push(connection);
  const tick = JSON.stringify({ type: "trade", symbol: "TCS", price: 3500.5 });
  const timer = setInterval(() => socket.send(tick), 100);
  socket.on("message", (raw) => connection.got.push(JSON.parse(raw)));
  socket.on("close", () => {
    clearInterval(timer);
    connection.lasted = Date.now() - connection.opened;
  });
});
const heard = { message: 0, trade: 0, any: 0 };
const feed = connect(`ws://127.0.0.1:${service.address().port}/ticks`);
feed.on("message", () => heard.message++);
feed.on("trade", () => heard.trade++);
feed.on(
  () => true,
  () => heard.any++,
);
await pause(500);
for (const socket of service.clients) socket.close(1001);
await pause(200);
const { message, trade, any } = heard;
feed.close();
feed.send("subscribe");
await pause(500);
feed.send("subscribe");
await pause(500);
console.log(`on("message")      ${message}\non("trade")        ${trade}\non(() => true)     ${any}`);
console.log("1st connection     closed by the service with 1001, then close() again");
const [, second, third] = connections;
const end = ({ lasted }) => (lasted === undefined ? "stays" : `closed by the client after ${(lasted / 1000).toFixed(1)} s`);
console.log(`2nd connection     got "${second.got[0]}", ${end(second)}`);
console.log(`3rd connection     ${third ? end(third) : "none"}`);
const right = !message && trade > 2 && any === trade && second.lasted < 200 && third && third.lasted === undefined;
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
timeout 30 node probe.mjs

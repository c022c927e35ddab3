#!/usr/bin/env bash
# presidium-websocket: a line that the service cut stays "open" for good, and its server never opens for a client of another make.
#
# Expected: "close" is "emitted when the underlying socket is destroyed", and the loop of the README (readyState 1: fine, else connect()) brings
#   a cut line back. A server's "open" comes when the connection is open; connections holds those that are there.
# Seen: presidium-websocket 3.1.0 closes only on a close frame or a socket error. When the other end just ends the connection (process gone,
#   terminate(), a proxy in between), the TCP socket is destroyed, but there is no "close", no "error", readyState stays 1, and send() returns
#   as ever. The README's loop never connects again. At the server readyState stays 0 and "open" is not emitted until the client has sent a
#   ping, which its own client does at once, and ws, browsers and most others never do. Clients that left without a close frame stay in
#   connections, with no "close".
# Why it matters: the feed ends without a word, with a loop that watches it. A server that sends ticks "to all whose readyState is 1", as one
#   does with ws, sends none to a browser, while tests with its own client pass; and each client that was cut off is kept for good.
# Way to live with it: websocket._socket.once("close", ...) at both ends, or one's own timer on ticks; at the server "connection" in place of
#   "open". In tests end the line without a close frame, and use a client of another make.
# Versions: presidium-websocket 3.1.0, ws 8.23.0 (npm), Node.js 20.20.2. Source: WebSocket.js, WebSocketServer.js. Nothing found about it.
#
# Output seen:
#   the ws server ends the line     ws client: close 1006; presidium client: open, message, readyState 1, TCP socket destroyed
#   20 turns of the README's loop   1 connection at the server, that of the start
#   presidium server, own client    open, message, readyState 1
#   presidium server, ws client     message, readyState 0
#   5 ws clients, terminate()       5 still held, 0 close events
#   5 ws clients, close()           0 still held, 5 close events
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts presidium-websocket@3.1.0 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import Presidium from "presidium-websocket";
import { WebSocket, WebSocketServer } from "ws";

const show = (what, seen) => console.log(what.padEnd(31), typeof seen === "string" ? seen : JSON.stringify(seen));

// A service that cuts the line: end of the TCP connection, no close frame.
const service = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(service, "listening");
const url = `ws://127.0.0.1:${service.address().port}`;
service.on("connection", (line) => line.send('{"tick":1}'));

const other = new WebSocket(url);
const otherClosed = once(other, "close");
await once(other, "open");

let connections = 0;
service.on("connection", () => (connections += 1));
const events = [];
const client = new Presidium(url);
for (const name of ["open", "message", "ping", "pong", "close", "error"]) client.on(name, () => events.push(name));
while (!events.includes("message")) await sleep(10);
await sleep(200);
for (const line of service.clients) line.terminate();
const [code] = await otherClosed;
await sleep(300);
const cut = { ws: code, events: events.filter((name) => name !== "pong"), readyState: client.readyState, destroyed: client._socket.destroyed };
show("the ws server ends the line", cut);

for (let turn = 0; turn < 20; turn += 1) {
  if (client.readyState !== 1) client.connect();
  await sleep(50);
}
show("20 turns of the README's loop", { connections });
client._socket.destroy();
service.close();

// A server that is asked by its own client and by that of another make.
const server = new Presidium.Server();
const seen = [];
let closed = 0;
server.on("connection", (line) => {
  const one = { line, events: [] };
  seen.push(one);
  for (const name of ["open", "message", "error"]) line.on(name, () => one.events.push(name));
  line.on("close", () => (closed += 1));
});
server.listen(0, "127.0.0.1");
await once(server._server, "listening");
const at = `ws://127.0.0.1:${server._server.address().port}`;

const own = new Presidium(at);
await once(own, "open");
own.send("hello");
await sleep(300);
const ownSeen = [...seen[0].events, seen[0].line.readyState];
show("presidium server, own client", ownSeen);
own.close();
await once(own, "close");
await sleep(100);

const foreign = new WebSocket(at);
await once(foreign, "open");
foreign.send("hello");
await sleep(500);
const foreignSeen = [...seen[1].events, seen[1].line.readyState];
show("presidium server, ws client", foreignSeen);
foreign.close();
await once(foreign, "close");
await sleep(100);

const held = {};
for (const how of ["terminate", "close"]) {
  const before = [server.connections.length, closed];
  for (let n = 0; n < 5; n += 1) {
    const guest = new WebSocket(at);
    await once(guest, "open");
    guest[how]();
    await once(guest, "close");
  }
  await sleep(500);
  held[how] = { held: server.connections.length - before[0], closeEvents: closed - before[1] };
  show(`5 ws clients, ${how}()`, held[how]);
}

assert.deepEqual(cut, { ws: 1006, events: ["open", "message"], readyState: 1, destroyed: true });
assert.equal(connections, 1);
assert.deepEqual(ownSeen, ["open", "message", 1]);
assert.deepEqual(foreignSeen, ["message", 0]);
assert.deepEqual(held, { terminate: { held: 5, closeEvents: 0 }, close: { held: 0, closeEvents: 5 } });
process.exit(0);
CHECK
timeout 60 node check.mjs

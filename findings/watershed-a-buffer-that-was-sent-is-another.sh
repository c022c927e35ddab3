#!/usr/bin/env bash
# watershed: a client's send(buffer) masks the caller's own buffer: the same order to the second venue is noise.
#
# Expected: a send reads what it is given.
# Seen: as a client watershed 0.4.1 XORs the mask into the Buffer that it was handed, and leaves it so. The first send is right; when the Buffer is sent again, on the same line or on another, the
#   peer unmasks that noise and gets noise. Texts are safe, for they are copied. A server does not mask, so broadcasting there is right, and so is any test with one receiver.
# Why it matters: encode once, send to two gateways, or send again after a cut, is how orders and subscriptions in SBE, protobuf or MessagePack go out. Nothing fails here: the other side drops it
#   or, in a format without checks, reads other numbers.
# Way to live with it: send(Buffer.from(buffer)). In tests the same Buffer to two servers.
# Versions: watershed 0.4.1 (npm, the newest), ws 8.18.3 as the server, Node.js 20.20.2. Source: _ws_writeFrameCommon in lib/watershed.js. The README does not say so. Nothing found about it.
#
# Output seen:
#   first venue got the order: true, second venue got it: false, the caller's buffer is still the order: false
#   a text sent twice: right both times
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts watershed@0.4.1 ws@8.18.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const assert = require("node:assert/strict");
const { once } = require("node:events");
const http = require("node:http");
const { setTimeout: sleep } = require("node:timers/promises");
const { Watershed } = require("watershed");
const { WebSocketServer } = require("ws");

async function venue() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const got = [];
  server.on("connection", (socket) => {
    socket.on("message", (data) => got.push(data.toString("latin1")));
  });
  return { port: server.address().port, got };
}

async function connect(port) {
  const shed = new Watershed();
  const key = shed.generateKey();
  const headers = { connection: "upgrade", upgrade: "websocket", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13" };
  const request = http.request({ port, host: "127.0.0.1", headers });
  request.end();
  const [response, socket, head] = await once(request, "upgrade");
  return shed.connect(response, socket, head, key);
}

(async () => {
  const venues = [await venue(), await venue()];
  const lines = [await connect(venues[0].port), await connect(venues[1].port)];
  const text = "BUY 5 BTC-USD 64123.45";
  const order = Buffer.from(text);
  for (const line of lines) line.send(order);
  await sleep(200);
  const [first, second] = venues.map(({ got }) => got[0] === text);
  const same = order.toString() === text;
  console.log(`first venue got the order: ${first}, second venue got it: ${second}, the caller's buffer is still the order: ${same}`);
  assert.deepEqual([first, second, same], [true, false, false]);
  for (const line of lines) line.send(text);
  await sleep(200);
  assert.deepEqual(venues.map(({ got }) => got[1]), [text, text]);
  console.log("a text sent twice: right both times");
  process.exit(0);
})();
CHECK
timeout 60 node --no-deprecation check.cjs

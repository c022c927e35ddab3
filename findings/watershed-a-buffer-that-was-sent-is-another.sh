#!/usr/bin/env bash
# watershed: a client's send(buffer) masks the caller's own buffer: the same order to the second venue is noise; and a message in two pieces makes the client say goodbye and fall silent.
#
# Expected: a send reads what it is given. A message in pieces, as proxies and servers with streaming writers send it, is one message, or is refused with a code that says so.
# Seen: as a client watershed 0.4.1 XORs the mask into the Buffer that it was handed, and leaves it so. The first send is right; when the Buffer is sent again, on the same line or on another, the
#   peer unmasks that noise and gets noise. Texts are safe, for they are copied. A server does not mask, so broadcasting there is right, and so is any test with one receiver. A frame without FIN is
#   answered with a goodbye of code 1000, "normal", and is never taken out of the buffer: no text, no error, no end is told to the program, and no later frame is read. To the server the client looks
#   as if it had left by itself; to the client the feed is quiet until the server gives up and cuts.
# Why it matters: encode once, send to two gateways, or send again after a cut, is how orders and subscriptions in SBE, protobuf or MessagePack go out. Nothing fails here: the other side drops it
#   or, in a format without checks, reads other numbers.
# Way to live with it: send(Buffer.from(buffer)); another client where messages may come in pieces. In tests the same Buffer to two servers, and one message in two frames with a timeout on the
#   answer.
# Versions: watershed 0.4.1 (npm, the newest), ws 8.18.3 as the server, Node.js 20.20.2. Source: _ws_writeFrameCommon and _ws_readFrame in lib/watershed.js, where a comment says that multi-part
#   messages should be handled. The README says neither. Nothing found about the buffer.
#
# Output seen:
#   first venue got the order: true, second venue got it: false, the caller's buffer is still the order: false
#   a text sent twice: right both times
#   a message in two pieces and one more behind it: client was told of nothing, server got a goodbye with code 1000
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

async function venue(onConnection) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const got = [];
  server.on("connection", (socket) => {
    socket.on("message", (data) => got.push(data.toString("latin1")));
    onConnection?.(socket);
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

  let code;
  const feed = await venue((socket) => {
    socket._receiver.on("conclude", (received) => { code = received; });
    socket.once("message", () => {
      socket.send('{"bid":641', { fin: false });
      socket.send('23.45}', { fin: true });
      socket.send('{"bid":64123.46}');
    });
  });
  const client = await connect(feed.port);
  const told = [];
  for (const name of ["text", "binary", "error", "end", "connectionReset"]) client.on(name, () => told.push(name));
  client.send("subscribe");
  await sleep(1500);
  console.log(`a message in two pieces and one more behind it: client was told of ${told.join(", ") || "nothing"}, server got a goodbye with code ${code}`);
  assert.deepEqual([told, code], [[], 1000]);
  process.exit(0);
})();
CHECK
timeout 60 node --no-deprecation check.cjs

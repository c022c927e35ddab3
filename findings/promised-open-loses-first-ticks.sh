#!/usr/bin/env bash
# jsonrpc-websocket-client and it-ws: what the service sends at once is gone when open() or connected() is awaited.
#
# Expected: a client hands out every message of its connection. it-ws calls "await stream.connected()" optional; a handler that
#   is there before open() gets all notifications.
# Seen: jsonrpc-websocket-client 0.7.2 looks for messages only behind the promise of its "open" event, and the stream of
#   it-ws 6.1.5 only when it is first read. ws hands out what came in the packet of the handshake's answer before any promise is
#   heard of. A service that sends three ticks when a client connects: jsonrpc-websocket-client has them in no case, it-ws not
#   after connected(); a tick 200 ms later arrives in each. Read at once, it-ws gives all four.
# Why it matters: a feed sends its snapshot, its "welcome" or the retained price just then. On loopback it is lost every time;
#   over a network by how packets fall: a book without its snapshot, a test that is red here and green there, and a
#   recording on the line that shows the message as received.
# Way to live with it: it-ws without connected(); otherwise a service that sends only after it was asked, or "ws" itself with
#   its handlers set in the turn that makes it.
# Versions: jsonrpc-websocket-client 0.7.2, it-ws 6.1.5, ws 8.23.0 (npm), Node.js 20.20.2. The READMEs say nothing of it.
#
# Output seen (ticks 1 to 3 are sent at once, tick 4 later):
#   ws, handler set at once                      1 2 3 4
#   jsonrpc-websocket-client, handler, open()    4
#   it-ws, read at once                          1 2 3 4
#   it-ws, connected(), then read                4
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts jsonrpc-websocket-client@0.7.2 it-ws@6.1.5 ws@8.23.0 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "it-ws/client";
import { JsonRpcWebSocketClient } from "jsonrpc-websocket-client";
import WebSocket, { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
const url = `ws://127.0.0.1:${server.address().port}`;
server.on("connection", async (connection) => {
  const send = (tick) => connection.send(JSON.stringify({ jsonrpc: "2.0", method: "tick", params: [tick] }));
  [1, 2, 3].forEach(send);
  await pause(200);
  send(4);
  await pause(200);
  connection.close();
});
const number = (text) => JSON.parse(text).params[0];
async function read(stream) {
  const got = [];
  for await (const bytes of stream.source) got.push(number(Buffer.from(bytes).toString()));
  return got;
}
const clients = {
  "ws, handler set at once": async () => {
    const got = [];
    const socket = new WebSocket(url);
    socket.on("message", (text) => got.push(number(text)));
    await once(socket, "close");
    return got;
  },
  "jsonrpc-websocket-client, handler, open()": async () => {
    const got = [];
    const client = new JsonRpcWebSocketClient(url);
    client.on("notification", ({ params }) => got.push(params[0]));
    const closed = once(client, "closed");
    await client.open();
    await closed;
    return got;
  },
  "it-ws, read at once": () => read(connect(url)),
  "it-ws, connected(), then read": async () => {
    const stream = connect(url);
    await stream.connected();
    return read(stream);
  },
};
const rows = [];
for (const [name, client] of Object.entries(clients)) {
  rows.push((await client()).join(" "));
  console.log(`${name.padEnd(44)} ${rows.at(-1)}`);
}
const right = JSON.stringify(rows) === JSON.stringify(["1 2 3 4", "4", "1 2 3 4", "4"]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
node probe.mjs & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

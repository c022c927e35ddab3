#!/usr/bin/env bash
# pws: a handler that was to be called once is called once on each connection, and maxRetries: 3 is dozens of attempts in two seconds.
#
# Expected: once() calls its handler for one event; maxRetries ends the attempts; what is in the options is used, or is an error.
# Seen: pws 7.0.0 takes such a handler off the connection that called it, and keeps it in its own list, which it hangs on every
#   connection that follows. So does addEventListener() with {once: true}. A handler that off() takes away is gone, as it should be.
#   maxRetries is compared with a counter of another name, which nothing counts: it has no effect, "retries" is right and goes on. In
#   reconnecting-websocket {once: true} is not looked at, and maxRetries is.
# Why it matters: "wait for the first tick, then start" starts again after each cut: two books, orders sent twice. A client that was to give
#   up after three refusals goes on asking a service that is being restarted; with a short pause of one's own it is a load.
# Way to live with it: on(), and off() in the handler; closing by hand when "retries" is reached.
# Versions: pws 7.0.0, reconnecting-websocket 4.4.0, ws 8.23.0 (npm), Node.js 20.20.2. Its README promises the interface of a WebSocket,
#   and says nothing of this.
#
# Output seen (a service that cuts the line after each tick; and one that refuses, with a pause of 50 ms):
#                                     pws            reconnecting-websocket
#   on("message")                     1 2 3 4 5      1 2 3 4 5
#   {once: true}                      1 2 3 4 5      1 2 3 4 5
#   once("message")                   1 2 3 4 5      has none
#   on(), and off() in the handler    1              1
#   maxRetries: 3, attempts in 2 s    more than 20   4
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
npm install --silent --no-audit --no-fund --ignore-scripts pws@7.0.0 reconnecting-websocket@4.4.0 ws@8.23.0 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import Pws from "pws";
import WebSocket, { WebSocketServer } from "ws";

const ReconnectingWebSocket = createRequire(import.meta.url)("reconnecting-websocket");
const clients = {
  pws: (url, maxRetries) => {
    const client = Pws(url, WebSocket, { nextReconnectDelay: () => 50, maxRetries });
    client.addEventListener("error", () => {});
    return client;
  },
  "reconnecting-websocket": (url, maxRetries) =>
    new ReconnectingWebSocket(url, [], {
      WebSocket,
      minReconnectionDelay: 50,
      maxReconnectionDelay: 50,
      reconnectionDelayGrowFactor: 1,
      maxRetries,
    }),
};
const listen = {
  'on("message")': (client, handler) => client.addEventListener("message", handler),
  "{once: true}": (client, handler) => client.addEventListener("message", handler, { once: true }),
  'once("message")': (client, handler) => {
    if (!client.once) return "has none";
    client.once("message", (data) => handler({ data }));
  },
  "on(), and off() in the handler": (client, handler) => {
    const first = (event) => {
      client.removeEventListener("message", first);
      handler(event);
    };
    client.addEventListener("message", first);
  },
};
async function ticks(make, attach) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  let tick = 0;
  const done = new Promise((resolve) => {
    server.on("connection", async (connection) => {
      if (tick === 5) return resolve();
      connection.send(String(++tick));
      await pause(100);
      connection.terminate();
    });
  });
  const got = [];
  const client = make(`ws://127.0.0.1:${server.address().port}`);
  const none = attach(client, ({ data }) => got.push(String(data)));
  await done;
  client.close();
  server.close();
  for (const connection of server.clients) connection.terminate();
  return none ?? got.join(" ");
}
async function attempts(make) {
  let count = 0;
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  server.on("upgrade", (request, socket) => {
    count++;
    socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  });
  const client = make(`ws://127.0.0.1:${server.address().port}`, 3);
  await pause(2000);
  client.close();
  server.close();
  return count > 20 ? "more than 20" : String(count);
}

const rows = [];
console.log(`${"".padEnd(33)} pws            reconnecting-websocket`);
function row(name, cells) {
  rows.push(cells);
  console.log(`${name.padEnd(33)} ${cells[0].padEnd(14)} ${cells[1]}`);
}
for (const [name, attach] of Object.entries(listen)) {
  const cells = [];
  for (const make of Object.values(clients)) cells.push(await ticks(make, attach));
  row(name, cells);
}
const counts = [];
for (const make of Object.values(clients)) counts.push(await attempts(make));
row("maxRetries: 3, attempts in 2 s", counts);
const all = "1 2 3 4 5";
const right =
  JSON.stringify(rows) === JSON.stringify([[all, all], [all, all], [all, "has none"], ["1", "1"], ["more than 20", "4"]]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
node probe.mjs & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

#!/usr/bin/env bash
# @fastify/http-proxy: the service answers 401 or is not there, and the client is connected all the same; a cut line is 4006.
#
# Expected: a proxy asks the service first, and the client gets its answer: 101, or 401, or an error. A line that was cut
#   is cut (1006), and an end without a code is one without a code (1005).
# Seen: @fastify/http-proxy 11.6.3 with websocket: true accepts the client and then connects to the service. A refused token
#   (401) and a service that is down are an "open" first and then a close with 1011; the status is lost. While the service
#   hangs in its handshake the client is open, and what it sends is kept; there is no limit in time. Codes that may not be
#   sent are raised by 3000: what was cut or killed behind the proxy arrives as 4006, a close without a code as 4005, in
#   the range that is the application's own. http-proxy 1.18.1 hands on what the service says.
# Why it matters: clients count an "open" as success: they set their pause back, say "connected" and subscribe, over and over
#   while the service is down. A wrong token looks like a fault of the service, and where 4000 and above means "stay
#   away", the clients of a service that was killed do not come back. A monitor that connects through the proxy is green.
# Way to live with it: check tokens in the proxy (preValidation) before the upgrade; have the service say hello, and
#   count from that; treat 4005 and 4006 as 1005 and 1006; in tests through the proxy a 401, a service that is down and one
#   that is killed.
# Versions: @fastify/http-proxy 11.6.3, fastify 5.12.8, http-proxy 1.18.1, ws 8.23.0 (npm), Node.js 20.20.2. Nothing found about
#   it; the README names neither.
#
# Output seen (what a client of ws is told):
#                    directly              http-proxy            @fastify/http-proxy
#   answers 401      401                   401                   open, closed 1011
#   is down          error                 error                 open, closed 1011
#   hangs            nothing within 3 s    nothing within 3 s    open
#   closes, 1012     open, closed 1012     open, closed 1012     open, closed 1012
#   closes, no code  open, closed 1005     open, closed 1005     open, closed 4005
#   cuts the line    open, closed 1006     open, closed 1006     open, closed 4006
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
npm install --silent --no-audit --no-fund --ignore-scripts @fastify/http-proxy@11.6.3 fastify@5.12.8 http-proxy@1.18.1 \
  ws@8.23.0

cat > probe.mjs <<'PROBE'
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
const require = createRequire(import.meta.url);
const { WebSocket, WebSocketServer } = require("ws");

const listening = (server) =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));

async function service(end) {
  const server = http.createServer();
  const port = await listening(server);
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (ws) => ws.on("message", () => end(ws)));
  return port;
}

async function refusing() {
  const server = http.createServer();
  const answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  server.on("upgrade", (request, socket) => socket.end(answer));
  return listening(server);
}

async function down() {
  const server = net.createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const services = {
  "answers 401": refusing,
  "is down": down,
  hangs: () => listening(net.createServer(() => {})),
  "closes, 1012": () => service((ws) => ws.close(1012)),
  "closes, no code": () => service((ws) => ws.close()),
  "cuts the line": () => service((ws) => ws.terminate()),
};
const ways = {
  directly: (port) => port,
  "http-proxy": (port) => {
    const proxy = require("http-proxy").createProxyServer({ target: `http://127.0.0.1:${port}`, ws: true });
    proxy.on("error", (error, request, socket) => socket.destroy?.());
    const server = http.createServer();
    server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
    return listening(server);
  },
  "@fastify/http-proxy": async (port) => {
    const server = require("fastify")();
    server.register(require("@fastify/http-proxy"), { upstream: `http://127.0.0.1:${port}`, websocket: true });
    await server.listen({ port: 0, host: "127.0.0.1" });
    return server.server.address().port;
  },
};

function told(port) {
  return new Promise((resolve) => {
    const events = [];
    const done = () => {
      ws.terminate();
      resolve(events.join(", ") || "nothing within 3 s");
    };
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ticks`);
    const timer = setTimeout(done, 3000);
    const last = (what) => {
      clearTimeout(timer);
      events.push(what);
      done();
    };
    ws.on("open", () => {
      events.push("open");
      ws.send("subscribe");
    });
    ws.on("unexpected-response", (request, response) => last(String(response.statusCode)));
    ws.on("error", () => events.length || last("error"));
    ws.on("close", (code) => events[0] === "open" && last(`closed ${code}`));
  });
}

const rows = [];
console.log(`${"".padEnd(16)} ${Object.keys(ways).map((name) => name.padEnd(21)).join(" ").trimEnd()}`);
for (const [name, start] of Object.entries(services)) {
  const row = [];
  for (const way of Object.values(ways)) row.push(await told(await way(await start())));
  console.log(`${name.padEnd(16)} ${row.map((cell) => cell.padEnd(21)).join(" ").trimEnd()}`);
  rows.push(row);
}
const expected = [
  ["401", "401", "open, closed 1011"],
  ["error", "error", "open, closed 1011"],
  ["nothing within 3 s", "nothing within 3 s", "open"],
  ["open, closed 1012", "open, closed 1012", "open, closed 1012"],
  ["open, closed 1005", "open, closed 1005", "open, closed 4005"],
  ["open, closed 1006", "open, closed 1006", "open, closed 4006"],
];
const right = JSON.stringify(rows) === JSON.stringify(expected);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
node probe.mjs & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

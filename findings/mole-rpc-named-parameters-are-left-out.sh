#!/usr/bin/env bash
# mole-rpc: named parameters are left out by the client and by the server, and the method runs without them: cancel({ symbol: "AAPL" }) cancels all.
#
# Expected: "Supports all features of JSON-RPC 2.0": params by position or by name, or an error -32602 for what is not supported.
# Seen: the client of mole-rpc 1.1.1 sends params only if they have a length: callMethod("cancel", { symbol: "AAPL" }) goes out as {"method":"cancel"}, and notify() too. A service of mole-rpc that gets named
#   parameters from another client calls the method with no argument at all. Nobody is refused, and the answer is a success.
# Why it matters: most APIs of markets have parameters by name. For a method whose arguments have defaults (all symbols, the newest ten) the answer looks well and is about something else; an order is
#   cancelled that nobody meant.
# Way to live with it: an array around it, callMethod("cancel", [{ symbol }]), where both sides are one's own; for other services another client. In services let a method throw without its argument. In
#   tests look at the frame that goes out.
# Versions: mole-rpc 1.1.1, mole-rpc-transport-ws 1.0.3, ws 8.23.0 (npm), Node.js 20.20.2. Source: _makeRequestObject in MoleClient.js (params && params.length), _callMethod in MoleServer.js (apply with params).
#   The client's half is what koorchik/node-mole-rpc pull request 15, open since 2020, would change; nothing found about the server's. The README shows positions only.
#
# Output seen:
#   client sends    {"jsonrpc":"2.0","method":"cancel","params":["AAPL"],"id":"..."}
#   client sends    {"jsonrpc":"2.0","method":"cancel","id":"..."}
#   server answers  ["AAPL"]             cancelled: "AAPL"
#   server answers  [{"symbol":"AAPL"}]  cancelled: {"symbol":"AAPL"}
#   server answers  {"symbol":"AAPL"}    cancelled: "all symbols"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts mole-rpc@1.1.1 mole-rpc-transport-ws@1.0.3 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import MoleClient from "mole-rpc/MoleClient.js";
import MoleServer from "mole-rpc/MoleServer.js";
import ClientTransport from "mole-rpc-transport-ws/TransportClientWS.js";
import ServerTransport from "mole-rpc-transport-ws/TransportServerWSS.js";

const lines = [];
const say = (text) => lines.push(text) && console.log(text);
const shown = (text) => text.replace(/"id":"[^"]*"/, '"id":"..."');
const listening = async () => {
  const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(wss, "listening");
  return { wss, url: `ws://127.0.0.1:${wss.address().port}` };
};

// mole-rpc asks another service.
const other = await listening();
other.wss.on("connection", (socket) =>
  socket.on("message", (data) => {
    say(`client sends    ${shown(String(data))}`);
    const { id } = JSON.parse(data);
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: "ok" }));
  }),
);
const client = new MoleClient({ requestTimeout: 3000, transport: new ClientTransport({ wsBuilder: () => new WebSocket(other.url) }) });
await client.callMethod("cancel", ["AAPL"]);
await client.callMethod("cancel", { symbol: "AAPL" });

// Another client asks mole-rpc.
const own = await listening();
const server = new MoleServer({ transports: [new ServerTransport({ wss: own.wss })] });
server.expose({ cancel: (what = "all symbols") => `cancelled: ${JSON.stringify(what)}` });
await server.run();
const socket = new WebSocket(own.url);
await once(socket, "open");
for (const params of [["AAPL"], [{ symbol: "AAPL" }], { symbol: "AAPL" }]) {
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: "1", method: "cancel", params }));
  const [answer] = await once(socket, "message");
  say(`server answers  ${JSON.stringify(params).padEnd(19)}  ${JSON.parse(answer).result}`);
}
assert.deepEqual(lines, [
  'client sends    {"jsonrpc":"2.0","method":"cancel","params":["AAPL"],"id":"..."}',
  'client sends    {"jsonrpc":"2.0","method":"cancel","id":"..."}',
  'server answers  ["AAPL"]             cancelled: "AAPL"',
  'server answers  [{"symbol":"AAPL"}]  cancelled: {"symbol":"AAPL"}',
  'server answers  {"symbol":"AAPL"}    cancelled: "all symbols"',
]);
process.exit(0);
CHECK
timeout 60 node check.mjs

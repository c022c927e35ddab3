#!/usr/bin/env bash
# socket.io-request: a refusal given as a text arrives as a row of letters, one given as an Error loses its stack in the service, and an order that timed out is placed later.
#
# Expected: res.error("insufficient margin") rejects the request with that text; the service's Error stays as it is; after a TimeoutError nothing is placed by this request.
# Seen: socket.io-request 0.8.0 goes through what is no Error by its keys; those of a text are its letters: the caller gets { 0: "m", 1: "a", ... } without a message. From an Error it deletes the stack
#   before it sends it, from the very object that the service goes on to log. A request during a cut is kept by socket.io-client; the timer rejects it, and with the reconnection it is sent all the same.
# Why it matters: err.message is undefined, and a test for "is rejected" is green with any reason. The service's log has no place for the error. The customer who was told of a timeout and orders again has two.
# Way to live with it: new Error(text) always, and a copy of it for the log; ask io.connected before a request, or socket.io's own timeout(ms).emitWithAck() with volatile. In tests a refusal by text, a request in a cut.
# Versions: socket.io-request 0.8.0 (npm, the newest), socket.io and socket.io-client 4.8.4, Node.js 20.20.2. Source: convertErrorToObject in src/error.js, request in src/main.js. Nothing found about it;
#   socket.io issue 4318 is about what the client keeps.
#
# Output seen:
#   error("margin")             rejected with {"0":"m","1":"a","2":"r","3":"g","4":"i","5":"n"}, message undefined
#   error(new Error("margin"))  rejected with {"name":"Error","message":"margin"}, message margin; stack in the service: undefined
#   in a cut                    rejected with {"name":"TimeoutError"}, message exceeded 500 (msec), placed 0
#   after it                    placed 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts socket.io-request@0.8.0 socket.io@4.8.4 socket.io-client@4.8.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import request from "socket.io-request";

const web = createServer().listen(0, "127.0.0.1");
await once(web, "listening");
const service = new Server(web);
const placed = [];
let logged;
service.on("connection", (socket) => {
  const api = request(socket);
  api.response("by text", (order, answer) => answer.error("margin"));
  api.response("by error", (order, answer) => {
    const error = new Error("margin");
    answer.error(error);
    logged = error.stack;
  });
  api.response("place", (order, answer) => {
    placed.push(order);
    answer("placed");
  });
});
const client = io(`http://127.0.0.1:${web.address().port}`, { reconnectionDelay: 1500, reconnectionDelayMax: 1500, randomizationFactor: 0 });
await once(client, "connect");
const ask = (method) => request(client, { timeout: 500 }).request(method, "A1").catch((error) => `rejected with ${JSON.stringify(error)}, message ${error.message}`);

const lines = [];
lines.push(`error("margin")             ${await ask("by text")}`);
lines.push(`error(new Error("margin"))  ${await ask("by error")}; stack in the service: ${logged}`);
const cut = once(client, "disconnect");
client.io.engine.close();
await cut;
lines.push(`in a cut                    ${await ask("place")}, placed ${placed.length}`);
await once(client, "connect");
await pause(300);
lines.push(`after it                    placed ${placed.length}`);
console.log(lines.join("\n"));
client.close();
service.close();
assert.deepEqual(lines, [
  'error("margin")             rejected with {"0":"m","1":"a","2":"r","3":"g","4":"i","5":"n"}, message undefined',
  'error(new Error("margin"))  rejected with {"name":"Error","message":"margin"}, message margin; stack in the service: undefined',
  'in a cut                    rejected with {"name":"TimeoutError"}, message exceeded 500 (msec), placed 0',
  'after it                    placed 1',
]);
process.exit(0);
CHECK
timeout 60 node check.mjs

#!/usr/bin/env bash
# websocket13: the token that goes along as a subprotocol arrives in small letters and is refused; a service that knows "Ticks.v2" is asked for another one.
#
# Expected: names of subprotocols are compared letter by letter (RFC 6455; the registry has "MBWS.huawei.com"). What the program gives is what is offered.
# Seen: the client websocket13 4.1.0 makes each entry of options.protocols small before it sends it. The answer of the server is made small as well, so that a server that does not look is believed.
#   Header fields and cookies are sent as they are.
# Why it matters: browsers can set no header field, so gateways take the token as a second subprotocol ("ticks, TOKEN"); base64 of another case is another token: 401 or a goodbye of 1008 for a key
#   that works in the browser and in ws. One renews the token, again and again. A token in hexadecimal passes, and so does a test with "token".
# Way to live with it: the token in a header field or a cookie, which this client can send, where the gateway takes it there; or ws. In tests a token with large letters, compared at the server.
# Versions: websocket13 4.1.0 (npm, the newest), ws 8.18.3, Node.js 20.20.2. Source: constructor of WebSocket in dist/WebSocket.js (toLowerCase). Nothing found about it.
#
# Output seen (offered: ticks, eyJhbGciOiJIUzI1NiJ9.Zm9v; a server that closes with 1008 if the token is another):
#   ws             server got "ticks,eyJhbGciOiJIUzI1NiJ9.Zm9v"   line open
#   websocket13    server got "ticks, eyjhbgcioijiuzi1nij9.zm9v"  closed with 1008
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts websocket13@4.1.0 ws@8.18.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const { WebSocket, WebSocketServer } = require("ws");
const WS13 = require("websocket13");

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.Zm9v";

(async () => {
  let header;
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "ticks" });
  await once(server, "listening");
  server.on("connection", (socket, request) => {
    header = request.headers["sec-websocket-protocol"];
    if (header.split(/, */)[1] !== TOKEN) socket.close(1008, "another token");
  });
  const url = `ws://127.0.0.1:${server.address().port}/`;

  async function row(name, open) {
    let code;
    open((received) => { code = received; });
    await sleep(700);
    const end = code === undefined ? "line open" : `closed with ${code}`;
    console.log(`${name.padEnd(14)} server got ${JSON.stringify(header).padEnd(34)}  ${end}`);
    return [header.split(/, */)[1], end];
  }

  const good = await row("ws", (told) => new WebSocket(url, ["ticks", TOKEN]).on("close", told));
  const options = { protocols: ["ticks", TOKEN] };
  const small = await row("websocket13", (told) => {
    const socket = new WS13.WebSocket(url, options);
    socket.on("disconnected", (code) => told(code));
    socket.on("error", (error) => told(error.message));
  });
  assert.deepEqual(good, [TOKEN, "line open"]);
  assert.deepEqual(small, [TOKEN.toLowerCase(), "closed with 1008"]);
  process.exit(0);
})();
CHECK
timeout 60 node check.cjs

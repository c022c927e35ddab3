#!/usr/bin/env bash
# websocket-express: a loop over nextMessage() gets one of ten subscriptions that a client sends at once, and then waits.
#
# One would expect: nextMessage() is a queue: "a promise which resolves with the next message received by the websocket". What comes between two
#   calls is kept, or the line is read more slowly.
# What happens: websocket-express 4.0.1 listens for one "message" event in each call and forgets all that come while nobody waits. ws 8
#   hands out all frames of a packet in one go, before the promise of the first has woken its waiter: of ten frames in one packet the loop of
#   the README sees the first, then times out or waits for ever. The same with ws 7. Frames that come one by one are all seen.
# Why it matters: a client subscribes to ten symbols in a loop as soon as it is connected; through Nagle, TLS or a proxy they are one packet. It gets
#   ticks for one, without an error. With a pause after the second of them, a handler that awaits a database between two calls, it is some number
#   in between, which differs by load. A test that sends one message and waits for its answer is green.
# Live with it: ws.on("message", ...) in the handler, and a list of one's own; or for await over events.on(ws, "message"). In tests ten messages in one
#   write.
# Versions: websocket-express 4.0.1, express 4.22.1, ws 8.23.0 and 7.5.14 (npm), Node.js 20.20.2. Source: nextMessage in build/index.js.
# Documented: the README has the sentence above. Nothing found about what comes in between.
# Seen (ten subscriptions; the handler waits 300 ms for each):
#   ws 8.23.0   one packet   s1
#   ws 8.23.0   5 ms apart   s1 s2 s3 s4 s5 s6 s7 s8 s9 s10
#   ws 7.5.14   one packet   s1
#   ws 7.5.14   5 ms apart   s1 s2 s3 s4 s5 s6 s7 s8 s9 s10
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

cat > "$work/probe.cjs" <<'PROBE'
const net = require("node:net");
const { setTimeout: sleep } = require("node:timers/promises");
const { WebSocketExpress } = require("websocket-express");
const { version } = require("ws/package.json");

let heard;
const app = new WebSocketExpress();
app.ws("/feed", async (request, response) => {
  const line = await response.accept();
  const seen = [];
  try {
    for (;;) seen.push(String((await line.nextMessage({ timeout: 300 })).data));
  } catch {
    heard(seen.join(" "));
    line.close();
  }
});
// One frame from a client, masked with zeros.
const frame = (text) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
const frames = Array.from({ length: 10 }, (_, i) => frame(`s${i + 1}`));
const server = app.createServer().listen(0, "127.0.0.1", async () => {
  for (const [name, apart] of [["one packet", 0], ["5 ms apart", 5]]) {
    const told = new Promise((resolve) => { heard = resolve; });
    const socket = net.connect({ port: server.address().port, host: "127.0.0.1", noDelay: true });
    socket.write("GET /feed HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n");
    await new Promise((resolve) => { socket.once("data", resolve); });
    if (!apart) socket.write(Buffer.concat(frames));
    else for (const one of frames) {
      socket.write(one);
      await sleep(apart);
    }
    console.log(`ws ${version}   ${name}   ${await told}`);
    socket.destroy();
  }
  process.exit(0);
});
PROBE
for version in 8.23.0 7.5.14; do
  mkdir "$work/$version"
  cd "$work/$version"
  npm install --silent --no-audit --no-fund --ignore-scripts websocket-express@4.0.1 express@4.22.1 "ws@$version" >npm.log 2>&1 || { cat npm.log; exit 1; }
  cp ../probe.cjs .
  timeout 20 node probe.cjs | tee -a ../seen
done
all="s1 s2 s3 s4 s5 s6 s7 s8 s9 s10"
for version in 8.23.0 7.5.14; do
  echo "ws $version   one packet   s1"
  echo "ws $version   5 ms apart   $all"
done > ../expected
diff -q ../expected ../seen >/dev/null || { echo "not as described any more"; exit 1; }

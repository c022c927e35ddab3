#!/usr/bin/env bash
# wspromisify: of six ticks of a stream that arrive together one is handed out, and whoever is busy misses what comes meanwhile.
#
# Expected: client.stream() is an async iterator of the messages of one request up to the one that says done; for await gives each of them,
#   in its own time.
# Seen: wspromisify 2.12.0 has room for one message: each one fulfils the promise that is waited for, and a new promise is made only when the
#   reader asks for the next. What arrives before that fulfils a promise that is fulfilled already, and is gone. The one that says done is
#   noted even so: the loop ends in good order. Six at once: the first. Six, 100 ms apart, and a reader that takes 250 ms for each: two.
# Why it matters: a service that sends a snapshot and the first ticks in one go is read as one that sends one tick; a slow check in the loop
#   makes ticks disappear, other ones each run. With slow ticks and a quick reader, as in its example, all is right.
# Way to live with it: send() for one answer only; for streams the socket's own "message" event and a queue of one's own.
# Versions: wspromisify 2.12.0 (the newest on npm), ws 8.23.0, Node.js 20.20.2. Nothing found about it.
#
# Output seen (six messages, the sixth says done):
#   100 ms apart, reader takes 0 ms    1 2 3 4 5 6, ended
#   100 ms apart, reader takes 250 ms  1 4, ended
#   at once, reader takes 0 ms         1, ended
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts wspromisify@2.12.0 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import * as module from "wspromisify";
import { WebSocket, WebSocketServer } from "ws";

const service = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(service, "listening");
service.on("connection", (socket) =>
  socket.on("message", async (raw) => {
    const { id, data } = JSON.parse(raw);
    for (let tick = 1; tick <= 6; tick++) {
      if (data.gap) await pause(data.gap);
      socket.send(JSON.stringify({ id, data: { tick, ...(tick === 6 ? { done: true } : {}) } }));
    }
  }),
);
const Client = module.WebSocketClient ?? module.default;
const url = `ws://127.0.0.1:${service.address().port}`;
const rows = [];
for (const [gap, work] of [
  [100, 0],
  [100, 250],
  [0, 0],
]) {
  const client = new Client({ url, adapter: (address) => new WebSocket(address), timeout: 5000, log: () => {} });
  await client.ready();
  const got = [];
  const reading = (async () => {
    for await (const { tick } of client.stream({ gap })) {
      got.push(tick);
      await pause(work);
    }
    return "ended";
  })();
  const end = await Promise.race([reading, pause(5000, "waiting")]);
  const text = `${got.join(" ")}, ${end}`;
  rows.push(text);
  console.log(`${`${gap ? `${gap} ms apart` : "at once"}, reader takes ${work} ms`.padEnd(34)} ${text}`);
}
const right = JSON.stringify(rows) === JSON.stringify(["1 2 3 4 5 6, ended", "1 4, ended", "1, ended"]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
timeout 60 node probe.mjs

#!/usr/bin/env bash
# @anephenix/sarus: with backoffLimit: 30 it knocks thirty times a second, and a listener that takes itself off makes the next one miss the tick.
#
# Expected: backoffLimit is in seconds: "Never wait more than 2000 seconds" stands beside backoffLimit: 2000, and "the maximum delay will be 400s" beside 400; the delays are
#   "1 s, 2 s, 4 s, and so on". off() inside a listener takes away that one only. disconnect() means that "the client will not attempt to reconnect".
# Seen: @anephenix/sarus 0.7.12 takes the smaller of the delay in milliseconds and backoffLimit as it is: 30 is 30 ms, from the first attempt on; 400 is 0.4 s; with a
#   larger one the first wait is 2 s. Listeners are called in a loop over the list that off() shortens: the one behind is left out for this event. A disconnect()
#   between two attempts lets the next attempt happen, and the connection stays; it is not made again after that.
# Why it matters: a limit of 30 or 60, as one would choose it in seconds, is a flood on a service that has just come back, from each client, and rate limits answer with a
#   ban. A handler for the first message only ("snapshot, then off") costs the recorder behind it exactly that message: the snapshot.
# Way to live with it: backoffLimit: 30000; a flag instead of off() in a listener; after disconnect() close sarus.ws in an open listener; in tests count the
#   attempts of five seconds against a port where nobody listens.
# Versions: @anephenix/sarus 0.7.12 (the newest on npm), ws 8.23.0 as the browser's WebSocket and as the server, Node.js 20.20.2. Nothing found about it.
#
# Output seen (nobody listens; attempts in 3 seconds):
#   no backoff                      3
#   backoffLimit: 30                60 or more           (right: 2, after 1 s and 3 s)
#   backoffLimit: 400               7 to 8               (right: 2)
#   backoffLimit: 30000             1                    (right: 2)
#   two listeners, three ticks      first 1, second 2 3  (right: first 1, second 1 2 3)
#   disconnect() between attempts   connected after it
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @anephenix/sarus@0.7.12 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import sarusModule from "@anephenix/sarus";
import { WebSocket, WebSocketServer } from "ws";

globalThis.WebSocket = WebSocket;
const Sarus = sarusModule.default ?? sarusModule;

const gone = createServer().listen(0, "127.0.0.1");
await once(gone, "listening");
const port = gone.address().port;
const nobody = `ws://127.0.0.1:${port}`;
gone.close();
await once(gone, "close");

// Attempts behind the first one.
async function attempts(options) {
  let closes = 0;
  const sarus = new Sarus({ url: nobody, eventListeners: { close: [() => closes++] }, ...options });
  await sleep(3300);
  sarus.disconnect();
  return closes - 1;
}
const limit = (backoffLimit) => attempts({ exponentialBackoff: { backoffRate: 2, backoffLimit } });
const [none, thirty, fourHundred, thousands] = await Promise.all([attempts({}), limit(30), limit(400), limit(30_000)]);

await sleep(1500);
const server = new WebSocketServer({ port, host: "127.0.0.1" });
await once(server, "listening");
server.on("connection", async (client) => {
  for (const tick of ["1", "2", "3"]) {
    await sleep(50);
    client.send(tick);
  }
});
const seen = { first: [], second: [] };
const listening = new Sarus({ url: nobody });
const snapshot = ({ data }) => {
  seen.first.push(data);
  listening.off("message", snapshot);
};
listening.on("message", snapshot);
listening.on("message", ({ data }) => seen.second.push(data));
await sleep(400);

const leaving = new Sarus({ url: nobody, retryConnectionDelay: 300 });
while (leaving.ws.readyState !== 1) await sleep(10);
leaving.ws.close();
while (leaving.ws.readyState !== 3) await sleep(10);
leaving.disconnect();
await sleep(700);

const rows = [
  ["no backoff", String(none), ""],
  ["backoffLimit: 30", thirty >= 60 ? "60 or more" : String(thirty), "2, after 1 s and 3 s"],
  ["backoffLimit: 400", fourHundred === 7 || fourHundred === 8 ? "7 to 8" : String(fourHundred), "2"],
  ["backoffLimit: 30000", String(thousands), "2"],
  ["two listeners, three ticks", `first ${seen.first.join(" ")}, second ${seen.second.join(" ")}`, "first 1, second 1 2 3"],
  ["disconnect() between attempts", leaving.ws.readyState === 1 ? "connected after it" : "not connected", ""],
];
for (const [name, what, right] of rows) console.log(`${name.padEnd(31)} ${what.padEnd(20)}${right && ` (right: ${right})`}`.trimEnd());
const wanted = ["3", "60 or more", "7 to 8", "1", "first 1, second 2 3", "connected after it"];
const same = rows.every(([, what], n) => what === wanted[n]);
if (!same) console.error("not as described any more");
process.exit(same ? 0 : 1);
PROBE
timeout 60 node probe.mjs

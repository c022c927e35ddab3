#!/usr/bin/env bash
# @hapi/nes: a handler that has seen enough unsubscribes, and the handler behind it does not get that tick.
#
# Expected: each handler of a subscription is called with each tick until it is unsubscribed itself.
# Seen: the client of @hapi/nes 14.0.1 takes a handler out of the list while it goes through that list. A handler that
#   unsubscribes itself when called, as one that waits for the first tick does, moves the next one into its place, and
#   the loop is past it. Only the handler right behind is hit, and only by that tick; with three "first tick" handlers in a
#   row the second sees the second tick and the third the first. unsubscribe() in a later turn, by setImmediate(), is right.
# Why it matters: "wait for the first tick, then go on" beside a book or a recorder on the same path: the book misses its first
#   tick, the snapshot, and is wrong for good. The service has sent it, and the log of the connection shows it.
# Way to live with it: unsubscribe in a later turn; a client of its own for what waits; sequence numbers in the tick.
# Versions: @hapi/nes 14.0.1, @hapi/hapi 21.4.10 (npm), Node.js 20.20.2. The documentation of unsubscribe() says how a handler
#   is removed, nothing of when.
#
# Output seen (three ticks on one path, three handlers in this order):
#                                      first    second   third
#   all stay                           1 2 3    1 2 3    1 2 3
#   the first unsubscribes itself      1        2 3      1 2 3
#   the same in a later turn           1        1 2 3    1 2 3
#   each unsubscribes itself           1        2        1
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
npm install --silent --no-audit --no-fund --ignore-scripts @hapi/nes@14.0.1 @hapi/hapi@21.4.10 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { setTimeout as pause } from "node:timers/promises";
import Hapi from "@hapi/hapi";
import Nes from "@hapi/nes";

const server = Hapi.server({ port: 0, host: "127.0.0.1" });
await server.register(Nes);
server.subscription("/ticks");
await server.start();
const stay = () => {};
const leave = (end) => end();
const later = (end) => setImmediate(end);
const stories = {
  "all stay": [stay, stay, stay],
  "the first unsubscribes itself": [leave, stay, stay],
  "the same in a later turn": [later, stay, stay],
  "each unsubscribes itself": [leave, leave, leave],
};
const rows = [];
console.log(`${"".padEnd(34)} first    second   third`);
for (const [name, story] of Object.entries(stories)) {
  const client = new Nes.Client(`ws://127.0.0.1:${server.info.port}`);
  await client.connect();
  const got = [];
  for (const then of story) {
    const ticks = [];
    got.push(ticks);
    const handler = (tick) => {
      ticks.push(tick);
      then(() => client.unsubscribe("/ticks", handler));
    };
    await client.subscribe("/ticks", handler);
  }
  for (const tick of [1, 2, 3]) {
    server.publish("/ticks", tick);
    await pause(150);
  }
  await client.disconnect();
  const row = got.map((ticks) => ticks.join(" "));
  rows.push(row);
  console.log(`${name.padEnd(34)} ${row.map((cell) => cell.padEnd(8)).join(" ").trimEnd()}`);
}
await server.stop();
const right =
  JSON.stringify(rows) ===
  JSON.stringify([
    ["1 2 3", "1 2 3", "1 2 3"],
    ["1", "2 3", "1 2 3"],
    ["1", "1 2 3", "1 2 3"],
    ["1", "2", "1"],
  ]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
node probe.mjs & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

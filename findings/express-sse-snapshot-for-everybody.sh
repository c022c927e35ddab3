#!/usr/bin/env bash
# express-sse: one more client connects, and all that are there get the snapshot once more.
#
# Expected: the initial content of a stream, such as the book as it stands, is sent to a client when it connects.
# Seen: express-sse 1.0.0 sends it to every open connection each time that one opens: the snapshot goes out by the same event
#   that send() uses. The first of three clients has it three times, in the middle of its ticks. With isSerialized: false it
#   is the same. Ids are counted for each connection, these doubles too, so that one id is another tick for each client; the
#   Last-Event-ID with which a client comes back is not read.
# Why it matters: snapshots that are added twice, volumes that grow when a colleague opens the page, a book set back to what it
#   was an hour ago (updateInit() is seldom called). A test with one client sees nothing of it. Comparing ids between clients,
#   or before and after a cut, compares different ticks.
# Way to live with it: no initial content, and a response.write() of one's own behind init(); ids given to send(); in tests
#   a second client that comes later.
# Versions: express-sse 1.0.0 (npm), Node.js 20.20.2. A comment in the source has it "served on new connections"; of
#   the others neither it nor the README says a word.
#
# Output seen (snapshot of two, then tick 3, a second and a third client connect, tick 4; id of each in front):
#   first client    0:one 1:two 2:tick-3 3:one 4:two 5:one 6:two 7:tick-4
#   second client   0:one 1:two 2:one 3:two 4:tick-4
#   third client    0:one 1:two 2:tick-4
#   first, comes back with Last-Event-ID 2  0:one 1:two
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
npm install --silent --no-audit --no-fund --ignore-scripts express-sse@1.0.0

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import SSE from "express-sse";

const stream = new SSE(["one", "two"]);
const server = http.createServer((request, response) => stream.init(request, response)).listen(0, "127.0.0.1");
await once(server, "listening");

async function connected(headers = {}) {
  const client = { text: "" };
  const request = http.get({ host: "127.0.0.1", port: server.address().port, headers });
  const [response] = await once(request, "response");
  response.setEncoding("utf8").on("data", (text) => (client.text += text));
  await pause(500);
  return client;
}
const events = ({ text }) => [...text.matchAll(/id: (.*)\ndata: "(.*)"\n\n/g)].map(([, id, data]) => `${id}:${data}`).join(" ");

const clients = [await connected()];
stream.send("tick-3");
await pause(500);
clients.push(await connected(), await connected());
stream.send("tick-4");
await pause(500);
const seen = clients.map(events);
seen.push(events(await connected({ "Last-Event-ID": "2" })));
const names = ["first client  ", "second client ", "third client  ", "first, comes back with Last-Event-ID 2"];
seen.forEach((list, i) => console.log(`${names[i]}  ${list}`));
const right =
  JSON.stringify(seen) ===
  JSON.stringify([
    "0:one 1:two 2:tick-3 3:one 4:two 5:one 6:two 7:tick-4",
    "0:one 1:two 2:one 3:two 4:tick-4",
    "0:one 1:two 2:tick-4",
    "0:one 1:two",
  ]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
node probe.mjs & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

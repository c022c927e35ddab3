#!/usr/bin/env bash
# fetch-sse: "await fetchEventData()" succeeds with a refused port, a 401, a cut in the stream and a failed assertion in onMessage.
#
# Expected: "all the features of Fetch": the promise is rejected when the server is not reached, the answer is no 2xx ("checks if the response status is OK"), the
#   line is cut, or the handler raises. A handler that raises ends the request.
# Seen: fetch-sse 1.2.1 catches everything and hands it to onError, which is optional, and which no example in its README has; then the promise is
#   fulfilled. A complete stream and none at all differ only in onClose. An error raised in onMessage goes the same way, and the
#   reading stops without the request being cancelled: the server goes on sending to nobody until the process ends.
#   The id of an event is not handed on (raw has its text, without a name): there is nothing to go on from after a cut.
# Why it matters: a test that awaits the stream and asserts in onMessage is green whatever arrives, and without a service, too. A recorder that runs
#   it in a loop writes "end of stream" at each cut, and keeps one more connection open for each tick that it could not parse.
# Way to live with it: onError that keeps the error and throws it behind the await; onClose as the only proof of an end; an AbortController that is
#   used in every handler's catch; in tests one port where nobody listens.
# Versions: fetch-sse 1.2.1 (the newest on npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen (the server sends 1 to 5; sent is what the server still sends in half a second after the call has ended):
#                        read        fetchEventData   onClose   sent
#   complete             1 2 3 4 5   fulfilled        yes       0
#   nobody listens                   fulfilled        no        0       (right: rejected)
#   401                              fulfilled        no        0       (right: rejected)
#   cut behind 3         1 2 3       fulfilled        no        0       (right: rejected)
#   assertion fails at 2 1 2         fulfilled        no        10      (right: rejected, and 0)
#   with onError         1 2         fulfilled        no        10
#   fields of an event: data event raw
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts fetch-sse@1.2.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fetchEventData } from "fetch-sse";

let sent = 0;
const server = createServer(async (request, answer) => {
  if (request.url === "/closed") return void answer.writeHead(401).end("no token");
  answer.writeHead(200, { "Content-Type": "text/event-stream" });
  for (let tick = 1; !answer.destroyed; tick += 1) {
    await sleep(50);
    if (answer.destroyed) return;
    if (tick > 5 && request.url === "/five") return void answer.end();
    if (tick > 3 && request.url === "/cut") return void answer.destroy();
    answer.write(`id: ${tick}\ndata: ${tick}\n\n`);
    sent++;
  }
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const feed = `http://127.0.0.1:${server.address().port}`;
const gone = createServer().listen(0, "127.0.0.1");
await once(gone, "listening");
const nobody = `http://127.0.0.1:${gone.address().port}`;
gone.close();
await once(gone, "close");

let fields;
async function row(url, { failsAt, ...more } = {}) {
  const read = [];
  let closed = "no";
  const end = await fetchEventData(url, {
    onMessage(event) {
      fields = Object.keys(event).sort().join(" ");
      read.push(event.data);
      assert.notEqual(event.data, failsAt);
    },
    onClose: () => (closed = "yes"),
    ...more,
  }).then(() => "fulfilled", () => "rejected");
  const before = sent;
  await sleep(525);
  const still = sent - before;
  return [read.join(" "), end, closed, still >= 6 && still <= 12 ? "10" : String(still)];
}

const failing = { failsAt: "2" };
const rows = [
  ["complete", await row(`${feed}/five`), ""],
  ["nobody listens", await row(nobody), "rejected"],
  ["401", await row(`${feed}/closed`), "rejected"],
  ["cut behind 3", await row(`${feed}/cut`), "rejected"],
  ["assertion fails at 2", await row(`${feed}/run`, failing), "rejected, and 0"],
];
server.closeAllConnections();
rows.push(["with onError", await row(`${feed}/run`, { ...failing, onError() {} }), ""]);

console.log(`${"".padEnd(20)} ${"read".padEnd(11)} ${"fetchEventData".padEnd(16)} ${"onClose".padEnd(9)} sent`);
for (const [name, [read, end, closed, still], right] of rows) {
  console.log(`${name.padEnd(20)} ${read.padEnd(11)} ${end.padEnd(16)} ${closed.padEnd(9)} ${still.padEnd(7)}${right && ` (right: ${right})`}`.trimEnd());
}
console.log(`fields of an event: ${fields}`);
const seen = [...rows.map(([, cells]) => cells.join("|")), fields];
const wanted = [
  "1 2 3 4 5|fulfilled|yes|0",
  "|fulfilled|no|0",
  "|fulfilled|no|0",
  "1 2 3|fulfilled|no|0",
  "1 2|fulfilled|no|10",
  "1 2|fulfilled|no|10",
  "data event raw",
];
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.error("not as described any more");
process.exit(same ? 0 : 1);
PROBE
timeout 60 node probe.mjs

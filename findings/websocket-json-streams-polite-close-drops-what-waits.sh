#!/usr/bin/env bash
# websocket-json-stream and its successors: 100 ticks and a polite close, and a reader that takes 5 ms for each gets one, two or all of them.
#
# Expected: an object stream of what a WebSocket brings: ticks that arrived before the close are read first, then comes the end. createWebSocketStream() of
#   ws does that.
# Seen: @teamwork/websocket-json-stream 2.0.0 and @an-epiphany/websocket-json-stream 1.2.0 destroy the stream at the close frame, also at
#   1000 or none: what waits in the buffer goes with it. A loop or a pipeline that awaits anything for a tick sees one or two and ERR_STREAM_PREMATURE_CLOSE;
#   a reader of "data" never has an "end", after a whole day of ticks. websocket-json-stream 0.0.3 emits "end" and "close" by hand before the
#   buffer is empty: a pipeline has one or two ticks and succeeds, without an error; a loop has all 100 and then fails.
# Why it matters: a snapshot of 100 levels followed by a close, a replay, the last burst before the restart at night: the database has two rows, the pipeline was
#   "ok". On a developer's machine the reader is faster than the feed, and all is there.
# Way to live with it: createWebSocketStream() and a line parser; or a queue of one's own that is filled on "data" at once and read slowly; in tests a server that
#   sends 100 messages and closes, and a reader that sleeps.
# Versions: websocket-json-stream 0.0.3, @teamwork/websocket-json-stream 2.0.0, @an-epiphany/websocket-json-stream 1.2.0 (npm), ws 8.23.0, Node.js
#   20.20.2. Nothing found about it.
#
# Output seen (a server sends 100 ticks and closes with 1000; the loop and the pipeline take 5 ms for a tick):
#                                     for await           pipeline               data
#   websocket-json-stream             100, then an error  1-9, without an error  100, end
#   @teamwork/websocket-json-stream   1-9, then an error  1-9, then an error     100, no end
#   @an-epiphany/...                  1-9, then an error  1-9, then an error     100, no end
#   createWebSocketStream of ws       100, end            100, end               100, end
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts websocket-json-stream@0.0.3 @teamwork/websocket-json-stream@2.0.0 \
  @an-epiphany/websocket-json-stream@1.2.0 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { Writable, pipeline } = require("node:stream");
const { setTimeout: sleep } = require("node:timers/promises");
const { WebSocket, WebSocketServer, createWebSocketStream } = require("ws");
const First = require("websocket-json-stream");
const Teamwork = require("@teamwork/websocket-json-stream");
const { WebSocketJSONStream: Epiphany } = require("@an-epiphany/websocket-json-stream");

process.on("uncaughtException", () => {}); // one of them raises an error of its own behind a pipeline that has succeeded

const few = (ticks) => (ticks > 0 && ticks < 10 ? "1-9" : ticks);
const ways = {
  async loop(stream) {
    let ticks = 0;
    try {
      for await (const _ of stream) {
        ticks++;
        await sleep(5);
      }
      return `${few(ticks)}, end`;
    } catch {
      return `${few(ticks)}, then an error`;
    }
  },
  async pipeline(stream) {
    let ticks = 0;
    const slow = new Writable({ objectMode: true, highWaterMark: 1, write: (_, __, done) => (ticks++, setTimeout(done, 5)) });
    const error = await new Promise((resolve) => pipeline(stream, slow, resolve));
    await sleep(1000);
    return `${few(ticks)}, ${error ? "then an error" : ticks === 100 ? "end" : "without an error"}`;
  },
  async data(stream) {
    let ticks = 0;
    let ended = false;
    stream.on("data", () => ticks++).on("end", () => (ended = true));
    await sleep(1000);
    return `${few(ticks)}, ${ended ? "end" : "no end"}`;
  },
};

async function main() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (client) => {
    for (let n = 1; n <= 100; n += 1) client.send(JSON.stringify({ symbol: "AAPL", price: n }));
    client.close(1000);
  });
  const streams = {
    "websocket-json-stream": (socket) => new First(socket),
    "@teamwork/websocket-json-stream": (socket) => new Teamwork(socket),
    "@an-epiphany/...": (socket) => new Epiphany(socket),
    "createWebSocketStream of ws": (socket) => createWebSocketStream(socket, { readableObjectMode: true }),
  };
  console.log(`${"".padEnd(33)} ${"for await".padEnd(19)} ${"pipeline".padEnd(22)} data`);
  const table = [];
  for (const [name, make] of Object.entries(streams)) {
    const row = [];
    for (const way of Object.values(ways)) row.push(await way(make(new WebSocket(`ws://127.0.0.1:${server.address().port}`))));
    console.log(`${name.padEnd(33)} ${row[0].padEnd(19)} ${row[1].padEnd(22)} ${row[2]}`);
    table.push(row.join(" | "));
  }
  assert.deepEqual(
    table,
    [
      "100, then an error | 1-9, without an error | 100, end",
      "1-9, then an error | 1-9, then an error | 100, no end",
      "1-9, then an error | 1-9, then an error | 100, no end",
      "100, end | 100, end | 100, end",
    ],
    "not as described any more",
  );
}
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
PROBE
timeout 60 node probe.js

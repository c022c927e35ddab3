#!/usr/bin/env bash
# mocksse: of two readers of one feed the last gets each tick twice and the first none, onmessage is never called, and a feed never comes back.
#
# Expected: a stand-in for the EventSource of the package eventsource: each instance has a stream of its own, "message" events go to onmessage, data is text, the
#   connection is made again when the server has ended the answer, and readyState is 1 in onopen.
# Seen: mocksse 1.0.4 keeps one reader for each mock, the last that was made: every stream of the mock is sent to it. onmessage is a property that
#   nobody reads; data is the object that the test gave, or a tick of 0 or "" that is an error; onopen is called with readyState 0. Behind the last
#   response nothing comes: no error event, no second connection, readyState stays 1. A close() during the stream is an error event in onerror.
# Why it matters: two panels on one feed, or a test that makes its reader in each beforeEach with one mock: the first one is deaf, the last counts six
#   ticks of three. Code that parses event.data works against the feed and fails against the mock, or the other way round; what happens at a cut
#   is never tested.
# Way to live with it: a real HTTP server in the test: ten lines, on a free port, and the real EventSource; with this mock one reader, addEventListener, and
#   JSON.stringify() around each data.
# Versions: mocksse 1.0.4 (the newest on npm), eventsource 4.1.1 for comparison, Node.js 20.20.2. Nothing found about it.
#
# Output seen (the feed: three ticks, then the end of the answer):
#                                  mocksse     eventsource
#   first reader, second reader    0, 6        3, 3
#   onmessage                      0           3
#   typeof data                    object      string
#   readyState in onopen           0           1
#   a tick of 0                    error       0
#   readyState behind the end      1           0
#   connections in the end         1           2
#   close() behind tick 1          an error    nothing
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts mocksse@1.0.4 eventsource@4.1.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSource as Real } from "eventsource";
import mock from "mocksse";

// A feed of its own for each question: its ticks 50 ms apart, then the end of the answer; a reader who comes again has to wait for a second.
async function realFeed(ticks) {
  const feed = { connections: 0, Source: Real };
  const server = createServer(async (_, answer) => {
    feed.connections++;
    answer.writeHead(200, { "Content-Type": "text/event-stream" });
    answer.write("retry: 300\n\n");
    if (feed.connections > feed.readers) return;
    for (const tick of ticks) {
      await sleep(50);
      answer.write(`data: ${JSON.stringify(tick)}\n\n`);
    }
    answer.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  feed.url = `http://127.0.0.1:${server.address().port}/ticks`;
  feed.close = () => (server.closeAllConnections(), server.close());
  return feed;
}
async function mockFeed(ticks) {
  const feed = { connections: 0, url: "http://feed/ticks", Source: mock.EventSource };
  const event = new mock.MockEvent({ url: feed.url, setInterval: 50, responses: ticks.map((data) => ({ type: "message", data })) });
  feed.close = () => event.clear();
  return feed;
}

async function column(makeFeed) {
  const rows = [];
  async function ask(ticks, readers, during) {
    const feed = await makeFeed(ticks);
    feed.readers = readers;
    const made = Array.from({ length: readers }, () => {
      const source = new feed.Source(feed.url);
      const seen = { source, feed, data: [], onmessage: 0, errors: 0, opens: 0 };
      source.onmessage = () => seen.onmessage++;
      source.onopen = () => (seen.opens++, (seen.open ??= source.readyState));
      source.onerror = () => seen.errors++;
      source.addEventListener("message", ({ data }) => seen.data.push(data));
      return seen;
    });
    await during(...made);
    for (const { source } of made) source.close();
    feed.close();
  }
  await ask([1, 2, 3], 2, async (first, second) => {
    await sleep(400);
    rows.push(`${first.data.length}, ${second.data.length}`);
  });
  await ask([{ price: 1 }, { price: 2 }, { price: 3 }], 1, async (reader) => {
    await sleep(300);
    rows.push(String(reader.onmessage), typeof reader.data[0], String(reader.open));
  });
  await ask([0, 1], 1, async (reader) => {
    await sleep(120);
    rows.push(reader.data.map(String).includes("0") ? "0" : "error");
  });
  await ask([1], 1, async (reader) => {
    await sleep(200);
    rows.push(String(reader.source.readyState));
    await sleep(400);
    rows.push(String(reader.opens));
  });
  await ask([1, 2, 3], 1, async (reader) => {
    while (!reader.data.length) await sleep(5);
    reader.source.close();
    await sleep(200);
    rows.push(reader.errors ? "an error" : "nothing");
  });
  return rows;
}

const names = ["first reader, second reader", "onmessage", "typeof data", "readyState in onopen", "a tick of 0", "readyState behind the end", "connections in the end",
  "close() behind tick 1"];
const columns = [await column(mockFeed), await column(realFeed)];
console.log(`${"".padEnd(30)} ${"mocksse".padEnd(11)} eventsource`);
names.forEach((name, n) => console.log(`${name.padEnd(30)} ${columns[0][n].padEnd(11)} ${columns[1][n]}`));
assert.deepEqual(
  columns,
  [
    ["0, 6", "0", "object", "0", "error", "1", "1", "an error"],
    ["3, 3", "3", "string", "1", "0", "0", "2", "nothing"],
  ],
  "not as described any more",
);
PROBE
timeout 60 node probe.mjs

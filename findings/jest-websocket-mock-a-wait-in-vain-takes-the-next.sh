#!/usr/bin/env bash
# jest-websocket-mock: a wait for a message that did not come takes the next one that does; one order sent counts as two expected.
#
# Expected: nextMessage is the next message, for whoever asks; one who has stopped waiting takes none. Its README has toHaveReceivedMessages()
#   for all messages that are expected; of two orders that means two, and .not.toReceiveMessage(order) that this order does not come.
# Seen: jest-websocket-mock 2.5.0 keeps each wait for ever. One that lost a race against a pause, or a toReceiveMessage() that ran out of
#   time, is given order 1, and the test's next wait order 2. Of two waits at once the second gets undefined, and what it should have had is
#   next. toHaveReceivedMessages() asks of each expected message whether it is there: order and number do not count.
#   .not.toReceiveMessage(order 9) passes when another order comes and fails when nothing does.
# Why it matters: "nothing before the market opens, then order 1" is red for a client that is right; "subscribed again after the cut" is
#   green for a client that never did, as its first subscription is found twice. 800,000 downloads a month.
# Way to live with it: compare server.messages as a whole after a pause, for "nothing" too; one wait at a time.
# Versions: jest-websocket-mock 2.5.0 (the newest), mock-socket 9.3.1, expect 30.5.2 (Jest's own), Node.js 20.20.2. Issue 51 of
#   romgain/jest-websocket-mock (open) has met the first of these; the rest was not found.
#
# Output seen (what is sent, what is asked for, and what comes of it):
#   1 and 2  the next                               order 1
#   1 and 2  the next, 100 ms after a wait in vain  order 2             (right: order 1)
#   1 and 2  the next two, both at once             order 1, undefined  (right: order 1, order 2)
#   1        toHaveReceivedMessages 1, 1            passes              (right: fails)
#   1 and 2  toHaveReceivedMessages 2, 1            passes              (right: fails)
#   nothing  not.toReceiveMessage 9                 fails               (right: passes)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts jest-websocket-mock@2.5.0 mock-socket@9.3.1 expect@30.5.2 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
global.expect = require("expect").expect;
const { setTimeout: pause } = require("node:timers/promises");
const { WebSocket } = require("mock-socket");
const { WS } = require("jest-websocket-mock");

const order = (number) => ({ order: number });
const told = (message) => (message ? `order ${message.order}` : String(message));
const passes = async (check) => {
  try {
    await check();
    return "passes";
  } catch {
    return "fails";
  }
};
let port = 1234;
async function line() {
  const server = new WS(`ws://localhost:${port}`, { jsonProtocol: true });
  const client = new WebSocket(`ws://localhost:${port++}`);
  await server.connected;
  const send = async (...numbers) => {
    for (const number of numbers) client.send(JSON.stringify(order(number)));
    await pause(50);
  };
  return { server, send };
}
const cases = [
  ["1 and 2", "the next", "order 1", async ({ server, send }) => {
    await send(1, 2);
    return told(await server.nextMessage);
  }],
  ["1 and 2", "the next, 100 ms after a wait in vain", "order 1", async ({ server, send }) => {
    await Promise.race([server.nextMessage, pause(100)]);
    await send(1, 2);
    return told(await server.nextMessage);
  }],
  ["1 and 2", "the next two, both at once", "order 1, order 2", async ({ server, send }) => {
    const both = Promise.all([server.nextMessage, server.nextMessage]);
    await send(1, 2);
    return (await both).map(told).join(", ");
  }],
  ["1", "toHaveReceivedMessages 1, 1", "fails", async ({ server, send }) => {
    await send(1);
    return passes(() => expect(server).toHaveReceivedMessages([order(1), order(1)]));
  }],
  ["1 and 2", "toHaveReceivedMessages 2, 1", "fails", async ({ server, send }) => {
    await send(1, 2);
    return passes(() => expect(server).toHaveReceivedMessages([order(2), order(1)]));
  }],
  ["nothing", "not.toReceiveMessage 9", "passes", async ({ server }) =>
    passes(() => expect(server).not.toReceiveMessage(order(9), { timeout: 100 }))],
];
(async () => {
  const rows = [];
  for (const [sent, asked, right, run] of cases) {
    const seen = await run(await line());
    rows.push(seen);
    const note = seen === right ? "" : `(right: ${right})`;
    console.log(`${sent.padEnd(8)} ${asked.padEnd(38)} ${seen.padEnd(19)} ${note}`.trimEnd());
  }
  if (rows.join() !== "order 1,order 2,order 1, undefined,passes,passes,fails") {
    console.error("not as described any more");
    process.exit(1);
  }
  process.exit(0);
})();
PROBE
node probe.cjs

#!/usr/bin/env bash
# wampy: two handlers subscribe to one topic at once, and only the last one gets ticks; ending a prefix ends the exact topic.
#
# Expected: each handler that has subscribed gets each tick, as it says: two for one topic are one subscription with two
#   callbacks. unsubscribe() ends the one that is named.
# Seen: wampy 8.0.2 puts the second handler beside the first only once the router has confirmed the first. Before, as with
#   Promise.all() over a list, it asks twice; the router answers with the same id, as it must, and the second answer writes
#   over the first: both promises are kept, and the first handler is never called. unsubscribe() of a prefix looks for what to
#   take out under the topic without "match": if the same topic is subscribed exactly, too, that one is taken out. The router
#   goes on sending its ticks, and they reach nobody.
# Why it matters: at the start all parts of a client subscribe at the same time: the book has no ticks, the chart has them.
#   One who closes the page "all of NIFTY" stops the price on the other page; subscribing again is asked of the router and
#   works, until then nothing is said.
# Way to live with it: one subscribe() after the other, awaited; exact and prefix never with the same text; a test counts the
#   calls of each handler.
# Versions: wampy 8.0.2, ws 8.23.0 (npm), Node.js 20.20.2. The README knows several callbacks of a topic (unsubscribe); nothing
#   found about these. The router is a small stand-in that speaks WAMP in JSON.
#
# Output seen (which ticks each handler gets):
#   two handlers, one after the other          first 1        second 1
#   two handlers at once                       first nothing  second 2
#   exact "ticks" and prefix "ticks"           exact 3        prefix 3
#   prefix unsubscribed                        exact nothing  prefix nothing
#   and by the router's side                   sent to the exact one: 4
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
npm install --silent --no-audit --no-fund --ignore-scripts wampy@8.0.2 ws@8.23.0

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Wampy } from "wampy";
import WebSocket, { WebSocketServer } from "ws";

const [HELLO, WELCOME, GOODBYE, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBE, UNSUBSCRIBED, EVENT] = [1, 2, 6, 32, 33, 34, 35, 36];
const router = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "wamp.2.json" });
await once(router, "listening");
let line;
let subscriptions;
const send = (...message) => line.send(JSON.stringify(message));
router.on("connection", (connection) => {
  line = connection;
  subscriptions = [];
  line.on("message", (text) => {
    const [kind, request, options, topic] = JSON.parse(text);
    if (kind === HELLO) {
      send(WELCOME, 1, { roles: { broker: { features: { pattern_based_subscription: true } }, dealer: {} } });
    } else if (kind === GOODBYE) {
      send(GOODBYE, {}, "wamp.close.goodbye_and_out");
    } else if (kind === SUBSCRIBE) {
      const match = options.match ?? "exact";
      let found = subscriptions.find((one) => one.match === match && one.topic === topic);
      if (!found) subscriptions.push((found = { id: 100 + subscriptions.length, match, topic }));
      setTimeout(() => send(SUBSCRIBED, request, found.id), 50);
    } else if (kind === UNSUBSCRIBE) {
      subscriptions = subscriptions.filter(({ id }) => id !== options);
      send(UNSUBSCRIBED, request);
    }
  });
});
let number = 0;
let got = {};
const handler = (name) => ((got[name] = []), ({ argsList }) => got[name].push(argsList[0]));
const shown = () => Object.entries(got).map(([name, ticks]) => `${name} ${ticks.splice(0).join(" ") || "nothing"}`.padEnd(14));
async function publish() {
  number++;
  for (const { id, match } of subscriptions) send(EVENT, id, number, match === "prefix" ? { topic: "ticks" } : {}, [number]);
  await pause(300);
}
async function client() {
  got = {};
  const session = new Wampy(`ws://127.0.0.1:${router.address().port}`, { realm: "ticks", ws: WebSocket, autoReconnect: false });
  await session.connect();
  return session;
}
const rows = [];
function row(name, ...cells) {
  rows.push(cells.join(" ").replace(/ +/g, " ").trim());
  console.log(`${name.padEnd(42)} ${cells.join(" ").trimEnd()}`);
}

let session = await client();
await session.subscribe("ticks", handler("first"));
await session.subscribe("ticks", handler("second"));
await publish();
row("two handlers, one after the other", ...shown());
await session.disconnect();

session = await client();
await Promise.all([session.subscribe("ticks", handler("first")), session.subscribe("ticks", handler("second"))]);
await publish();
row("two handlers at once", ...shown());
await session.disconnect();

session = await client();
await session.subscribe("ticks", handler("exact"));
const { subscriptionKey } = await session.subscribe("ticks", handler("prefix"), { match: "prefix" });
await publish();
row('exact "ticks" and prefix "ticks"', ...shown());
await session.unsubscribe(subscriptionKey);
await publish();
row("prefix unsubscribed", ...shown());
row("and by the router's side", `sent to the ${subscriptions.map(({ match }) => match)} one: ${number}`);

const right =
  JSON.stringify(rows) ===
  JSON.stringify([
    "first 1 second 1",
    "first nothing second 2",
    "exact 3 prefix 3",
    "exact nothing prefix nothing",
    "sent to the exact one: 4",
  ]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
node probe.mjs & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

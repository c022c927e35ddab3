#!/usr/bin/env bash
# mqttr: cancelling one of two handlers makes both deaf, ":order_id" subscribes to nothing, and a QoS of 1 asked for early is 0.
#
# Expected: each handler is a subscription of its own; parameters of a path have any name, "*" is one level and "**" all below, as
#   the topics it sends have it; MQTT's "+" works in an MQTT library; topics are told apart by case; QoS 1 stays QoS 1.
# Seen: mqttr 2.0.7 unsubscribes the topic when one handler is cancelled, however many there are. It makes the topic of a path with another
#   pattern than its router: ":order_id" becomes "+_id", which is no topic, and the refusal is not looked at. The router reads "+"
#   as a regular expression's, so that such a handler is subscribed and never called; "*" there is any depth, and case is ignored. The
#   options of subscribe() are dropped if it is called before the client has connected: QoS 0, for good.
# Why it matters: a page that leaves halts/:symbol stops the risk check that listens too, without an event. Whoever subscribes at the start,
#   as the README does, has QoS 0 whatever it says, and loses ticks in each outage. Names with an underscore are common.
# Way to live with it: one handler per topic; names of letters only; :x for +; subscribe in "connect". In tests two handlers and one
#   cancel(), and the QoS of the packets.
# Versions: mqttr 2.0.7 (the newest on npm), mqtt 2.18.9, aedes 1.2.0 as broker, Node.js 20.20.2. Nothing found about it.
#
# Output seen (what each handler heard of one message to each topic):
#   trades/tcs         trades/TCS
#   trades/TCS         trades/TCS
#   ref/*              ref/NSE/TCS
#   ref/**             ref/NSE/TCS
#   quotes/+/bid       nothing, of quotes/TCS/bid
#   orders/:order_id   nothing, of orders/17
#   halts/:symbol      halts/TCS; after the other one's cancel(): nothing
#   ticks/:symbol      QoS asked for and granted: 1 and 1; before "connect": 1 and 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts mqttr@2.0.7 mqtt@2.18.9 aedes@1.2.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Aedes } from "aedes";

const mqttr = createRequire(import.meta.url)("mqttr");
const broker = await Aedes.createBroker();
const server = createServer(broker.handle).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `mqtt://127.0.0.1:${server.address().port}`;
const levels = {};
broker.on("subscribe", (asked) => asked.forEach(({ topic, qos }) => (levels[topic] = qos)));
const send = (topic) => {
  const packet = { cmd: "publish", topic, payload: Buffer.from("1"), qos: 1, retain: false };
  return new Promise((resolve) => broker.publish(packet, resolve));
};

const client = mqttr.connect(url);
client.subscribe("early/:symbol", () => {}, { qos: 1 });
await once(client, "connect");
await pause(200);
const heard = {};
const listen = (path, name = path) => {
  heard[name] = [];
  return client.subscribe(path, (topic, payload) => payload && heard[name].push(topic));
};
for (const path of ["trades/tcs", "trades/TCS", "ref/*", "ref/**", "quotes/+/bid"]) listen(path);
listen("orders/:order_id");
const leaving = listen("halts/:symbol", "leaving");
listen("halts/:symbol");
client.subscribe("ticks/:symbol", () => {}, { qos: 1 });
await pause(300);
for (const topic of ["trades/TCS", "ref/NSE/TCS", "quotes/TCS/bid", "orders/17", "halts/TCS"]) await send(topic);
await pause(300);
const before = { ...heard, "halts/:symbol": [...heard["halts/:symbol"]] };
await leaving.cancel();
await send("halts/TCS");
await pause(200);
const after = heard["halts/:symbol"].slice(before["halts/:symbol"].length);
const qos = [levels["ticks/+"], levels["early/+"]];

const text = (topics, of) => topics.join(", ") || `nothing, of ${of}`;
for (const [path, of] of [
  ["trades/tcs"],
  ["trades/TCS"],
  ["ref/*"],
  ["ref/**"],
  ["quotes/+/bid", "quotes/TCS/bid"],
  ["orders/:order_id", "orders/17"],
])
  console.log(`${path.padEnd(18)} ${text(before[path], of)}`);
console.log(`halts/:symbol      ${before["halts/:symbol"]}; after the other one's cancel(): ${after.join(", ") || "nothing"}`);
console.log(`ticks/:symbol      QoS asked for and granted: 1 and ${qos[0]}; before "connect": 1 and ${qos[1]}`);
const seen = [before["trades/tcs"], before["ref/*"], before["quotes/+/bid"], before["orders/:order_id"], after, qos];
const right = JSON.stringify(seen) === JSON.stringify([["trades/TCS"], ["ref/NSE/TCS"], [], [], [], [1, 0]]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
timeout 40 node probe.mjs

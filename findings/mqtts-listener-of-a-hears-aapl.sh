#!/usr/bin/env bash
# mqtts: a listener for ticks/A is called with the ticks of AAPL, one for ticks/# never, and a line that went silent is never noticed.
#
# Expected: listen() and listenSubscribe() call the handler for what its topic filter matches, as the broker does; "parameterized listeners". With keepAlive a line
#   whose pings are not answered ends, and is made again with autoReconnect, and its subscriptions with it.
# Seen: mqtts 1.5.0 looks whether the topic begins with the filter's text, piece by piece between the "+": ticks/A is the beginning of ticks/AAPL, and ticks/+ of
#   ticks/AAPL/bid; "+/bid" of AAPL/bidsize. "#" is a letter to it, so that a filter with it matches no topic, although the broker was
#   asked for it, and sends. A ping waits for its answer without an end, and the next is sent. After a cut it connects again and subscribes
#   to nothing; its handlers stay.
# Why it matters: the price of Agilent (A) is overwritten by each tick of AAPL, ABBV and AMZN that comes in for another handler of the same client; BTC is BTC and
#   BTCUSDT by turns. Test data with one symbol, or with symbols of equal length, shows none of it.
# Way to live with it: on("message") and mqtt-match, or a check of message.topic at the head of each handler; no "#"; subscribe in on("connect"); a watch on the time of
#   the last tick; or mqtt.
# Versions: mqtts 1.5.0 (the newest on npm), aedes 1.2.0 as the broker, mqtt 5.16.0 as the publisher, Node.js 20.20.2. Nothing found about it.
#
# Output seen (one tick to each of A, AAPL, AAPL/bid and AAPL/bidsize below ticks/):
#   listenSubscribe("ticks/A")            A AAPL AAPL/bid AAPL/bidsize    (right: A)
#   listenSubscribe("ticks/:symbol")      A AAPL AAPL/bid AAPL/bidsize    (right: A AAPL)
#   listenSubscribe("ticks/+/bid")        AAPL/bid AAPL/bidsize           (right: AAPL/bid)
#   listenSubscribe("ticks/#")            nothing, 4 arrived              (right: all four)
#   keepAlive 2, line silent for 7 s      no disconnect event
#   cut, connected again                  1 connection more, 0 ticks      (right: 1 tick)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts mqtts@1.5.0 aedes@1.2.0 mqtt@5.16.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import { connect as connectTcp, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Aedes } from "aedes";
import mqtt from "mqtt";
import mqtts from "mqtts";

const broker = await Aedes.createBroker();
const server = createServer(broker.handle).listen(0, "127.0.0.1");
await once(server, "listening");
// Between the client and the broker: a line that can be cut, or become silent in both directions without an end.
const lines = new Set();
let silent = false;
const relay = createServer((client) => {
  const there = connectTcp(server.address().port, "127.0.0.1");
  lines.add(client);
  client.on("data", (data) => silent || there.write(data)).on("error", () => {}).on("close", () => there.destroy());
  there.on("data", (data) => silent || client.write(data)).on("error", () => {}).on("close", () => silent || client.destroy());
}).listen(0, "127.0.0.1");
await once(relay, "listening");
const publisher = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.address().port}`);
const symbols = ["A", "AAPL", "AAPL/bid", "AAPL/bidsize"];
async function publish() {
  for (const symbol of symbols) await publisher.publishAsync(`ticks/${symbol}`, "100.25", { qos: 1 });
  await sleep(200);
}
async function connect(options) {
  const client = new mqtts.MqttClient({ transport: new mqtts.TcpTransport({ host: "127.0.0.1", port: relay.address().port }), ...options });
  client.on("error", () => {});
  await client.connect({ clientId: `client-${Math.random()}`, keepAlive: 2 });
  return client;
}
// Another handler of the same client has asked for everything.
async function heard(filter, everything = true) {
  const client = await connect();
  let arrived = 0;
  client.on("message", () => arrived++);
  if (everything) await client.subscribe({ topic: "ticks/#" });
  const topics = new Set();
  await client.listenSubscribe(filter, ({ topic }) => topics.add(topic.slice("ticks/".length)));
  await publish();
  await client.disconnect();
  return topics.size ? [...topics].sort().join(" ") : `nothing, ${arrived} arrived`;
}

const rows = [
  ['listenSubscribe("ticks/A")', await heard("ticks/A"), "A"],
  ['listenSubscribe("ticks/:symbol")', await heard("ticks/:symbol"), "A AAPL"],
  ['listenSubscribe("ticks/+/bid")', await heard("ticks/+/bid"), "AAPL/bid"],
  ['listenSubscribe("ticks/#")', await heard("ticks/#", false), "all four"],
];
const quiet = await connect();
let disconnects = 0;
quiet.on("disconnect", () => disconnects++);
silent = true;
await sleep(7000);
rows.push(["keepAlive 2, line silent for 7 s", disconnects ? "a disconnect event" : "no disconnect event", ""]);
silent = false;
await quiet.disconnect(true);

const again = await connect({ autoReconnect: true });
let ticks = 0;
let connections = 0;
again.on("connect", () => connections++);
await again.listenSubscribe("ticks/AAPL", () => ticks++);
for (const line of lines) line.destroy();
while (!connections) await sleep(50);
await sleep(200);
await publisher.publishAsync("ticks/AAPL", "100.25", { qos: 1 });
await sleep(300);
rows.push(["cut, connected again", `${connections} connection more, ${ticks} ticks`, "1 tick"]);

for (const [name, what, right] of rows) console.log(`${name.padEnd(37)} ${what.padEnd(31)}${right && ` (right: ${right})`}`.trimEnd());
const seen = rows.map((row) => row[1]);
const wanted = [
  "A AAPL AAPL/bid AAPL/bidsize",
  "A AAPL AAPL/bid AAPL/bidsize",
  "AAPL/bid AAPL/bidsize",
  "nothing, 4 arrived",
  "no disconnect event",
  "1 connection more, 0 ticks",
];
const same = JSON.stringify(seen) === JSON.stringify(wanted);
if (!same) console.error("not as described any more");
process.exit(same ? 0 : 1);
PROBE
timeout 60 node probe.mjs

#!/usr/bin/env bash
# mqtt-regex: the topic that it gives for subscribing has a backslash in BRK.B and ^GSPC: the broker takes it, and no tick arrives.
#
# Expected: topic is the "regular MQTT topic with the pattern stuff stripped out": ticks/BRK.B/+field is subscribed to as ticks/BRK.B/+. mqtt-pattern, to
#   which the README sends those who want it faster, gives that.
# Seen: mqtt-regex 1.1.0 makes the topic of the pieces of its regular expression, in which each . ^ $ ( ) | [ ] { } ? * and + of a literal level is escaped:
#   ticks/BRK\.B/+. A backslash is a letter like any other in MQTT: the subscription is granted, and waits for a symbol with a backslash
#   in its name. exec() and format() of the same pattern have the plain name. What comes over another subscription is matched as it should be.
# Why it matters: AAPL and MSFT tick, BRK.B, RDS.A, BTC.PERP, ^GSPC and VOD.L are silent, with a granted subscription and no error. A test with AAPL is
#   green; a test "no tick while the market is closed" is green for every symbol with a dot, too.
# Way to live with it: clean() of mqtt-pattern 2.1.1; or subscribe to a wildcard in the place of the symbol; in tests one symbol with a dot and
#   one with ^, and a tick that must arrive.
# Versions: mqtt-regex 1.1.0 with escape-string-regexp 1.0.5, mqtt-pattern 2.1.1, mqtt 5.16.0, aedes 1.2.0 as the broker, Node.js 20.20.2. Nothing
#   found about it.
#
# Output seen (one tick to each symbol, granted is the broker's answer):
#   pattern               subscribed to          granted   ticks   mqtt-pattern's        ticks
#   ticks/AAPL/+field     ticks/AAPL/+           1         1       ticks/AAPL/+          1
#   ticks/EUR-USD/+field  ticks/EUR-USD/+        1         1       ticks/EUR-USD/+       1
#   ticks/BRK.B/+field    ticks/BRK\.B/+         1         0       ticks/BRK.B/+         1
#   ticks/^GSPC/+field    ticks/\^GSPC/+         1         0       ticks/^GSPC/+         1
#   ticks/BTC.PERP/#path  ticks/BTC\.PERP/#      1         0       ticks/BTC.PERP/#      1
#   exec() of ticks/BRK.B/bid: {"field":"bid"}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts mqtt-regex@1.1.0 mqtt-pattern@2.1.1 escape-string-regexp@1.0.5 mqtt@5.16.0 aedes@1.2.0 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Aedes } from "aedes";
import mqtt from "mqtt";
import mqttPattern from "mqtt-pattern";
import mqttRegex from "mqtt-regex";

const broker = await Aedes.createBroker();
const server = createServer(broker.handle).listen(0, "127.0.0.1");
await once(server, "listening");
const connect = () => mqtt.connectAsync(`mqtt://127.0.0.1:${server.address().port}`);

async function heard(topic, tick) {
  const client = await connect();
  let ticks = 0;
  client.on("message", () => ticks++);
  const granted = await client.subscribeAsync(topic, { qos: 1 });
  await client.publishAsync(tick, "100.25", { qos: 1 });
  await sleep(200);
  await client.endAsync();
  return [granted[0].qos, ticks];
}

const patterns = ["ticks/AAPL/+field", "ticks/EUR-USD/+field", "ticks/BRK.B/+field", "ticks/^GSPC/+field", "ticks/BTC.PERP/#path"];
const line = (...cells) => console.log(`${cells[0].padEnd(21)} ${cells[1].padEnd(22)} ${cells[2].padEnd(9)} ${cells[3].padEnd(7)} ${cells[4].padEnd(21)} ${cells[5]}`);
line("pattern", "subscribed to", "granted", "ticks", "mqtt-pattern's", "ticks");
const rows = [];
for (const pattern of patterns) {
  const tick = pattern.replace(/[+#]\w+$/, "bid");
  const one = mqttRegex(pattern).topic;
  const [granted, ticks] = await heard(one, tick);
  const other = mqttPattern.clean(pattern);
  const [, otherTicks] = await heard(other, tick);
  const row = [pattern, one, String(granted), String(ticks), other, String(otherTicks)];
  line(...row);
  rows.push(row.slice(1).join(" "));
}
const params = JSON.stringify(mqttRegex("ticks/BRK.B/+field").exec("ticks/BRK.B/bid"));
console.log(`exec() of ticks/BRK.B/bid: ${params}`);
server.close();
broker.close();

assert.deepEqual(
  [...rows, params],
  [
    "ticks/AAPL/+ 1 1 ticks/AAPL/+ 1",
    "ticks/EUR-USD/+ 1 1 ticks/EUR-USD/+ 1",
    "ticks/BRK\\.B/+ 1 0 ticks/BRK.B/+ 1",
    "ticks/\\^GSPC/+ 1 0 ticks/^GSPC/+ 1",
    "ticks/BTC\\.PERP/# 1 0 ticks/BTC.PERP/# 1",
    '{"field":"bid"}',
  ],
  "not as described any more",
);
PROBE
timeout 60 node probe.mjs

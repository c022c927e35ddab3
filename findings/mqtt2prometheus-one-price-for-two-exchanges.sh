#!/usr/bin/env bash
# mqtt2prometheus (Debian's prometheus-mqtt-exporter): the same pair of two exchanges is one series, of whichever spoke last: the other one's price is gone until it speaks again.
#
# Expected: each sample carries the label `topic`, so "ticks/binance/BTC-USD" and "ticks/kraken/BTC-USD" are two series, each with its last value for cache.timeout ("will be presented for this
#   time").
# Seen: mqtt2prometheus 0.1.7 keeps the values under the device id and the name of the metric. With the default device_id_regex the id is the last part of the topic, here the pair. A tick of the
#   second exchange takes the place of the first one's, and with it its label: one series vanishes from /metrics and the other appears. The counter of received messages has both topics, and no error.
# Why it matters: symbols come last in most trees of topics. At each scrape one exchange out of all is there, by chance. The samples carry their own time, so Prometheus goes on with the last one
#   that it got for five minutes: a difference between two exchanges is one between a price of now and one of minutes ago, and then there is none. The busy exchange hides the quiet one altogether.
# Way to live with it: device_id_regex: "ticks/(?P<deviceid>.*)", so that the id is all of the topic that differs; split it again with relabelling. In tests two topics with the same last part, one
#   scrape.
# Versions: prometheus-mqtt-exporter 0.1.7-1+b4 (Debian 12), aedes 0.51.3, mqtt 5.10.1 (npm), Node.js 20.20.2. Source: Observe of MemoryCachedCollector in pkg/metrics/collector.go. Issue 26 of its
#   repository is about metrics of one device that replaced each other; nothing found about topics.
#
# Output seen (series of `bid` after each tick):
#   default device_id_regex
#     binance BTC-USD 64123.45    ticks/binance/BTC-USD 64123.45
#     kraken  BTC-USD 64120.1     ticks/kraken/BTC-USD 64120.1
#     binance BTC-USD 64125.45    ticks/binance/BTC-USD 64125.45
#   device_id_regex "ticks/(?P<deviceid>.*)"
#     binance BTC-USD 64123.45    ticks/binance/BTC-USD 64123.45
#     kraken  BTC-USD 64120.1     ticks/binance/BTC-USD 64123.45, ticks/kraken/BTC-USD 64120.1
#     binance BTC-USD 64125.45    ticks/binance/BTC-USD 64125.45, ticks/kraken/BTC-USD 64120.1
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for prometheus-mqtt-exporter 0.1.7" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq prometheus-mqtt-exporter 2>apt.log || { cat apt.log >&2; exit 1; }
[[ $(echo prometheus-mqtt-exporter_*) == *_0.1.7-1* ]] || { echo "needs prometheus-mqtt-exporter 0.1.7" >&2; exit 1; }
dpkg-deb -x prometheus-mqtt-exporter_*.deb .
npm install --silent --no-audit --no-fund --ignore-scripts aedes@0.51.3 mqtt@5.10.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { writeFileSync } = require("node:fs");
const net = require("node:net");
const { setTimeout: sleep } = require("node:timers/promises");
const aedes = require("aedes")();
const mqtt = require("mqtt");

const TICKS = [["binance", 64123.45], ["kraken", 64120.1], ["binance", 64125.45]];

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

async function scrape(port) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = [...text.matchAll(/^bid\{.*topic="([^"]+)"\} (\S+)/gm)];
  return lines.map(([, topic, value]) => `${topic} ${value}`).sort().join(", ");
}

async function run(broker, regex) {
  const probe = net.createServer();
  const port = await listening(probe);
  probe.close();
  writeFileSync("config.yaml", [
    "mqtt:",
    `  server: tcp://127.0.0.1:${broker}`,
    "  topic_path: ticks/#",
    ...(regex ? [`  device_id_regex: "${regex}"`] : []),
    "  qos: 0",
    "cache: {timeout: 60m}",
    "metrics: [{prom_name: bid, mqtt_name: bid, help: best bid, type: gauge}]",
  ].join("\n"));
  const subscribed = once(aedes, "subscribe");
  const command = ["-config", "config.yaml", "-listen-address", "127.0.0.1", "-listen-port", String(port)];
  const exporter = spawn("usr/bin/prometheus-mqtt-exporter", command, { stdio: "ignore" });
  process.on("exit", () => exporter.kill());
  await subscribed;
  await sleep(500);
  console.log(regex ? `device_id_regex "${regex}"` : "default device_id_regex");
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker}`);
  const seen = [];
  for (const [exchange, bid] of TICKS) {
    await client.publishAsync(`ticks/${exchange}/BTC-USD`, JSON.stringify({ bid }), { qos: 1 });
    await sleep(300);
    seen.push(await scrape(port));
    console.log(`  ${exchange.padEnd(7)} BTC-USD ${String(bid).padEnd(11)} ${seen.at(-1)}`);
  }
  await client.endAsync();
  exporter.kill();
  await once(exporter, "exit");
  return seen;
}

(async () => {
  const broker = await listening(net.createServer(aedes.handle));
  assert.deepEqual(await run(broker), ["ticks/binance/BTC-USD 64123.45", "ticks/kraken/BTC-USD 64120.1", "ticks/binance/BTC-USD 64125.45"]);
  assert.deepEqual(await run(broker, "ticks/(?P<deviceid>.*)"), [
    "ticks/binance/BTC-USD 64123.45",
    "ticks/binance/BTC-USD 64123.45, ticks/kraken/BTC-USD 64120.1",
    "ticks/binance/BTC-USD 64125.45, ticks/kraken/BTC-USD 64120.1",
  ]);
  process.exit(0);
})();
CHECK
timeout 60 node check.cjs

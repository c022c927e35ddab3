#!/usr/bin/env bash
# @binance/futures-connector: the first stream of trades flows, the second is subscribed as "ethusdt@aggtrade", confirmed, and never says a word.
#
# One would expect: aggregateTradeStream("ETHUSDT") asks for ethusdt@aggTrade, whether it is the first call or the second; a stream that was asked
#   for before the line was open goes over that line; after a cut all streams are there again; disconnect() ends what was begun.
# What happens: @binance/futures-connector 0.1.7 puts the first stream into the URL as it is. Each later one goes out in a SUBSCRIBE message, in small letters
#   from end to end. Binance's stream names have capitals (aggTrade, markPrice, bookTicker, forceOrder, !markPrice@arr), it
#   confirms any name, and sends nothing for those that do not exist. Streams without capitals (depth, kline, ticker) work, up to the first cut: the URL alone
#   comes back. Two calls before the line is open make two lines; disconnect() closes the last, the other goes on.
# Why it matters: one symbol works, and the second is a quiet market: no error, no code, a "result": null. A test with depth streams is
#   green. After a night with one reconnection, all but the first are quiet.
# Live with it: one client object for each stream; or combinedStreams and the whole list, separated by slashes, in one subscribe() call. In tests a server that
#   knows the names as the exchange does, capitals included, two streams, and a cut.
# Versions: @binance/futures-connector 0.1.7, ws 8.23.0 (npm), Node.js 20.20.2. Source: subscribe in src/websocketStream.js, initConnect in src/websocketBase.js.
# Documented: the exchange's own pages write <symbol>@aggTrade. Nothing found about it for the connector.
# Seen (a server that sends for names it knows, and confirms all):
#   asked on the wire             ethusdt@aggtrade, ethusdt@depth, !markprice@arr
#   ticks in 0.5 s                btcusdt@aggTrade ethusdt@depth
#   after a cut                   btcusdt@aggTrade
#   two calls before it is open   2 lines: btcusdt@aggTrade ethusdt@aggTrade
#   after disconnect()            btcusdt@aggTrade
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @binance/futures-connector@0.1.7 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const { setTimeout: sleep } = require("node:timers/promises");
const { UMStream } = require("@binance/futures-connector");
const { WebSocketServer } = require("ws");

const known = new Set(["btcusdt", "ethusdt"].flatMap((symbol) => [`${symbol}@aggTrade`, `${symbol}@depth`]).concat("!markPrice@arr"));
const asked = [];
let lines = 0;
const exchange = new WebSocketServer({ host: "127.0.0.1", port: 0 }, async () => {
  exchange.on("connection", (line, request) => {
    lines += 1;
    const streams = new Set([decodeURIComponent(request.url.replace("/ws/", ""))]);
    line.on("message", (data) => {
      const { params, id } = JSON.parse(data);
      asked.push(...params);
      for (const name of params) streams.add(name);
      line.send(JSON.stringify({ result: null, id }));
    });
    const timer = setInterval(() => {
      for (const name of streams) if (known.has(name)) line.send(JSON.stringify({ stream: name }));
    }, 50);
    line.on("close", () => clearInterval(timer));
  });
  const quiet = { info() {}, debug() {}, warn() {}, error() {}, log() {} };
  let heard = new Set();
  const message = (data) => {
    const { stream } = JSON.parse(data);
    if (stream) heard.add(stream);
  };
  const listen = async () => {
    heard = new Set();
    await sleep(500);
    return [...heard].sort().join(" ");
  };
  const client = (callbacks = {}) => new UMStream({
    logger: quiet, wsURL: `ws://127.0.0.1:${exchange.address().port}`, reconnectDelay: 200, callbacks: { message, ...callbacks },
  });
  const seen = [];
  const tell = (what, said) => {
    console.log(what.padEnd(29), said);
    seen.push(said);
  };

  let stream;
  await new Promise((resolve) => {
    stream = client({ open: resolve });
    stream.aggregateTradeStream("BTCUSDT");
  });
  stream.aggregateTradeStream("ETHUSDT");
  stream.diffBookDepthStreams("ETHUSDT");
  stream.allMarketMarkPriceStream();
  await sleep(200);
  tell("asked on the wire", asked.join(", "));
  tell("ticks in 0.5 s", await listen());
  for (const line of exchange.clients) line.close(1001);
  await sleep(600);
  tell("after a cut", await listen());
  stream.disconnect();
  await sleep(300);

  lines = 0;
  stream = client();
  stream.aggregateTradeStream("BTCUSDT");
  stream.aggregateTradeStream("ETHUSDT");
  await sleep(500);
  tell("two calls before it is open", `${lines} lines: ${await listen()}`);
  stream.disconnect();
  await sleep(600);
  tell("after disconnect()", await listen());
  const right = ["ethusdt@aggtrade, ethusdt@depth, !markprice@arr", "btcusdt@aggTrade ethusdt@depth", "btcusdt@aggTrade",
    "2 lines: btcusdt@aggTrade ethusdt@aggTrade", "btcusdt@aggTrade"];
  if (JSON.stringify(seen) !== JSON.stringify(right)) {
    console.error("not as described any more");
    process.exit(1);
  }
  process.exit(0);
});
PROBE
timeout 40 node probe.cjs

#!/usr/bin/env bash
# Limitless: the client reconnects, says "connected", and has asked for nothing; of two markets' subscriptions it knew one.
#
# Expected: with autoReconnect, which is on by default, the client asks again for all that was subscribed.
# Seen: @limitless-exchange/sdk 1.1.0, the exchange's own, subscribes anew at the manager's event "reconnect". That comes before
#   the namespace is connected, so that its own check refuses each subscription ("WebSocket not connected"), and the error
#   goes to a logger that writes nothing by default. getState() is "connected", isConnected() true. It would not have
#   sent all: subscriptions are kept by channel and `marketSlug`, while the option is called marketSlugs, so that the
#   second call to a channel takes the place of the first, in what is kept.
# Why it matters: a restart of the service leaves clients that look healthy and get no price. On a prediction market hours
#   without a trade are usual, so that nobody misses them. Tests of the reconnection that look at isConnected() pass.
# Way to live with it: a list of one's own, and all of it in a handler for "connect" (client.on("connect", ...)), which comes
#   later; watch the age of the last message per market; in tests cut the line and look at what the service is asked for.
# Versions: @limitless-exchange/sdk 1.1.0, socket.io-client 4.8.4, socket.io 4.8.4 (npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen:
#   before the cut         asked for market-a, market-b
#   after it               connections 2, state connected, isConnected true, asked for nothing
#   with a logger          Failed to re-subscribe: WebSocket not connected. Call connect() first. (1 time)
#   handler for "connect"  asked for market-a, market-b
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @limitless-exchange/sdk@1.1.0 socket.io@4.8.4 \
  socket.io-client@4.8.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const http = require("http");
const { Server } = require("socket.io");
const { WebSocketClient } = require("@limitless-exchange/sdk");

const MARKETS = ["market-a", "market-b"];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer();
const service = new Server(server, { transports: ["websocket"] });
let connections = [];

service.of("/markets").on("connection", (socket) => {
  const asked = [];
  connections.push({ socket, asked });
  socket.on("subscribe_market_prices", (options) => asked.push(...options.marketSlugs));
});

const asked = (number) => [...connections[number].asked].sort().join(", ") || "nothing";

async function story(handler) {
  connections = [];
  const failed = [];
  const silent = () => {};
  const logger = {
    debug: silent, info: silent, warn: silent, error: (text, error) => failed.push(`${text}: ${error?.message}`),
  };
  const options = { url: `ws://127.0.0.1:${server.address().port}`, reconnectDelay: 100 };
  const client = new WebSocketClient(options, logger);
  const subscribe = async () => {
    for (const market of MARKETS) await client.subscribe("subscribe_market_prices", { marketSlugs: [market] });
  };
  await client.connect();
  await subscribe();
  if (handler) client.on("connect", subscribe);
  await pause(500);
  connections[0].socket.conn.close();
  await pause(3000);
  const result = {
    before: asked(0),
    after: `connections ${connections.length}, state ${client.getState()}, isConnected ${client.isConnected()}, asked for ${asked(1)}`,
    failed: failed.filter((text) => text.startsWith("Failed to re-subscribe")),
    asked: asked(1),
  };
  await client.disconnect();
  return result;
}

async function main() {
  const plain = await story(false);
  const handled = await story(true);
  const lines = [
    `before the cut         asked for ${plain.before}`,
    `after it               ${plain.after}`,
    `with a logger          ${plain.failed[0]} (${plain.failed.length} time)`,
    `handler for "connect"  asked for ${handled.asked}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  const expected = [
    "asked for market-a, market-b",
    "connections 2, state connected, isConnected true, asked for nothing",
    "Failed to re-subscribe: WebSocket not connected. Call connect() first. (1 time)",
    "asked for market-a, market-b",
  ];
  if (lines.map((line) => line.slice(23)).join("\n") !== expected.join("\n")) {
    process.stderr.write("not as described any more\n");
    process.exit(1);
  }
  process.exit(0);
}

server.listen(0, "127.0.0.1", main);
PROBE
timeout 60 node probe.js

#!/usr/bin/env bash
# @tastytrade/api: after disconnect() the line stays open, the service goes on sending, and every second listener goes on hearing.
#
# Expected: quoteStreamer.disconnect() is the end: no line, no listener called. The comment of connect() asks for it:
#   "Make sure to call disconnect() when done".
# Seen: in 7.0.2 disconnect() walks through the list of listeners and takes each one out of the same list, so it steps
#   over every second: of three, the second stays with the feed. Then it forgets the feed; the client of dxFeed that
#   holds the line is known to nobody, and isn't closed. The second listener is called for each quote as before, and
#   after the next connect() it is called from both lines, twice for each quote.
# Why it matters: counted twice is volume doubled, or an order sent twice, by one listener out of two, after the first
#   reconnection by hand. Each further one adds a line, all are kept alive, and the service sees sessions that nobody
#   can end but the process.
# Way to live with it: one connect() for the life of the process; or remove each listener oneself with the function
#   that addEventListener() gave, before disconnect(), and count the lines at the service. In tests count calls of
#   each listener after the end, with more than one listener.
# Versions: @tastytrade/api 7.0.2 (the newest on npm), @dxfeed/dxlink-api 0.3.0, ws 8.18.2 as the global WebSocket,
#   Node.js 20.20.2. Source: lib/quote-streamer.ts. The answer with the token and the address is the only thing
#   replaced; the local server speaks dxLink. Nothing found about it.
#
# Output seen (whether the listeners are called, how often for each quote, and the lines at the service):
#   connected        calls 1 1 1   lines 1
#   disconnected     calls 0 1 0   lines 1
#   connected again  calls 1 2 1   lines 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts @tastytrade/api@7.0.2 @dxfeed/dxlink-api@0.3.0 ws@8.18.2 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import WebSocket, { WebSocketServer } from "ws";

globalThis.WebSocket = WebSocket;
const { default: TastytradeClient } = await import("@tastytrade/api");
const sleep = (time) => new Promise((done) => setTimeout(done, time));
const service = new WebSocketServer({ host: "127.0.0.1", port: 0 });
await new Promise((done) => service.once("listening", done));
const url = `ws://127.0.0.1:${service.address().port}`;
const subscribed = new Set();

service.on("connection", (line) => {
  const say = (message) => line.send(JSON.stringify(message));
  line.on("close", () => subscribed.delete(say));
  line.on("message", (text) => {
    const asked = JSON.parse(text), channel = asked.channel;
    if (asked.type === "SETUP") {
      say({ type: "SETUP", channel: 0, version: "1.0-local", keepaliveTimeout: 60, acceptKeepaliveTimeout: 60 });
      say({ type: "AUTH_STATE", channel: 0, state: "UNAUTHORIZED" });
    }
    if (asked.type === "AUTH") say({ type: "AUTH_STATE", channel: 0, state: "AUTHORIZED", userId: "local" });
    if (asked.type === "CHANNEL_REQUEST") say({ type: "CHANNEL_OPENED", channel, service: "FEED", parameters: { contract: "AUTO" } });
    if (asked.type === "FEED_SETUP") {
      say({ type: "FEED_CONFIG", channel, dataFormat: "FULL", aggregationPeriod: 0.1, eventFields: { Quote: ["eventType", "eventSymbol", "bidPrice"] } });
    }
    if (asked.type === "FEED_SUBSCRIPTION" && asked.add) { say.channel = channel; subscribed.add(say); }
  });
});

const client = new TastytradeClient({ ...TastytradeClient.SandboxConfig, baseUrl: "http://127.0.0.1:1", clientSecret: "local", refreshToken: "local",
  oauthScopes: ["read"] });
client.accountsAndCustomersService.getApiQuoteToken = async () => ({ "dxlink-url": url, token: "local" });
const quotes = client.quoteStreamer;
let calls = [0, 0, 0];
const listeners = calls.map((_, index) => () => { calls[index] += 1; });

async function show(title) {
  await sleep(1200);
  calls = [0, 0, 0];
  for (const say of subscribed) {
    say({ type: "FEED_DATA", channel: say.channel, data: [{ eventType: "Quote", eventSymbol: "SPY", bidPrice: 1 }] });
  }
  await sleep(800);
  console.log(`${title.padEnd(16)} calls ${calls.join(" ")}   lines ${service.clients.size}`);
}

listeners.forEach((listener) => quotes.addEventListener(listener));
await quotes.connect();
quotes.subscribe(["SPY"], ["Quote"]);
await show("connected");
quotes.disconnect();
await show("disconnected");
await quotes.connect();
listeners.forEach((listener) => quotes.addEventListener(listener));
quotes.subscribe(["SPY"], ["Quote"]);
await show("connected again");
process.exit(0);
PROBE
timeout 60 node probe.mjs >seen 2>err || { cat seen err; exit 1; }
cat seen
cat > expected <<'EXPECTED'
connected        calls 1 1 1   lines 1
disconnected     calls 0 1 0   lines 1
connected again  calls 1 2 1   lines 2
EXPECTED
diff expected seen >/dev/null || { echo "not as described any more"; exit 1; }

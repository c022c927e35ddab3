#!/usr/bin/env bash
# Fugle for Node.js: at the second reconnection the login is sent three times, and the health check ends a healthy line.
#
# Expected: connect() after a cut line is like the first connect(). The health check ends a connection that is
#   silent for two pings, and leaves one alone whose pongs arrive.
# Seen: @fugle/marketdata 1.6.0 adds its own listeners again at each connect(): the third connection sends three
#   logins, and starts three timers of the health check for the first answer. The three run at the same moment, and
#   each finds the ping that the one before it has just sent unanswered. That is two misses: the first check ends
#   a line on which each ping is answered at once ("health-check-timeout"). Timers of lines that were cut are
#   not cleared and go on as well. From there on no connection lives longer than one interval.
# Why it matters: the option that is there against silent connections makes an endless chain of reconnections out
#   of two cuts, with a hole of ticks in each; a service that allows one login for each connection refuses the
#   second. Tests with one cut, or without the health check, are right.
# Way to live with it: a new client object for each connection (factory and all handlers anew); without the
#   health check: a timer of one's own that looks at the last message.
# Versions: @fugle/marketdata 1.6.0 on npm, ws 8.18.3, Node.js 20.20.2. Nothing found.
#
# Output seen (the service cuts the line twice; it answers each ping at once):
#   connection 1   logins 1   ended by: the service's cut
#   connection 2   logins 2   ended by: the service's cut
#   connection 3   logins 3   ended by: health-check-timeout
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @fugle/marketdata@1.6.0 ws@8.18.3

cat > probe.js <<'PROBE'
const { WebSocketServer } = require("ws");
const { WebSocketClient } = require("@fugle/marketdata");
const logins = [];
const ends = [];
const service = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => {
  const url = `ws://127.0.0.1:${service.address().port}`;
  const { stock } = new WebSocketClient({
    apiKey: "key", baseUrl: url, healthCheck: { enabled: true, pingInterval: 1000, maxMissedPongs: 2 },
  });
  stock.on("disconnect", (_, why) => {
    ends.push(why ? why.reason : "the service's cut");
    if (ends.length === 3) finish();
    else setTimeout(() => stock.connect(), 200);
  });
  stock.on("error", () => {});
  stock.connect();
});
service.on("connection", (client) => {
  const number = logins.push(0) - 1;
  client.on("message", (text) => {
    const { event } = JSON.parse(text);
    if (event === "auth" && ++logins[number] === 1) {
      client.send('{"event":"authenticated","data":{"message":"Authenticated successfully"}}');
      if (number < 2) setTimeout(() => client.terminate(), 500);
    } else if (event === "ping") client.send('{"event":"pong","data":{"time":1}}');
  });
});
function finish() {
  ends.forEach((end, number) => console.log(`connection ${number + 1}   logins ${logins[number]}   ended by: ${end}`));
  const good = JSON.stringify([logins, ends]) === JSON.stringify([
    [1, 2, 3], ["the service's cut", "the service's cut", "health-check-timeout"],
  ]);
  if (!good) console.error("not as described any more");
  process.exit(good ? 0 : 1);
}
setTimeout(finish, 15000);
PROBE
node probe.js

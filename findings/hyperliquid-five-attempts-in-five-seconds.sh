#!/usr/bin/env bash
# hyperliquid for Node.js: five attempts with pauses of 1 to 16 s are over after 5 s; and after a plain cut the process ends, with exit code 0.
#
# Expected: pauses of 1, 2, 4, 8 and 16 s bridge an outage of half a minute; a client that waits for its next attempt
#   keeps its process alive.
# Seen: hyperliquid 1.7.7. An attempt that fails is reported twice, by the error and by the close, and each of them counts and
#   plans the next: five are used up after three in fact, 5 s after the cut, and "Max reconnection attempts reached" comes
#   twice. The timer of the pause does not hold the process (unref): with disableAssetMapRefresh, and nothing else to do,
#   Node.js ends in the first pause, exit code 0, though the service is there. The usual refresh of the symbols hides it.
# Why it matters: a restart of the service takes longer than 5 s; a recorder that "ended well" is started again by
#   no supervisor that looks at the exit code.
# Way to live with it: connect anew on "maxReconnectAttemptsReached"; an own setInterval; in tests an outage of 10 s.
# Versions: hyperliquid 1.7.7 (npm, not by the exchange), ws 8.23.0, Node.js 20.20.2. Nothing found about it.
#
# Output seen:
#   line cut, service there    connections 1, exit code 0
#   service away for good      attempts announced 5, given up after 5 s
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts hyperliquid@1.7.7 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > client.js <<'CLIENT'
const hyperliquid = require("hyperliquid");
hyperliquid.WSS_URLS.PRODUCTION = `ws://127.0.0.1:${process.argv[2]}`;
const log = console.log;
let cut, attempts = 0;
console.warn = console.error = () => {};
console.log = (text) => {
  if (/disconnected/.test(text)) cut ??= Date.now();
  if (/Attempting to reconnect/.test(text)) attempts += 1;
};
const client = new hyperliquid.Hyperliquid({ enableWs: true, disableAssetMapRefresh: true });
client.connect().then(() => client.ws.sendMessage({ method: "subscribe", subscription: { type: "trades", coin: "BTC" } }));
if (process.argv[3] === "away") {
  setTimeout(() => process.exit(1), 40000);
  client.ws.on("maxReconnectAttemptsReached", () => {
    log(`attempts announced ${attempts}, given up after ${Math.round((Date.now() - cut) / 1000)} s`);
    process.exit(0);
  });
}
CLIENT
cat > story.js <<'STORY'
const { WebSocketServer } = require("ws");
const { spawn } = require("node:child_process");
const story = (how) => new Promise((done) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  let connections = 0, said = "";
  server.on("connection", (client) => {
    connections += 1;
    client.on("message", () => { if (how === "away") server.close(); client.terminate(); });
  });
  server.on("listening", () => {
    const child = spawn(process.execPath, ["client.js", String(server.address().port), how]);
    child.stdout.on("data", (data) => (said += data));
    child.on("exit", (code) => { server.close(); done(how === "away" ? said.trim() : `connections ${connections}, exit code ${code}`); });
  });
});
(async () => {
  console.log(`line cut, service there    ${await story("cut")}`);
  console.log(`service away for good      ${await story("away")}`);
})();
STORY
timeout 60 node story.js | tee output
printf '%s\n' 'line cut, service there    connections 1, exit code 0' 'service away for good      attempts announced 5, given up after 5 s' > expected
diff expected output || { echo "not as described any more"; exit 1; }

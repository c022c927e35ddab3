#!/usr/bin/env bash
# @mathieuc/tradingview: a market that is closed and opened again gets no quote any more, until the session is thrown away.
#
# Expected: market.close() is the end of one listener; the next new Market of the same symbol asks for it again, as
#   the first did.
# Seen: QuoteSession.Market of 3.5.2 asks for a symbol if the list of its listeners isn't there yet, and close() takes
#   the symbol back if the list is one long. But close() deletes the place in the list and leaves the list: for the
#   next Market it is there, so nothing is asked for, and no quote comes, no error, no event. With two listeners of a
#   symbol the list stays two long for ever: when both are closed, the symbol is never taken back and goes on
#   streaming to nobody.
# Why it matters: a watch list that a user folds and unfolds, a strategy that drops a symbol at noon and takes it
#   again at one: it waits for its first quote, as in a quiet market. A test that opens each symbol once sees nothing
#   of it.
# Way to live with it: a new Quote session for what comes again (and session.delete() for the old one); or keep one
#   Market for each symbol open and count its users oneself. In tests open, close and open again.
# Versions: @mathieuc/tradingview 3.5.2 (the newest on npm), ws 8, Node.js 20.20.2. Source: src/quote/market.js.
#   Nothing found about it. The address is the only thing replaced; the local server speaks the frames of the service
#   and sends quotes to those who asked.
#
# Output seen (what arrived within a second, and what the server heard of the symbol):
#   opened and closed            quotes   heard: add, remove
#   opened again                 nothing  heard: nothing
#   another symbol               quotes   heard: add, remove
#   a third one, two listeners   quotes   heard: add
#   the first in a new session   quotes   heard: add, remove
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts @mathieuc/tradingview@3.5.2 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const Socket = require("ws");
const service = new Socket.Server({ host: "127.0.0.1", port: 0 });
const frame = (message) => {
  const text = JSON.stringify(message);
  return `~m~${text.length}~m~${text}`;
};
let heard = [];
service.on("connection", (line) => {
  const asked = new Map();
  line.send(frame({ session_id: "local", protocol: "json", timestamp: 0 }));
  line.on("message", (raw) => {
    for (const text of String(raw).split(/~m~\d+~m~/).filter(Boolean)) {
      const { m: what, p: [session, key] } = JSON.parse(text);
      if (what === "quote_add_symbols") asked.set(session + key, [session, key]);
      if (what === "quote_remove_symbols") asked.delete(session + key);
      if (/^quote_(add|remove)_symbols$/.test(what)) heard.push(what.split("_")[1]);
    }
  });
  setInterval(() => {
    for (const [session, key] of asked.values()) line.send(frame({ m: "qsd", p: [session, { n: key, s: "ok", v: { lp: 100 } }] }));
  }, 50);
});
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

service.on("listening", async () => {
  class Local extends Socket {
    constructor(url, ...rest) {
      super(`ws://127.0.0.1:${service.address().port}/`, ...rest);
    }
  }
  require.cache[require.resolve("ws")].exports = Local;
  const { Client } = require("@mathieuc/tradingview");
  const client = new Client();
  const session = new client.Session.Quote({ fields: "price" });
  const story = async (title, { Market }, symbol, listeners = 1) => {
    heard = [];
    let quotes = 0;
    const markets = Array.from({ length: listeners }, () => new Market(symbol));
    for (const market of markets) market.onData(() => (quotes += 1));
    await wait(1);
    for (const market of markets) market.close();
    await wait(0.3);
    console.log(`${title.padEnd(27)}  ${(quotes ? "quotes" : "nothing").padEnd(7)}  heard: ${heard.join(", ") || "nothing"}`);
  };
  await story("opened and closed", session, "BINANCE:BTCEUR");
  await story("opened again", session, "BINANCE:BTCEUR");
  await story("another symbol", session, "BINANCE:ETHEUR");
  await story("a third one, two listeners", session, "BINANCE:SOLEUR", 2);
  await story("the first in a new session", new client.Session.Quote({ fields: "price" }), "BINANCE:BTCEUR");
  process.exit(0);
});
PROBE
timeout 60 node probe.js >seen 2>err || { cat seen err; exit 1; }
cat seen
cat > expected <<'EXPECTED'
opened and closed            quotes   heard: add, remove
opened again                 nothing  heard: nothing
another symbol               quotes   heard: add, remove
a third one, two listeners   quotes   heard: add
the first in a new session   quotes   heard: add, remove
EXPECTED
diff expected seen >/dev/null || { echo "not as described any more"; exit 1; }

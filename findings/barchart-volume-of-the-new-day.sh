#!/usr/bin/env bash
# Barchart: the volume of a new day is NaN from its first trade, and on the first of a month a late settlement throws the day away.
#
# Expected: a new day starts its volume at nothing and adds each trade; what comes late for the day before is left out, on
#   each day of the month; a traded price is there once in the volumes by price; nobody bids is no bid.
# Seen: the market state of @barchart/marketdata-api-js 6.3.2 (Barchart's own) sets the volume to undefined when the day changes, and
#   adds to it: NaN, until the service sends a total. The bid becomes 0, the ask undefined. Which day is newer is decided by the
#   day of the month: the greater number. The late settlement of the 14th is left out on the 15th. That of the 31st begins a
#   new day on the 1st: open and volume are gone, and the last price becomes "previous"; the next trade begins the 1st once
#   more, with the settlement's price as "previous". Volumes by price are filled up in floats: after a jump from 100.05
#   to 100.35 a trade at 100.15 stands beside an empty 100.14999999999999. At a last price of 0 there is no change.
# Why it matters: a NaN spreads into each sum. Where the evening session belongs to the next day, settlements come after its
#   opening, so that one session a month has another open and another change in percent. Spreads trade at 0.
# Way to live with it: count volume oneself; keep the day's open; drop settlements of another day; round the
#   prices of the levels and add up; in tests a change of the day, and one from the 31st to the 1st.
# Versions: @barchart/marketdata-api-js 6.3.2, @barchart/common-js 4.73.0 (npm), Node.js 20.20.2. Nothing found about it. Messages
#   of the form of Barchart's DDF, read by the package's own parser and handed to its market state: no account.
#
# Output seen:
#   15th, first trade of 5       volume NaN, bid 0, ask undefined
#   15th, settlement of the 14th day 15, open 101, last 101, previous 100.25
#   1st, settlement of the 31st  day 31, open undefined, last 100.4, previous 101
#   1st, next trade              day 1, open undefined, last 101.25, previous 100.4
#   last price 0                 change null
#   volumes by price             100:10 100.05:5 100.1:0 100.14999999999999:0 100.15:2 100.19999999999999:0 100.24999999999999:0 100.29999999999998:0 100.34999999999998:0 100.35:1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @barchart/marketdata-api-js@6.3.2 @barchart/common-js@4.73.0 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const LIB = "@barchart/marketdata-api-js/lib";
const MarketState = require(`${LIB}/marketState/MarketState`);
const parse = require(`${LIB}/utilities/parse/ddf/message`);
const dayNumber = require(`${LIB}/utilities/convert/dayCodeToNumber`);
const XmlParserFactory = require(`${LIB}/utilities/xml/XmlParserFactoryForNode`);

const SYMBOL = "ESH26";
const xml = new XmlParserFactory().build();
console.log = () => {}; // The package writes a line for each market state.

/** A market state that has a whole quote of the given day: opened at 100, last at 100.25, 1000 traded. */
function market(day) {
  const state = new MarketState(() => {});
  const say = (message) => state.processMessage(parse(message, xml));
  say(
    `%<QUOTE symbol="${SYMBOL}" name="S&amp;P" exchange="GBX" basecode="A" pointvalue="50" tickincrement="5"` +
      ` lastupdate="20260114150000" bid="10025" bidsize="1" ask="10050" asksize="1">` +
      `<SESSION day="${day}" id="combined" open="10000" high="10050" low="9900" last="10025" previous="9900" volume="1000"/>` +
      `<SESSION day="2" id="previous" last="9900" previous="9800" volume="500"/></QUOTE>`,
  );
  const record = (sub, body) => say(`\x012${SYMBOL},${sub}\x02AG10${body}G\x03`);
  return {
    state,
    say,
    quote: () => state.getQuote(SYMBOL),
    open: (price, of) => record(0, `${price},A0${of}`),
    trade: (price, size, of) => record(7, `${price},${size},${of}`),
    settle: (price, of) => record(0, `${price},D0${of}`),
  };
}

const lines = [];
const note = (what, text) => lines.push(`${what.padEnd(29)}${text}`);
const day = (quote) =>
  `day ${dayNumber(quote.day)}, open ${quote.openPrice}, last ${quote.lastPrice}, previous ${quote.previousPrice}`;

const middle = market("D");
middle.open(10100, "E");
middle.trade(10100, 5, "E");
note("15th, first trade of 5", `volume ${middle.quote().volume}, bid ${middle.quote().bidPrice}, ask ${middle.quote().askPrice}`);
middle.settle(10040, "D");
note("15th, settlement of the 14th", day(middle.quote()));

const first = market("U");
first.open(10100, "1");
first.trade(10100, 5, "1");
first.settle(10040, "U");
note("1st, settlement of the 31st", day(first.quote()));
first.trade(10125, 5, "1");
note("1st, next trade", day(first.quote()));

middle.trade(0, 1, "E");
note("last price 0", `change ${middle.quote().priceChange}`);

const volumes = market("D");
volumes.say(`%<CV symbol="${SYMBOL}" basecode="A" tickincrement="5" data="10000,10:10005,5"/>`);
volumes.trade(10035, 1, "D");
volumes.trade(10015, 2, "D");
volumes.state.getCumulativeVolume(SYMBOL).then((levels) => {
  note("volumes by price", levels.toArray().map((level) => `${level.price}:${level.volume}`).join(" "));
  process.stdout.write(`${lines.join("\n")}\n`);
  const expected = [
    "volume NaN, bid 0, ask undefined",
    "day 15, open 101, last 101, previous 100.25",
    "day 31, open undefined, last 100.4, previous 101",
    "day 1, open undefined, last 101.25, previous 100.4",
    "change null",
    "100:10 100.05:5 100.1:0 100.14999999999999:0 100.15:2 100.19999999999999:0 100.24999999999999:0 100.29999999999998:0 " +
      "100.34999999999998:0 100.35:1",
  ];
  if (lines.map((line) => line.slice(29)).join("\n") !== expected.join("\n")) {
    process.stderr.write("not as described any more\n");
    process.exitCode = 1;
  }
});
PROBE
timeout 60 node probe.js

#!/usr/bin/env bash
# mergebounce: a debounced (symbol, quote) hands over one symbol with the bid of another, and the quote that the caller keeps is overwritten.
#
# Expected: "combine multiple expensive calls into a single one without losing state changes that would have been made by individual calls"; the objects of the caller stay as they are, as with lodash's debounce.
# Seen: mergebounce 0.1.3 merges the arguments place by place: ("AAPL", bid and ask) and ("MSFT", ask only), within one wait, are one call with "MSFT", AAPL's bid and MSFT's ask: a quote that nobody has
#   sent, and none for AAPL. What it merges into is the first object passed, the caller's own: the snapshot with which a wait began has the prices of the last tick. (Of lists with concatArrays it takes a copy.)
# Why it matters: AAPL's 231.10 as MSFT's bid is within a test's tolerance of "there is a bid". A cache of "previous" prices equals the new ones, so each change is 0, only when two ticks fall into one
#   wait: at the opening, not in a quiet test.
# Way to live with it: one argument, keyed by symbol: { AAPL: { bid } }, and structuredClone() of what goes in. In tests two symbols within one wait, and a look at the caller's object afterwards.
# Versions: mergebounce 0.1.3 (npm, the newest), Node.js 20.20.2. Source: mergeArguments in mergebounce.js. The README shows functions of one argument and warns of neither. Nothing found about it.
#
# Output seen:
#   two symbols   "MSFT" {"bid":231.1,"ask":415.2}
#   keyed         {"AAPL":{"price":102}}; the snapshot is now {"AAPL":{"price":102}}
#   concatArrays  ["AAPL","MSFT"]; the list is now ["AAPL"]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts mergebounce@0.1.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import mergebounce from "mergebounce";

const lines = [];
const say = (text) => lines.push(text) && console.log(text);
const calls = [];
const show = (...values) => calls.push(values.map((value) => JSON.stringify(value)).join(" "));

const quote = mergebounce(show, 50);
quote("AAPL", { bid: 231.1, ask: 231.12 });
quote("MSFT", { ask: 415.2 });
await pause(150);
say(`two symbols   ${calls.splice(0).join(" | ")}`);

const board = mergebounce(show, 50);
const snapshot = { AAPL: { price: 101 } };
board(snapshot);
board({ AAPL: { price: 102 } });
await pause(150);
say(`keyed         ${calls.splice(0).join(" | ")}; the snapshot is now ${JSON.stringify(snapshot)}`);

const wish = mergebounce(show, 50, { concatArrays: true });
const watched = ["AAPL"];
wish(watched);
wish(["MSFT"]);
await pause(150);
say(`concatArrays  ${calls.splice(0).join(" | ")}; the list is now ${JSON.stringify(watched)}`);

assert.deepEqual(lines, [
  'two symbols   "MSFT" {"bid":231.1,"ask":415.2}',
  'keyed         {"AAPL":{"price":102}}; the snapshot is now {"AAPL":{"price":102}}',
  'concatArrays  ["AAPL","MSFT"]; the list is now ["AAPL"]',
]);
CHECK
timeout 60 node check.mjs

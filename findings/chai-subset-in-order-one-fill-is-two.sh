#!/usr/bin/env bash
# chai-subset-in-order: one event does for two expected ones in a row, so "two fills, then done" passes with one fill.
#
# Expected: a subset in order: each expected element has one of its own, behind that of the one before.
# Seen: containSubsetInOrder of chai-subset-in-order 3.1.0 looks for the next expected element from the place where the last was found, that place included. Equal ones in a row are all found in the same event, and
#   so are two that say different things of it: { type: "fill" } and { size: 100 }. Only a different element between them makes it go on. chai-subset 1.6.0, without order, finds all in one as well.
# Why it matters: partial fills, heart-beats and repeated ticks are what a test of a stream counts. The fill that got lost is not missed; two expectations that are meant for two messages hold for one.
# Way to live with it: compare the number as well, events.filter(({ type }) => type === "fill"), or give each expected event a sequence number. In tests of the test leave one event out.
# Versions: chai-subset-in-order 3.1.0, chai-subset 1.6.0, chai 4.5.0 (npm), Node.js 20.20.2. Source: the loop over the expected array. The README has different elements only. Nothing found about it.
#
# Output seen:
#   2 events, expected fill, done               in order passes, chai-subset passes
#   2 events, expected done, fill               in order fails, chai-subset passes
#   2 events, expected fill, fill, done         in order passes, chai-subset passes
#   2 events, expected fill, done, fill         in order fails, chai-subset passes
#   1 event , expected three fills              in order passes, chai-subset passes
#   1 event , expected a fill, then one of 100  in order passes, chai-subset passes
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps chai-subset-in-order@3.1.0 chai-subset@1.6.0 chai@4.5.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const chai = require("chai");
const inOrder = require("chai-subset-in-order");
chai.use(inOrder.default ?? inOrder);
chai.use(require("chai-subset"));
const state = (check) => {
  try {
    check();
    return "passes";
  } catch (error) {
    if (error.name !== "AssertionError") throw error;
    return "fails";
  }
};
const fill = { type: "fill", size: 100 };
const done = { type: "done" };
const cases = [
  ["fill, done", [fill, done], [fill, done]],
  ["done, fill", [fill, done], [done, fill]],
  ["fill, fill, done", [fill, done], [fill, fill, done]],
  ["fill, done, fill", [fill, done], [fill, done, fill]],
  ["three fills", [fill], [fill, fill, fill]],
  ["a fill, then one of 100", [fill], [{ type: "fill" }, { size: 100 }]],
];
for (const [name, events, expected] of cases) {
  const ordered = state(() => chai.expect(events).to.containSubsetInOrder(expected));
  const any = state(() => chai.expect(events).to.containSubset(expected));
  console.log(`${events.length} event${events.length > 1 ? "s" : " "}, expected ${name.padEnd(23)}  in order ${ordered}, chai-subset ${any}`);
}
CHECK
node check.cjs | tee seen
cat > wanted <<'WANTED'
2 events, expected fill, done               in order passes, chai-subset passes
2 events, expected done, fill               in order fails, chai-subset passes
2 events, expected fill, fill, done         in order passes, chai-subset passes
2 events, expected fill, done, fill         in order fails, chai-subset passes
1 event , expected three fills              in order passes, chai-subset passes
1 event , expected a fill, then one of 100  in order passes, chai-subset passes
WANTED
diff wanted seen

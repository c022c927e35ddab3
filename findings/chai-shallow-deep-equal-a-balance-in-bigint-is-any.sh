#!/usr/bin/env bash
# chai-shallow-deep-equal: each bigint equals each other, so does each Map, and a price where an object is expected.
#
# Expected: "shallowDeepEqual" passes if all that is expected is there with its value, and fails for 5n instead of 6n as for 5 instead of 6.
# Seen: chai-shallow-deep-equal 1.4.6 compares texts, numbers, booleans and dates; all the rest it takes for an object and compares by its keys. A bigint, a Map, a Set and an empty object have none: nothing is
#   compared. Any value that is not null will do: 6n, another Map, the number 231.1. Numbers are compared with !=, so that "5", true and 1 pass for 5, 1 and true.
# Why it matters: quantities and balances in the smallest unit are bigint, books are Maps of price and size. The assertion that the book is right has been green with each book; a test that never was red is not seen.
# Way to live with it: chai's deep.equal, or assert.partialDeepStrictEqual of newer Node.js; texts for bigint and arrays for Maps before the comparison. Let the assertion fail once with a wrong quantity.
# Versions: chai-shallow-deep-equal 1.4.6 (npm, the newest), chai 4.5.0 (its own deep equal for comparison), Node.js 20.20.2. Source: shallowDeepEqual in chai-shallow-deep-equal.js. Nothing found about it.
#
# Output seen:
#   5 for 6             shallowDeepEqual fails, chai's deep.equal fails
#   5n for 6n           shallowDeepEqual passes, chai's deep.equal fails
#   another book (Map)  shallowDeepEqual passes, chai's deep.equal fails
#   no book (Map)       shallowDeepEqual passes, chai's deep.equal fails
#   another Set         shallowDeepEqual passes, chai's deep.equal fails
#   231.1 for a Map     shallowDeepEqual passes, chai's deep.equal fails
#   "5" for 5           shallowDeepEqual passes, chai's deep.equal fails
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps chai-shallow-deep-equal@1.4.6 chai@4.5.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const chai = require("chai");
chai.use(require("chai-shallow-deep-equal"));
const { expect } = chai;
const state = (check) => {
  try {
    check();
    return "passes";
  } catch (error) {
    if (error.name !== "AssertionError") throw error;
    return "fails";
  }
};
const cases = [
  ["5 for 6", 5, 6],
  ["5n for 6n", 5n, 6n],
  ["another book (Map)", new Map([[231.1, 300]]), new Map([[231.12, 100]])],
  ["no book (Map)", new Map(), new Map([[231.12, 100]])],
  ["another Set", new Set(["AAPL"]), new Set(["MSFT"])],
  ["231.1 for a Map", 231.1, new Map([[231.12, 100]])],
  ['"5" for 5', "5", 5],
];
for (const [name, actual, expected] of cases) {
  const shallow = state(() => expect({ value: actual }).to.shallowDeepEqual({ value: expected }));
  const deep = state(() => expect({ value: actual }).to.deep.equal({ value: expected }));
  console.log(`${name.padEnd(18)}  shallowDeepEqual ${shallow}, chai's deep.equal ${deep}`);
}
CHECK
node check.cjs | tee seen
cat > wanted <<'WANTED'
5 for 6             shallowDeepEqual fails, chai's deep.equal fails
5n for 6n           shallowDeepEqual passes, chai's deep.equal fails
another book (Map)  shallowDeepEqual passes, chai's deep.equal fails
no book (Map)       shallowDeepEqual passes, chai's deep.equal fails
another Set         shallowDeepEqual passes, chai's deep.equal fails
231.1 for a Map     shallowDeepEqual passes, chai's deep.equal fails
"5" for 5           shallowDeepEqual passes, chai's deep.equal fails
WANTED
diff wanted seen

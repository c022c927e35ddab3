#!/usr/bin/env bash
# chai-arrays: [100, 101, 99] is sorted and [99, 100, 101] is not; numbers are compared as texts.
#
# Expected: sorted() "asserts that the actual array is sorted", as the README's [1, 2, 3] is; by number for numbers, as chai-sorted does it.
# Seen: chai-arrays 2.2.0 compares with a copy that Array.prototype.sort() has sorted without a function, which is by text. Right is what has the same number of digits and no sign: the README's examples, prices of a
#   test from 101 to 109. Wrong are 99 and 100, -2 and -1, and 1767607200000 beside 999.
# Why it matters: "the ticks come in order" is green for sequence numbers 9, 10 in the wrong order and red at the right one. Whoever sees red at 99, 100 turns the test around or takes it out.
# Way to live with it: sorted((one, other) => one - other), and the same for timestamps; chai-sorted 0.2.0. In tests of the order numbers with one digit and with two.
# Versions: chai-arrays 2.2.0 and chai-sorted 0.2.0 (npm, the newest), chai 4.5.0, Node.js 20.20.2. Source: the assertion "sorted". Nothing found about it.
#
# Output seen:
#   chai-arrays  [1,2,3]       sorted
#   chai-arrays  [99,100,101]  not sorted
#   chai-arrays  [100,101,99]  sorted
#   chai-arrays  [9,10]        not sorted
#   chai-arrays  [10,9]        sorted
#   chai-arrays  [-2,-1]       not sorted
#   chai-arrays  [-1,-2]       sorted
#   chai-sorted  [1,2,3]       sorted
#   chai-sorted  [99,100,101]  sorted
#   chai-sorted  [100,101,99]  not sorted
#   chai-sorted  [9,10]        sorted
#   chai-sorted  [10,9]        not sorted
#   chai-sorted  [-2,-1]       sorted
#   chai-sorted  [-1,-2]       not sorted
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps chai-arrays@2.2.0 chai-sorted@0.2.0 chai@4.5.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > one.cjs <<'ONE'
const chai = require("chai");
const plugin = require(process.argv[2]);
chai.use(plugin.default ?? plugin);
const state = (numbers) => {
  try {
    chai.expect(numbers).to.be.sorted();
    return "sorted";
  } catch {
    return "not sorted";
  }
};
for (const numbers of [[1, 2, 3], [99, 100, 101], [100, 101, 99], [9, 10], [10, 9], [-2, -1], [-1, -2]]) {
  console.log(`${process.argv[2].padEnd(11)}  ${JSON.stringify(numbers).padEnd(12)}  ${state(numbers)}`);
}
ONE
{
  node one.cjs chai-arrays
  node one.cjs chai-sorted
} | tee seen
cat > wanted <<'WANTED'
chai-arrays  [1,2,3]       sorted
chai-arrays  [99,100,101]  not sorted
chai-arrays  [100,101,99]  sorted
chai-arrays  [9,10]        not sorted
chai-arrays  [10,9]        sorted
chai-arrays  [-2,-1]       not sorted
chai-arrays  [-1,-2]       sorted
chai-sorted  [1,2,3]       sorted
chai-sorted  [99,100,101]  sorted
chai-sorted  [100,101,99]  not sorted
chai-sorted  [9,10]        sorted
chai-sorted  [10,9]        not sorted
chai-sorted  [-2,-1]       sorted
chai-sorted  [-1,-2]       not sorted
WANTED
diff wanted seen

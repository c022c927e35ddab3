#!/usr/bin/env bash
# chai-decimaljs and chai-bn: expect(5).to.be.negative passes, and so does zero; without the word "decimal" or "bignumber" before them both properties check nothing.
#
# Expected: negative and zero are checked, or are refused as an "Invalid Chai property", as chai does it with each word that it does not know (positive).
# Seen: chai-decimaljs 0.0.1 and chai-bn 0.3.1 overwrite the two properties and, if their own word is missing, call what was there before. In chai nothing was there, so nothing is done: 5, "abc", undefined
#   and a Decimal of 5 are negative and zero. to.be.a.decimal and to.be.a.bignumber alone check nothing, either. chai-bignumber 3.1.0, of which both are forks, adds the two properties and checks them.
# Why it matters: "the balance is negative", "the position is zero" are what one asserts of money, and without the plug-in's word they read well. They are green from the first day on and never seen red.
# Way to live with it: expect(x).to.be.a.decimal.that.is.negative in full, or comparisons: .equal("0"), .lessThan("0") (chai's own refuse an object); a rule for the linter. Let each new assertion fail once.
# Versions: chai-decimaljs 0.0.1, decimal.js 10.6.0, chai-bn 0.3.1, bn.js 5.2.5, chai-bignumber 3.1.0, bignumber.js 9.3.1, chai 4.5.0 (npm), Node.js 20.20.2. Source: overwriteProperties of both. Nothing found
#   about it.
#
# Output seen:
#   chai-decimaljs: 5 negative passes, 5 zero passes, Decimal(5) negative passes, Decimal(5) decimal negative fails, undefined a decimal passes, 5 positive is refused
#   chai-bn: 5 negative passes, 5 zero passes, BN(5) negative passes, BN(5) bignumber negative fails, undefined a bignumber passes, 5 positive is refused
#   chai-bignumber: 5 negative fails, 5 zero fails, BigNumber(5) negative fails, BigNumber(5) bignumber negative fails, undefined a bignumber passes, 5 positive is refused
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps chai-decimaljs@0.0.1 decimal.js@10.6.0 chai-bn@0.3.1 bn.js@5.2.5 \
  chai-bignumber@3.1.0 bignumber.js@9.3.1 chai@4.5.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > one.cjs <<'ONE'
const [, , plugin, library, word] = process.argv;
const chai = require("chai");
const Number_ = require(library);
chai.use(require(plugin)(Number_));
const { expect } = chai;
const state = (check) => {
  try {
    check();
    return "passes";
  } catch (error) {
    return error.name === "AssertionError" ? "fails" : "is refused";
  }
};
const five = new Number_(5);
const values = [
  ["5 negative", state(() => expect(5).to.be.negative)],
  ["5 zero", state(() => expect(5).to.be.zero)],
  [`${Number_.name}(5) negative`, state(() => expect(five).to.be.negative)],
  [`${Number_.name}(5) ${word} negative`, state(() => expect(five).to.be.a[word].that.is.negative)],
  [`undefined a ${word}`, state(() => expect(undefined).to.be.a[word])],
  ["5 positive", state(() => expect(5).to.be.positive)],
];
console.log(`${plugin}: ${values.map((pair) => pair.join(" ")).join(", ")}`);
ONE
{
  node one.cjs chai-decimaljs decimal.js decimal
  node one.cjs chai-bn bn.js bignumber
  node one.cjs chai-bignumber bignumber.js bignumber
} | tee seen
cat > wanted <<'WANTED'
chai-decimaljs: 5 negative passes, 5 zero passes, Decimal(5) negative passes, Decimal(5) decimal negative fails, undefined a decimal passes, 5 positive is refused
chai-bn: 5 negative passes, 5 zero passes, BN(5) negative passes, BN(5) bignumber negative fails, undefined a bignumber passes, 5 positive is refused
chai-bignumber: 5 negative fails, 5 zero fails, BigNumber(5) negative fails, BigNumber(5) bignumber negative fails, undefined a bignumber passes, 5 positive is refused
WANTED
diff wanted seen

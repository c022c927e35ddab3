#!/usr/bin/env bash
# @thomaschaplin/isin-generator: a thousand random ISINs are at most 249, and all of them are one security.
#
# Expected: "Generate a valid ISIN": each call gives another one, valid by its check digit; a thousand instruments for a load test are a thousand keys.
# Seen: isinGenerator() of @thomaschaplin/isin-generator 1.0.3 draws the country with each call and the nine characters behind it once, when the
#   package is loaded. All ISINs of a process have the same national number, and there are no more of them than countries on its list.
#   All are valid. The next process has another number. @thomaschaplin/cusip-generator 1.0.22, which it is made of, gives another with each call.
# Why it matters: test data with a thousand "instruments" are about 245: last prices overwrite each other, a map is too small, and a loader that
#   refuses doubles is red by chance only from the 20th ISIN on. Whatever is keyed by the national number (CUSIP, SEDOL, WKN: the middle of
#   an ISIN) has one row. Tests with two or three ISINs pass.
# Way to live with it: cusip-generator with a country and a check digit of one's own; in tests the number of different keys before anything else.
# Versions: @thomaschaplin/isin-generator 1.0.3, @thomaschaplin/cusip-generator 1.0.22, validator 13.15.35 (npm), Node.js 20.
#
# Output seen:
#   isins: 1000 made, valid 1000, different 243, national numbers 1
#   a second process: national numbers 1, the same as before: false
#   cusips: 1000 made, different 1000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts \
    @thomaschaplin/isin-generator@1.0.3 @thomaschaplin/cusip-generator@1.0.22 validator@13.15.35

cat > make.cjs <<'MAKE'
const { isinGenerator } = require("@thomaschaplin/isin-generator");
console.log(JSON.stringify(Array.from({ length: 1000 }, isinGenerator)));
MAKE
cat > probe.cjs <<'PROBE'
const { execFileSync } = require("child_process");
const { generateCusip } = require("@thomaschaplin/cusip-generator");
const { isISIN } = require("validator");
const make = () => JSON.parse(execFileSync(process.execPath, ["make.cjs"]));
const nationals = (isins) => [...new Set(isins.map((isin) => isin.slice(2, 11)))];

const isins = make();
const different = new Set(isins).size;
const valid = isins.filter((isin) => isISIN(isin)).length;
console.log(`isins: 1000 made, valid ${valid}, different ${different}, national numbers ${nationals(isins).length}`);
const again = nationals(make());
console.log(`a second process: national numbers ${again.length}, the same as before: ${again[0] === nationals(isins)[0]}`);
const cusips = new Set(Array.from({ length: 1000 }, generateCusip)).size;
console.log(`cusips: 1000 made, different ${cusips}`);

if (valid !== 1000 || different > 249 || nationals(isins).length !== 1 || again.length !== 1 || cusips < 990) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 60 node probe.cjs

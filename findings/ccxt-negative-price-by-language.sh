#!/usr/bin/env bash
# ccxt: the same release rounds -0.07 to ticks of 0.05 as -0.05 in Python and as -0.1 in JavaScript.
#
# Expected: one library, generated from one source, gives one price in all its languages.
# Seen: decimalToPrecision with ROUND and TICK_SIZE in ccxt 4.5.84. Python goes to the nearest tick.
#   JavaScript goes to the nearest for positive numbers and always away from zero for negative ones:
#   -37.2 with ticks of 1 is -38, -100.06 with 0.05 is -100.1. With TRUNCATE the two agree, so that
#   checks of amounts do not show it.
# Why it matters: prices below zero are real (oil in April 2020, power, calendar spreads, funding and
#   basis). A service in one language and its test in the other differ by one tick on negative numbers
#   only, which recorded data of one good year never has.
# Way to live with it: round the absolute value and put the sign back; have negative prices in the
#   generator of test data.
# Versions: ccxt 4.5.84 on PyPI and on npm. No issue found about it.
#
# Output seen:
#   price, tick      Python   JavaScript
#   100.07, 0.05     100.05   100.05
#   -100.06, 0.05   -100.05   -100.1
#   -37.2, 1            -37   -38
#   -0.07, 0.05       -0.05   -0.1
#   -1.2, 0.5            -1   -1.5
#   -1.3, 0.5          -1.5   -1.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps ccxt==4.5.84
npm install --silent --no-audit --no-fund --ignore-scripts ccxt@4.5.84

echo '[[100.07, 0.05], [-100.06, 0.05], [-37.2, 1], [-0.07, 0.05], [-1.2, 0.5], [-1.3, 0.5]]' > cases.json
cat > round.mjs <<'ROUND'
import { readFileSync } from "node:fs";
import { ROUND, TICK_SIZE, decimalToPrecision } from "./node_modules/ccxt/js/src/base/functions/number.js";
for (const [price, tick] of JSON.parse(readFileSync("cases.json", "utf8")))
  console.log(decimalToPrecision(price, ROUND, tick, TICK_SIZE));
ROUND
cat > round.py <<'ROUND'
import importlib.util
import json

# The one module: the package itself would import every exchange.
found = importlib.util.find_spec("ccxt").submodule_search_locations[0] + "/base/decimal_to_precision.py"
spec = importlib.util.spec_from_file_location("decimal_to_precision", found)
precision = importlib.util.module_from_spec(spec)
spec.loader.exec_module(precision)
for price, tick in json.load(open("cases.json")):
    print(precision.decimal_to_precision(price, precision.ROUND, tick, precision.TICK_SIZE))
ROUND
venv/bin/python round.py > python
node round.mjs > javascript
python3 -c 'import json; [print(f"{price}, {tick}") for price, tick in json.load(open("cases.json"))]' > cases
echo "price, tick      Python   JavaScript"
paste cases python javascript | awk -F '\t' '{ printf "%-14s %8s   %s\n", $1, $2, $3 }'
[ "$(paste -sd' ' python)" = "100.05 -100.05 -37 -0.05 -1 -1.5" ]
[ "$(paste -sd' ' javascript)" = "100.05 -100.1 -38 -0.1 -1.5 -1.5" ]

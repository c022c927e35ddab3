#!/usr/bin/env bash
# ion-js: of 20,000 prices with two decimals 2,661 leave a JSON gateway as another number; 100.35 as 100.35000000000001.
#
# Expected: Ion's decimals are exact, and numberValue() of 100.35 is the number that is written 100.35, as Number("100.35")
#   is and float(Decimal("100.35")).
# Seen: ion-js 5.2.1 makes the number by a multiplication, 10035 times 0.01, and 0.01 is no binary fraction: two of
#   fifteen prices are the neighbour of the right number. JSON.stringify() and numberValue() give that one; toString() is exact.
#   cbor-x has none wrong of the same decimals.
# Why it matters: a service that reads Ion and sends JSON sends 100.35000000000001, and a comparison with the price of
#   the feed, a key made of the price or a check of multiples of 0.05 fails for that price and not for its neighbours. The
#   same price from two feeds is two levels of a book.
# Way to live with it: Number(value.toString()), or send the text; in tests 0.41 and 100.35 rather than 100.25 or 100.5.
# Versions: ion-js 5.2.1, cbor-x 1.6.9 (npm), amazon.ion 0.15.0 (PyPI), Node.js 20.20.2, Python 3.11.7. Nothing
#   found about it.
#
# Output seen:
#   price    toString()  JSON.stringify()      Python    cbor-x
#   0.41     0.41        0.41000000000000003   0.41      0.41
#   100.25   100.25      100.25                100.25    100.25
#   100.35   100.35      100.35000000000001    100.35    100.35
#   0.01 to 200.00: ion-js 2661 of 20000, cbor-x 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check amazon.ion==0.15.0 cbor2==6.3.0 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts ion-js@5.2.1 cbor-x@1.6.9

cat > write.py <<'WRITE'
from decimal import Decimal

import amazon.ion.simpleion as ion
import cbor2

prices = [Decimal(n).scaleb(-2) for n in range(1, 20_001)]
with open("prices.ion", "wb") as out:
    out.write(ion.dumps(prices))
with open("prices.cbor", "wb") as out:
    out.write(cbor2.dumps(prices))
with open("python.txt", "w") as out:
    read = ion.loads(open("prices.ion", "rb").read())
    out.write("\n".join(f"{price} {float(price)}" for price in read))
WRITE
cat > read.cjs <<'READ'
const { readFileSync } = require("node:fs");
const prices = require("ion-js").load(readFileSync("prices.ion"));
const packed = require("cbor-x").decode(readFileSync("prices.cbor"));
const python = readFileSync("python.txt", "utf8").split("\n").map((line) => line.split(" "));
const wrong = { ion: 0, cbor: 0 };
const row = (...cells) => console.log(cells.map((cell, i) => cell.padEnd([8, 11, 21, 9][i])).join(" ").trimEnd());
row("price", "toString()", "JSON.stringify()", "Python", "cbor-x");
python.forEach(([price, number], i) => {
  if (prices[i].numberValue() !== Number(price)) wrong.ion++;
  if (packed[i] !== Number(price)) wrong.cbor++;
  if (["0.41", "100.25", "100.35"].includes(price)) {
    row(price, String(prices[i]), JSON.stringify(prices[i]), number, String(packed[i]));
  }
});
console.log(`0.01 to 200.00: ion-js ${wrong.ion} of ${python.length}, cbor-x ${wrong.cbor}`);
process.exit(wrong.ion > 1000 && wrong.cbor === 0 ? 0 : 1);
READ
venv/bin/python write.py
node read.cjs

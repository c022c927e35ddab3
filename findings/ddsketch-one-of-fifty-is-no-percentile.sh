#!/usr/bin/env bash
# DDSketch: one tick of fifty took a second, and p99.9 is 19.9 ms, in both languages.
#
# Expected: a sketch with an accuracy of 1 % gives p99 of the values to within 1 %: the rank is that of other tools (the
#   smallest value that 99 % do not exceed), or lies between two values.
# Seen: ddsketch 3.0.1 and @datadog/sketches-js 2.1.1 take the value at rank q(n-1), rounded down. The largest of n values is p100
#   alone: of 50 ticks p99.9, of 1000 p99.99. p99 of 99 ticks with one slow is fast, though 1 in 99 is more than 1 %. numpy's
#   "inverted_cdf" and HdrHistogram say 1000 ms; numpy's default lies between (520 ms for p99). And p100 is 1002.4, above
#   the largest value, which is kept beside it.
# Why it matters: sketches are made for many values, and used for few: one window of 10 s, one symbol, a smoke test. "p99.9 of
#   50 ticks below 100 ms" passes with 2 % of the ticks ten times too late, and the same ticks fail it elsewhere.
# Way to live with it: no bound on a percentile above 1 - 1/n; the largest value by its own bound; one tool for both sides of
#   a comparison.
# Versions: ddsketch 3.0.1, numpy 2.4.6, hdrhistogram 0.10.8 (PyPI), @datadog/sketches-js 2.1.1 (npm), Python 3.11.7, Node.js
#   20.20.2. The READMEs promise the relative accuracy and do not say of which rank.
#
# Output seen (ms; 49 ticks of 20, one of 1000):
#                            p50      p98      p99    p99.9     p100
#   numpy, inverted_cdf     20.0     20.0   1000.0   1000.0   1000.0
#   HdrHistogram            20.0     20.0   1000.0   1000.0   1000.0
#   numpy, default          20.0     39.6    519.8    952.0   1000.0
#   ddsketch                19.9     19.9     19.9     19.9   1002.4
#   @datadog/sketches-js    19.9     19.9     19.9     19.9   1002.4
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check ddsketch==3.0.1 numpy==2.4.6 hdrhistogram==0.10.8 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @datadog/sketches-js@2.1.1

cat > sketch.cjs <<'SKETCH'
const { DDSketch } = require("@datadog/sketches-js");
const sketch = new DDSketch();
for (let i = 0; i < 50; i++) sketch.accept(i === 25 ? 1000 : 20);
console.log(JSON.stringify([0.5, 0.98, 0.99, 0.999, 1].map((q) => sketch.getValueAtQuantile(q))));
SKETCH
node sketch.cjs > node.json
cat > sketches.py <<'SKETCHES'
import json
import sys

import ddsketch
import numpy
from hdrh.histogram import HdrHistogram

QUANTILES = [0.5, 0.98, 0.99, 0.999, 1]
ticks = [20.0] * 25 + [1000.0] + [20.0] * 24
sketch, histogram = ddsketch.DDSketch(), HdrHistogram(1, 60_000, 4)
for tick in ticks:
    sketch.add(tick)
    histogram.record_value(int(tick))
results = {
    "numpy, inverted_cdf": numpy.quantile(ticks, QUANTILES, method="inverted_cdf"),
    "HdrHistogram": [histogram.get_value_at_percentile(q * 100) for q in QUANTILES],
    "numpy, default": numpy.quantile(ticks, QUANTILES),
    "ddsketch": [sketch.get_quantile_value(q) for q in QUANTILES],
    "@datadog/sketches-js": json.load(open("node.json")),
}
print(" " * 20, *(f"p{q * 100:g}".rjust(8) for q in QUANTILES))
for name, values in results.items():
    results[name] = [round(float(value), 1) for value in values]
    print(f"{name:20}", *(f"{value:8.1f}" for value in results[name]))
right = (
    results["numpy, inverted_cdf"] == results["HdrHistogram"] == [20, 20, 1000, 1000, 1000]
    and results["ddsketch"] == results["@datadog/sketches-js"] == [19.9, 19.9, 19.9, 19.9, 1002.4]
)
if not right:
    print("not as described any more", file=sys.stderr)
    sys.exit(1)
SKETCHES
venv/bin/python sketches.py

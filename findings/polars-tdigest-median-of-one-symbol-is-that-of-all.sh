#!/usr/bin/env bash
# polars-tdigest: with a digest per symbol in each row, each row's percentile is that of all symbols together.
#
# Expected: group_by("symbol").agg(tdigest("latency")) gives a row per symbol with its digest in a column, and estimate_quantile("latency", 0.5) in
#   with_columns() or select() a number per row, as any expression on a column of structs does.
# Seen: estimate_quantile(), estimate_median() and estimate_cdf() of polars-tdigest 0.1.11 merge the whole column first and give one number; Polars
#   repeats it in each row. A symbol with a single value of 5000 has a median of 10.49. With .over("symbol"), or inside another group_by, the
#   numbers are the symbols' own. The package has no description and no docstrings; merge_tdigests() exists beside it for merging. estimate_quantile
#   at 0.5 and estimate_median() do not agree either (10.49 and 10.50).
# Why it matters: a table of p99 per symbol, exchange or worker has the same number in each row, weighted to the busiest; with real data it looks
#   like a coincidence or like fairness. The slow symbol that one is looking for is in none of the rows.
# Way to live with it: estimate_quantile(...).over("symbol"), with a key that is unique per row. In tests two groups that are far
#   apart.
# Versions: polars-tdigest 0.1.11, polars 2.1.0 (PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen:
#   symbol   right      row by row   with over()   in a group_by   estimate_median   share below 100 ms
#   FAST      10.49        10.49         10.49           10.49             10.50                0.985
#   SLOW    5000.00        10.49       5000.00         5000.00             10.50                0.985
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check polars-tdigest==0.1.11 polars==2.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import polars
from polars_tdigest import estimate_cdf, estimate_median, estimate_quantile, tdigest

ticks = polars.DataFrame(
    {"symbol": ["FAST"] * 99 + ["SLOW"], "latency": [10 + number / 100 for number in range(99)] + [5000.0]}
)
digests = ticks.group_by("symbol").agg(tdigest("latency")).sort("symbol")
by_row = digests.with_columns(
    half=estimate_quantile("latency", 0.5), median=estimate_median("latency"), below=estimate_cdf("latency", 100.0)
)
by_symbol = digests.with_columns(half=estimate_quantile("latency", 0.5).over("symbol"))
again = digests.group_by("symbol").agg(half=estimate_quantile("latency", 0.5)).sort("symbol")
right = ticks.group_by("symbol").agg(polars.col("latency").median()).sort("symbol")
print("symbol   right      row by row   with over()   in a group_by   estimate_median   share below 100 ms")
for one, two, three, four in zip(right.iter_rows(named=True), by_row.to_dicts(), by_symbol.to_dicts(), again.to_dicts()):
    print(f"{one['symbol']:6} {one['latency']:8.2f}     {two['half']:8.2f}      {three['half']:8.2f}        {four['half']:8.2f}"
          f"          {two['median']:8.2f}                {two['below']:.3f}")
rows, own = [round(value, 2) for value in by_row["half"]], [round(value, 2) for value in by_symbol["half"]]
if rows[0] != rows[1] or rows[0] > 11 or own[1] != 5000.0 or round(again["half"][1], 2) != 5000.0:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

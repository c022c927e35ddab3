#!/usr/bin/env bash
# epimetheus: its histogram does not add its buckets up, so Prometheus sees a p99 of 5 ms where one in ten takes 40 ms or more; and what does not change grows old and vanishes.
#
# Expected: in the text format of Prometheus the bucket le="0.05" counts all values up to 0.05, and le="+Inf" is the count. A sample has no time, or the time at which it was read.
# Seen: epimetheus 0.4.0 counts each value in one bucket and shows these counts: le="+Inf" holds what is above the largest bound, mostly 0. histogram_quantile lifts a bucket that is below the one
#   before it to that one, so that the first full bucket is all there is. Counters and gauges are shown with the time of their last change, always the same one at each scrape.
# Why it matters: nothing warns: the lines are valid, _sum and _count are right, and the mean is, too. Alarms on percentiles never fire, and a slow exchange is as quick as all others on the
#   dashboard. A counter of errors or of orders that stands still for five minutes is gone from Prometheus, and rate() over it is empty instead of 0.
# Way to live with it: add the buckets up before they are served (registry.expose() gives lines), use_clock=False for counters and gauges, or prometheus-client. In tests three values in three
#   buckets, and the +Inf bucket against the count.
# Versions: epimetheus 0.4.0 (PyPI, the newest), prometheus-client 0.23.1, Python 3.11. Source: Histogram.sample_values and MetricWithTimestamp in epimetheus/metrics.py. Nothing found about it.
#
# Output seen (90 ticks of 4 ms, 9 of 40 ms, 1 of 400 ms; p99 as histogram_quantile does it):
#   epimetheus         le=0.005 90, le=0.05 9, le=0.5 1, le=+Inf 0      count 100, sum 1.12    p90 0.0045, p99 0.00495
#   prometheus-client  le=0.005 90, le=0.05 99, le=0.5 100, le=+Inf 100  count 100, sum 1.12    p90 0.005, p99 0.05
#   a counter, read again 2 s after its last change: time in the sample is that of the change: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check epimetheus==0.4.0 prometheus-client==0.23.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
import time

from epimetheus import Registry
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

TICKS = [0.004] * 90 + [0.04] * 9 + [0.4]
BUCKETS = (0.005, 0.05, 0.5)


def samples(text):
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def quantile(q, buckets):
    most, counts = 0, []
    for _, count in buckets:
        most = max(most, count)
        counts.append(most)
    rank = q * counts[-1]
    index = next(number for number, count in enumerate(counts) if count >= rank)
    if index == len(counts) - 1:
        return buckets[-2][0]
    low, below = (buckets[index - 1][0], counts[index - 1]) if index else (0, 0)
    return low + (buckets[index][0] - low) * (rank - below) / (counts[index] - below)


def row(name, text):
    read = {(sample.name.rsplit("_", 1)[1], sample.labels.get("le")): sample.value for sample in samples(text)}
    buckets = [(float(bound), value) for (kind, bound), value in read.items() if kind == "bucket"]
    shown = ", ".join(f"le={bound} {value:g}" for (kind, bound), value in read.items() if kind == "bucket")
    line = f"{shown:47}  count {read['count', None]:g}, sum {read['sum', None]:.4g}    p90 {quantile(0.9, buckets):.4g}, p99 {quantile(0.99, buckets):.4g}"
    print(f"{name:18} {line}")
    return [value for _, value in buckets], read["count", None], round(quantile(0.99, buckets), 4)


registry = Registry()
seconds = registry.histogram(name="tick_seconds", buckets=BUCKETS).with_labels()
official = CollectorRegistry()
histogram = Histogram("tick_seconds", "ticks", buckets=BUCKETS, registry=official)
for tick in TICKS:
    seconds.observe(tick)
    histogram.observe(tick)
text = generate_latest(official).decode()
seen = [row("epimetheus", "\n".join(registry.expose()) + "\n")]
seen.append(row("prometheus-client", "\n".join(line for line in text.splitlines() if "_created" not in line) + "\n"))

counting = Registry()
counter = counting.counter(name="orders").with_labels()
counter.inc()
changed = time.time()
time.sleep(2)
sample = next(sample for sample in samples("\n".join(counting.expose()) + "\n") if sample.name.startswith("orders"))
old = sample.timestamp is not None and abs(float(sample.timestamp) - changed) < 1
print(f"a counter, read again 2 s after its last change: time in the sample is that of the change: {old}")

if seen != [([90, 9, 1, 0], 100, 0.0050), ([90, 99, 100, 100], 100, 0.05)] or not old:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

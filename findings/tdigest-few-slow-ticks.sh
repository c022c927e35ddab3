#!/usr/bin/env bash
# t-digest: two packages say p90 = 814 ms where 99 of 100 ticks took 20 ms; one says p10 = -754 ms.
#
# Expected: a t-digest of 100 values is as good as exact, and most exact at the ends.
# Seen: 99 ticks of 20 ms and one of 1000 ms. tdigest 0.5.2.2 and pytdigest 0.1.4 draw a line from
#   the group of equal values to the slow one, across 90 % of the percentiles. The first also
#   draws it backwards, below the smallest value and below zero. It is no matter of size: 20 slow
#   ticks among 10,000 give the same. crick 0.0.8 keeps apart what is apart.
# Why it matters: latencies on loopback are like this, many equal (timers, batches, whole
#   milliseconds) and a few slow. A bound on p95 fails without cause, and a merge of workers'
#   digests cannot be told from a slow service.
# Way to live with it: HdrHistogram for latencies, whose error is a fixed share of the value;
#   or check any digest once against the sorted values of a recorded run.
# Versions: tdigest 0.5.2.2, pytdigest 0.1.4, crick 0.0.8, numpy 2.4.6. Negative results of tdigest
#   are in its issues 16 and 32, closed as solved.
#
# Output seen (ms):
#   99 x 20 ms, 1 x 1000 ms        p10      p50      p90      p95      p99
#     exact                       20.0     20.0     20.0     20.0     29.8
#     tdigest                   -754.2     29.8    813.8    911.8    990.2
#     pytdigest                   20.0     29.8    813.8    911.8    990.2
#     crick                       20.0     20.0     20.0     20.0    510.0
#   9980 x 20 ms, 20 x 1000 ms     p10      p50      p90      p95      p99
#     exact                       20.0     20.0     20.0     20.0     20.0
#     tdigest                   -762.0     22.0    806.0    904.0    982.4
#     pytdigest                   20.0     22.0    806.0    904.0    982.4
#     crick                       20.0     20.0     20.0     20.0     20.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    tdigest==0.5.2.2 pytdigest==0.1.4 crick==0.0.8 numpy==2.4.6

cat > digests.py <<'DIGESTS'
import crick
import numpy
import pytdigest
import tdigest

RANKS = [10, 50, 90, 95, 99]


def exact(values):
    return numpy.percentile(values, RANKS)


def of_tdigest(values):
    digest = tdigest.TDigest()
    for value in values:
        digest.update(float(value))
    return [digest.percentile(rank) for rank in RANKS]


def of_pytdigest(values):
    return pytdigest.TDigest.compute(values).inverse_cdf([rank / 100 for rank in RANKS])


def of_crick(values):
    digest = crick.TDigest()
    digest.update(values)
    return digest.quantile(numpy.array(RANKS) / 100)


for fast, slow in ((99, 1), (9980, 20)):
    values = numpy.array([20.0] * fast + [1000.0] * slow)
    numpy.random.default_rng(7).shuffle(values)
    print(f"{fast} x 20 ms, {slow} x 1000 ms".ljust(27), *(f"p{rank}".rjust(8) for rank in RANKS))
    results = {}
    for name, measure in (
        ("exact", exact),
        ("tdigest", of_tdigest),
        ("pytdigest", of_pytdigest),
        ("crick", of_crick),
    ):
        results[name] = [float(value) for value in measure(values)]
        print(f"  {name:25}", *(f"{value:8.1f}" for value in results[name]))
    assert results["exact"][2] == results["crick"][2] == 20
    assert results["tdigest"][0] < 0, "p10 is no longer below the smallest value"
    assert min(results["tdigest"][2], results["pytdigest"][2]) > 500, "p90 is right now"
DIGESTS
venv/bin/python digests.py

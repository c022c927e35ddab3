#!/usr/bin/env bash
# frequenz-resampling: asked in the middle of a bar, resample() closes it, with a time in the future; what comes in the rest of the bar is in none.
#
# Expected: resample() "until the current date/time" gives the bars that are complete by then (or an unfinished one that comes again, complete). All samples
#   end up in exactly one bar: the counts sum up to the number of samples.
# Seen: frequenz-resampling 0.1.0 goes on while the start of a bar lies before the end asked for, so it also gives the bar that has just begun, under a time that
#   is yet to come, and begins the next call behind it. Of 20 ticks, one a second, bars of 5 seconds count all if asked at 5, 10, 15 and 20; asked every 7 seconds they count 16, every
#   3 seconds 9. There is no error and no warning.
# Why it matters: called by a timer, or without an argument (then until now), it never hits a boundary: each call loses what is still to
#   come in the current bar. Volume and the number of ticks are too small, high and low are those of the beginning, and each value is right for what it covers.
#   The package's tests push all samples and call once, at a boundary.
# Way to live with it: never call resample() without an argument; give it a time cut down to the interval. In tests count what
#   comes out, with calls between the boundaries.
# Versions: frequenz-resampling 0.1.0 (the newest on PyPI), Python 3.11.7. Source: src/resampler.rs, resample. Nothing found about it.
#
# Output seen:
#   at the boundaries  10:00:05=5 10:00:10=5 10:00:15=5 10:00:20=5 sum 20
#   at the end         10:00:05=5 10:00:10=5 10:00:15=5 10:00:20=5 sum 20
#   every 7 seconds    10:00:05=5 10:00:10=2 10:00:15=4 10:00:20=5 10:00:25=0 sum 16
#   every 3 seconds    10:00:05=3 10:00:10=1 10:00:15=2 10:00:20=3 10:00:25=0 sum 9
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check frequenz-resampling==0.1.0

cat > probe.py <<'PROBE'
from datetime import datetime, timedelta, timezone
from frequenz.resampling import Closed, Label, Resampler, ResamplingFunction

start = datetime(2026, 3, 2, 10, tzinfo=timezone.utc)
at = lambda seconds: start + timedelta(seconds=seconds)
clock = lambda moment: moment.strftime("%H:%M:%S")

def count(order, calls):
    counter = Resampler(timedelta(seconds=5), ResamplingFunction.COUNT, max_age_in_intervals=1, start=start, closed=Closed.LEFT, label=Label.RIGHT)
    bars, left = [], list(order)
    for call in calls:
        while left and left[0] < call:
            counter.push_sample(timestamp=at(left.pop(0)), value=1.0)
        bars += counter.resample(at(call))
    return bars

ticks = range(20)        # one a second, 10:00:00 to 10:00:19
for name, calls in (("at the boundaries", (5, 10, 15, 20)), ("at the end", (20,)), ("every 7 seconds", (7, 14, 21)), ("every 3 seconds", (3, 6, 9, 12, 15, 18, 21))):
    bars = count(ticks, calls)
    print(f"{name:18}", " ".join(f"{clock(t)}={n or 0:.0f}" for t, n in bars), "sum", int(sum(n or 0 for _, n in bars)))
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
at the boundaries  10:00:05=5 10:00:10=5 10:00:15=5 10:00:20=5 sum 20
at the end         10:00:05=5 10:00:10=5 10:00:15=5 10:00:20=5 sum 20
every 7 seconds    10:00:05=5 10:00:10=2 10:00:15=4 10:00:20=5 10:00:25=0 sum 16
every 3 seconds    10:00:05=3 10:00:10=1 10:00:15=2 10:00:20=3 10:00:25=0 sum 9
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }

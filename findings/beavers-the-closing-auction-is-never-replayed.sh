#!/usr/bin/env bash
# beavers: a replay to 15:35 in steps of 10 minutes ends at 15:30; the closing auction is never replayed.
#
# Expected: ReplayContext(start, end, frequency) plays the ticks from start to end, "exclusive, the replay will stop 1ns before", whatever the frequency.
# Seen: ReplayDriver of beavers 0.14.0 goes on to the next whole multiple of the frequency on the clock and is done as soon as that lies behind end. What
#   is left between the last multiple and end is neither read nor told. (run_cycle has a min(current_time, end) for it that is never reached.) If end
#   is a multiple itself, its own tick is played, though end is said to be exclusive: two replays that follow each other both have the tick at the
#   seam. A start that isn't a multiple is right: the first cycle is at start.
# Why it matters: a day's replay lacks its last minutes, of all the ones with the closing auction, and the result changes with the frequency, which is
#   thought to be a matter of speed. A test that replays 50 s in steps of a minute replays its first tick and passes with an empty result.
# Way to live with it: an end that is a multiple of the frequency and lies behind the last tick, and a source that's cut at the wanted end; count the
#   ticks that came out against the source (get_next() is UTC_MAX when all have been read).
# Versions: beavers 0.14.0 (the newest), pandas 2.3.3, pyarrow 21.0.0, Python 3.11.7. Source: beavers/replay.py. Nothing found about it.
#
# Output seen (of ticks at 15:20:00, 15:29:59, 15:30:00, 15:30:01 and 15:34:59, the auction's at 15:35:00):
#   to 15:35:30 by 1 min    15:20:00 15:29:59 15:30:00 15:30:01 15:34:59 15:35:00
#   to 15:35:30 by 10 min   15:20:00 15:29:59 15:30:00
#   to 15:35:30 by 1 h      15:20:00
#   to 15:30:00 by 10 min   15:20:00 15:29:59 15:30:00
#   from 15:30:00 to 15:40:00 by 10 min, the second half of the day    15:30:00 15:30:01 15:34:59 15:35:00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
{ venv/bin/pip install -qq --disable-pip-version-check --no-compile pandas==2.3.3 pyarrow==21.0.0 numpy==2.3.5 &&
  venv/bin/pip install -qq --disable-pip-version-check --no-compile --no-deps beavers==0.14.0; } >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import pandas as pd
import pyarrow as pa
from beavers import Dag
from beavers.pyarrow_replay import ArrowTableDataSource
from beavers.replay import ReplayContext, ReplayDriver


def at(time):
    return pd.Timestamp("2026-06-10 " + time, tz="UTC")


times = ["15:20:00", "15:29:59", "15:30:00", "15:30:01", "15:34:59", "15:35:00"]
ticks = pa.table({"time": pa.array([at(time) for time in times], pa.timestamp("ns", "UTC"))})


class Sink:
    def __init__(self):
        self.seen = []

    def append(self, timestamp, table):
        self.seen += [time.strftime("%H:%M:%S") for time in table["time"].to_pandas()]

    def close(self):
        pass


def replay(start, end, frequency):
    dag = Dag()
    dag.sink("out", dag.pa.source_table(ticks.schema, "ticks"))
    sink = Sink()
    context = ReplayContext(at(start), at(end), pd.Timedelta(frequency))
    rest = ticks.filter(pa.compute.greater_equal(ticks["time"], pa.scalar(at(start), pa.timestamp("ns", "UTC"))))
    sources = {"ticks": lambda context: ArrowTableDataSource(rest, lambda table: table["time"])}
    ReplayDriver.create(dag, context, sources, {"out": lambda context: sink}).run()
    return " ".join(sink.seen)


for end, frequency in (("15:35:30", "1 min"), ("15:35:30", "10 min"), ("15:35:30", "1 h"), ("15:30:00", "10 min")):
    print(f"to {end} by {frequency:<8} {replay('15:20:00', end, frequency)}")
print("from 15:30:00 to 15:40:00 by 10 min, the second half of the day    " + replay("15:30:00", "15:40:00", "10 min"))
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
to 15:35:30 by 1 min    15:20:00 15:29:59 15:30:00 15:30:01 15:34:59 15:35:00
to 15:35:30 by 10 min   15:20:00 15:29:59 15:30:00
to 15:35:30 by 1 h      15:20:00
to 15:30:00 by 10 min   15:20:00 15:29:59 15:30:00
from 15:30:00 to 15:40:00 by 10 min, the second half of the day    15:30:00 15:30:01 15:34:59 15:35:00
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }

#!/usr/bin/env bash
# yliveticker: QuestDB gets all of 2026 in one half hour of January 1970, and a batch that it missed never comes again.
#
# Expected: a tick of 5 January 2026 is stored as that. What could not be written, because the database was being
#   restarted, is written by the next attempt. The volume of a minute is what was traded in it.
# Seen: yliveticker 0.5.5 multiplies milliseconds by 1000 and hands them over as nanoseconds: the tick lands on
#   21 January 1970, in the right order, a thousand times closer together. After a write that failed the batch is
#   gone; one line in the log names the error, not the ticks. The bars of YTimeSeries have the volume of the whole
#   day at their end. Its sinks for ClickHouse, InfluxDB and Timescale compute the time rightly.
# Why it matters: "last row", order and count are right, and a table partitioned by day has one partition for
#   ever; queries for today are empty. A restart of the database is a hole that no counter shows. Sums of volume
#   over bars are several times the day's.
# Way to live with it: a sink of one's own (on_ticker is a plain callback); in tests read the time back from
#   the database and compare the year; stop the database for a second and count rows.
# Versions: yliveticker 0.5.5, questdb 6.0.0, pandas 2.3.3, Python 3.11.7. Nothing found.
#
# Output seen:
#   tick of 2026-01-05 05:15:00   stored as 1970-01-21 10:59:50
#   four ticks, the database away for the third: stored 1 2 4
#   day's volume 1000, 1500, 1600 at three minutes' ends: bars with 1000, 1500, 1600
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check yliveticker==0.5.5 questdb==6.0.0 pandas==2.3.3

cat > probe.py <<'PROBE'
import datetime
import logging
import os
import re
import socket
import sys
import threading
import time

from yliveticker.sinks.questdb import QuestDBSink
from yliveticker.timeseries import YTimeSeries

logging.disable(logging.CRITICAL)
OPEN = 1767590100000  # milliseconds, as the stream sends them: 2026-01-05 05:15:00
rows = []


def tick(number):
    return {"id": "AAPL", "price": float(number), "timestamp": OPEN + number, "dayVolume": 1000}


def database(listener):
    """Takes lines as QuestDB does, one connection after the other, until its socket is closed."""
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        with connection:
            while data := connection.recv(65536):
                rows.extend(data.decode().splitlines())


def start(port=0):
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=database, args=(listener,), daemon=True).start()
    return listener


def stored(count):
    until = time.monotonic() + 10
    while len(rows) < count and time.monotonic() < until:
        time.sleep(0.02)


listener = start()
port = listener.getsockname()[1]
sink = QuestDBSink(host="127.0.0.1", port=port, batch_size=1)
for number in (1, 2):
    sink.on_ticker(None, tick(number))
stored(2)
listener.shutdown(socket.SHUT_RDWR)
listener.close()
sink.on_ticker(None, tick(3))
listener = start(port)
sink.on_ticker(None, tick(4))
stored(3)
sink.stop()  # writes what it still has
nanoseconds = int(rows[0].split()[-1])
at = datetime.datetime.fromtimestamp(nanoseconds / 1e9, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
numbers = " ".join(re.search(r"price=(\d+)", row)[1] for row in rows)
print(f"tick of 2026-01-05 05:15:00   stored as {at}")
print(f"four ticks, the database away for the third: stored {numbers}")
series = YTimeSeries()
for minute, volume in enumerate((1000, 1500, 1600)):
    series.on_ticker(None, tick(1) | {"timestamp": OPEN + minute * 60000, "dayVolume": volume})
volumes = ", ".join(str(volume) for volume in series.get_ohlcv("1min")["AAPL"].volume)
print(f"day's volume 1000, 1500, 1600 at three minutes' ends: bars with {volumes}", flush=True)
good = (at, numbers, volumes) == ("1970-01-21 10:59:50", "1 2 4", "1000, 1500, 1600")
if not good:
    print("not as described any more", file=sys.stderr, flush=True)
os._exit(not good)
PROBE
timeout 60 venv/bin/python -W ignore probe.py

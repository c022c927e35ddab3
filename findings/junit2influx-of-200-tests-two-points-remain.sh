#!/usr/bin/env bash
# junit2influx: of 200 tests in a report two are in InfluxDB afterwards, one that passed and one that failed; the row beside them says 200.
#
# One would expect: "Each test is send as a single datapoint with its result and duration": 200 tests, 200 points, to be asked for by name.
# What happens: all points of a report get one and the same time, and the only tag is the result; the name and the class are fields. For InfluxDB two points with the same
#   measurement, time and tags are one, and the later takes the place of the earlier. What is left is the last test of each result. The counts in "builds" are
#   made before and are right. The time is that of the machine's clock without its zone, which InfluxDB takes for UTC: east of London the points lie in the future.
# Why it matters: the panel of the slowest tests shows two of them, the history of one test has days without it, the sum of _quantity (that field is there "so we can sum on
#   it") is 1 a result, and of 12 failures 11 have no name. The command says that the data was sent, and the server has answered 204.
# Live with it: a library call of your own that makes name and classname tags, or a nanosecond more for each point; with --tag nothing can be mended, as it is the same for
#   all. TZ=UTC for the command. After the push compare count(duration) of tests with tests of builds.
# Versions: junit2influx 0.2.1 (the newest on PyPI), influxdb 5.3.2 (its client), InfluxDB 1.6.7~rc0 (Debian's influxdb), Python 3.11.7. Source: prepare_test_point and push
#   in junit2influx/client.py.
# Documented: the page on PyPI says what is cited above and nothing of this; that such points are one is in InfluxDB's own documentation.
#
# Seen ("one report of 200 tests of which 12 failed, pushed twice, the second time in Tokyo's zone"):
#   the report            200 tests, 12 failed
#   what builds says      200 tests, 12 failed
#   what tests has        2 points: failure sees tick 192, success sees tick 200
#   sum of _quantity      failure 1, success 1
#   the same in Tokyo     4 points, 2 of them later than now
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq influxdb=1.6.7~rc0-1+b13 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x influxdb_*.deb .
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile junit2influx==0.2.1 influxdb==5.3.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

ports=$(python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
port=${ports% *}
cat > influx.conf <<CONF
reporting-disabled = true
bind-address = "127.0.0.1:${ports#* }"
[meta]
  dir = "$work/meta"
[data]
  dir = "$work/data"
  wal-dir = "$work/wal"
[http]
  bind-address = "127.0.0.1:$port"
[monitor]
  store-enabled = false
CONF
usr/bin/influxd -config influx.conf >server.log 2>&1 &
server=$!

cat > probe.py <<'PROBE'
import os
import subprocess
import sys
import time

from influxdb import InfluxDBClient

port = int(sys.argv[1])
failed = range(16, 200, 16)
with open("report.xml", "w") as file:
    file.write(f'<testsuite name="ticks" tests="200" failures="{len(failed)}">\n')
    for number in range(1, 201):
        body = "<failure/>" if number in failed else ""
        file.write(f'<testcase classname="feed" name="sees tick {number}" time="0.{number:03}">{body}</testcase>\n')
    file.write("</testsuite>\n")
print(f"the report            200 tests, {len(failed)} failed")

client = InfluxDBClient("127.0.0.1", port, database="ci", timeout=5, retries=1)
for _ in range(100):
    try:
        client.create_database("ci")
        break
    except OSError:
        time.sleep(0.2)


def push(zone):
    command = ["venv/bin/junit2influx", "report.xml", "--influxdb-url", f"influxdb://127.0.0.1:{port}/ci"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "TZ": zone})


def rows(query):
    return list(client.query(query).get_points())


push("UTC")
build = rows("SELECT tests, failure_count FROM builds")[-1]
print(f"what builds says      {build['tests']} tests, {build['failure_count']} failed")
tests = rows("SELECT * FROM tests")
print(f"what tests has        {len(tests)} points:", ", ".join(sorted(f"{row['result']} {row['name']}" for row in tests)))
sums = client.query("SELECT SUM(_quantity) AS n FROM tests GROUP BY result")
print("sum of _quantity     ", ", ".join(sorted(f"{tags['result']} {next(points)['n']}" for (_, tags), points in sums.items())))
push("Asia/Tokyo")
later = rows("SELECT * FROM tests WHERE time > now() + 1h")
everything = rows("SELECT * FROM tests WHERE time < now() + 30d")
print(f"the same in Tokyo     {len(everything)} points, {len(later)} of them later than now")
PROBE
timeout 100 venv/bin/python -W ignore probe.py "$port" | tee seen
cat > want <<'WANT'
the report            200 tests, 12 failed
what builds says      200 tests, 12 failed
what tests has        2 points: failure sees tick 192, success sees tick 200
sum of _quantity      failure 1, success 1
the same in Tokyo     4 points, 2 of them later than now
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }

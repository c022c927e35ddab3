#!/usr/bin/env bash
# Locust rounds before it counts: every tick took 1449 ms or more, and the 100th percentile is 1400.
#
# Expected: percentiles are rounded for the table; the bound in a script sees measured values.
# Seen: locust 2.47.0 keeps response times in steps of 10 above 100 ms, 100 above 1 s and 1000
#   above 10 s, and takes every percentile from these. Minimum, maximum, average and median beside
#   them are held to the measured ones. So p100 lies below the minimum: 1449 to 1400, 10,499 to
#   10,000. And a value that rounds up is above the maximum: 1499 to 1500.
# Why it matters: "p99 of ticks <= 1.4 s" passes with every tick at 1.45 s, 5 % at 10 s. With a
#   WebSocket test the values come through events.request, so that nothing else holds them.
# Way to live with it: set locust.stats.bucket_response_time to one's own steps (its documentation:
#   customizing response time bucketing) in every process, or bounds only where a step ends, or a
#   histogram of one's own that listens to events.request.
# Versions: locust 2.47.0. The steps are documented; that a bound on p99 and on p100 is held to them
#   and not to what was measured, below the minimum beside it, is not.
#
# Output seen (ms):
#   ticks of        min     p50     p99    p100     max
#    251.4        251.4   250.0   250.0   250.0   251.4
#   1449.0       1449.0  1400.0  1400.0  1400.0  1449.0
#   1499.0       1499.0  1500.0  1500.0  1500.0  1499.0
#  10499.0      10499.0 10000.0 10000.0 10000.0 10499.0
#   exit code of "fail above p99 = 1400 ms" with all ticks at 1449 ms: 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check locust==2.47.0

cat > locustfile.py <<'LOCUSTFILE'
from locust import User, constant, events, task

TICK_MS = (251.4, 1449.0, 1499.0, 10499.0)


class Ticks(User):
    """Says what it received, as users with a protocol of their own do; opens no connection."""

    wait_time = constant(0.01)

    @task
    def receive(self):
        for latency in TICK_MS:
            self.environment.events.request.fire(
                request_type="WS", name=str(latency), response_time=latency, response_length=80
            )


@events.quitting.add_listener
def judge(environment, **_):
    print(" ticks of        min     p50     p99    p100     max")
    for latency in TICK_MS:
        entry = environment.stats.get(str(latency), "WS")
        share = entry.get_response_time_percentile
        print(
            f"{latency:8.1f}     {entry.min_response_time:8.1f}{share(0.5):8.1f}"
            f"{share(0.99):8.1f}{share(1.0):8.1f}{entry.max_response_time:8.1f}"
        )
    slow = environment.stats.get("1449.0", "WS")
    environment.process_exit_code = int(slow.get_response_time_percentile(0.99) > 1400)
LOCUSTFILE
code=0
venv/bin/locust --headless --users 1 --run-time 2s --only-summary --host ws://127.0.0.1:9 \
    > table 2> log || code=$?
grep -A4 '^ ticks of' table
echo "exit code of \"fail above p99 = 1400 ms\" with all ticks at 1449 ms: $code"
[ "$code" = 0 ]
grep -qE '^ *1449.0 +1449.0 +1400.0 +1400.0 +1400.0 +1449.0$' table
grep -qE '^ *1499.0 +1499.0 +1500.0 +1500.0 +1500.0 +1499.0$' table

#!/usr/bin/env bash
# bitflyer-rt: an order that was filled in part and then cancelled or expired stays "partial_fill" with 0.06 outstanding.
#
# Expected: fetch_order_status over the events ORDER, EXECUTION, CANCEL gives a final status (cancel), with 0.04 executed and nothing outstanding.
# Seen: bitflyer-rt 2.26 goes through the events by date and, after that, sets the status to "partial_fill" if anything was executed and to "full_fill" if
#   all was. The CANCEL, EXPIRE or CANCEL_FAILED that came last is lost; outstanding_size is the one of the last execution, as if the rest were
#   still in the book. An order without executions is told rightly. If the ORDER event was missed (it "sometimes" isn't sent, says the package's own
#   warning), an execution with nothing outstanding is "partial_fill" too, though the event itself says that all is done.
# Why it matters: whoever waits for full_fill or cancel before the next order waits for ever, or cancels again, which the venue refuses, which is again
#   told as "partial_fill". Position limits go on counting a rest that isn't there. Tests cancel orders that nobody has hit.
# Way to live with it: look at the last event by itself (CANCEL and EXPIRE are final, so is outstanding_size 0 of an EXECUTION) and take only the sums
#   from the package. In tests cancel an order after a part of it was filled.
# Versions: bitflyer-rt 2.26 (the newest), without its aiohttp 3.5, which Python 3.11 can't import. Source: bitflyer/ord_status.py. Nothing found.
#
# Output seen (an order of 0.1):
#   CANCEL                            cancel, executed 0, outstanding 0.1
#   EXECUTION 0.04, CANCEL            partial_fill, executed 0.04, outstanding 0.06
#   EXECUTION 0.04, EXPIRE            partial_fill, executed 0.04, outstanding 0.06
#   EXECUTION 0.04, CANCEL_FAILED     partial_fill, executed 0.04, outstanding 0.06
#   EXECUTION 0.04, nothing more      partial_fill, executed 0.04, outstanding 0.06
#   EXECUTION 0.1                     full_fill, executed 0.1, outstanding 0
#   EXECUTION 0.1 without ORDER       partial_fill, executed 0.1, outstanding 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile --no-deps bitflyer-rt==2.26 attrs==26.1.0 iso8601==2.1.0 six==1.17.0 \
  websocket-client==0.47.0 python-socketio==4.6.0 python-engineio==3.13.2 sortedcontainers==2.4.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import logging

from bitflyer.ord_status import fetch_order_status

logging.disable(logging.WARNING)
order = {"event_type": "ORDER", "size": 0.1, "price": 9500000}


def part(size):
    return {"event_type": "EXECUTION", "size": size, "price": 9500000, "outstanding_size": round(0.1 - size, 8) or 0}


def told(title, *events):
    events = [{**event, "event_date": f"2026-06-10T04:00:0{second}.123Z"} for second, event in enumerate(events)]
    seen = fetch_order_status({"JRF1": events}, "JRF1")
    print(f"{title:<33} {seen.status}, executed {seen.executed_quantity}, outstanding {seen.outstanding_size}")


told("CANCEL", order, {"event_type": "CANCEL"})
for last in ("CANCEL", "EXPIRE", "CANCEL_FAILED"):
    told("EXECUTION 0.04, " + last, order, part(0.04), {"event_type": last})
told("EXECUTION 0.04, nothing more", order, part(0.04))
told("EXECUTION 0.1", order, part(0.1))
told("EXECUTION 0.1 without ORDER", part(0.1))
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
CANCEL                            cancel, executed 0, outstanding 0.1
EXECUTION 0.04, CANCEL            partial_fill, executed 0.04, outstanding 0.06
EXECUTION 0.04, EXPIRE            partial_fill, executed 0.04, outstanding 0.06
EXECUTION 0.04, CANCEL_FAILED     partial_fill, executed 0.04, outstanding 0.06
EXECUTION 0.04, nothing more      partial_fill, executed 0.04, outstanding 0.06
EXECUTION 0.1                     full_fill, executed 0.1, outstanding 0
EXECUTION 0.1 without ORDER       partial_fill, executed 0.1, outstanding 0
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }

#!/usr/bin/env bash
# OUCHTrade: in its test server's answers the time starts again each second, a replaced order has no side and no instrument, a cancel takes away 0 shares, and heartbeats use up order numbers.
#
# Expected: "OUCH Protocol Client and Server for Test Trading": the server answers as an exchange would. The time of an OUCH message is in nanoseconds since midnight, an
#   "order replaced" names the side and the instrument of the order, an "order canceled" the shares that were taken off, and only sequenced messages are counted. A text field
#   of the login is padded with blanks on its right.
# Seen: in OUCHTrade 0.1 the time is timedelta.microseconds * 1000, which is the fraction of the second: a quarter of a second past any second of the day is 250000000. The server
#   keeps no orders, so that "replaced" has the side " " and instrument 0, and "canceled" repeats the 0 that the client sends for "all of it". Each heartbeat adds one to the
#   number that becomes the next order's. The client's login has user name and password on the right ("   abc"), which its own server doesn't look at.
# Why it matters: a client that is tested against it measures a round trip of minus 900 ms at each full second, or sorts answers wrongly and passes because the test is over in
#   less than one. Code that takes positions from "replaced" and "canceled" is never really run, and a login that works here is refused by a gateway that compares names.
# Way to live with it: an own server for these four messages, or create_*_ack() overridden with a table of orders; ljust() for the login. In tests two orders in
#   different seconds, and one order that is replaced and then cancelled.
# Versions: OUCHTrade 0.1 (PyPI, the only one), Python 3.11. Source: getSendingTime, create_replace_ack, create_cancel_ack, create_heartbeat_message in OUCHTrade/OUCHAppServer.py;
#   pad_bytes in OUCHAppClient.py. Nothing found about it. The script calls what start() calls, with a clock of its own, as start() asks the sockets without any pause.
#
# Output seen:
#   login, user name: '   abc'
#   order accepted at 09:15:00.250000: 250000000 ns since midnight (right: 33300250000000), order number 1
#   order accepted at 09:15:01.100000: 100000000 ns since midnight (right: 33301100000000), order number 3
#   order accepted at 15:00:00.000000: 0 ns since midnight (right: 54000000000000), order number 5
#   order replaced: side ' ' (was 'B'), instrument 0 (was 1001)
#   order canceled: 0 shares taken off (were 50)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile OUCHTrade==0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import datetime
import sys

from OUCHTrade.OUCHAppClient import OUCHAppClient
from OUCHTrade.OUCHAppServer import OUCHAppServer
from OUCHTrade.OUCHParser import OUCHParser

SECOND = 1_000_000_000


class Clock(datetime.datetime):
    moment = None

    @classmethod
    def now(cls):
        return cls.moment


sys.modules["OUCHTrade.OUCHAppServer"].datetime = Clock
read = OUCHParser.parse_ouch_bytes
client = OUCHAppClient("127.0.0.1", 0, "abc", "secret", "1")
server = OUCHAppServer("127.0.0.1", 0)
session = {"requested_session": " " * 10, "current_seq_num": 1}

seen = [client.create_login_request()[3:9].decode()]
print(f"login, user name: {seen[0]!r}")
numbers = []
for hour, minute, second, fraction in ((9, 15, 0, 250_000), (9, 15, 1, 100_000), (15, 0, 0, 0)):
    Clock.moment = Clock(2026, 1, 5, hour, minute, second, fraction)
    order = read(client.create_new_order("1001", "B", "100", "250.3"))
    answer = read(server.create_new_order_ack(session, order))
    server.create_heartbeat_message(session)
    right = ((hour * 60 + minute) * 60 + second) * SECOND + fraction * 1000
    seen.append(answer["timestamp"])
    numbers.append(answer["order_number"])
    print(f"order accepted at {Clock.moment:%H:%M:%S.%f}: {answer['timestamp']} ns since midnight (right: {right}), order number {numbers[-1]}")
change = read(client.create_replace_order(str(order["order_token"]), "50", "251"))
replaced = read(server.create_replace_ack(session, change))
cancelled = read(server.create_cancel_ack(session, read(client.create_cancel_order(str(change["replacement_order_token"])))))
seen += [numbers, replaced["buy_sell_indicator"], replaced["orderbook_id"], cancelled["decrement_quantity"]]
print(f"order replaced: side {replaced['buy_sell_indicator']!r} (was 'B'), instrument {replaced['orderbook_id']} (was 1001)")
print(f"order canceled: {cancelled['decrement_quantity']} shares taken off (were 50)")
if seen != ["   abc", 250_000_000, 100_000_000, 0, [1, 3, 5], " ", 0, 0]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

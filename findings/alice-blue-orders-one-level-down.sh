#!/usr/bin/env bash
# alice_blue: the number of orders at the best price is the one of the second level, and nobody's at the first.
#
# Expected: bo1 to bo5 and so1 to so5 of a depth message become five numbers, in that order.
# Seen: alice_blue 2.0.4 writes bo1 to the second place and then bo2 over it: the first is None for ever. When only
#   the best level has changed, and the feed sends changes only, its number stays at the second level. Prices
#   and quantities are right. Ticks and depth are kept by symbol alone: NSE's and BSE's USDINR26JANFUT are
#   one instrument, and a message that changes the price of the one carries the volume of the other.
# Why it matters: orders per level tell one large order from many small ones, and are wrong just at the best price; a
#   volume that jumps between two exchanges looks like trades.
# Way to live with it: read the raw message; one client per exchange for currency; in tests all ten levels with
#   different numbers, and one change of one field.
# Versions: alice_blue 2.0.4, websocket-client 1.6.4 (PyPI), Python 3.11.7. Nothing found about it. Messages of the form
#   of the examples in the package's source; the instrument table and the socket are the script's own.
#
# Output seen:
#   sent bo1..bo5 1 2 3 4 5            buy_orders [None, 2, 3, 4, 5]
#   then a change of bo1 to 99         buy_orders [None, 99, 3, 4, 5]
#   CDS: price 84.05, volume 5000      ltp 84.05  volume 5000
#   BCD: price 84.06, no volume sent   ltp 84.06  volume 5000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check alice_blue==2.0.4 websocket-client==1.6.4 2>/dev/null

cat > read.py <<'READ'
import json
import sys

import websocket
from alice_blue import AliceBlue, Instrument

got = []


class Offline(AliceBlue):
    """The client without its REST service: what a login and the master contracts bring is given here."""

    def __init__(self):
        self._AliceBlue__tick_data, self._AliceBlue__depth_data = {}, {}
        self._AliceBlue__subscribe_callback = got.append

    def get_instrument_by_token(self, exchange, token):
        symbol = "INFY-EQ" if exchange == "NSE" else "USDINR26JANFUT"
        return Instrument(exchange, token, symbol, symbol, None, 1)


client, socket = Offline(), websocket.WebSocketApp("ws://127.0.0.1")


def receive(what, keys, **message):
    client._AliceBlue__on_data_callback(socket, json.dumps(message))
    values = [got[-1][key] for key in keys]
    print(f"{what:<34} {'  '.join(f'{key} {value}' for key, value in zip(keys, values, strict=True))}")
    return values


orders = {f"bo{level}": str(level) for level in range(1, 6)}
infy, keys = {"e": "NSE", "tk": "1594"}, ["ltp", "volume"]
seen = [
    receive("sent bo1..bo5 1 2 3 4 5", ["buy_orders"], t="dk", **infy, lp="1489.90", **orders),
    receive("then a change of bo1 to 99", ["buy_orders"], t="df", **infy, bo1="99"),
    receive("CDS: price 84.05, volume 5000", keys, t="tk", e="CDS", tk="1", lp="84.05", v="5000"),
    receive("BCD: price 84.06, no volume sent", keys, t="tf", e="BCD", tk="2", lp="84.06"),
]
if seen != [[[None, 2, 3, 4, 5]], [[None, 99, 3, 4, 5]], [84.05, 5000], [84.06, 5000]]:
    sys.exit("not as described any more")
READ
venv/bin/python -W ignore read.py

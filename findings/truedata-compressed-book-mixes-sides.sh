#!/usr/bin/env bash
# TrueData with compression: bids and asks change sides, a size is made of a price's bytes, and theta is gamma.
#
# Expected: compression=True changes how a message travels; the book's bid is a list of five bids, as the README
#   says, and the greeks are the ones of the message.
# Seen: truedata 7.0.3 lists the fields of the compressed depth in the order bid 1, ask 1, bid 2, ask 2 and so on.
#   What makes the book of them takes the first five of the ten levels for bids, which is right for the JSON form:
#   bids are bid 1, ask 1, bid 2, ask 2, bid 3. The size of the second bid is read from the four bytes of the
#   second ask's price: a float as an integer, above a billion. Greeks come as delta, gamma, theta in
#   compressed form, and are taken as delta, theta, gamma: each has the other's value. No error.
# Why it matters: the best bid is right and so is the best price of the spread, on one level only; imbalance,
#   depth and "bids fall" are wrong, and theta, the one that is always below zero, looks like a tiny gain. Recorded
#   in JSON and replayed compressed, or tested with level 1, nothing shows.
# Way to live with it: compression=False for level 2 and greeks; or take the ten levels apart oneself, even ones
#   and odd ones; assert that bids fall and asks rise, and that theta is the field below zero.
# Versions: truedata 7.0.3 (PyPI), websocket-client 1.9.2, lz4 4.4.5, Python 3.11.7. Nothing found about it. The
#   messages are made by the package's own table of fields and handed to its own receiver: no account and no
#   connection.
#
# Output seen (sent: bids 100 to 96, asks 101 to 105, sizes 10 to 50 and 11 to 51, theta -9.5, gamma 0.001):
#   bid     100 x 10, 101 x 11, 99 x 1120665600, 102 x 21, 98 x 30
#   ask     103 x 31, 97 x 40, 104 x 41, 96 x 50, 105 x 51
#   greeks  compressed: theta 0.001, gamma -9.5    JSON: theta -9.5, gamma 0.001
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check truedata==7.0.3 websocket-client==1.9.2 lz4==4.4.5 \
  colorama==0.4.6 python-dateutil==2.9.0.post0 pandas==3.1.1 requests==2.34.2 tqdm==4.70.1

cat > read.py <<'READ'
import json
import logging
import struct
import sys
import types

import lz4.block
from truedata.websocket.compression_map import msg_map
from truedata.websocket.TD_ws import LiveClient

FORMATS = {"int_var": "<i", "float_var": "<f", "double_var": "<d", "epoch_var": "<i"}
LEVELS = range(1, 6)


def compressed(code, **values):
    """A message with each field where the package's table has it."""
    fields = msg_map[code]
    message = bytearray(max(start + length for _, _, start, length in fields))
    message[0:1] = code.encode()
    for name, kind, start, _ in fields[1:]:
        struct.pack_into(FORMATS[kind], message, start, values[name])
    return lz4.block.compress(bytes(message), store_size=False)


def receive(message, compression):
    application = types.SimpleNamespace(
        logger=logging.getLogger("feed"), compression=compression, full_feed=False, greek_data={}
    )
    client, got = LiveClient(application, "ws://127.0.0.1:1"), []
    client.symbol_id_map = {1: "NIFTY", "1": "NIFTY"}
    client.bidask_callback = client.greek_callback = got.append
    client.on_msg_func(message)
    return got[0]


depth = {"symbol_id": 1, "timestamp": 1767590100, "seq_no": 7, "total_bid": 150, "total_ask": 155}
for n in LEVELS:
    depth |= {f"bid_{n}": 101.0 - n, f"bid_qty_{n}": 10 * n, f"no_bid_{n}": n}
    depth |= {f"ask_{n}": 100.0 + n, f"ask_qty_{n}": 10 * n + 1, f"no_ask_{n}": n}
book = receive(compressed("D", **depth), True)
sides = [", ".join(f"{price:g} x {size}" for price, size, _ in side) for side in (book.bid, book.ask)]
print(f"bid     {sides[0]}\nask     {sides[1]}")
values = {"iv": 12.5, "delta": 0.5, "theta": -9.5, "gamma": 0.001, "vega": 11.0, "rho": 2.0}
small = receive(compressed("G", symbol_id=1, timestamp=1767590100, **values), True)
plain = receive(json.dumps({"greeks": ["1", "2026-01-05T09:15:00", *map(str, values.values())]}), False)
print(f"greeks  compressed: theta {small.theta}, gamma {small.gamma}    JSON: theta {plain.theta}, gamma {plain.gamma}")
if (sides, small.theta, small.gamma, plain.theta, plain.gamma) != (
    ["100 x 10, 101 x 11, 99 x 1120665600, 102 x 21, 98 x 30", "103 x 31, 97 x 40, 104 x 41, 96 x 50, 105 x 51"],
    0.001, -9.5, -9.5, 0.001
):
    sys.exit("not as described any more")
READ
venv/bin/python -W ignore read.py

#!/usr/bin/env bash
# Tradejini: the best quote has two prices and one quantity, the ask's; and who keeps ticks keeps one.
#
# Expected: a quote of level 1 has the bid's price, quantity and orders and the ask's, as they are in the packet; a tick
#   that was handed out stays as it was.
# Seen: nxtradstream of tradejini-api 1.0.0 names both quantities "qty" and both numbers of orders "no" (in level 5 each
#   level is an object of its own, in level 1 there is one object for all): the second, the ask's, is written
#   over the first. A change of the bid's quantity alone makes "qty" the bid's, until the next full packet. Each
#   tick of an instrument is the same object, brought up to date: a list of three ticks is three times the last one.
# Why it matters: 500 bid for and 75 on offer is "75" for both; imbalance is always even, or turns with the
#   packet that came last. Nothing is missing and nothing fails. Level 5 is right, so that a test with depth is too.
# Way to live with it: subscribeL2 for quantities; dict(tick) before keeping or queueing one; in tests two sides with
#   different quantities, and a comparison of the first tick after the second came.
# Versions: tradejini-api 1.0.0, websocket-client 1.9.2, websockets 17.4, Python 3.11.7. Nothing found about it. Packets
#   with the numbers, types and lengths of the package's own table.
#
# Output seen:
#   sent: bid 500 (5 orders), ask 75 (2 orders)   got: qty 75, no 2
#   sent: bid 900 only                            got: qty 900, no 2
#   prices that were sent: 100.0, 100.05          kept: 100.05, 100.05
#   level 5, sent: bid 500, ask 75                got: bid 500, ask 75
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps tradejini-api==1.0.0 websocket-client==1.9.2 \
  websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > client.py <<'CLIENT'
import copy
import importlib.util
import struct
import sys
import threading

from websockets.sync.server import serve

# The module alone: the package around it wants the REST client's requirements.
found = importlib.util.find_spec("tradejini_api").submodule_search_locations[0]
spec = importlib.util.spec_from_file_location("nxtradstream", f"{found}/nxtradstream.py")
nxtradstream = importlib.util.module_from_spec(spec)
spec.loader.exec_module(nxtradstream)


def packet(kind, *fields):
    body = b"".join(struct.pack("<B" + form, key, value) for key, form, value in ((26, "B", 1), (27, "i", 22), *fields))
    data = struct.pack("<hb", 3 + len(body), kind) + body
    return struct.pack("<ibb", 6 + len(data), 1, 0) + data


BID = ((49, "i", 9995), (50, "I", 500), (51, "I", 5))
ASK = ((52, "i", 10005), (53, "I", 75), (54, "I", 2))
PACKETS = [
    packet(10, (29, "i", 10000), *BID, *ASK),
    packet(10, (29, "i", 10005), (50, "I", 900)),
    packet(11, (55, "B", 1), *BID, *ASK),
]


def service(client):
    for data in PACKETS:
        client.send(data)
    done.wait(10)


kept, copies, done = [], [], threading.Event()


def tick(_, message):
    kept.append(message)
    copies.append(copy.deepcopy(message))
    if len(kept) == len(PACKETS):
        done.set()


with serve(service, "127.0.0.1", 0, compression=None) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stream = nxtradstream.NxtradStream("", stream_cb=tick)
    stream.host = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v2.1/stream"
    stream.connect("token")
    done.wait(10)
    stream.disconnect()
    server.shutdown()
first, second, depth = copies
lines = [
    f"sent: bid 500 (5 orders), ask 75 (2 orders)   got: qty {first['qty']}, no {first['no']}",
    f"sent: bid 900 only                            got: qty {second['qty']}, no {second['no']}",
    f"prices that were sent: {first['ltp']}, {second['ltp']}          kept: {kept[0]['ltp']}, {kept[1]['ltp']}",
    f"level 5, sent: bid 500, ask 75                got: bid {depth['bid'][0]['qty']}, ask {depth['ask'][0]['qty']}",
]
print("\n".join(lines))
if [line.split(": ", 2)[-1] for line in lines] != ["qty 75, no 2", "qty 900, no 2", "100.05, 100.05", "bid 500, ask 75"]:
    sys.exit("not as described any more")
CLIENT
timeout 60 venv/bin/python -W ignore client.py

#!/usr/bin/env bash
# betfairstreamer: two runners change places, and each shows the other's last price; a voided bet stays matched.
#
# Expected: a runner keeps its own prices, last traded price and volumes when the order of display changes. A market of
#   handicaps has one row for each line. A matched bet that is voided is not matched any more.
# Seen: the market book of betfairstreamer 0.8.0 keeps its numbers by place (sortPriority). A new market definition moves the
#   quotes to the new places and leaves last price, volume and traded ladder where they were: they are the other
#   runner's now, beside its own quotes. A selection with several handicaps has one place, the last one: all its lines are
#   written over one another. OrderCache takes an update only if the remaining size has fallen: a bet that is
#   matched and then voided stays matched, and so does the balance made of it.
# Why it matters: the last price of an outsider stands beside the favourite's quotes from the moment a runner is
#   withdrawn or the display is sorted anew; nothing is missing and nothing is out of range. A hedge is computed on
#   a stake that is void. Tests with one definition and no handicap are right.
# Way to live with it: on a changed order of runners subscribe anew, or keep last prices by the runner's id oneself; no
#   handicap markets; read size_voided from the update, not from the cache; in tests a second definition in another order.
# Versions: betfairstreamer 0.8.0, attrs 26.1.0, numpy 2.4.6 (PyPI), Python 3.11.7. Nothing found about it. Messages of the
#   form of Betfair's stream API (mcm, ocm), handed to the package's own caches: no account.
#
# Output seen (id: back/lay, last price, volume):
#   order 11 22      11: 1.99/2.02 last 2.0 volume 500    22: 3.45/3.55 last 3.5 volume 200
#   order 22 11      11: 1.99/2.02 last 3.5 volume 200    22: 3.45/3.55 last 2.0 volume 500
#   handicaps of 7:  -0.5 at 1.9, -1.5 at 3.4  rows with a price: 3.4
#   bet of 10:       matched 10, balance 10    voided: matched 10, balance 10
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps betfairstreamer==0.8.0 attrs==26.1.0 ciso8601==2.4.1 \
  numpy==2.4.6 pytz==2025.2 orjson==3.11.5 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from betfairstreamer.models.betfair_api import Side
from betfairstreamer.models.market_cache import MarketCache
from betfairstreamer.models.order_cache import OrderCache

MARKET = "1.100"


def change(runners, changes, image=False):
    definition = {
        "status": "OPEN",
        "runners": [
            {"id": runner, "hc": handicap, "sortPriority": place, "status": "ACTIVE"}
            for place, (runner, handicap) in enumerate(runners, 1)
        ],
    }
    market = {"id": MARKET, "img": image, "marketDefinition": definition, "rc": changes}
    return {"op": "mcm", "id": 1, "pt": 1767590100000, "mc": [market]}


def order(**fields):
    bet = {
        "id": "bet", "side": "B", "pt": "L", "ot": "L", "status": "E", "p": 2.0, "s": 10, "sr": 10, "sm": 0, "sl": 0, "sc": 0,
        "sv": 0, "avp": 0, "pd": 1767590100000, "md": 1767590101000, "ld": 1767590101000, "rac": "", "rc": "", "rfo": "",
        "rfs": "",
    }
    return {"op": "ocm", "id": 2, "pt": 1767590100000, "oc": [{"id": MARKET, "orc": [{"id": 11, "uo": [{**bet, **fields}]}]}]}


def quotes(cache):
    book = cache.market_books[MARKET]
    for runner, priority in sorted(book.sort_priority_mapping.items()):
        back, lay = (float(book.best_display[priority - 1, side, 0, 0]) for side in (0, 1))
        last, volume = (float(value) for value in book.metadata[priority - 1])
        yield f"{runner}: {back}/{lay} last {last} volume {volume:.0f}"


lines = []
cache = MarketCache()
cache(change(((11, 0), (22, 0)), [
    {"id": 11, "bdatb": [[0, 1.99, 10]], "bdatl": [[0, 2.02, 5]], "ltp": 2.0, "tv": 500},
    {"id": 22, "bdatb": [[0, 3.45, 20]], "bdatl": [[0, 3.55, 6]], "ltp": 3.5, "tv": 200},
], image=True))
lines.append("order 11 22      " + "    ".join(quotes(cache)))
cache(change(((22, 0), (11, 0)), []))
lines.append("order 22 11      " + "    ".join(quotes(cache)))

cache = MarketCache()
cache(change(((7, -0.5), (8, 0.5), (7, -1.5), (8, 1.5)), [
    {"id": 7, "hc": -0.5, "bdatb": [[0, 1.9, 10]]},
    {"id": 7, "hc": -1.5, "bdatb": [[0, 3.4, 10]]},
], image=True))
prices = [float(price) for price in cache.market_books[MARKET].best_display[:, 0, 0, 0] if price]
lines.append(f"handicaps of 7:  -0.5 at 1.9, -1.5 at 3.4  rows with a price: {' '.join(map(str, prices))}")

bets, states = OrderCache(), []
for update in (order(), order(sm=10, sr=0, avp=2.0, status="EC"), order(sr=0, sv=10, status="EC")):
    bets(update)
    matched = bets.get_size_matched(MARKET, 11, Side.BACK)
    states.append(f"matched {matched:g}, balance {bets.get_matched_balanced(MARKET, 11)}")
lines.append(f"bet of 10:       {states[1]}    voided: {states[2]}")

print("\n".join(lines))
if lines != [
    "order 11 22      11: 1.99/2.02 last 2.0 volume 500    22: 3.45/3.55 last 3.5 volume 200",
    "order 22 11      11: 1.99/2.02 last 3.5 volume 200    22: 3.45/3.55 last 2.0 volume 500",
    "handicaps of 7:  -0.5 at 1.9, -1.5 at 3.4  rows with a price: 3.4",
    "bet of 10:       matched 10, balance 10    voided: matched 10, balance 10",
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

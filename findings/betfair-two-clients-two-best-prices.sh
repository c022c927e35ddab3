#!/usr/bin/env bash
# betfair-parser and betfairlightweight: with virtual prices on, the best price of the same message differs; a removed runner keeps its volume in one.
#
# Expected: two clients that keep the market from the same stream have the same best price and the same traded volume.
# Seen: a subscription to EX_BEST_OFFERS and EX_BEST_OFFERS_DISP carries both ladders, batb/batl (bets placed) and
#   bdatb/bdatl (with the virtual ones that the exchange's site shows). betfairlightweight 2.24.0 takes the displayed
#   one, betfair-parser 0.20.0 the other as soon as it has one: 2.06/2.1 here, 2.0/2.2 there. With the "tv": 0 and the
#   empty "trd" of a removed runner betfairlightweight empties both; betfair-parser asks whether the value is true,
#   and keeps what it had. (Its mark for no price is 0.)
# Why it matters: a strategy tested with the one and run with the other sees another market, by three ticks on one
#   side and five on the other here. The sum of the runners' volume is above the market's after each non-runner.
# Way to live with it: subscribe to one of the two ladders; ask for the ladder by name, not for the best price; take
#   the volume of removed runners as 0. In tests play the same recording through both and compare.
# Versions: betfair-parser 0.20.0, betfairlightweight 2.24.0, Python 3.11.7. Source: betfair_parser/cache.py,
#   betfairlightweight/streaming/cache.py.
#
# Output seen (back/lay of each runner, volume):
#   both ladders
#     runner 22  betfairlightweight  2.06 / 2.1    total 500, traded 500
#                betfair-parser      2 / 2.2       total 500, traded 500
#     runner 11  betfairlightweight  3.1 / 3.2     total 200, traded 200
#                betfair-parser      3 / 3.3       total 200, traded 200
#   runner 11 is removed
#     runner 22  betfairlightweight  2.06 / 2.1    total 500, traded 500
#                betfair-parser      2 / 2.2       total 500, traded 500
#     runner 11  betfairlightweight  none / none   total 0, traded 0
#                betfair-parser      0 / 0         total 200, traded 200
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check betfair-parser==0.20.0 betfairlightweight==2.24.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json

from betfair_parser.cache import MarketSubscriptionCache
from betfair_parser.spec.streaming import stream_decode
from betfairlightweight import StreamListener

RUNNERS = [{"id": 22, "sortPriority": 1, "status": "ACTIVE"}, {"id": 11, "sortPriority": 2, "status": "ACTIVE"}]
DEFINITION = {
    "bspMarket": False, "turnInPlayEnabled": True, "persistenceEnabled": True, "marketBaseRate": 5, "eventId": "1", "eventTypeId": "7",
    "numberOfWinners": 1, "bettingType": "ODDS", "marketType": "WIN", "marketTime": "2026-11-02T15:00:00.000Z", "suspendTime": "2026-11-02T15:00:00.000Z",
    "bspReconciled": False, "complete": True, "inPlay": False, "crossMatching": True, "runnersVoidable": False, "numberOfActiveRunners": 2,
    "betDelay": 0, "status": "OPEN", "regulators": ["MR_INT"], "discountAllowed": True, "timezone": "GMT", "openDate": "2026-11-02T12:00:00.000Z",
    "version": 1, "countryCode": "GB", "runners": RUNNERS,
}
clock = 0


def message(change, **more):
    global clock
    clock += 1
    return json.dumps({"op": "mcm", "id": 1, "clk": f"c{clock}", "pt": 1700000000000 + clock, **more, "mc": [{"id": "1.1", **change}]})


listener = StreamListener(lightweight=True, max_latency=None)
listener.register_stream(1, "marketSubscription")
cache = MarketSubscriptionCache()


def play(*args, **kw):
    text = message(*args, **kw)
    listener.on_data(text)
    cache.update(stream_decode(text))


def show(title):
    print(title)
    for runner in listener.snap()[0]["runners"]:
        exchange = runner["ex"]
        best = ["/".join(f"{one['price']:g}" for one in exchange[side][:1]) or "none" for side in ("availableToBack", "availableToLay")]
        traded = sum(one["size"] for one in exchange["tradedVolume"])
        print(f"  runner {runner['selectionId']}  betfairlightweight  {' / '.join(best):<13} total {runner['totalMatched']:g}, traded {traded:g}")
        other = cache.order_book["1.1"][runner["selectionId"]]
        best = other.best_prices()
        print(f"             betfair-parser      {f'{best.back_price:g} / {best.lay_price:g}':<13} total {other.total_volume:g}, traded {sum(other.traded.values()):g}")


play({"img": True, "marketDefinition": DEFINITION, "tv": 700.0, "rc": [
    {"id": 22, "batb": [[0, 2.0, 5.0]], "batl": [[0, 2.2, 4.0]], "bdatb": [[0, 2.06, 30.0]], "bdatl": [[0, 2.1, 25.0]], "trd": [[2.0, 500.0]], "tv": 500.0, "ltp": 2.0, "spn": 2.1},
    {"id": 11, "batb": [[0, 3.0, 5.0]], "batl": [[0, 3.3, 4.0]], "bdatb": [[0, 3.1, 30.0]], "bdatl": [[0, 3.2, 25.0]], "trd": [[3.0, 200.0]], "tv": 200.0, "ltp": 3.0, "spn": 3.1},
]}, ct="SUB_IMAGE", initialClk="i1", heartbeatMs=5000, conflateMs=0)
show("both ladders")
removed = dict(DEFINITION, version=2, numberOfActiveRunners=1, runners=[RUNNERS[0], dict(RUNNERS[1], status="REMOVED", removalDate="2026-11-02T14:00:00.000Z", adjustmentFactor=30.0)])
play({"marketDefinition": removed, "rc": [{"id": 11, "batb": [[0, 0, 0]], "batl": [[0, 0, 0]], "bdatb": [[0, 0, 0]], "bdatl": [[0, 0, 0]], "trd": [], "tv": 0.0}]})
show("runner 11 is removed")
PROBE
venv/bin/python probe.py >seen 2>err || { cat seen err; exit 1; }
cat seen
cat > expected <<'EXPECTED'
both ladders
  runner 22  betfairlightweight  2.06 / 2.1    total 500, traded 500
             betfair-parser      2 / 2.2       total 500, traded 500
  runner 11  betfairlightweight  3.1 / 3.2     total 200, traded 200
             betfair-parser      3 / 3.3       total 200, traded 200
runner 11 is removed
  runner 22  betfairlightweight  2.06 / 2.1    total 500, traded 500
             betfair-parser      2 / 2.2       total 500, traded 500
  runner 11  betfairlightweight  none / none   total 0, traded 0
             betfair-parser      0 / 0         total 200, traded 200
EXPECTED
diff expected seen >/dev/null || { echo "not as described any more"; exit 1; }

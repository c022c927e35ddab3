#!/usr/bin/env bash
# papertrade-india: the stop and the target of an intraday bracket stay when the position is squared off at 15:15, and sell as many of the shares that were held for delivery.
#
# Expected: the stop and the target of a bracket belong to its position: "on either child filling, the other is auto-cancelled", on the parent's cancellation both. When the broker closes all
#   intraday positions at 15:15 there is nothing left to protect. Intraday and delivery are two products and do not touch each other's shares.
# Seen: square_off_intraday() of papertrade-india 0.1.0.dev0 sells what the day's intraday orders have left and does not look at their children; both stay pending. Positions are kept by symbol
#   alone, and a stop that is triggered asks for no product, so that the next price below it sells the shares that were bought for delivery. The target does the same on the way up. At 15:30 DAY
#   orders expire.
# Why it matters: fifteen minutes a day, those with the largest volume, in which a strategy that is flat by design sells its long-term holding. The cash is right, the ledger's invariant holds, the
#   log says that a stop was triggered. Without a holding the same order is refused with an error that is logged on each tick.
# Way to live with it: cancel_all_orders() at 15:15 before square_off_intraday(), and auto_square_off_intraday=False for the watcher; accounts of their own for the two products. In tests a bracket
#   beside a holding in the same symbol, and a price below the stop at 15:20.
# Versions: papertrade-india 0.1.0.dev0 (PyPI, the newest), Python 3.11.7. Source: square_off_intraday in orders/state.py, trigger in orders/stop.py. Nothing found about it. Its own ReplayClock and
#   watcher, and prices from a function.
#
# Output seen:
#   100 held for delivery since yesterday, intraday bracket of 50 with stop 950 and target 1050, all at 1000
#     10:00: 150 held, 2 orders wait
#     15:16: 100 held, 2 orders wait
#     15:20 at 945: 50 held, 0 orders wait
#     15:20 at 1055: 50 held, 0 orders wait
#   right: 150 and 2, then 100 and 0 for the rest of the day
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check PaperTrade-India==0.1.0.dev0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import logging
from datetime import datetime, timedelta

from papertrade_india import IST, IndiaPaperBroker, OrderStatus, OrderType, PriceFeed, ProductType
from papertrade_india.infrastructure.clock import ReplayClock
from papertrade_india.workers.limit_orders import LimitOrderWatcher

logging.disable(logging.CRITICAL)


class Prices:
    now = 1000.0

    def get_price(self, symbol):
        return self.now


def day(name, price_at_15_20):
    prices, clock = Prices(), ReplayClock(datetime(2026, 11, 2, 10, 0, tzinfo=IST))
    broker = IndiaPaperBroker(db_path=f"{name}.db", price_feed=PriceFeed([prices], short_cache_ttl_seconds=0.0), clock=clock)
    watcher = LimitOrderWatcher(broker)
    seen = []

    def note(when):
        waiting = len(broker.get_orders(status=OrderStatus.PENDING))
        held = broker.get_position("INFY")
        seen.append(f"{when}: {held.qty:.0f} held, {waiting} orders wait")

    broker.buy("INFY", 100)
    clock.advance(timedelta(days=1))
    watcher.tick()
    broker.buy("INFY", 50, order_type=OrderType.BRACKET, stop_price=950.0, target_price=1050.0, product_type=ProductType.INTRADAY)
    note("10:00")
    clock.set(datetime(2026, 11, 3, 15, 16, tzinfo=IST))
    watcher.tick()
    note("15:16")
    clock.set(datetime(2026, 11, 3, 15, 20, tzinfo=IST))
    prices.now = price_at_15_20
    for _ in range(30):
        watcher.tick()
    note(f"15:20 at {price_at_15_20:.0f}")
    return seen


print("100 held for delivery since yesterday, intraday bracket of 50 with stop 950 and target 1050, all at 1000")
rows = day("down", 945.0)
rows.append(day("up", 1055.0)[-1])
for row in rows:
    print(f"  {row}")
print("right: 150 and 2, then 100 and 0 for the rest of the day")
if rows != [
    "10:00: 150 held, 2 orders wait",
    "15:16: 100 held, 2 orders wait",
    "15:20 at 945: 50 held, 0 orders wait",
    "15:20 at 1055: 50 held, 0 orders wait",
]:
    raise SystemExit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

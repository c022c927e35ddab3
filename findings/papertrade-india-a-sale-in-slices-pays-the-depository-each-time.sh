#!/usr/bin/env bash
# papertrade-india: a limit order that sells 50 shares is filled in 14 pieces by default and pays the charge "per sell order" 14 times; a flat brokerage too.
#
# Expected: the DP charge is "13.5 per sell order" (fees.py, README) and a flat brokerage "a fixed amount per order". What a sale costs does not depend on how many pieces it was filled in, as long
#   as price and quantity are the same.
# Seen: the broker of papertrade-india 0.1.0.dev0 fills a quarter of what is left on each look of its watcher, one share at least. limit.fill() has the fees of each piece computed as if it were an
#   order: DP charge and brokerage_flat with each, and brokerage_max is a maximum for each piece. Market orders are one piece. The number of pieces grows with the logarithm of the quantity: 8 for 10
#   shares, 14 for 50, 23 for 500.
# Why it matters: whoever compares limit with market orders on paper finds that limit orders cost up to six times as much, for sums that decide whether a small account earns anything. The real
#   charge is once a day and share. Each of the pieces is in the trades with its fee, and all of them add up: a reconciliation of the ledger finds nothing.
# Way to live with it: PartialFillConfig(enabled=False) where costs are compared; dp_charge_per_sell=0 and the charge booked by hand. In tests one quantity as a market and as a limit order.
# Versions: papertrade-india 0.1.0.dev0 (PyPI, the newest), Python 3.11.7. Source: fill in orders/limit.py, calculate in execution/fees.py, the default partial_fill_config in broker.py. Nothing
#   found about it. Its own ReplayClock and watcher, and one price.
#
# Output seen (fees of a sale at 1000 rupees a share):
#   10 shares                      market 23.89, limit 118.40 in 8 pieces
#   50 shares                      market 65.45, limit 240.96 in 14 pieces
#   500 shares                     market 533.00, limit 830.01 in 23 pieces
#   50 shares, brokerage_flat=20   market 89.05, limit 571.36 in 14 pieces
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check PaperTrade-India==0.1.0.dev0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import logging
from datetime import datetime, timedelta

from papertrade_india import IST, FeeConfig, IndiaPaperBroker, OrderStatus, OrderType, PriceFeed
from papertrade_india.infrastructure.clock import ReplayClock
from papertrade_india.workers.limit_orders import LimitOrderWatcher

logging.disable(logging.CRITICAL)


class Prices:
    def get_price(self, symbol):
        return 1000.0


def fees(qty, limit, **config):
    clock = ReplayClock(datetime(2026, 11, 2, 10, 0, tzinfo=IST))
    broker = IndiaPaperBroker(
        db_path=f"{qty}{limit}{len(config)}.db",
        price_feed=PriceFeed([Prices()], short_cache_ttl_seconds=0.0),
        clock=clock,
        fee_config=FeeConfig(**config),
    )
    watcher = LimitOrderWatcher(broker)
    broker.buy("INFY", qty)
    clock.advance(timedelta(days=1))
    watcher.tick()
    if not limit:
        return broker.sell("INFY", qty).fees_paid, 1
    order = broker.sell("INFY", qty, order_type=OrderType.LIMIT, limit_price=1000.0)
    for looks in range(1, 60):
        watcher.tick()
        seen = broker.get_order(order.id)
        if seen.status == OrderStatus.FILLED:
            return seen.fees_paid, looks
    raise SystemExit("the order was not filled")


rows = []
for name, qty, config in (
    ("10 shares", 10, {}),
    ("50 shares", 50, {}),
    ("500 shares", 500, {}),
    ("50 shares, brokerage_flat=20", 50, {"brokerage_flat": 20.0}),
):
    market, _ = fees(qty, False, **config)
    limit, pieces = fees(qty, True, **config)
    rows.append(f"{name:<30} market {market:.2f}, limit {limit:.2f} in {pieces} pieces")
for row in rows:
    print(row)
if rows != [
    "10 shares                      market 23.89, limit 118.40 in 8 pieces",
    "50 shares                      market 65.45, limit 240.96 in 14 pieces",
    "500 shares                     market 533.00, limit 830.01 in 23 pieces",
    "50 shares, brokerage_flat=20   market 89.05, limit 571.36 in 14 pieces",
]:
    raise SystemExit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

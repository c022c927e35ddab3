#!/usr/bin/env bash
# nexa-backtest: 12:00 of the first day and 12:00 of the second are one product, with one gate, one book and one position; the result is four times too large.
#
# Expected: a backtest of two days: the gate of each quarter-hour closes 30 minutes before its delivery, on both days, and afterwards nothing is filled;
#   an order that was traded away is gone; the second day begins with an empty position; 10 MW for a quarter of an hour are 2.5 MWh.
# Seen: nexa-backtest 0.8.0 names a product NO1-QH-1200, without the date, and all its tables have this key: the gate of the second day replaces that
#   of the first (on_gate_closure() comes on the last day only), yesterday's orders are in today's book, yesterday's MW in today's position and the
#   session VWAP. A "trade" line holds, by the schema, the resting order after the trade; it only sets the last price, the order stays in the book in
#   full. The gate cancels resting orders, new ones are accepted and filled after it, in a run of one day too. Results multiply MW by EUR/MWh and
#   call it EUR, for quarter-hours as well. DE-LU-QH is cut to the zone DE: its files are not found, the result is empty and without a message.
# Why it matters: a month of replayed intraday ticks fills power that has been delivered, from offers that are gone, and reports four times the gain.
# Way to live with it: one run for each delivery day, summed by hand, with a quarter of each amount; after each "trade" line a "modify" or "cancel" for
#   the order; the algorithm refuses orders when time_to_gate_closure() is zero; a number of events read that is compared with the file.
# Versions: nexa-backtest 0.8.0 (the newest on PyPI), pandas 3.1.1, pyarrow 26.0.1, Python 3.11.7. Nothing found about it.
#
# Output seen:
#                                                      expected             nexa-backtest
#   one day: gate of 12:00                             01 11:30             01 11:30
#   one day: bought at 11:45                           nothing              10 MW
#   one day: 20 EUR/MWh better, 10 MW, 15 minutes      50                   200
#   one day: ask at 09:30, traded away at 09:20        none                 50
#   two days: gates of 12:00                           01 11:30, 02 11:30   02 11:30
#   two days: asks and position, second day, 00:00     0, 0                 1, 10
#   DE-LU-QH: fills                                    1                    0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check nexa-backtest==0.8.0 pandas==3.1.1 pyarrow==26.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from nexa_backtest import Order, SimpleAlgo
from nexa_backtest.data.schema import IDC_EVENTS_SCHEMA
from nexa_backtest.engines.backtest import BacktestEngine


class Buys(SimpleAlgo):
    def __init__(self, product, at):
        super().__init__()
        self.product, self.at, self.gates, self.seen = product, at, [], {}

    def on_bar(self, ctx):
        now = f"{ctx.now():%d %H:%M}"
        asks = [f"{level.price.normalize():f}" for level in ctx.get_orderbook(self.product).asks]
        self.seen[now] = asks, f"{ctx.get_position(self.product).net_mw.normalize():f}"
        if now == self.at:
            ctx.place_order(Order.buy(self.product, volume_mw=10, price_eur_mwh=60))

    def on_gate_closure(self, ctx, product):
        if product == self.product:
            self.gates.append(f"{ctx.now():%d %H:%M}")


def run(name, lines, at, last=1, zone="NO1"):
    product = f"{zone}-QH-1200"
    events = [
        {
            "timestamp": datetime(2026, 3, 1, hour, minute, tzinfo=UTC), "event_type": kind, "order_id": order, "zone": zone,
            "product_id": product, "side": "sell", "price_eur_mwh": price, "volume_mw": 10.0, "remaining_mw": left,
            "aggressor_side": "buy" if kind == "trade" else None, "trade_id": "t1" if kind == "trade" else None,
        }
        for hour, minute, kind, order, price, left in lines
    ]
    data = Path(name)
    (data / "idc_events").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(events, schema=IDC_EVENTS_SCHEMA), data / "idc_events" / f"{zone}_2026-03-01.parquet")
    algorithm = Buys(product, at)
    result = BacktestEngine(
        algo=algorithm, exchange="nordpool", start=date(2026, 3, 1), end=date(2026, 3, last),
        products=[f"{zone}-QH"], data_dir=data, capital=Decimal(100000),
    ).run()
    return algorithm, result


sold = [(8, 0, "new", "a", 50.0, 10.0), (9, 20, "trade", "a", 50.0, 0.0)]
open_offer = [*sold, (9, 50, "new", "b", 30.0, 10.0)]
late, late_result = run("late", open_offer, "01 11:45")
good, good_result = run("good", open_offer, "01 10:00")
two, _ = run("two", [(8, 0, "new", "a", 50.0, 10.0)], "01 10:00", last=2)
_, german = run("german", open_offer, "01 10:00", zone="DE-LU")
bought = sum(fill.volume for fill in late_result.fills)
asks, position = two.seen["02 00:00"]
rows = [
    ("one day: gate of 12:00", "01 11:30", ", ".join(late.gates)),
    ("one day: bought at 11:45", "nothing", f"{bought.normalize():f} MW" if bought else "nothing"),
    ("one day: 20 EUR/MWh better, 10 MW, 15 minutes", "50", f"{good_result.pnl.total_alpha_eur.normalize():f}"),
    ("one day: ask at 09:30, traded away at 09:20", "none", ", ".join(good.seen["01 09:30"][0]) or "none"),
    ("two days: gates of 12:00", "01 11:30, 02 11:30", ", ".join(two.gates)),
    ("two days: asks and position, second day, 00:00", "0, 0", f"{len(asks)}, {position}"),
    ("DE-LU-QH: fills", "1", str(len(german.fills))),
]
print(" " * 50, "expected             nexa-backtest")
for name, expected, seen in rows:
    print(name.ljust(50), expected.ljust(20), seen)
if [seen for *_, seen in rows] != ["01 11:30", "10 MW", "200", "50", "02 11:30", "1, 10", "0"]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }

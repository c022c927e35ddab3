#!/usr/bin/env bash
# blotter: the profit of a position that is marked and then closed is in the total twice; realized is in dollars and unrealized in points; and half a position sold leaves an average of what is gone.
#
# Expected: total P&L is realized plus unrealized, in one unit. When the position is closed nothing is unrealized. Realized by FIFO, what is left has the price of the later purchases.
# Seen: Blotter.update() of blotter 1.17 adds the unrealized_pnl of the last mark to the new realized_pnl; the mark is never taken back, and on a flat book update_from_marketdata() is a TypeError,
#   since the average price is None. Realized is multiplied by tick_value / tick_size (and contract_multiplier), unrealized by nothing: two E-mini contracts that gained 10 points have 20 unrealized
#   and 1000 realized. Fills are closed by FIFO, while avg_open_price stays that of all purchases: after 100, 110 and a sale at 120 the contract left cost 110 and is marked at 105.
# Why it matters: that is the total a loss limit looks at and a report prints. It is too high by each profit that was seen before it was taken, and too low while a futures position is open. In tests
#   one looks at realized_pnl, or at a position that is still open with a tick value of 1.
# Way to live with it: realized_pnl alone; unrealized from get_open_positions(), with the factor, after each fill. In tests: mark, close, and the cash that came in.
# Versions: blotter 1.17 (PyPI, the newest), Python 3.11.7. Source: update and update_from_marketdata in blot.py. Nothing found about it.
#
# Output seen:
#   buy 1 at 100, sell at 120                realized 20, unrealized 0, total 20        (right: 20, 0, 20)
#   the same, marked at 120 in between       realized 20, unrealized 20, total 40       (right: 20, 0, 20)
#   the same, then marked at 130             TypeError, total 40                        (right: 20, 0, 20)
#   ES: buy 2 at 5000, marked at 5010        realized 0, unrealized 20, total 20        (right: 0, 1000, 1000)
#   ES: sold at 5010                         realized 1000, unrealized 0, total 1000    (right: 1000, 0, 1000)
#   buy at 100 and 110, sell 1 at 120, mark  realized 20, unrealized 15, total 35       (right: 20, 10, 30)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check blotter==1.17 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
from blotter import Blotter, Fill


def play(*events, tick_value=1.0, tick_size=1.0):
    """Events are fills (quantity, price) or marks (price)."""
    book = Blotter("ES", tick_value=tick_value, tick_size=tick_size)
    for event in events:
        if isinstance(event, tuple):
            quantity, price = event
            book.add_fill(Fill.create_from_attrs(1, "ES", price, quantity))
            continue
        try:
            book.update_from_marketdata(event)
        except TypeError:
            return f"TypeError, total {book.total_pnl:.0f}"
    return f"realized {book.realized_pnl:.0f}, unrealized {book.unrealized_pnl:.0f}, total {book.total_pnl:.0f}"


future = {"tick_value": 12.5, "tick_size": 0.25}
rows = [
    ("buy 1 at 100, sell at 120", play((1, 100), (-1, 120)), "20, 0, 20"),
    ("the same, marked at 120 in between", play((1, 100), 120, (-1, 120)), "20, 0, 20"),
    ("the same, then marked at 130", play((1, 100), 120, (-1, 120), 130), "20, 0, 20"),
    ("ES: buy 2 at 5000, marked at 5010", play((2, 5000), 5010, **future), "0, 1000, 1000"),
    ("ES: sold at 5010", play((2, 5000), (-2, 5010), **future), "1000, 0, 1000"),
    ("buy at 100 and 110, sell 1 at 120, mark", play((1, 100), (1, 110), (-1, 120), 120), "20, 10, 30"),
]
for name, seen, right in rows:
    print(f"{name:<40} {seen:<42} (right: {right})")
if [seen for _, seen, _ in rows] != [
    "realized 20, unrealized 0, total 20",
    "realized 20, unrealized 20, total 40",
    "TypeError, total 40",
    "realized 0, unrealized 20, total 20",
    "realized 1000, unrealized 0, total 1000",
    "realized 20, unrealized 15, total 35",
]:
    raise SystemExit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

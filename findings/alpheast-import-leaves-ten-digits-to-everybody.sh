#!/usr/bin/env bash
# alpheast: after importing its portfolio every Decimal of the thread has ten digits; another library's cost basis changes, and a worker thread gets a third result.
#
# Expected: importing a backtester changes nothing outside of it. coinbasis (cost basis of lots, "Decimal arithmetic throughout for exact decimal precision") gives the same gain before and after.
# Seen: alpheast 0.1.3 sets getcontext().prec = 10 when portfolio.py is loaded. That is the context of the importing thread, and of each asyncio task started from it. From then on +, - and * of any
#   Decimal there are rounded to ten digits: 1,764,593,456.12 plus 0.35 is 1,764,593,456. coinbasis 0.1.0 pins 28 digits for its divisions only. Threads begin with a context of their own and still
#   have 28 digits, so that the same function gives two results in one process. No error, no warning; the Inexact flag is set and nobody reads it.
# Why it matters: a book that is kept in Decimal to be exact loses its cents from 100 million up, and its satoshi from 100 up. Which results are wrong depends on who imports what first, and on the
#   thread. A test that does not import the backtester is green.
# Way to live with it: the backtester in a process of its own; or decimal.setcontext(decimal.Context()) after the imports; money in a localcontext() that is pinned for whole functions, or in
#   integers. In tests one assertion that getcontext().prec is 28 when all modules of the service are loaded.
# Versions: alpheast 0.1.3, coinbasis 0.1.0 (PyPI, the newest), Python 3.11.7. Source: the line behind the imports of alpheast/portfolio/portfolio.py; _div in coinbasis/engine.py. Nothing found
#   about it. (On Python 3.11 its engine cannot be imported: an f-string of backtest_results.py wants 3.12, while README says 3.8. The portfolio can.)
#
# Output seen (12.3456789 BTC bought at 64,123.45 and sold at 64,987.65; an account of 1,764,593,456.12 that is paid 0.35):
#   before the import          28 digits  gain 10669.135705380  account 1764593456.47
#   after it, same thread      10 digits  gain 10669.1357  account 1764593456
#   after it, asyncio task     10 digits  gain 10669.1357  account 1764593456
#   after it, worker thread    28 digits  gain 10669.135705380  account 1764593456.47
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check alpheast==0.1.3 coinbasis==0.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import decimal
import threading
from datetime import datetime, timezone
from decimal import Decimal

from coinbasis import Buy, CostBasisMethod, Portfolio, Sell


def figures():
    day = [datetime(2026, 1, number, tzinfo=timezone.utc) for number in (5, 6)]
    size, zero = Decimal("12.3456789"), Decimal(0)
    book = Portfolio.from_transactions([
        Buy(day[0], "hot", "BTC", size, Decimal("64123.45"), zero),
        Sell(day[1], "hot", "BTC", size, Decimal("64987.65"), zero),
    ])
    gain = sum(one.gain for one in book.realized_gains(CostBasisMethod.FIFO))
    account = Decimal("1764593456.12") + Decimal("0.35")
    return f"{decimal.getcontext().prec} digits  gain {gain:f}  account {account:f}"


async def task():
    return figures()


def in_a_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(figures()))
    thread.start()
    thread.join(10)
    return seen[0]


before = figures()
from alpheast.portfolio.portfolio import Portfolio as Backtested  # noqa: E402, F401

rows = {
    "before the import": before,
    "after it, same thread": figures(),
    "after it, asyncio task": asyncio.run(task()),
    "after it, worker thread": in_a_thread(),
}
for name, row in rows.items():
    print(f"{name:<26} {row}")
exact = "28 digits  gain 10669.135705380  account 1764593456.47"
short = "10 digits  gain 10669.1357  account 1764593456"
if list(rows.values()) != [exact, short, short, exact]:
    raise SystemExit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

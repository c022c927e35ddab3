#!/usr/bin/env bash
# ezpubsub: a second method of an object takes the place of the first, who raises is heard of nowhere, and who was dropped goes on listening.
#
# Expected: subscribe() adds a listener: two methods of one object are two. The documentation says that exceptions of subscribers are logged, and that methods are
#   held weakly: a subscriber that nobody else holds is gone.
# Seen: ezpubsub 0.3.0 keeps one callback for an object (__self__): strategy.on_price, then strategy.on_size, and on_price is not called any more. Objects that are equal,
#   such as frozen dataclasses with the same fields, are one, too. Exceptions are caught and given to log(), which says nothing unless toggle_logging() was called. The
#   weak dictionary has the object as its key and its bound method as the value, which holds the object: nothing is ever dropped.
# Why it matters: prices that stop when somebody adds a second listener; a strategy that has raised at each tick since nine looks like a quiet market; one that was
#   replaced goes on sending orders next to its successor.
# Way to live with it: a function for each listener (lambda tick: strategy.on_price(tick)); toggle_error_raising() in tests and toggle_logging() in production;
#   unsubscribe(strategy) oneself.
# Versions: ezpubsub 0.3.0 (PyPI), Python 3.11. Source: Signal.subscribe and Signal.log.
#
# Output seen:
#   two methods of one object  size 1
#   two equal objects          AAPL 2
#   one that raises            nothing
#   one that was dropped       price 4
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check ezpubsub==0.3.0

cat > probe.py <<'PROBE'
import dataclasses
import gc
import sys

from ezpubsub import Signal

heard = []


class Strategy:
    def on_price(self, tick):
        heard.append(f"price {tick}")

    def on_size(self, tick):
        heard.append(f"size {tick}")


@dataclasses.dataclass(frozen=True)
class Writer:
    symbol: str

    def write(self, tick):
        heard.append(f"{self.symbol} {tick}")


def told(signal, tick):
    heard.clear()
    signal.publish(tick)
    return ", ".join(heard) or "nothing"


seen = {}
signal, strategy = Signal("ticks"), Strategy()
signal.subscribe(strategy.on_price)
signal.subscribe(strategy.on_size)
seen["two methods of one object"] = told(signal, 1)

signal, writers = Signal("ticks"), [Writer("AAPL"), Writer("AAPL")]
for writer in writers:
    signal.subscribe(writer.write)
seen["two equal objects"] = told(signal, 2)


def raising(tick):
    raise ValueError(tick)


signal = Signal("ticks")
signal.subscribe(raising)
seen["one that raises"] = told(signal, 3)

signal, strategy = Signal("ticks"), Strategy()
signal.subscribe(strategy.on_price)
del strategy
gc.collect()
seen["one that was dropped"] = told(signal, 4)

for name, text in seen.items():
    print(f"{name:26} {text}")
if list(seen.values()) != ["size 1", "AAPL 2", "nothing", "price 4"]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

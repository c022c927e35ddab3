#!/usr/bin/env bash
# MeatPy: with IEX DEEP the market never closes, it opens at the first message, and the book's imbalance cannot be recorded.
#
# Expected: after "end of system hours" and "end of messages" the state is post-trade, before the start it is pre-trade, as its
#   own list of the events has it; the recorders of the package can record its own books.
# Seen: update_trading_status() of meatpy 0.5.0 looks at the last trading status of the symbol first, and at the events of the
#   day only without one. IEX sends "T" for each symbol that may trade in the spin before the day, and nothing for it at the
#   end, so that no event counts: the state is "trading" from the spin to the end of the file, and PostTrade
#   cannot be reached. OFIRecorder calls level.volume(), SpotMeasuresRecorder lob.mid_quote(): both are properties in
#   this version. The first raises a TypeError at the second book; the second gives its base class no writer and raises at once.
# Why it matters: what is filtered by the state keeps the quotes before the open and after the close: spreads of dollars in
#   the averages of the day. IEX trades from 8:00 to 17:00; whoever wants the regular hours has no state for them at all.
# Way to live with it: follow processor.system_status (b"R" to b"M") oneself; take the measures from the properties of
#   lob. In tests the last state of a whole day.
# Versions: meatpy 0.5.0 (PyPI), Python 3.11.7. Nothing found about it. Messages of IEX's DEEP 1.0 layout, in the order of a day.
#
# Output seen:
#   start of messages       PreTradeTradingStatus
#   status of AAPL: T       TradeTradingStatus
#   start of system hours   TradeTradingStatus
#   start of regular hours  TradeTradingStatus
#   end of regular hours    TradeTradingStatus
#   end of system hours     TradeTradingStatus
#   end of messages         TradeTradingStatus
#   mid_quote 100.5   OFIRecorder TypeError   SpotMeasuresRecorder TypeError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check meatpy==0.5.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import datetime
import struct
import sys

from meatpy.event_handlers.ofi_recorder import OFIRecorder
from meatpy.event_handlers.spot_measures_recorder import SpotMeasuresRecorder
from meatpy.iex_deep import IEXDEEPMarketProcessor
from meatpy.iex_deep.iex_deep_market_message import IEXDEEPMarketMessage
from meatpy.lob import LimitOrderBook, OrderType
from meatpy.timestamp import Timestamp
from meatpy.writers.csv_writer import CSVWriter

DAY = [
    ("start of messages", b"SO"),
    ("status of AAPL: T", b"HT"),
    ("start of system hours", b"SS"),
    ("start of regular hours", b"SR"),
    ("end of regular hours", b"SM"),
    ("end of system hours", b"SE"),
    ("end of messages", b"SC"),
]
processor = IEXDEEPMarketProcessor("AAPL", datetime.datetime(2026, 1, 5))
states = []
for number, (name, head) in enumerate(DAY):
    body = struct.pack("<q", 1767596400000000000 + number)
    if head[:1] == b"H":
        body += b"AAPL    " + b"    "
    processor.process_message(IEXDEEPMarketMessage.from_bytes(head + body))
    states.append(type(processor.trading_status).__name__)
    print(f"{name:<22}  {states[-1]}")

now = Timestamp.from_datetime(datetime.datetime(2026, 1, 5, 15))
book = LimitOrderBook(now)
book.enter_quote(now, 100, 500, 1, OrderType.BID)
book.enter_quote(now, 101, 500, 2, OrderType.ASK)


def imbalance():
    recorder = OFIRecorder(CSVWriter("imbalance.csv"))
    recorder.record(book)
    recorder.record(book)


def measures():
    recorder = SpotMeasuresRecorder()
    recorder.measures = ["Mid Quote"]
    recorder.record(book)


def outcome(attempt):
    try:
        attempt()
    except Exception as error:
        return type(error).__name__
    return "recorded"


recorded = outcome(imbalance), outcome(measures)
print("mid_quote {}   OFIRecorder {}   SpotMeasuresRecorder {}".format(book.mid_quote, *recorded))
if states != ["PreTradeTradingStatus"] + ["TradeTradingStatus"] * 6 or recorded != ("TypeError", "TypeError"):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

#!/usr/bin/env bash
# arbs-exchanges: the asks of one exchange have the sign -1 over REST and 1 over WebSocket, and Phemex's symbol is Bybit's.
#
# Expected: OrderBookItem.side_int is 1 for bids and -1 for asks, or the other way round, but the same whoever filled the book: REST and
#   WebSocket classes implement one interface (IOrderBookRepository), so that a strategy takes either.
# Seen: with arbs-exchanges 0.1.2 all REST classes and bitFlyer's WebSocket class have 1 for bids; the WebSocket classes of Bybit and
#   Phemex have 1 for asks. Trades and positions have 1 for buys everywhere.
#   Symbol is an enumeration by value, and Bybit's and Phemex's values are equal: the second name is an alias of the first. A
#   book of Phemex says BYBIT_LINEAR_BTCUSDT, and a dictionary by symbol has one place for both.
# Why it matters: the package is for arbitrage between these exchanges. Sums of signed volume cancel or double, the side to trade is
#   the wrong one at two of three, and that only live: over REST, where one tries it, it is right.
# Way to live with it: take the side from the list (book.ask, book.bid), and the exchange along with the symbol; in tests one book
#   through both classes.
# Versions: arbs-exchanges 0.1.2 (the newest on PyPI), pybotters 1.11.2, ccxt 4.5.84, Python 3.11.7. Nothing found about it. Messages of
#   the exchanges' documented form go into the stores of pybotters that the package asks for.
#
# Output seen (best ask, best bid: side_int):
#   bitflyer   REST -1  1   WebSocket -1  1
#   bybit      REST -1  1   WebSocket  1 -1  (right: -1  1)
#   phemex     REST -1  1   WebSocket  1 -1  (right: -1  1)
#   symbol of Phemex's book: BYBIT_LINEAR_BTCUSDT
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check arbs-exchanges==0.1.2 pybotters==1.11.2 ccxt==4.5.84 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import ccxt
import pybotters
from arbs_exchanges.adapters.infra.bitflyer import BitflyerRestRepository, BitflyerWsRepository
from arbs_exchanges.adapters.infra.bybit import BybitRestRepository, BybitWsRepository
from arbs_exchanges.adapters.infra.phemex import PhemexRestRepository, PhemexWsRepository
from arbs_exchanges.core.domain.entities import Symbol

ASK, BID = [60000.5, 2.0], [60000.0, 3.0]
TEXTS = [["60000.5", "2"]], [["60000", "3"]]


def answering(exchange):
    """The exchange of ccxt with one answer of its documented form, without a network."""
    book = {"bids": [BID], "asks": [ASK], "timestamp": 1750000000000, "nonce": None}
    exchange.fetch_order_book = lambda symbol, limit=None, params=None: {"symbol": symbol, **book}
    return exchange


def bitflyer():
    store = pybotters.bitFlyerDataStore()
    names = ("price", "size")
    for side, level in (("asks", ASK), ("bids", BID)):  # a snapshot needs a live connection in this store
        store.board._insert([{"product_code": "FX_BTC_JPY", "side": side, **dict(zip(names, level))}])
    return BitflyerRestRepository(answering(ccxt.bitflyer()), 1), BitflyerWsRepository(store), Symbol.BITFLYER_CFD_BTCJPY


def bybit():
    store = pybotters.BybitDataStore()
    data = {"s": "BTCUSDT", "a": TEXTS[0], "b": TEXTS[1], "u": 1, "seq": 1}
    store.onmessage({"topic": "orderbook.50.BTCUSDT", "type": "snapshot", "ts": 1750000000000, "data": data}, None)
    return BybitRestRepository(answering(ccxt.bybit()), 1), BybitWsRepository(store), Symbol.BYBIT_LINEAR_BTCUSDT


def phemex():
    store = pybotters.PhemexDataStore()
    book = {"asks": TEXTS[0], "bids": TEXTS[1]}
    times = {"sequence": 1, "timestamp": 1750000000000000000, "depth": 30}
    store.onmessage({"orderbook_p": book, "symbol": "BTCUSDT", "type": "snapshot", **times}, None)
    return PhemexRestRepository(answering(ccxt.phemex()), 1), PhemexWsRepository(store), Symbol.PHEMEX_LINEAR_BTCUSDT


seen = {}
for make in (bitflyer, bybit, phemex):
    rest, stream, symbol = make()
    books = rest.fetch_order_book(symbol), stream.fetch_order_book()
    signs = [(book.ask[0].side_int, book.bid[0].side_int) for book in books]
    seen[make.__name__] = signs
    note = "" if signs[0] == signs[1] else "  (right: -1  1)"
    texts = [f"{ask:>2} {bid:>2}" for ask, bid in signs]
    print(f"{make.__name__:<9}  REST {texts[0]}   WebSocket {texts[1]}{note}")
    assert [float(level.price) for level in (books[1].ask[0], books[1].bid[0])] == [60000.5, 60000.0]
print(f"symbol of Phemex's book: {books[1].ask[0].symbol.name}")
right, wrong = (-1, 1), (1, -1)
if seen != {"bitflyer": [right, right], "bybit": [right, wrong], "phemex": [right, wrong]}:
    sys.exit("not as described any more")
if books[1].ask[0].symbol.name != "BYBIT_LINEAR_BTCUSDT":
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

#!/usr/bin/env bash
# crypto-msg-parser: on Bitfinex every trade is a buy, Coinbase's sides are the maker's, and bitcoin on Deribit is traded and quoted in ten times the size.
#
# Expected: messages of many exchanges become one form: side is the taker's ("Which side is taker", says the type), quantity_quote the money, in dollars.
#   Bitfinex gives sales a negative amount, Coinbase's matches have the side of the maker, Deribit's amount of an inverse contract is in dollars.
# Seen: crypto-msg-parser 2.8.16 takes the absolute value of Bitfinex's amount and asks then whether it is negative: all trades are "buy", spot and swap, live and
#   snapshot. Coinbase's side goes through as it is, so that a purchase at the ask is a "sell"; Binance's are the taker's. On Deribit the amount is
#   taken for a number of contracts and multiplied by 10 dollars for BTC (by 1 for ETH, which is right by luck): a trade of 100 dollars has 1000, and so has
#   a level of the book. The price, the pair and the time are right everywhere.
# Why it matters: order flow, VPIN or a delta by exchange are what one normalises for: Bitfinex's flow is always all buying, Coinbase's has the wrong sign, and Deribit's
#   tenfold volume outweighs the others in a consolidated tape or book. Each number is plausible by itself.
# Way to live with it: the side of Bitfinex from the sign in trade["json"], the other side for Coinbase, quantities of Deribit's BTC divided by ten. In tests one sale of
#   each exchange, and one trade with known dollars.
# Versions: crypto-msg-parser 2.8.16 (PyPI, with the Rust crate of that version in it), Python 3.11. Source: parse_one_trade in exchanges/bitfinex.rs, coinbase_pro.rs, and
#   deribit.rs with crypto-contract-value. Nothing found about it. At its first message of Bitfinex the package asks that exchange for a list; the script lets it reach nothing.
#
# Output seen:
#   seller takes, binance:      sell
#   seller takes, bitfinex:     buy
#   seller takes, coinbase_pro: buy
#   buyer takes,  binance:      buy
#   buyer takes,  bitfinex:     buy
#   buyer takes,  coinbase_pro: sell
#   deribit, BTC-PERPETUAL, 100 dollars traded: 1000.0
#   deribit, ETH-PERPETUAL, 100 dollars traded: 100.0
#   deribit, BTC-PERPETUAL, 100 dollars bid:    1000.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile crypto-msg-parser==2.8.16 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import sys

from crypto_msg_parser import MarketType, parse_l2, parse_trade

SPOT, INVERSE = MarketType.spot, MarketType.inverse_swap
TIME, ISO = 1767604500123, "2026-01-05T09:15:00.123456Z"


def bitfinex(amount):
    return [{"channel": "trades", "symbol": "tBTCUSD"}, "te", [401597395, TIME, amount, 64000.0]]


def binance(buyer_is_maker):
    data = {"e": "aggTrade", "E": TIME, "s": "BTCUSDT", "a": 1, "p": "64000", "q": "0.5", "f": 1, "l": 1, "T": TIME, "m": buyer_is_maker, "M": True}
    return {"stream": "btcusdt@aggTrade", "data": data}


def coinbase(maker_side):
    ids = {"trade_id": 1, "maker_order_id": "a", "taker_order_id": "b", "sequence": 5}
    return {"type": "match", "side": maker_side, "size": "0.5", "price": "64000", "product_id": "BTC-USD", "time": ISO, **ids}


def deribit(channel, data):
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}


def deribit_trade(name, dollars):
    trade = {"trade_seq": 1, "trade_id": "1", "timestamp": TIME, "tick_direction": 0, "mark_price": 1, "index_price": 1}
    return deribit(f"trades.{name}.raw", [{**trade, "instrument_name": name, "price": 64000.0, "direction": "sell", "amount": dollars}])


seen = []
for what, exchange, message in (
    ("seller takes", "binance", binance(True)),
    ("seller takes", "bitfinex", bitfinex(-0.5)),
    ("seller takes", "coinbase_pro", coinbase("buy")),
    ("buyer takes", "binance", binance(False)),
    ("buyer takes", "bitfinex", bitfinex(0.5)),
    ("buyer takes", "coinbase_pro", coinbase("sell")),
):
    (trade,) = parse_trade(exchange, SPOT, json.dumps(message))
    seen.append(trade["side"])
    print(f"{what + ',':<13} {exchange + ':':<13} {trade['side']}")
for name in ("BTC-PERPETUAL", "ETH-PERPETUAL"):
    (trade,) = parse_trade("deribit", INVERSE, json.dumps(deribit_trade(name, 100.0)))
    seen.append(trade["quantity_quote"])
    print(f"deribit, {name}, 100 dollars traded: {trade['quantity_quote']}")
book = {"type": "change", "timestamp": TIME, "prev_change_id": 1, "change_id": 2, "instrument_name": "BTC-PERPETUAL", "bids": [["change", 64000.0, 100.0]], "asks": []}
(update,) = parse_l2("deribit", INVERSE, json.dumps(deribit("book.BTC-PERPETUAL.raw", book)))
seen.append(update["bids"][0][2])
print(f"deribit, BTC-PERPETUAL, 100 dollars bid:    {seen[-1]}")
if seen != ["sell", "buy", "buy", "buy", "buy", "sell", 1000.0, 100.0, 1000.0]:
    sys.exit("not as described any more")
PROBE
https_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 timeout 60 venv/bin/python probe.py

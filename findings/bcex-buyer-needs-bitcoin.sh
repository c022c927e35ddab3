#!/usr/bin/env bash
# bcex: with check_balance a buyer of bitcoin needs bitcoin, not dollars, and a limit price of 1.15 is sent as 1.14.
#
# Expected: check_balance lets an order through that the account can pay: a purchase is paid in the counter currency (quantity * price in
#   USD), a sale in the base currency. A price that is a multiple of the tick stays as it is.
# Seen: _check_available_balance() of bcex 1.0.1 has the two sides the wrong way round: for BUY it looks at the base currency, for SELL
#   at quantity * price of the counter currency. So an account with dollars only can't buy, it can sell the bitcoin that it doesn't
#   have, and the message is a line in the log at most: place_order() returns None in both cases. It wants "more than", too: the exact
#   amount isn't enough. _scale_price() computes price * 10 ** scale as a float and then math.floor(): 1.15 * 100 is 114.99999999999999,
#   so the price is one tick lower. That is so for 4,586 of the 100,000 prices up to 1000.00, and with a tick of 0.1 (10 at a scale of 2) for
#   8,204 of the 100,000 up to 10,000.0, for both sides: a seller sells one tick too cheap.
# Why it matters: orders of a bot against the venue's simulator are missing or are at another price than the strategy says, and fill
#   checks by price find no order.
# Way to live with it: leave check_balance off and check by yourself; give prices half a tick more (it is cut off) or send the order
#   with client.send_order() and a price of your own. In tests 1.15 and 0.29, not 100.25.
# Versions: bcex 1.0.1, websocket-client 1.9.0, Python 3.11. Nothing found about it. The client of the probe is the package's own
#   MockBcexClient, which has no connection, with the balances as messages of the exchange.
#
# Output seen (pair BTC-USD, tick 0.01):
#   100,000 USD, 0 BTC    buy 1 at 50000.00: not sent    sell 1 at 50000.00: sent
#   0 USD, 2 BTC          buy 1 at 50000.00: sent        sell 1 at 50000.00: not sent
#   price given and sent  1.15 1.14 | 0.29 0.28 | 64.35 64.34 | 100.25 100.25
#   one tick lower: 4586 of the 100000 prices by 0.01
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile bcex==1.0.1 websocket-client==1.9.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import logging
import sys

from bcex.core.bcex_interface import BcexInterface
from bcex.core.orders import OrderSide
from bcex.core.websocket_client import MockBcexClient

logging.disable()


class Desk(BcexInterface):
    def __init__(self):
        self.sent = []
        self.client = MockBcexClient(["BTC-USD"])
        self.client.send_order = self.sent.append

    def sends(self, side, quantity, price, **more):
        self.sent.clear()
        self.place_order("BTC-USD", side, quantity, price, **more)
        return [order.price for order in self.sent]


desk = Desk()
numbers = iter(range(1000))


def receive(**message):
    desk.client.on_message(json.dumps({"seqnum": next(numbers), **message}))


receive(
    channel="symbols", event="snapshot", symbol="BTC-USD", status="open", id=1,
    base_currency="BTC", base_currency_scale=8, counter_currency="USD", counter_currency_scale=2,
    min_price_increment=1, min_price_increment_scale=2, lot_size=1, lot_size_scale=8,
    min_order_size=5, min_order_size_scale=4, max_order_size=0, max_order_size_scale=8,
)
seen = []
for usd, btc, text in ((100_000.0, 0.0, "100,000 USD, 0 BTC"), (0.0, 2.0, "0 USD, 2 BTC")):
    receive(channel="balances", event="snapshot", balances=[
        {"currency": "USD", "balance": usd, "available": usd, "balance_local": usd, "available_local": usd, "rate": 1.0},
        {"currency": "BTC", "balance": btc, "available": btc, "balance_local": btc, "available_local": btc, "rate": 1.0},
    ])
    both = [bool(desk.sends(side, 1.0, 50_000.0, check_balance=True)) for side in (OrderSide.BUY, OrderSide.SELL)]
    seen.append(both)
    buy, sell = ("sent" if sent else "not sent" for sent in both)
    print(f"{text:<21} buy 1 at 50000.00: {buy:<11} sell 1 at 50000.00: {sell}")

prices = {price: desk.sends(OrderSide.SELL, 1.0, price)[0] for price in (1.15, 0.29, 64.35, 100.25)}
print("price given and sent ", " | ".join(f"{given} {sent}" for given, sent in prices.items()))
grid = [cents / 100 for cents in range(1, 100_001)]
lower = sum(desk.sends(OrderSide.SELL, 1.0, price)[0] < price - 0.005 for price in grid)
print(f"one tick lower: {lower} of the {len(grid)} prices by 0.01")

if seen != [[False, True], [True, False]] or list(prices.values()) != [1.14, 0.28, 64.34, 100.25] or lower != 4586:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

#!/usr/bin/env bash
# Fyers: circuit limits are 0 whatever the frame says, open interest is taken out, and a repeated price is no tick.
#
# Expected: the official client hands out what the frame has; a tick for each update.
# Seen: FyersDataSocket of fyers-apiv3 3.2.0 reads 21 fields of each instrument. Then it sets lower_ckt and upper_ckt to
#   0 and drops the open interest and the two Y fields: they are decoded and not shown. In lite mode, an update with the
#   price that was there before is no tick. And volumes are read with a sign: 2,400,000,000 is -1,894,967,296.
# Why it matters: "the price is within the day's limits" fails for each tick, or is switched off as broken; a limit of 0
#   is a price. Open interest is there in the subscription and never comes. Two trades at one price are one, so that
#   ticks in a minute, and the time since the last one, are those of price changes: a watchdog on a quiet
#   instrument alarms.
# Way to live with it: limits and open interest by the quotes of the REST interface; full mode where the number of
#   updates counts, and a watchdog on the connection rather than on ticks; in tests take a frame apart oneself and
#   compare.
# Versions: fyers-apiv3 3.2.0 (PyPI), websocket-client 1.6.1, Python 3.11.7. Issue 22 of FyersDev/fyers-api-sample-code
#   (open) asks for a way to open interest of many symbols; about the rest nothing was found. The frames have the
#   fields that the client reads, in its order, and are handed to its own decoder: no account.
#
# Output seen:
#   in the frame  ltp 2450.05  volume 2400000000   limits 2205.05 2695.05  open interest 1500
#   handed out    ltp 2450.05  volume -1894967296  limits 0 0              open interest missing
#   lite mode     sent 2450.10 2450.10 2450.10 2450.15   received 2450.10 2450.15
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
# fyers-apiv3 pins old versions of much that its stream does not need.
venv/bin/pip install -qq --no-compile --disable-pip-version-check websocket-client==1.6.1 requests==2.34.2 \
  aws-lambda-powertools==1.25.5 setuptools==68.0.0
venv/bin/pip install -qq --no-compile --disable-pip-version-check --no-deps fyers-apiv3==3.2.0

cat > read.py <<'READ'
import os
import struct
import sys

from fyers_apiv3.FyersWebsocket import data_ws

TOPIC, SYMBOL, NUMBER = "sf|nse_cm|2885", "NSE:RELIANCE-EQ", 7
FIELDS = (
    "ltp volume traded sent bid_size ask_size bid ask last_size buy sell average interest low high y_high y_low "
    "lower upper open close"
).split()
PRICES = "ltp bid ask average low high y_high y_low lower upper open close".split()


def paise(name, value):
    return round(value * 100) if name in PRICES else value


def snapshot(**values):
    filled = {name: values.get(name, 2450.0 if name in PRICES else 1) for name in FIELDS}
    words = b"".join(struct.pack(">I", paise(name, filled[name])) for name in FIELDS)
    texts = b"".join(bytes([len(text)]) + text.encode() for text in ("nse_cm", "2885", SYMBOL))
    head = struct.pack("=BHB", 83, NUMBER, len(TOPIC)) + TOPIC.encode() + bytes([len(FIELDS)])
    return struct.pack("!HBIH", 0, 6, 1, 1) + head + words + bytes(2) + struct.pack(">HB", 1, 2) + texts


def lite(price):
    return struct.pack("!HBIH", 0, 6, 1, 1) + struct.pack("=BH", 76, NUMBER) + struct.pack(">i", paise("ltp", price))


got = []
stream = data_ws.FyersDataSocket("token", log_path=os.getcwd(), on_message=got.append)
stream.symbol_token = {TOPIC: SYMBOL}
decode = stream._FyersDataSocket__datafeed_resp

decode(snapshot(ltp=2450.05, volume=2_400_000_000, lower=2205.05, upper=2695.05, interest=1500))
tick = got.pop()
limits = f"{tick['lower_ckt']} {tick['upper_ckt']}"
interest = next((tick[name] for name in ("OI", "oi") if name in tick), "missing")
print("in the frame  ltp 2450.05  volume 2400000000   limits 2205.05 2695.05  open interest 1500")
print(
    f"handed out    ltp {tick['ltp']:.2f}  volume {tick['vol_traded_today']:<11}  limits {limits:15}  "
    f"open interest {interest}"
)
sent = (2450.10, 2450.10, 2450.10, 2450.15)
for price in sent:
    decode(lite(price))
received = [each["ltp"] for each in got]
texts = [" ".join(f"{price:.2f}" for price in prices) for prices in (sent, received)]
print(f"lite mode     sent {texts[0]}   received {texts[1]}")
sys.stdout.flush()
good = (tick["ltp"], tick["vol_traded_today"], limits, interest, received) == (
    2450.05, -1894967296, "0 0", "missing", [2450.10, 2450.15]
)
if not good:
    print("not as described any more", file=sys.stderr)
os._exit(not good)  # the client's threads never end
READ
venv/bin/python -W ignore read.py

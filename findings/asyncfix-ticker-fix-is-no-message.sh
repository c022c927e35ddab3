#!/usr/bin/env bash
# asyncfix: a trade in the share with the ticker FIX is no message, and the trades that arrived with it are gone as well.
#
# Expected: a FIX message ends where its body length says; what stands in its fields is no matter. Comfort Systems USA trades in New York
#   as FIX; its RIC is FIX.N.
# Seen: the decoder of asyncfix 1.0.1 looks for the next message by the text "8=FIX.", anywhere. SecurityID with a RIC is
#   "48=FIX.N", and that ends in it: the message is cut there, the rest has no version, and decode() gives None and the length of all that
#   was received, which the connection drops. A message before it is right. 448=FIX.… (a party) and 58=FIX.… (a text) do the same.
# Why it matters: one share of an index, one broker's name; all others work. The execution is in no log of messages, its sequence
#   number is a gap. simplefix reads the same bytes as three messages.
# Way to live with it: another SecurityIDSource than RIC (22=5) where the venue lets one choose; frames cut by BodyLength before decode(). A
#   test message with "48=FIX.N".
# Versions: asyncfix 1.0.1, simplefix 1.0.17 (PyPI), Python 3.11.7. Nothing found about it for asyncfix. The script calls the codec alone,
#   as the connection does with what it has received.
#
# Output seen (sequence number, ticker, RIC, price):
#   three trades at once, asyncfix: 1 AAPL AAPL.OQ 201.50
#                        simplefix: 1 AAPL AAPL.OQ 201.50, 2 FIX FIX.N 512.25, 3 MSFT MSFT.OQ 430.10
#   one at a time, asyncfix: 1 AAPL AAPL.OQ 201.50, -, 3 MSFT MSFT.OQ 430.10
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check asyncfix==1.0.1 simplefix==1.0.17

cat > trades.py <<'TRADES'
import simplefix
from asyncfix.codec import Codec
from asyncfix.protocol import FIXProtocol44

TRADES = (("AAPL", "AAPL.OQ", "201.50"), ("FIX", "FIX.N", "512.25"), ("MSFT", "MSFT.OQ", "430.10"))


def written(number, ticker, ric, price):
    message = simplefix.FixMessage()
    for tag, value in (
        (8, "FIX.4.4"), (35, "8"), (49, "VENUE"), (56, "CLIENT"), (34, number), (52, "20260105-15:30:00.000"),
        (37, f"O{number}"), (17, f"E{number}"), (150, "F"), (39, "2"), (55, ticker), (48, ric), (22, "5"), (54, "1"),
        (32, 100), (31, price), (151, 0), (14, 100), (6, price),
    ):  # fmt: skip
        message.append_pair(tag, value)
    return message.encode()


def by_asyncfix(received):
    codec, seen = Codec(FIXProtocol44()), []
    while received:
        message, length, _ = codec.decode(received)
        received = received[length:]
        seen.append(" ".join(message[tag] for tag in (34, 55, 48, 31)) if message else None)
    return seen


def by_simplefix(received):
    parser, seen = simplefix.FixParser(), []
    parser.append_buffer(received)
    while (message := parser.get_message()) is not None:
        seen.append(" ".join(message.get(tag).decode() for tag in (34, 55, 48, 31)))
    return seen


messages = [written(number, *trade) for number, trade in enumerate(TRADES, 1)]
print("three trades at once, asyncfix:", ", ".join(trade for trade in by_asyncfix(b"".join(messages)) if trade))
print("                     simplefix:", ", ".join(by_simplefix(b"".join(messages))))
print("one at a time, asyncfix:", ", ".join(by_asyncfix(message)[0] or "-" for message in messages))
TRADES
venv/bin/python trades.py | tee output
cat > expected <<'EXPECTED'
three trades at once, asyncfix: 1 AAPL AAPL.OQ 201.50
                     simplefix: 1 AAPL AAPL.OQ 201.50, 2 FIX FIX.N 512.25, 3 MSFT MSFT.OQ 430.10
one at a time, asyncfix: 1 AAPL AAPL.OQ 201.50, -, 3 MSFT MSFT.OQ 430.10
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }

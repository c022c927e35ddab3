#!/usr/bin/env bash
# iex_parser: the previous close is 990500 where every other price is 99.05, and a broken trade's flags fit no function.
#
# Expected: prices of IEX come as decimals, as the README types them, adjusted_poc_close too; what it gives for the flags of a
#   trade and of the break of that trade is of one type.
# Seen: iex_parser 1.7.0 divides each price by 10000 but the adjusted previous close of the security directory, an int that is
#   10000 times the price. It goes into the CSV so. The flags of a trade are a number, those of a trade break one byte
#   of bytes: the package's own from_sale_condition_flags() raises a TypeError on them, and the CSV has b'@' for 64.
# Why it matters: the directory comes first each morning; the first change of the day is -99.99 % for every symbol, and
#   a check of price bands against the previous close lets nothing through, or everything. Tests on a trade or a quote pass.
# Way to live with it: Decimal(value) / 10000 for that field, flags[0] for a trade break; in tests one message of each kind.
# Versions: iex_parser 1.7.0 (PyPI), scapy 2.8.0, Python 3.11.7. Nothing found about it. Messages of IEX's DEEP 1.0 layout in
#   a pcap file that is made here, values made up.
#
# Output seen (all four prices are 990500 in the file):
#   security_directive  adjusted_poc_close  990500 (README: decimal.Decimal)
#   official_price      price               99.05
#   trade_report        price               99.05   flags 64     ['extended_hours']
#   trade_break         price               99.05   flags b'@'   TypeError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check iex_parser==1.7.0 scapy==2.8.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import struct
import sys
from decimal import Decimal

from iex_parser import DEEP_1_0, Parser
from iex_parser.conversions import from_sale_condition_flags
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

TIME, SYMBOL, PRICE, EXTENDED_HOURS = 1767623400000000000, b"ZIEXT   ", 990500, 0x40
messages = [
    b"D" + struct.pack("<Bq8sIqB", 0, TIME, SYMBOL, 100, PRICE, 1),
    b"XM" + struct.pack("<q8sq", TIME, SYMBOL, PRICE),
    b"T" + struct.pack("<Bq8sIqq", EXTENDED_HOURS, TIME, SYMBOL, 100, PRICE, 7),
    b"B" + struct.pack("<Bq8sIqq", EXTENDED_HOURS, TIME, SYMBOL, 100, PRICE, 7),
]
body = b"".join(struct.pack("<H", len(message)) + message for message in messages)
header = struct.pack("<BxHIIHHqqq", 1, 0x8004, 1, 1, len(body), len(messages), 0, 1, TIME)
hosts = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="127.0.0.1", dst="127.0.0.1")
wrpcap("deep.pcap", [hosts / UDP(sport=10378, dport=10378) / (header + body)])

seen = []
with Parser("deep.pcap", DEEP_1_0) as reader:
    for message in reader:
        field = "adjusted_poc_close" if message["type"] == "security_directive" else "price"
        text = f"{message['type']:<18}  {field:<18}  {message[field]}"
        if field != "price":
            text += " (README: decimal.Decimal)"
        named = None
        if message["type"].startswith("trade_"):
            try:
                named = from_sale_condition_flags(message["flags"])
            except TypeError as error:
                named = type(error).__name__
            text += f"   flags {message['flags']!r:<6} {named}"
        print(text)
        seen.append((message["type"], message[field], named))
right = Decimal("99.05")
if seen != [
    ("security_directive", 990500, None),
    ("official_price", right, None),
    ("trade_report", right, ["extended_hours"]),
    ("trade_break", right, "TypeError"),
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { cat err.log; exit 1; }

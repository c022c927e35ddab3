#!/usr/bin/env bash
# AMQP headers: aio-pika sends the price 64123.45 as 64123.44921875, and pika reads it as 64123.
#
# Expected: a Python float in the headers of a message arrives as the same float: AMQP's field tables have a type for 64 bits ("d").
# Seen: pamqp 4.0.1, which aio-pika 10 encodes with, writes each float as "f", 32 bits: seven digits are left of it, 64123.45 is 64123.44921875
#   and 1.0841 is 1.0841000080108643; 1e300 raises. pika 1.4.4 reads "f" and "d" and turns both into a whole number: 64123, 1, and 0 for five
#   cents. It can't write a float at all and says so. CoolAMQP 2.1.2 writes "d" and reads both well, so that its price is whole in pika too.
# Why it matters: bid, ask or a stop price stands in the headers, where one routes and filters without opening the body. A service with
#   aio-pika and one with pika disagree by up to a dollar and nothing is logged. A test that sends and receives with one library and
#   compares approximately, or has 100.25, which fits 32 bits, passes; with pika even that is 100.
# Way to live with it: numbers in headers as text or as whole ticks; pamqp and pika both keep decimal.Decimal (within 32 bits without the point). In
#   tests 64123.45 from each client to each client.
# Versions: pamqp 4.0.1 (aio-pika 10.2.1, aiormq 7.2.4), pika 1.4.4, CoolAMQP 2.1.2, Python 3.11.7. Source: encode.py and data.py. The codecs
#   are called as the clients call them, without a broker. Nothing found about it.
#
# Output seen:
#   sent      by        as  pamqp reads          pika reads  CoolAMQP reads
#   64123.45  pamqp     f   64123.44921875       64123       64123.44921875
#   64123.45  CoolAMQP  d   64123.45             64123       64123.45
#   1.0841    pamqp     f   1.0841000080108643   1           1.0841000080108643
#   0.05      pamqp     f   0.05000000074505806  0           0.05000000074505806
#   100.25    pamqp     f   100.25               100         100.25
#   64123.45  pika      UnsupportedAMQPFieldException
#   the same as Decimal: pamqp to pika 64123.45, pika to pamqp 64123.45
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pamqp==4.0.1 pika==1.4.4 CoolAMQP==2.1.2 six==1.17.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import io
import sys
from decimal import Decimal

import pamqp.decode
import pamqp.encode
import pika.data
from coolamqp.framing.field_table import deframe_table, enframe_table, get_type_for


def with_pika(value):
    pieces = []
    pika.data.encode_table(pieces, {"price": value})
    return b"".join(pieces)


def with_coolamqp(value):
    buffer = io.BytesIO()
    enframe_table(buffer, [(b"price", (value, get_type_for(value)))])
    return buffer.getvalue()


def read(table):
    return (pamqp.decode.field_table(table)[1]["price"], pika.data.decode_table(table, 0)[0]["price"], deframe_table(memoryview(table), 0)[0][0][1][0])


def with_pamqp(value):
    return pamqp.encode.field_table({"price": value})


seen = []
print("sent      by        as  pamqp reads          pika reads  CoolAMQP reads")
for price, name, write in ((64123.45, "pamqp", with_pamqp), (64123.45, "CoolAMQP", with_coolamqp), (1.0841, "pamqp", with_pamqp),
                           (0.05, "pamqp", with_pamqp), (100.25, "pamqp", with_pamqp)):
    table = write(price)
    values = read(table)
    seen.append(values)
    print(f"{price:<9} {name:9} {chr(table[10])}   {values[0]:<20} {int(values[1]):<11} {values[2]}")
try:
    refused = with_pika(64123.45) and "no"
except Exception as error:
    refused = type(error).__name__
print("64123.45  pika     ", refused)
exact = Decimal("64123.45")
there = pika.data.decode_table(with_pamqp(exact), 0)[0]["price"]
back = pamqp.decode.field_table(with_pika(exact))[1]["price"]
print(f"the same as Decimal: pamqp to pika {there}, pika to pamqp {back}")
if (seen != [(64123.44921875, 64123, 64123.44921875), (64123.45, 64123, 64123.45), (1.0841000080108643, 1, 1.0841000080108643),
             (0.05000000074505806, 0, 0.05000000074505806), (100.25, 100, 100.25)] or (there, back) != (exact, exact)):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

#!/usr/bin/env bash
# CoolAMQP: the number 300 in a header from aio-pika is a comma, 1000 raises in the reader, and -5 from pika is 4,294,967,291.
#
# Expected: a whole number in the headers is the same number in any two clients that speak AMQP 0-9-1 to RabbitMQ.
# Seen: RabbitMQ's letters differ from those of the standard, and its clients use them: "s" is a signed number of 16 bits, "I" a signed one of 32.
#   CoolAMQP 2.1.2 reads "s" as a short text and "I" without a sign. So of 300 (1, 44) it makes a text of length 1, ",", and goes on at
#   the right place; with other numbers it reads beyond and raises in the reader. -5 from pika ("I") is 4294967291, 40000 from pamqp ("u") is -25536.
#   In the other direction its own -300 ("u") is 65236 for both others, and its -70000 ("i") 4294897296; both raise nothing.
#   From CoolAMQP to CoolAMQP all is right, and small positive numbers are right everywhere.
# Why it matters: change in ticks, quantity with a sign, depth level and retry count are what stands in headers. A sale becomes a purchase of four
#   thousand million. Tests with 1, 5 and 100 pass.
# Way to live with it: numbers in headers as text between services with different clients; in tests -5, 300, 1000, 40000 and -70000 from each to each.
# Versions: CoolAMQP 2.1.2, pamqp 4.0.1 (aio-pika 10), pika 1.4.4, Python 3.11.7. Source: coolamqp/framing/field_table.py. The codecs are called
#   as the clients call them, without a broker. RabbitMQ's page of errata for AMQP 0-9-1 has the letters; about CoolAMQP nothing was found.
#
# Output seen:
#   number  by        as  pamqp reads   pika reads    CoolAMQP reads
#   -5      pamqp     b   -5            -5            -5
#   -5      pika      I   -5            -5            4294967291
#   300     pamqp     s   300           300           b','
#   1000    pamqp     s   1000          1000          raises
#   40000   pamqp     u   40000         40000         -25536
#   -70000  pamqp     I   -70000        -70000        4294897296
#   -300    CoolAMQP  u   65236         65236         -300
#   -70000  CoolAMQP  i   4294897296    4294897296    -70000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check CoolAMQP==2.1.2 pamqp==4.0.1 pika==1.4.4 six==1.17.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import io
import sys

import pamqp.decode
import pamqp.encode
import pika.data
from coolamqp.framing.field_table import deframe_table, enframe_table, get_type_for


def written(name, number):
    if name == "pamqp":
        return pamqp.encode.field_table({"change": number, "symbol": "AAPL"})
    if name == "pika":
        pieces = []
        pika.data.encode_table(pieces, {"change": number, "symbol": "AAPL"})
        return b"".join(pieces)
    buffer = io.BytesIO()
    enframe_table(buffer, [(b"change", (number, get_type_for(number))), (b"symbol", ("AAPL", "S"))])
    return buffer.getvalue()


def with_coolamqp(table):
    try:
        value = dict((bytes(name), field[0]) for name, field in deframe_table(memoryview(table), 0)[0])[b"change"]
    except Exception:
        return "raises"
    return bytes(value) if isinstance(value, memoryview) else value


seen = []
print("number  by        as  pamqp reads   pika reads    CoolAMQP reads")
for number, name in ((-5, "pamqp"), (-5, "pika"), (300, "pamqp"), (1000, "pamqp"), (40000, "pamqp"), 
                     (-70000, "pamqp"), (-300, "CoolAMQP"), (-70000, "CoolAMQP")):
    table = written(name, number)
    row = (pamqp.decode.field_table(table)[1]["change"], int(pika.data.decode_table(table, 0)[0]["change"]), with_coolamqp(table))
    seen.append(row)
    print(f"{number:<7} {name:9} {chr(table[11])}   {row[0]:<13} {row[1]:<13} {row[2]}")
if [row[2] for row in seen] != [-5, 4294967291, b",", "raises", -25536, 4294897296, -300, -70000] or \
        [row[:2] for row in seen[6:]] != [(65236, 65236), (4294897296,) * 2]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

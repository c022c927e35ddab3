#!/usr/bin/env bash
# fastavro: old ticks read with a new schema share one list of levels, a price by default is the text "'y" instead of 101.05, a time is an int and a record is empty.
#
# Expected: schema evolution (Avro 1.12, "Schema Resolution"): a field that the writer did not have gets the reader's default, a value as the field has it in
#   any other tick: a Decimal, a datetime, a record with its own defaults, a list that belongs to this tick.
# Seen: fastavro 1.13.1 hands out what the schema's JSON has, as it stands: the characters of a decimal's bytes as a str, the number of a timestamp, {} for a record whose
#   fields have defaults, and the same list and the same dict again and again. What one tick appends to its levels stands in each tick that is read with this schema
#   afterwards. avro 1.12.2 makes bytes of the decimal, a new list each time, and fills the record. cavro 1.0.0 makes the Decimal and the
#   datetime, and shares the list.
# Why it matters: a replay of last year's file with this year's schema: the first tick has its own level, the thousandth has a thousand; "'y" > 100 raises in the best case, in
#   a comparison with == it is never equal; a default of "\u0000", which is 0.00, is a true value in Python. New files are right, and so are tests of them.
# Way to live with it: null as the default of what is new, and the value in the program; dict(tick, levels=list(tick["levels"])) before anything is appended; one test
#   that reads two records of the old schema with the new one.
# Versions: fastavro 1.13.1, avro 1.12.2, cavro 1.0.0 (the newest on PyPI), Python 3.11.7. Source: read_record in fastavro/_read_py.py. Nothing found about the
#   list.
#
# Output seen (two ticks of the old schema; 1.5 is appended to the levels of the first one when it has been read):
#                  fastavro        avro            cavro
#   levels of 1    []              []              []
#   levels of 2    [1.5]           []              [1.5]
#   price          "'y"            b"'y"           Decimal('101.05')
#   time           0               0               datetime
#   quote          {}              bid, ask        bid, ask
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fastavro==1.13.1 avro==1.12.2 cavro==1.0.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import io
import json
import sys

import avro.io
import avro.schema
import cavro
import fastavro

symbol = {"name": "symbol", "type": "string"}
old = {"type": "record", "name": "tick", "fields": [symbol]}
quote = {"type": "record", "name": "quote", "fields": [{"name": side, "type": "double", "default": 0.5} for side in ("bid", "ask")]}
fields = {
    "levels": {"type": {"type": "array", "items": "double"}, "default": []},
    "price": {"type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}, "default": "'y"},
    "time": {"type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 0},
    "quote": {"type": quote, "default": {}},
}


def new(name):
    return {"type": "record", "name": "tick", "fields": [symbol, {"name": name, **fields[name]}]}


def written():
    data = io.BytesIO()
    fastavro.schemaless_writer(data, fastavro.parse_schema(json.loads(json.dumps(old))), {"symbol": "AAPL"})
    return data.getvalue()


def by_fastavro(name):
    writer, reader = (fastavro.parse_schema(json.loads(json.dumps(schema))) for schema in (old, new(name)))
    return lambda: fastavro.schemaless_reader(io.BytesIO(written()), writer, reader)[name]


def by_avro(name):
    reader = avro.io.DatumReader(*(avro.schema.parse(json.dumps(schema)) for schema in (old, new(name))))
    return lambda: reader.read(avro.io.BinaryDecoder(io.BytesIO(written())))[name]


def by_cavro(name):
    reader = cavro.Schema(json.dumps(new(name))).reader_for_writer(cavro.Schema(json.dumps(old)))
    return lambda: getattr(reader.binary_decode(written()), name)


def text(value):
    if type(value).__name__ == "datetime":
        return "datetime"
    return "bid, ask" if hasattr(value, "bid") or value == {"bid": 0.5, "ask": 0.5} else repr(value)


columns = []
for by in (by_fastavro, by_avro, by_cavro):
    read = by("levels")
    first = read()
    column = [repr(first)]
    first.append(1.5)
    column.append(repr(read()))
    for name in ("price", "time", "quote"):
        try:
            column.append(text(by(name)()))
        except Exception:
            column.append("error")
    columns.append(column)
print(f"{'':14} {'fastavro':15} {'avro':15} cavro")
for name, *row in zip(("levels of 1", "levels of 2", "price", "time", "quote"), *columns):
    print(f"{name:14} {row[0]:15} {row[1]:15} {row[2]}")
right = columns == [
    ["[]", "[1.5]", '"\'y"', "0", "{}"],
    ["[]", "[]", 'b"\'y"', "0", "bid, ask"],
    ["[]", "[1.5]", "Decimal('101.05')", "datetime", "bid, ask"],
]
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 60 venv/bin/python probe.py

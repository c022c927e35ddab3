#!/usr/bin/env bash
# carquet: a decimal price of 100.1000 is read as the integer 1001000, or as six bytes, by who wrote the file; and pyarrow cannot open a file of decimals that carquet wrote.
#
# Expected: a Parquet reader and writer that hands over pyarrow tables gives back decimal128(12, 4), or refuses a type that it does not know, as it does with
#   durations. What carquet writes can be read by pyarrow, which it needs for its own tables.
# Seen: carquet 0.7.2 gives the stored form of a decimal column and drops its scale: int64 for files of DuckDB, Polars and pyarrow with store_decimal_as_integer, a
#   fixed_size_binary for those of pyarrow as it is by default. None of them raises. Written by carquet itself, decimals are right for DuckDB and Polars; pyarrow
#   refuses the whole file ("precision out of range: 0"), its other columns included, and carquet.validate() and info() have no objection.
# Why it matters: prices are decimals in what a recorder writes with DuckDB or Polars. One changes the reader for speed, and each price is ten thousand times too large; two
#   columns of other scales (price 4, size 8) are off by other factors, and a spread still looks plausible. As bytes -0.05 is greater than 100.10. And a day of
#   ticks that carquet has written is lost for pandas, Spark's pyarrow and all else that reads with pyarrow.
# Way to live with it: read decimals with pyarrow or DuckDB; before writing with carquet cast them to float64 or to integers with the scale in the name of the column. In
#   tests a table with a decimal column, there and back through each pair of programs, with types compared.
# Versions: carquet 0.7.2 (its C library of the wheel), pyarrow 26.0.1, duckdb 2.0.1, polars 2.1.0, Python 3.11. Source: read_table and write_table in carquet/__init__.py; the
#   types are made in the C library (carquet_reader_read_arrow). The README's "Limitations" name unions and encryption, not decimals. Nothing found about it.
#
# Output seen:
#   written by duckdb,                read by pyarrow:  100.1000 -0.0500
#   written by duckdb,                read by carquet:  1001000 -500
#   written by polars,                read by pyarrow:  100.1000 -0.0500
#   written by polars,                read by carquet:  1001000 -500
#   written by pyarrow,               read by pyarrow:  100.1000 -0.0500
#   written by pyarrow,               read by carquet:  0000000f4628 fffffffffe0c
#   written by pyarrow, as integers,  read by pyarrow:  100.1000 -0.0500
#   written by pyarrow, as integers,  read by carquet:  1001000 -500
#   written by carquet,               read by duckdb:   100.1000 -0.0500
#   written by carquet,               read by polars:   100.1000 -0.0500
#   written by carquet,               read by pyarrow:  refused: Decimal precision out of range [1, 38]: 0
#   written by carquet,               read by carquet:  0000000f4628 fffffffffe0c
#   carquet.validate(): no objection, 2 rows
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile carquet==0.7.2 pyarrow==26.0.1 duckdb==2.0.1 polars==2.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from decimal import Decimal

import carquet
import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

PRICES = [Decimal("100.1000"), Decimal("-0.0500")]
TABLE = pa.table({"price": pa.array(PRICES, pa.decimal128(12, 4))})


def by_duckdb(path):
    ticks = TABLE  # noqa: F841 (DuckDB reads it by its name)
    duckdb.sql(f"copy ticks to '{path}' (format parquet)")


WRITERS = {
    "duckdb": by_duckdb,
    "polars": lambda path: polars.from_arrow(TABLE).write_parquet(path),
    "pyarrow": lambda path: pq.write_table(TABLE, path),
    "pyarrow, as integers": lambda path: pq.write_table(TABLE, path, store_decimal_as_integer=True),
    "carquet": lambda path: carquet.write_table(TABLE, path),
}
READERS = {
    "duckdb": lambda path: [row[0] for row in duckdb.sql(f"select price from '{path}'").fetchall()],
    "polars": lambda path: polars.read_parquet(path)["price"].to_list(),
    "pyarrow": lambda path: pq.read_table(path)["price"].to_pylist(),
    "carquet": lambda path: carquet.read_table(path)["price"].to_pylist(),
}


def read(reader, path):
    try:
        values = READERS[reader](path)
    except pa.ArrowInvalid as error:
        return f"refused: {error}"
    return " ".join(str(value) if isinstance(value, (int, Decimal)) else value.hex() for value in values)


seen = {}
for writer, write in WRITERS.items():
    path = f"{writer.replace(', ', '-').replace(' ', '-')}.parquet"
    write(path)
    for reader in READERS if writer == "carquet" else ["pyarrow", "carquet"]:
        seen[writer, reader] = read(reader, path)
        print(f"written by {writer + ', ':<22} read by {reader + ':':<9} {seen[writer, reader]}")
carquet.validate("carquet.parquet")
print(f"carquet.validate(): no objection, {carquet.info('carquet.parquet').num_rows} rows")

right, integers, raw = "100.1000 -0.0500", "1001000 -500", "0000000f4628 fffffffffe0c"
expected = {(writer, "pyarrow"): right for writer in WRITERS} | {(writer, "carquet"): integers for writer in WRITERS}
expected |= {("pyarrow", "carquet"): raw, ("carquet", "carquet"): raw, ("carquet", "duckdb"): right, ("carquet", "polars"): right}
expected["carquet", "pyarrow"] = "refused: Decimal precision out of range [1, 38]: 0"
if seen != expected:
    sys.exit("not as described any more")
PROBE
timeout 90 venv/bin/python -W ignore probe.py

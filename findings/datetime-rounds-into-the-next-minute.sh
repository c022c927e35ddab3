#!/usr/bin/env bash
# msgspec reads 23:59:59.9999999Z as the next day; nearly everything else reads 23:59:59.999999.
#
# Expected: digits beyond the microsecond are cut off, as datetime.fromisoformat() does.
# Seen: msgspec 0.22.0 and arrow 1.4.0 round to the nearest microsecond and carry: through the
#   second, the minute and the day. fromisoformat, pydantic 2.14, ciso8601, pandas' to_pydatetime
#   and polars cut off. In MessagePack the same: a timestamp with 999,999,999 ns is the next second
#   to msgspec, and the old one to msgpack 1.2.4.
# Why it matters: exchanges stamp with nanoseconds, .NET with seven digits. The last tick of a bar
#   moves into the next one in one process only, so that candles of two services differ, the last
#   tick of a session carries tomorrow's date, and a latency of 0 becomes negative.
# Way to live with it: take the text or the integer of nanoseconds for order and for bars;
#   ask in the contract for six digits; compare bars with a microsecond of grace.
# Versions: msgspec 0.22.0, arrow 1.4.0, pydantic 2.14.4, ciso8601 2.4.1, pandas 3.1.1, polars 2.1.0,
#   msgpack 1.2.4, Python 3.11. arrow documents that it rounds; no rule found for msgspec.
#
# Output seen:
#   fromisoformat    2026-11-02T23:59:59.999999+00:00
#   pydantic         2026-11-02T23:59:59.999999+00:00
#   ciso8601         2026-11-02T23:59:59.999999+00:00
#   pandas           2026-11-02T23:59:59.999999+00:00
#   polars           2026-11-02T23:59:59.999999+00:00
#   arrow            2026-11-03T00:00:00+00:00
#   msgspec JSON     2026-11-03T00:00:00+00:00
#   msgpack          2026-11-02T23:59:59.999999+00:00
#   msgspec MsgPack  2026-11-03T00:00:00+00:00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check msgspec==0.22.0 msgpack==1.2.4 \
    pydantic==2.14.4 ciso8601==2.4.1 pandas==3.1.1 polars==2.1.0 arrow==1.4.0

cat > read.py <<'READ'
from datetime import datetime

import arrow
import ciso8601
import msgpack
import msgspec
import pandas
import polars
from pydantic import TypeAdapter

TEXT = "2026-11-02T23:59:59.9999999Z"
SECONDS = int(datetime.fromisoformat("2026-11-02T23:59:59+00:00").timestamp())
PACKED = msgpack.packb(msgpack.Timestamp(SECONDS, 999_999_900))
seen = {
    "fromisoformat": datetime.fromisoformat(TEXT),
    "pydantic": TypeAdapter(datetime).validate_json(f'"{TEXT}"'),
    "ciso8601": ciso8601.parse_datetime(TEXT),
    "pandas": pandas.Timestamp(TEXT).to_pydatetime(warn=False),
    "polars": polars.Series([TEXT]).str.to_datetime(time_zone="UTC")[0],
    "arrow": arrow.get(TEXT).datetime,
    "msgspec JSON": msgspec.json.decode(f'"{TEXT}"', type=datetime),
    "msgpack": msgpack.unpackb(PACKED, timestamp=3),
    "msgspec MsgPack": msgspec.msgpack.decode(PACKED, type=datetime),
}
for name, read in seen.items():
    print(f"{name:16} {read.isoformat()}")
carried = {name for name, read in seen.items() if read.day == 3}
assert carried == {"arrow", "msgspec JSON", "msgspec MsgPack"}, carried
READ
venv/bin/python read.py

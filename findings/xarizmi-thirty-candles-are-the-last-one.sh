#!/usr/bin/env bash
# xarizmi: thirty one-minute candles are written to the database, and one is in it, the last: a candle is known by its symbol and its interval, not by its time.
#
# One would expect: upsert_candlestick changes the candle of the same symbol, interval and datetime, or adds it. The field interval is "interval in seconds", says the model, and
#   may be left out.
# What happens: the candle to be changed is looked for by symbol, interval type and interval; its datetime is one of the columns that are written over. The unique constraint of
#   the table has the same three columns. With interval=60, or without it, there is one row for each symbol and interval type, and each candle takes the place of
#   the one before. It works only if the start of the candle is put into interval: the package's own example has a number of milliseconds of 2024 there.
# Why it matters: nothing is raised, each call commits, and what is read back is a valid chart with the newest price: a check of "the last candle is stored" is green. What is gone is
#   the history, and the loader of exported candles in the package's admin tools goes the same way.
# Live with it: int(datetime.timestamp() * 1000) as interval, as in the example, for every candle; or a table of your own with the datetime in its key. In tests write two
#   candles and count.
# Versions: xarizmi 0.18.0 (the newest on PyPI), SQLAlchemy 2.0.49, pydantic 2.7.0, SQLite in memory (the package's own is PostgreSQL), Python 3.11.7. Source:
#   db/actions/candlestick/candlestick.py and db/models/candlestick.py.
# Documented: the comment "interval in seconds" at the model and the example as above; nothing found about it elsewhere.
#
# Seen ("30 candles of 9:30 to 9:59, written one after the other; how many get_filtered_candlesticks reads, and from when to when"):
#   interval left out              1  9:59-9:59
#   interval=60                    1  9:59-9:59
#   interval=start in ms          30  9:30-9:59
#   interval=60, then 9:30 again   1  9:30-9:30
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
export HOME=$work
python3 -m venv venv
pip() { venv/bin/pip install -qq --disable-pip-version-check --no-compile "$@" >pip.log 2>&1 || { cat pip.log; exit 1; }; }
pip pydantic==2.7.0 sqlalchemy==2.0.49 alembic==1.20.1 psycopg2-binary==2.9.13 numpy==1.26.4 pandas==2.3.3 mplfinance==0.12.10b0 six==1.17.0 scipy==1.17.1
pip --no-deps xarizmi==0.18.0

cat > probe.py <<'PROBE'
from datetime import datetime, timedelta

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from xarizmi.candlestick import Candlestick
from xarizmi.db.actions.candlestick import get_filtered_candlesticks, upsert_candlestick
from xarizmi.db.actions.symbol import get_symbol, upsert_symbol
from xarizmi.db.models import Exchange
from xarizmi.db.models.base import Base
from xarizmi.enums import IntervalTypeEnum
from xarizmi.models.symbol import Symbol

start = datetime(2026, 11, 27, 9, 30)
symbol = Symbol.build(base_currency="BTC", quote_currency="EUR", fee_currency="EUR", exchange="KRAKEN")


def show(title, interval, again=False):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Exchange(name="KRAKEN"))
        session.commit()
        upsert_symbol(symbol, session)
        session.commit()
        number = get_symbol(symbol, session).id
        for minute in [*range(30), *([0] if again else [])]:
            time, price = start + timedelta(minutes=minute), 100 + minute
            candle = Candlestick(symbol=symbol, open=price, close=price, high=price, low=price, volume=1, datetime=time,
                                 interval=interval(time), interval_type=IntervalTypeEnum.MIN_1)
            upsert_candlestick(candle, number, session)
        candles = get_filtered_candlesticks(session, symbol=symbol, filter_by_interval_type=IntervalTypeEnum.MIN_1).candles
    times = sorted(candle.datetime for candle in candles)
    print(f"{title:<28}  {len(times):>2}  {times[0]:%-H:%M}-{times[-1]:%-H:%M}")


show("interval left out", lambda time: None)
show("interval=60", lambda time: 60)
show("interval=start in ms", lambda time: int(time.timestamp() * 1000))
show("interval=60, then 9:30 again", lambda time: 60, again=True)
PROBE
venv/bin/python -W ignore probe.py | tee seen
cat > want <<'WANT'
interval left out              1  9:59-9:59
interval=60                    1  9:59-9:59
interval=start in ms          30  9:30-9:59
interval=60, then 9:30 again   1  9:30-9:30
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }

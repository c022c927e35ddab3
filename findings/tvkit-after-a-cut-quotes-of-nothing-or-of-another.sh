#!/usr/bin/env bash
# tvkit: after a cut the bars come back, the quotes do not, or the client asks for the symbol that it streamed before; and ten bars are nine.
#
# Expected: "automatic reconnection, transient disconnects recovered transparently" for each stream; StreamConnectionError when it is given up; "fetch the
#   most recent N bars" gives N bars; one client streams and fetches history.
# Seen: tvkit 0.18.0 restores what get_ohlcv() or get_historical_ohlcv() asked for last, and only that. get_latest_trade_info() leaves no note: after a cut
#   it connects again, sends not one message and waits for ever; when the client streamed BINANCE:BTCUSDT earlier, it asks for that chart
#   in place of the quotes. A reader that is 1000 messages behind never hears of the cut: the mark of the end does not fit into the full queue and is
#   thrown away, the state stays "streaming". The count mode adds up lines: an update of the newest bar during loading counts as a bar (the oldest
#   is missing, the newest is there twice), and a cut while loading starts the list again behind the old one. History on the same client
#   closes the connection of the running stream, whose loop ends as if all had been said.
# Why it matters: quotes stand still without an exception, or frames of another market arrive where quotes were ordered; an average over ten bars has the
#   newest one twice, with two closes.
# Way to live with it: one client for each stream and another for history; a limit for the silence of get_latest_trade_info(), and a new client then; a fast
#   reader that only puts away; bars by their timestamp (the last one wins), and a count of different timestamps in the test.
# Versions: tvkit 0.18.0 (the newest on PyPI), websockets 17.4, Python 3.11.7. Nothing found about it.
#
# Output seen:
#                                                      expected              tvkit
#   bars, cut with 1012                                asked again           asked again
#   quotes of two symbols, cut with 1012               asked again           nothing asked, silent
#   the same, BINANCE:BTCUSDT streamed before          asked again           chart of BINANCE:BTCUSDT
#   1500 updates, a slow reader, cut: connections      2                     1, streaming
#   ten bars, the newest updated meanwhile             10, 10 different      10, 9 different
#   ten bars, cut after six                            10, 10 different      16, 10 different
#   history asked while a stream runs                  the stream goes on    its loop ends
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tvkit==0.18.0 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import logging
import re
import sys

import tvkit.api.chart.ohlcv as chart
from websockets.asyncio.server import serve

logging.disable(logging.CRITICAL)
START = 1767225600
LAST = {"bar_close_time": START + 9999}
DONE = {"m": "series_completed", "p": ["cs_a", "sds_1", "streaming", "s1"]}


async def known(*_):  # the check of a symbol is a request to the website
    return True


chart.validate_symbols = known


def bar(number, close=100):
    return {"i": number, "v": [START + 60 * number, 100, 200, 90, close, 5]}


def loaded(*bars):
    return {"m": "timescale_update", "p": ["cs_a", {"sds_1": {"node": "n", "s": bars, "ns": {"d": "", "indexes": []}, "t": "s1", "lbs": LAST}}]}


def update(*bars):
    return {"m": "du", "p": ["cs_a", {"sds_1": {"s": bars, "ns": {"d": "", "indexes": "nochange"}, "t": "s1", "lbs": LAST}}]}


class Venue:
    def __init__(self, answer):
        self.answer, self.asked = answer, []

    async def talk(self, line):
        mine = []
        self.asked.append(mine)
        with contextlib.suppress(Exception):
            async for message in line:
                for text in filter(None, re.split(r"~m~\d+~m~", message)):
                    request = json.loads(text)
                    mine.append(request)
                    await self.answer(len(self.asked), line, request)

    async def __aenter__(self):
        self.server = await serve(self.talk, "127.0.0.1", 0)
        client = chart.OHLCV(base_backoff=0.2)
        client.ws_url = f"ws://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self, client

    async def __aexit__(self, *_):
        self.server.close()


async def send(line, *items):
    await line.send("".join(f"~m~{len(text)}~m~{text}" for text in map(json.dumps, items)))


async def read(stream, number, seconds):
    got = []

    async def loop():
        async for item in stream:
            got.append(item)
            if len(got) == number:
                return "enough"
        return "its loop ends"

    try:
        return await asyncio.wait_for(loop(), seconds), got
    except TimeoutError:
        return "silent", got


async def bars():
    async def answer(connection, line, request):
        if request["m"] == "create_series":
            await send(line, loaded(bar(0)), DONE)
            if connection == 1:
                await line.close(1012)

    async with Venue(answer) as (_, client):
        end, _ = await read(client.get_ohlcv("BINANCE:BTCUSDT"), 2, 5)
        return "asked again" if end == "enough" else end


async def quotes(before):
    cut = []

    async def answer(_, line, request):
        if request["m"] == "create_series":
            await send(line, loaded(bar(0)), DONE)
        if request["m"] == "quote_fast_symbols" and len(request["p"]) == 3:
            await send(line, {"m": "qsd", "p": ["qs_a", {"n": "NASDAQ:AAPL", "s": "ok", "v": {"lp": 200.5}}]})
            if not cut:
                cut.append(1)
                await line.close(1012)

    async with Venue(answer) as (venue, client):
        if before:
            await read(client.get_ohlcv("BINANCE:BTCUSDT"), 1, 5)
        end, _ = await read(client.get_latest_trade_info(["NASDAQ:AAPL", "NASDAQ:MSFT"]), 4, 4)
        asked = venue.asked[-1]
        charts = [json.loads(request["p"][2][1:])["symbol"] for request in asked if request["m"] == "resolve_symbol"]
        if len(venue.asked) != 2 + before or end != "silent":
            return end
        return f"chart of {charts[0]}" if charts else "asked again" if asked else "nothing asked, silent"


async def slow():
    async def answer(connection, line, request):
        if request["m"] == "create_series":
            await send(line, loaded(bar(0)), DONE)
            for number in range(1500 if connection == 1 else 0):
                await send(line, update(bar(0, 100 + number / 1000)))
            if connection == 1:
                await line.close(1012)

    async def reader(client):
        async for _ in client.get_ohlcv("BINANCE:BTCUSDT"):
            await asyncio.sleep(0.001)

    async with Venue(answer) as (venue, client):
        task = asyncio.create_task(reader(client))
        await asyncio.sleep(10)
        seen = f"{len(venue.asked)}, {client.connection_service._state.value}"
        task.cancel()
        return seen if seen.startswith("1") else seen[0]


async def history(cut):
    async def answer(connection, line, request):
        if request["m"] == "create_series" and not cut:
            await send(line, loaded(*map(bar, range(4, 10))))
            await send(line, update(bar(9, 150)), DONE)
        if request["m"] == "request_more_data":
            await send(line, loaded(*map(bar, range(4 - request["p"][2], 4))), DONE)
        if request["m"] == "create_series" and cut:
            await send(line, loaded(*map(bar, range(6 if connection == 1 else 10))))
            await (line.close(1012) if connection == 1 else send(line, DONE))

    async with Venue(answer) as (_, client):
        got = await client.get_historical_ohlcv("BINANCE:BTCUSDT", bars_count=10)
        return f"{len(got)}, {len({one.timestamp for one in got})} different"


async def both():
    async def answer(_, line, request):
        if request["m"] == "create_series":
            await send(line, loaded(*map(bar, range(request["p"][5]))), DONE)
            for number in range(8):
                await asyncio.sleep(0.2)
                await send(line, update(bar(9, 120 + number)))

    async with Venue(answer) as (_, client):
        stream = asyncio.create_task(read(client.get_ohlcv("BINANCE:BTCUSDT"), 17, 5))
        await asyncio.sleep(0.7)
        await client.get_historical_ohlcv("BINANCE:ETHUSDT", bars_count=2)
        end, _ = await stream
        return "the stream goes on" if end == "enough" else end


async def main():
    rows = [
        ("bars, cut with 1012", "asked again", await bars()),
        ("quotes of two symbols, cut with 1012", "asked again", await quotes(False)),
        ("the same, BINANCE:BTCUSDT streamed before", "asked again", await quotes(True)),
        ("1500 updates, a slow reader, cut: connections", "2", await slow()),
        ("ten bars, the newest updated meanwhile", "10, 10 different", await history(False)),
        ("ten bars, cut after six", "10, 10 different", await history(True)),
        ("history asked while a stream runs", "the stream goes on", await both()),
    ]
    print(" " * 50, "expected              tvkit")
    for name, expected, seen in rows:
        print(name.ljust(50), expected.ljust(21), seen)
    described = [
        "asked again", "nothing asked, silent", "chart of BINANCE:BTCUSDT", "1, streaming", "10, 9 different", "16, 10 different", "its loop ends",
    ]
    if [seen for *_, seen in rows] != described:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 80 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }

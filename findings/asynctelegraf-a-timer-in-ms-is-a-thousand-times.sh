#!/usr/bin/env bash
# asynctelegraf: with the README's use_ms=True an order of 200 ms took 200 seconds; with tags the order is placed and the call raises; the tags of all metrics are on those with tags of their own only.
#
# Expected: README: @telegraf.timed('magic.time', use_ms=True) around a coroutine. The timer is told in milliseconds, as the protocol says; tags go with it; a timer never breaks what it measures.
#   global_tags are on all metrics.
# Seen: asynctelegraf 1.0.1 makes milliseconds of the time and hands them on as seconds, which are then made milliseconds again. tags and rate change places on the way, so that with tags the rate is
#   a dict: TypeError, raised when the function has done its work, and its result is lost. global_tags are written only if the call gives tags, too.
# Why it matters: the dashboard says minutes for what took milliseconds, or all limits were set to that. Who adds a tag with the exchange gets an order that was placed and looks refused; what sends
#   again on errors sends it twice. Ticks of all exchanges are in one series where only the global tag tells them apart. Without use_ms and without tags all is right.
# Way to live with it: timed(name) with neither, or telegraf.timing(name, seconds, tags=...) in a finally of one's own; tags on each call. In tests a timer with tags around a function with a result,
#   and the number that the server gets.
# Versions: asynctelegraf 1.0.1 (PyPI, the newest), Python 3.11. Source: TimedContextManagerDecorator._send and TelegrafClient._push_metric in asynctelegraf/client.py. Nothing found about it.
#
# Output seen (an order of 200 ms that returns "filled"):
#   timed("order")                              filled, 200 or somewhat more in order:…|ms
#   timed("order", use_ms=True)                 filled, 200000 or somewhat more in order:…|ms
#   timed("order", tags={"exchange": "x"})      TypeError, orders placed: 1, nothing sent
#   incr("ticks") with global_tags              ticks:1|c
#   incr("ticks", tags={"symbol": "BTC"})       ticks:1|c|#exchange:x,symbol:BTC
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check asynctelegraf==1.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import sys

from asynctelegraf import TelegrafClient


async def main():
    sent = asyncio.Queue()

    class Server(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            sent.put_nowait(data.decode())

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    placed = []

    async def order():
        placed.append("order")
        await asyncio.sleep(0.2)
        return "filled"

    async def line():
        try:
            return await asyncio.wait_for(sent.get(), 1)
        except asyncio.TimeoutError:
            return None

    seen = []
    async with TelegrafClient(port=transport.get_extra_info("sockname")[1], global_tags={"exchange": "x"}) as telegraf:
        for name, options in (
            ('timed("order")', {}),
            ('timed("order", use_ms=True)', {"use_ms": True}),
            ('timed("order", tags={"exchange": "x"})', {"tags": {"exchange": "x"}}),
        ):
            placed.clear()
            try:
                text = await telegraf.timed("order", **options)(order)()
                value = float((await line()).split(":")[1].split("|")[0])
                unit = 1 if value < 10000 else 1000
                text += f", {200 * unit} or somewhat more in order:…|ms" if 190 * unit <= value <= 1000 * unit else f", {value}"
            except TypeError:
                text = f"TypeError, orders placed: {len(placed)}, {await line() or 'nothing'} sent"
            seen.append((name, text))
        telegraf.incr("ticks")
        seen.append(('incr("ticks") with global_tags', await line()))
        telegraf.incr("ticks", tags={"symbol": "BTC"})
        seen.append(('incr("ticks", tags={"symbol": "BTC"})', await line()))
    for name, text in seen:
        print(f"{name:43} {text}")
    if [text for _, text in seen] != [
        "filled, 200 or somewhat more in order:…|ms",
        "filled, 200000 or somewhat more in order:…|ms",
        "TypeError, orders placed: 1, nothing sent",
        "ticks:1|c",
        "ticks:1|c|#exchange:x,symbol:BTC",
    ]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py

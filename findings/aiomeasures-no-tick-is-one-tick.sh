#!/usr/bin/env bash
# aiomeasures: a second without a tick counts one, three taken back count three more, and its timer says 0 ms for every coroutine.
#
# Expected: incr(name, 0) adds nothing, as in the protocol ("ticks:0|c"); a negative value takes away, or is refused. A decorator of a library for asyncio measures what the coroutine takes.
# Seen: incr of aiomeasures 0.5.14 sends the absolute value of `value or 1`: 0 becomes 1, -3 becomes 3; decr sends -1 for 0. counter() sends what it is given. @client.timer(name) stops its clock
#   when the coroutine function has returned its coroutine, before anything of it has run: 0 ms, at each call. As a context manager it measures right.
# Why it matters: a loop that reports each second how many ticks it got shows at least one a second for each dead feed: "no tick for a minute" never fires. The latency of placing an order is 0 on
#   the dashboard, at the worst of times too. Tests that count something greater than 0 and time a plain function pass.
# Way to live with it: counter() for all counts; `with client.timer(name):` inside the coroutine. In tests a count of 0, and a coroutine that sleeps.
# Versions: python3-aiomeasures 0.5.14-5 (Debian 12; the name on PyPI is an empty package of somebody else), Python 3.11. Source: incr and decr of Client and Timer.__call__ in
#   aiomeasures/clients/bases.py; the same lines are in asynciomeasures 1.0.0 (PyPI), which goes on from it. Nothing found about it.
#
# Output seen:
#   incr("ticks", 5)                              ticks:5|c
#   incr("ticks", 0)                              ticks:1|c
#   incr("ticks", -3)                             ticks:3|c
#   decr("ticks", 0)                              ticks:-1|c
#   counter("ticks", 0)                           ticks:0|c
#   @timer("order") on a coroutine of 300 ms      order:0|ms
#   with timer("order") around the same           250 ms or more: True
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for python3-aiomeasures 0.5.14" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq python3-aiomeasures=0.5.14-5 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x python3-aiomeasures_*.deb .

cat > probe.py <<'PROBE'
import asyncio
import sys

from aiomeasures import StatsD


async def main():
    sent = asyncio.Queue()

    class Server(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            for line in data.decode().splitlines():
                sent.put_nowait(line)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    client = StatsD(f"udp://127.0.0.1:{transport.get_extra_info('sockname')[1]}")

    async def order():
        await asyncio.sleep(0.3)

    async def timed():
        with client.timer("order"):
            await order()

    seen = []
    for name, call in (
        ('incr("ticks", 5)', lambda: client.incr("ticks", 5)),
        ('incr("ticks", 0)', lambda: client.incr("ticks", 0)),
        ('incr("ticks", -3)', lambda: client.incr("ticks", -3)),
        ('decr("ticks", 0)', lambda: client.decr("ticks", 0)),
        ('counter("ticks", 0)', lambda: client.counter("ticks", 0)),
        ('@timer("order") on a coroutine of 300 ms', client.timer("order")(order)),
        ('with timer("order") around the same', timed),
    ):
        result = call()
        if asyncio.iscoroutine(result):
            await result
        line = await asyncio.wait_for(sent.get(), 10)
        if call is timed:
            line = f"250 ms or more: {int(line.split(':')[1].split('|')[0]) >= 250}"
        print(f"{name:45} {line}")
        seen.append(line)
    if seen != ["ticks:5|c", "ticks:1|c", "ticks:3|c", "ticks:-1|c", "ticks:0|c", "order:0|ms", "250 ms or more: True"]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
PYTHONPATH=usr/lib/python3/dist-packages timeout 60 python3 -W ignore probe.py

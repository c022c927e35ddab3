"""Services that are several processes, or whose counts tell something else: one mistake each.

`Kind` is served in this process; with `as_stray` behind a launcher, by a process that has left its
family; with `as_two` by two processes behind one port; with `as_elsewhere` by a process that has
left the family, while the launcher keeps the port.
"""

import asyncio
import os
import socket
import sys
import time
from typing import Any

import tests.services.scripted as scripted
from tests.services.scripted import KeepsMemory, Ticker, as_process

LINGERS_S = 0.3


class Constant(Ticker):
    """Always tells the same."""

    def statistics(self):
        return {"active_connections": 7, "total_subscriptions": 7}


class CountsSessionsOnly(Ticker):
    """Tells who is there, and always the same of what they hold."""

    def statistics(self):
        return {**super().statistics(), "total_subscriptions": 7}


class Stale(Ticker):
    """Tells what was so up to ten seconds ago."""

    told_at = 0.0

    def statistics(self):
        if time.monotonic() - self.told_at > 10:  # since the machine began, at first
            self.told, self.told_at = super().statistics(), time.monotonic()
        return self.told


class Lingers(Ticker):
    """Closes a line a while after it has stopped counting the client on it."""

    def __init__(self):
        super().__init__()
        self.lines: dict[str, int] = {}

    async def welcome(self, client):
        line = client.connection.transport.get_extra_info("socket")
        self.lines[client.session] = os.dup(line.fileno())
        await super().welcome(client)

    async def left(self, client):
        await super().left(client)
        asyncio.get_running_loop().call_later(LINGERS_S, os.close, self.lines.pop(client.session))


class LingersWithAnswers(Ticker):
    """Closes a line over which its statistics were read a while after that."""

    busy_from, lingers_s = 1000, LINGERS_S

    def request(self, connection, request):
        if "stats" in request.path and len(self.clients) < self.busy_from:
            held = os.dup(connection.transport.get_extra_info("socket").fileno())
            asyncio.get_running_loop().call_later(self.lingers_s, os.close, held)
        return super().request(connection, request)


class LingersWithFirstAnswers(LingersWithAnswers):
    """Does so while nobody but Alice is there, and is slow to welcome others."""

    busy_from, lingers_s = 2, 3 * LINGERS_S

    async def welcome(self, client):
        await asyncio.sleep(4 * LINGERS_S if len(self.clients) > 1 else 0)
        await super().welcome(client)


def as_stray():
    """Go on in a process that is no descendant of this one, which waits until it has ended."""
    line, held = os.pipe()
    if (between := os.fork()) == 0:
        if os.fork() == 0:
            os.close(line)
            return
        os._exit(0)
    os.waitpid(between, 0)
    os.close(held)
    os.read(line, 1)
    os._exit(0)


def listen():
    """Listen now, and serve on that socket: who is forked from now on shares it."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=100)
    serve = vars(scripted)["serve"]
    named: dict[str, Any] = {"sock": listening}
    vars(scripted)["serve"] = lambda handler, _host, _port, **more: serve(handler, **named, **more)
    return listening


def as_two():
    """Go on in two processes that share one listening socket; the first to serve tells the port."""
    listen()
    os.fork()


def as_elsewhere():
    """Listen, and let a process that is no descendant of this one take the clients."""
    listen()
    as_stray()


if __name__ == "__main__":
    kind, *how = sys.argv[1].split("-")
    for each in how:
        {"stray": as_stray, "two": as_two, "elsewhere": as_elsewhere}[each]()
    known = [Constant, CountsSessionsOnly, Stale, Lingers, KeepsMemory, Ticker]
    lingering = [LingersWithAnswers, LingersWithFirstAnswers]
    served = {each.__name__: each for each in [*known, *lingering]}[kind]
    asyncio.run(as_process(served()))

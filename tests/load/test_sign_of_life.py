"""A process that is busy for seconds is no lost one; one that gives no sign of life is."""

import asyncio
import os
import socket
import time
from contextlib import closing

import pytest

from qaws.load.cluster import controller, wire
from qaws.load.cluster.controller import Controller
from qaws.load.cluster.engine import LocalProcesses
from qaws.load.cluster.pulse import pulse
from tests.waiting import HANG_S

pytestmark = pytest.mark.usefixtures("load_forks")

BUSY_S = 3.0


def busy(call, alive):
    """Call in, be busy for a while without a turn of the event loop, then say one word."""

    async def serve():
        _, writer = await asyncio.open_connection(call.host, call.port)
        writer.write(
            wire.packed(wire.Hello(call.secret, call.name, os.getpid(), socket.gethostname()))
        )
        await asyncio.sleep(0.1)
        until = time.monotonic() + BUSY_S
        while time.monotonic() < until:
            sum(range(1000))
        writer.write(wire.packed(wire.Complete()))
        await writer.drain()

    if not alive:
        asyncio.run(serve())
        return
    with pulse(call):
        asyncio.run(serve())


async def _end_of(engine, alive):
    """Have such a process started; wait for its word."""
    children = Controller()
    await children.listen("127.0.0.1")
    try:
        child = await children.call("it", lambda call: engine.submit(busy, call, alive), HANG_S)
        await child.expect(wire.Complete, HANG_S)
    finally:
        await children.close()


def test_a_busy_process_is_awaited(tmp_path, monkeypatch):
    monkeypatch.setattr(controller, "SILENT_S", BUSY_S / 2)
    with closing(LocalProcesses(tmp_path)) as engine:
        asyncio.run(_end_of(engine, True))


def test_a_process_without_a_sign_of_life_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(controller, "SILENT_S", BUSY_S / 6)
    with (
        closing(LocalProcesses(tmp_path)) as engine,
        pytest.raises(controller.Lost, match=r"it \(process \d+ on .*\) has been silent for"),
    ):
        asyncio.run(_end_of(engine, False))

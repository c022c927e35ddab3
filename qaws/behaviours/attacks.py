"""Hostile clients and what they play: the attacks of QA-WS-024.

Every function takes the testbed first and runs on its loop thread. Each hostile client has a
connection of its own, all at the same time, and plays one input of an attack
(`qaws.clients.attack_inputs`).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from qaws.behaviours import lifecycle
from qaws.behaviours.load import service_and_broker
from qaws.clients.address import credentials
from qaws.clients.attack_inputs import Flood, Handshake, HoldOpen, Input, inputs, rounds
from qaws.clients.raw_connection import RawConnection, excerpt
from qaws.measure.cpu_wait import CpuWait
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

FLOOD_S = 3.0
"""How long a flood goes on at most: three times what the service may take to notice."""

PORTION = 64 * 1024
"""Bytes of a long handshake that are written at a time."""

SHOWN = 300
"""Characters of a handshake that the transcript shows; {path}, {host} and {token} stand in them."""

DROP_S = 0.1
"""How often a stalled handshake sends its next drop."""

MEMORY_S = 0.2
"""How often the service's memory is looked at during an attack."""

FEWEST_TICKS = 25
"""Ticks that are published from the begin of an attack at least: a percentile wants some."""


@dataclass(slots=True)
class Attack:
    """One attack: who played what, when, and what it cost the service.

    `waiting` watches how long service and broker wait for a CPU.
    """

    attack: str
    began_ns: int
    waiting: CpuWait
    attackers: list[tuple[str, RawConnection]] = field(default_factory=list)
    memory_peak: int = 0


ATTACK = Key[Attack]("no hostile client has come yet")


async def attack(testbed: Testbed, name: str, count: int) -> None:
    """Let hostile clients play the first `count` inputs of an attack, all at once.

    Raises:
        Broken: there is no such attack, or it has not so many inputs.
    """
    playing = await asyncio.to_thread(inputs, name, count)
    tokens = await testbed.tokens.for_clients(len(playing))
    waiting = CpuWait(service_and_broker(testbed))
    testbed.scenario.on_end.append(waiting.close)
    attack = testbed.scenario.stash[ATTACK] = Attack(name, time.monotonic_ns(), waiting)
    for number, what in enumerate(playing, 1):
        connection = RawConnection(f"hostile client {number}", testbed.dialect, testbed.contract)
        testbed.scenario.connections.all.append(connection)
        attack.attackers.append((what, connection))
    watch = asyncio.create_task(_watch_memory(testbed, attack))
    try:
        await asyncio.gather(
            *(
                _play(testbed, client, playing[what], token)
                for (what, client), token in zip(attack.attackers, tokens, strict=True)
            )
        )
        await _until_ticks_came(testbed, attack)
    finally:
        watch.cancel()
    await _note_memory(testbed, attack)


async def _play(testbed: Testbed, client: RawConnection, what: Input, token: str) -> None:
    auth = testbed.target.auth
    url, headers = credentials(
        testbed.service.url, token, auth.token_locations[0], auth.query_parameter
    )
    client.stays = isinstance(what, HoldOpen | Handshake)
    if isinstance(what, Handshake):
        await _shake(testbed, client, what, token)
        return
    await client.connect(url, headers.items())
    await client.wait_for(lifecycle.is_kind(testbed, "welcome"), None, testbed.grace_s)
    if isinstance(what, Flood):
        await _flood(client, what)
        return
    for data in what.frames:
        client.write(data)


async def _flood(client: RawConnection, flood: Flood) -> None:
    began, sent = time.monotonic(), 0
    client.write(b"", f"{flood.per_second:,} per second of: {excerpt(flood.frames[0])}")
    for data in rounds(flood):
        if client.ending or client.is_over or time.monotonic() - began > FLOOD_S:
            break
        client.pour(data)
        sent += flood.at_once
        ahead = began + sent / flood.per_second - time.monotonic()
        await asyncio.sleep(max(0.0, ahead))
    client.write(b"", f"{sent:,} were sent in {time.monotonic() - began:.2f} s")


async def _shake(testbed: Testbed, client: RawConnection, shake: Handshake, token: str) -> None:
    await client.dial(testbed.service.url)
    target = urlsplit(testbed.service.url)
    opening, more = shake.opening[:SHOWN], len(shake.opening) > SHOWN
    places = {"path": target.path, "host": target.netloc}
    shown = opening.format(**places, token="…")
    client.write(b"", (f"{shown}… ({len(shake.opening):,} bytes)" if more else shown) or "nothing")
    client.pour(opening.format(**places, token=token).encode("latin-1"))
    for start in range(SHOWN, len(shake.opening), PORTION):
        await asyncio.sleep(0)  # those who watch are not to wait for megabytes
        client.pour(shake.opening[start : start + PORTION].encode("latin-1"))
    if shake.drop:
        client.write(b"", f"and every {DROP_S * 1e3:.0f} ms: {shake.drop!r}")
        dripping = asyncio.get_running_loop().create_task(_drip(client, shake.drop.encode()))
        testbed.scenario.background.append(dripping)


async def _drip(client: RawConnection, drop: bytes) -> None:
    while not client.is_over:
        client.pour(drop)
        await asyncio.sleep(DROP_S)


async def _until_ticks_came(testbed: Testbed, attack: Attack) -> None:
    """Wait until enough ticks have been published to those who watch."""
    deadline = time.monotonic() + testbed.grace_s
    while sum(1 for t in testbed.ledger.ticks if t.due_ns >= attack.began_ns) < FEWEST_TICKS:
        if time.monotonic() > deadline:
            raise Broken('no ticks flow: begin with clients of a symbol "which ticks every 20 ms"')
        await asyncio.sleep(0.01)


async def _watch_memory(testbed: Testbed, attack: Attack) -> None:
    while True:
        await _note_memory(testbed, attack)
        await asyncio.sleep(MEMORY_S)


async def _note_memory(testbed: Testbed, attack: Attack) -> None:
    if "observe" in testbed.target.capabilities:
        now = await asyncio.to_thread(testbed.service.memory_bytes)
        attack.memory_peak = max(attack.memory_peak, now)


async def leave(testbed: Testbed) -> None:
    """Let all hostile clients close their connections."""
    await asyncio.gather(*(c.close() for _, c in testbed.scenario.stash[ATTACK].attackers))

"""Hostile clients and those who must not notice them: the sentences of QA-WS-024.

Every function takes the world first and runs on its loop thread. Each hostile client has a
connection of its own, all at the same time, and plays one input of an attack (`qaws.hostile`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np

from qaws import actions, footprint
from qaws.connections import credentials
from qaws.hostile import Floods, Input, Shakes, Stays, inputs, rounds
from qaws.load import service_and_broker
from qaws.measure.waiting import CpuWait
from qaws.oracle import Published
from qaws.rawclient import RawConnection, excerpt
from qaws.service import MIB
from qaws.verdict import Broken
from qaws.world import World

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

INTERNALS = re.compile(r'Traceback|File "|\.py\b|\bline \d|0x[0-9a-f]{6}|[A-Z]\w{0,40}Error\b')
"""What an error must not tell an attacker: how the service is made."""

LONGEST_ERROR = 500
"""Characters of an error: what was sent is not to be sent back."""


@dataclass(slots=True)
class Siege:
    """One attack: who played what, when, and what it cost the service.

    `waiting` watches how long service and broker wait for a CPU.
    """

    attack: str
    began_ns: int
    waiting: CpuWait
    players: list[tuple[str, RawConnection]] = field(default_factory=list)
    memory_peak: int = 0


def siege_of(world: World) -> Siege:
    """Return the scenario's attack.

    Raises:
        Broken: there was none.
    """
    if world.scene.siege is None:
        raise Broken("no hostile client has come yet")
    return world.scene.siege


# --- the attack -----------------------------------------------------------------------------------


async def attack(world: World, name: str, count: int) -> None:
    """Let hostile clients play the first `count` inputs of an attack, all at once.

    Raises:
        Broken: there is no such attack, or it has not so many inputs.
    """
    playing = await asyncio.to_thread(inputs, name, count)
    token = world.tokens.valid()
    waiting = CpuWait(service_and_broker(world))
    world.scene.on_end.append(waiting.close)
    siege = world.scene.siege = Siege(name, time.monotonic_ns(), waiting)
    for number, what in enumerate(playing, 1):
        connection = RawConnection(f"hostile client {number}", world.dialect, world.contract)
        world.scene.connections.all.append(connection)
        siege.players.append((what, connection))
    watch = asyncio.create_task(_watch_memory(world, siege))
    try:
        await asyncio.gather(*(_play(world, c, playing[what], token) for what, c in siege.players))
        await _until_ticks_came(world, siege)
    finally:
        watch.cancel()
    await _note_memory(world, siege)


async def _play(world: World, client: RawConnection, what: Input, token: str) -> None:
    auth = world.target.auth
    url, headers = credentials(world.service.url, token, auth.carriers[0], auth.query_parameter)
    client.stays = isinstance(what, Stays | Shakes)
    if isinstance(what, Shakes):
        await _shake(world, client, what, token)
        return
    await client.knock(url, headers.items())
    await client.wait_for(actions.is_kind(world, "welcome"), None, world.allowance_s)
    if isinstance(what, Floods):
        await _flood(client, what)
        return
    for data in what.frames:
        client.write(data)


async def _flood(client: RawConnection, flood: Floods) -> None:
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


async def _shake(world: World, client: RawConnection, shake: Shakes, token: str) -> None:
    await client.dial(world.service.url)
    target = urlsplit(world.service.url)
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
        world.scene.chores.append(dripping)


async def _drip(client: RawConnection, drop: bytes) -> None:
    while not client.is_over:
        client.pour(drop)
        await asyncio.sleep(DROP_S)


async def _until_ticks_came(world: World, siege: Siege) -> None:
    """Wait until enough ticks have been published to those who watch."""
    deadline = time.monotonic() + world.allowance_s
    while sum(1 for t in world.ledger.ticks if t.due_ns >= siege.began_ns) < FEWEST_TICKS:
        if time.monotonic() > deadline:
            raise Broken('no ticks flow: begin with clients of a symbol "which ticks every 20 ms"')
        await asyncio.sleep(0.01)


async def _watch_memory(world: World, siege: Siege) -> None:
    while True:
        await _note_memory(world, siege)
        await asyncio.sleep(MEMORY_S)


async def _note_memory(world: World, siege: Siege) -> None:
    if "observe" in world.target.capabilities:
        now = await asyncio.to_thread(world.service.memory_bytes)
        siege.memory_peak = max(siege.memory_peak, now)


# --- the answer -----------------------------------------------------------------------------------

Judge = Callable[[World, RawConnection], Awaitable[str | None]]
"""Waits for a client's answer; returns None if it is right, else what came instead."""


async def answered(world: World, answer: str) -> None:
    """Require that every hostile client got the answer that its attack deserves.

    Raises:
        Broken: there is no such answer.
        Refuted: one of them got another; each has its own check.
    """
    siege = siege_of(world)
    judge = _judge(answer)
    found = await asyncio.gather(*(judge(world, client) for _, client in siege.players))
    checks = list(zip(siege.players, found, strict=True))
    others = sum(wrong is not None for wrong in found) - 1
    more = f" (and {others} more of {len(found)} got another answer)" if others > 0 else ""
    for (what, client), wrong in sorted(checks, key=lambda check: check[1] is not None):
        ending = client.ending
        after = f" after {(ending.at_ns - client.started_ns) / 1e9:.1f} s" if ending else ""
        world.scene.checks.require(
            wrong is None,
            f"answer to {siege.attack}: {what}",
            client.summary() + after if wrong is None else wrong + more,
            answer,
        )


def _judge(answer: str) -> Judge:
    closed = r'a close with code (\d+)(?: and the reason "(.+)")?'
    if answer == "an error":
        return _error
    if found := re.fullmatch(f"(an error or )?{closed}", answer):
        close = _closed_with(int(found[2]), found[3] or "")
        return _either(_error, close) if found[1] else close
    if found := re.fullmatch(r"the end of the connection within (\d+) seconds?", answer):
        return _ended_within(int(found[1]))
    raise Broken(
        f'no answer "{answer}"; known are: an error, a close with code 1009, a close with code '
        '1008 and the reason "…", an error or a close …, the end of the connection within 10 '
        "seconds"
    )


def _closed_with(code: int, reason: str) -> Judge:
    async def judge(world: World, client: RawConnection) -> str | None:
        await client.wait_for(lambda f: f.kind in ("close", "end"), None, world.allowance_s)
        ending = client.ending
        right = (
            ending is not None
            and client.ended_by_service
            and ending.code == code
            and reason in ending.reason
            and not INTERNALS.search(ending.reason)
        )
        return None if right else client.summary()

    return judge


async def _error(world: World, client: RawConnection) -> str | None:
    """Wait for an error that tells no secrets; behind it, the connection must still be of use."""
    error = await client.wait_for(
        lambda f: f.kind == "end" or actions.is_kind(world, "error")(f), None, world.allowance_s
    )
    if error is None or error.kind == "end":
        return client.summary()
    words = str(error.message.get("message"))
    if told := INTERNALS.search(words[:2000]):
        excerpt_ = words[max(0, told.start() - 40) : told.end() + 60]
        return f"an error that tells how the service is made: … {excerpt_!r} …"
    if "Invalid message format" not in words or len(words) > LONGEST_ERROR:
        return f"an error of {len(words):,} characters: {words[:100]!r}"
    asked = await client.send(world.dialect.ping())
    if not await client.wait_for(actions.is_kind(world, "pong"), asked, world.allowance_s):
        return f"an error, but no pong behind it: {client.summary()}"
    return None


def _either(one: Judge, other: Judge) -> Judge:
    async def judge(world: World, client: RawConnection) -> str | None:
        return await one(world, client) and await other(world, client)

    return judge


def _ended_within(seconds: float) -> Judge:
    async def judge(world: World, client: RawConnection) -> str | None:
        def remaining() -> float:
            return max(0.0, seconds - (time.monotonic_ns() - client.started_ns) / 1e9)

        await client.wait_for(lambda f: f.kind in ("eof", "end"), None, remaining())
        while not client.is_over and remaining():
            client.pour(b"\0")  # is refused once the service has left altogether
            await client.wait_for(lambda f: f.kind == "end", None, DROP_S)
        harmless = not any(client.received()) or client.ended_by_service
        right = client.is_over and harmless and (client.http_status or 0) < 500
        return None if right else client.summary()

    return judge


# --- those who must not notice ------------------------------------------------------------------


async def deliveries_took_less(
    world: World, clients: Sequence[str], percentile: float, bound_ms: float
) -> None:
    """Require a percentile of the latencies of all ticks due since the attack began.

    Latency runs from the due time, and a closing tick shows that all have come.
    """
    siege, connections = siege_of(world), world.scene.connections.of(clients)
    outcome = await actions.fence(world, connections)
    if late := [c for c, arrived in outcome if not arrived]:
        fence, now = world.ledger.ticks[-1], time.monotonic_ns()
        what = f"the closing tick to {late[0].name}"
        world.scene.checks.never(what, fence.due_ns, now, bound_ms, late[0].summary())
    pairs = [
        (arrival.at_ns, tick)
        for connection in connections
        for arrival in world.scene.connections.arrivals(connection)
        if arrival.key and (tick := world.ledger.find(arrival.key))
        if tick.due_ns >= siege.began_ns
    ]
    latencies = [(at_ns - tick.due_ns) / 1e6 for at_ns, tick in pairs]
    p50, p99, worst = (float(np.percentile(latencies, p)) for p in (50, 99, 100))
    world.scene.figures += [
        (f"deliveries to {len(connections)} clients", f"{len(latencies):,}"),
        ("latency", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {worst:.1f} ms"),
    ]
    measured = float(np.percentile(latencies, percentile))
    world.scene.checks.below(
        f"latency that {percentile:g} % of {len(latencies):,} deliveries did not exceed",
        measured,
        bound_ms,
        "ms",
        _doubt(world, pairs, percentile, measured, bound_ms) if measured >= bound_ms else None,
    )


def _doubt(
    world: World,
    pairs: Sequence[tuple[int, Published]],
    percentile: float,
    measured_ms: float,
    bound_ms: float,
) -> str | None:
    """Say why the harness or the machine could have broken the bound; None when they cannot.

    What the harness stood still or published late is taken off each latency of its own; how long
    service and broker waited for a CPU is known for any span of the measured length.
    """
    own = [
        (at_ns - tick.sent_ns) / 1e6 - world.loop.stalls.between(tick.sent_ns, at_ns)
        for at_ns, tick in pairs
    ]
    without = float(np.percentile(own, percentile))
    waited = siege_of(world).waiting.stalls.within_ms(measured_ms)
    if without - waited >= bound_ms:
        return None
    return (
        f"without the time in which the harness stood still or published late it is {without:.0f} "
        f"ms, and service and broker waited up to {waited:.0f} ms for a CPU; run it again on a "
        "quieter machine"
    )


async def nothing_stays(world: World, within_ms: float) -> None:
    """Let the hostile clients leave, and require that the service holds nothing of them."""
    await asyncio.gather(*(client.close() for _, client in siege_of(world).players))
    await footprint.resources_are_back(world, within_ms)


async def memory_stayed_within(world: World, megabytes: float) -> None:
    """Require that at no time of the attack the service took much more memory than before.

    Raises:
        Broken: nobody has noted what it took before.
    """
    before, siege = world.scene.memory_bytes, siege_of(world)
    if before is None:
        raise Broken("no step has noted the service's memory before")
    grown = (siege.memory_peak - before) / MIB
    world.scene.figures.append(
        ("service's memory", f"{before / MIB:.1f} MB before, {siege.memory_peak / MIB:.1f} MB peak")
    )
    world.scene.checks.require(
        grown < megabytes,
        "growth of the service's private memory at its peak",
        f"{grown:.2f} MB",
        f"less than {megabytes:g} MB",
    )

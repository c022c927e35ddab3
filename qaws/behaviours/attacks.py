"""Hostile clients and what they play: the attacks of QA-WS-024.

Every function takes the testbed first and runs on its loop thread. Each hostile client has a
connection of its own, all at the same time, and plays one input of an attack
(`qaws.clients.attack_inputs`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from qaws.behaviours import lifecycle
from qaws.behaviours.load import service_and_broker
from qaws.clients.attack_inputs import Flood, Frames, Handshake, HoldOpen, Input, inputs, rounds
from qaws.clients.raw_connection import RawConnection, excerpt
from qaws.clients.way_in import way_in
from qaws.measure.cpu_wait import CpuWait
from qaws.measure.pace import Pace
from qaws.protocol.commands import Commands
from qaws.sut.service import Service
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

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

SETTLES_S = 1.0
"""How long a service that has just been started may take until its memory rests."""

LONGEST_REASON = 200
"""Characters that are shown of why an input cannot be said: a team's encoder may say much."""

FEWEST_TICKS = 25
"""Ticks that are published from the begin of an attack at least: a percentile wants some."""


@dataclass(slots=True)
class Attacker:
    """One hostile client, and what shows that it did what it was to do.

    Attributes:
        what: the name of its input.
        client: its connection.
        gone: why it could not attack at all; "" where it could.
        pace: how fast its flood was; None where it has sent none.
        unread_bytes: how much of its flood the service had not read when it was over, and
        sent_bytes: how much it has sent, but for the drops of a handshake that stalls.
        stalls: whether its handshake is one that stalls.
        held_ns: when that was last seen to be held by a service that still waited; None: never.
        answer_in: the test that judges whether and how it is answered; "" for this one.
        may_be_taken: whether an acknowledgement will do as well as an error.
    """

    what: str
    client: RawConnection
    gone: str = ""
    pace: Pace | None = None
    unread_bytes: int = 0
    sent_bytes: int = 0
    stalls: bool = False
    held_ns: int | None = None
    answer_in: str = ""
    may_be_taken: bool = False


@dataclass(slots=True)
class Attack:
    """One attack: who played what, when, and what it cost the service.

    `waiting` watches how long service and broker wait for a CPU; `unsaid` are the inputs that the
    target has no words for, and why; `left_ns` is when the attackers left.
    """

    attack: str
    began_ns: int
    waiting: CpuWait
    unsaid: dict[str, NotVerified] = field(default_factory=dict)
    attackers: list[Attacker] = field(default_factory=list)
    memory_peak: int = 0
    left_ns: int | None = None


ATTACK = Key[Attack]("no hostile client has come yet")


async def attack(testbed: Testbed, name: str, count: int) -> None:
    """Let hostile clients play the first `count` inputs of an attack, all at once.

    Raises:
        Broken: there is no such attack, or it has not so many inputs.
    """
    commands = Commands(testbed.dialect)
    playing, unsaid = await asyncio.to_thread(inputs, name, count, commands)
    tokens = await testbed.tokens.for_clients(len(playing))
    waiting = CpuWait(service_and_broker(testbed))
    testbed.scenario.on_end.append(waiting.close)
    attack = testbed.scenario.stash[ATTACK] = Attack(name, time.monotonic_ns(), waiting, unsaid)
    if unsaid:
        testbed.scenario.reservations.append(_left_out(name, unsaid, len(unsaid) + len(playing)))
    for number, what in enumerate(playing, 1):
        connection = RawConnection(
            f"hostile client {number}",
            testbed.dialect,
            authority=testbed.target.endpoint.authority,
            held_up_ms=testbed.held_up.ms,
        )
        testbed.scenario.connections.all.append(connection)
        attacker = Attacker(what, connection)
        if isinstance(plays := playing[what], Frames):
            attacker.answer_in, attacker.may_be_taken = plays.answer_in, plays.may_be_taken
        attack.attackers.append(attacker)
    watch = asyncio.create_task(_watch_memory(testbed, attack))
    try:
        await asyncio.gather(
            *(
                _play(testbed, testbed.service.url, each, playing[each.what], token)
                for each, token in zip(attack.attackers, tokens, strict=True)
            )
        )
        await _until_ticks_came(testbed, attack)
        _note_evidence(testbed, attack)
    finally:
        watch.cancel()
    await _note_memory(testbed, attack)


async def growth_on_a_fresh_service(testbed: Testbed) -> int:
    """Play the attack once more, on a service that has just been started, with nobody else there.

    Returns:
        By how many bytes its private memory grew at most.

    Raises:
        Inconclusive: a hostile client could not attack again.
    """
    twin = await asyncio.to_thread(testbed.second_node, afresh=True)
    await asyncio.sleep(SETTLES_S)
    return await _growth_again(testbed, twin)


async def growth_once_warm(testbed: Testbed) -> int:
    """Play the attack once more, on the service that it was played on, before the same clients.

    Returns:
        By how many bytes its private memory grew at most.

    Raises:
        Inconclusive: a hostile client could not attack again.
    """
    await asyncio.sleep(SETTLES_S)
    return await _growth_again(testbed, testbed.service)


async def _growth_again(testbed: Testbed, service: Service) -> int:
    attack = testbed.scenario.stash[ATTACK]
    count = len(attack.attackers) + len(attack.unsaid)
    playing, _ = await asyncio.to_thread(inputs, attack.attack, count, Commands(testbed.dialect))
    tokens = await testbed.tokens.for_clients(len(playing))
    before = peak = await asyncio.to_thread(service.memory_bytes)
    again = [
        Attacker(
            what, RawConnection(what, testbed.dialect, authority=testbed.target.endpoint.authority)
        )
        for what in playing
    ]
    plays = asyncio.gather(
        *(
            _play(testbed, service.url, each, playing[each.what], token)
            for each, token in zip(again, tokens, strict=True)
        )
    )
    try:
        over_s = time.monotonic() + FLOOD_S + SETTLES_S
        while not plays.done() or time.monotonic() < over_s:
            peak = max(peak, await asyncio.to_thread(service.memory_bytes))
            await asyncio.sleep(MEMORY_S)
        await plays
    finally:
        plays.cancel()
        await asyncio.gather(*(each.client.close() for each in again))
    require_played(again)
    return peak - before


def require_played(again: Sequence[Attacker]) -> None:
    """Require that all could attack again: what was not played costs nothing, and shows nothing.

    Raises:
        Inconclusive: one was not let in, as by a service that bars who has attacked it.
    """
    if out := [each for each in again if each.gone]:
        raise Inconclusive(
            f"what the attack costs could not be measured again: {len(out)} of {len(again)} "
            f"hostile clients could not attack, first {out[0].what}: {out[0].gone}; run it again"
        )


async def _play(
    testbed: Testbed, service_url: str, attacker: Attacker, what: Input, token: str
) -> None:
    auth, client = testbed.target.auth, attacker.client
    client.stays = isinstance(what, HoldOpen | Handshake)
    client.token = token
    way = await way_in(client, testbed.target, service_url, auth.token_locations[0])
    if way is None:
        attacker.gone = client.summary()
        return
    if isinstance(what, Handshake):
        attacker.stalls, attacker.sent_bytes = what.stalls, len(what.opening)
        where = client.way.url if client.way else service_url
        await _shake(testbed, where, client, what, client.shown or "")
        return
    url, headers = way
    await client.connect(url, headers.items())
    await client.wait_for(lifecycle.lets_in(testbed), None, testbed.grace_s)
    if not client.is_open:
        attacker.gone = client.summary()
    elif isinstance(what, Flood):
        await _flood(attacker, what)
    else:
        for data in what.frames:
            client.write(data)
            attacker.sent_bytes += len(data)


async def _flood(attacker: Attacker, flood: Flood) -> None:
    client, began = attacker.client, time.monotonic()
    pace = attacker.pace = Pace(flood.per_second)
    client.write(b"", f"{flood.per_second:,} per second of: {excerpt(flood.frames[0])}")
    for data in rounds(flood):
        at_s = time.monotonic() - began
        pace.was_ended = client.ending is not None or client.is_over
        if pace.was_ended or at_s > FLOOD_S:
            break
        client.pour(data)
        pace.portions.append((at_s, flood.at_once))
        attacker.sent_bytes += len(data)
        ahead = began + pace.sent / flood.per_second - time.monotonic()
        await asyncio.sleep(max(0.0, ahead))
    attacker.unread_bytes = 0 if pace.was_ended else client.unread_bytes
    client.write(b"", f"{pace} were sent{left_unread(attacker)}")


def sent_most(attack: Attack) -> str:
    """Say which input is the most bytes, and how many all of them are; "" where nobody sent any."""
    if not attack.attackers:
        return ""
    most = max(attack.attackers, key=lambda each: each.sent_bytes)
    total = sum(each.sent_bytes for each in attack.attackers)
    return f"of {total:,} bytes that were sent {most.sent_bytes:,} were {most.what}"


def left_unread(attacker: Attacker) -> str:
    """Say how much of a flood the service had left unread, where it had: it reads no faster."""
    if not attacker.unread_bytes:
        return ""
    return (
        f"; of {attacker.sent_bytes:,} bytes the service had left {attacker.unread_bytes:,} unread"
    )


def _note_evidence(testbed: Testbed, attack: Attack) -> None:
    """Note what the verdicts rest on, and show it: the pace of floods, handshakes that are held."""
    now_ns, stalling = time.monotonic_ns(), [each for each in attack.attackers if each.stalls]
    for each in stalling:
        if each.client.answered_ns is None:
            each.held_ns = now_ns
    if stalling:
        held = sum(1 for each in stalling if each.held_ns)
        since_s = (now_ns - attack.began_ns) / 1e9
        shown = f"{held} of {len(stalling)} still held {since_s:.1f} s after the attack began"
        testbed.scenario.figures.append(("handshakes that stall", shown))
    testbed.scenario.figures += [
        (f"flood of {each.what}", f"{each.pace}{left_unread(each)}")
        for each in attack.attackers
        if each.pace
    ]


async def _shake(
    testbed: Testbed, service_url: str, client: RawConnection, shake: Handshake, token: str
) -> None:
    await client.dial(service_url)
    target = urlsplit(service_url)
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
    """Wait until enough ticks have been published to those who watch.

    Raises:
        Broken: none are, or too few.

    That they were to flow faster than this machine published them is told behind all else.
    """
    deadline = time.monotonic() + testbed.grace_s
    while (count := _ticks_since(testbed, attack)) < FEWEST_TICKS:
        if time.monotonic() > deadline:
            within = f"in {testbed.grace_s:g} s"
            if (due := testbed.feed.flows.due_within(testbed.grace_s)) >= FEWEST_TICKS:
                doubt = f"{due} ticks were to flow {within}, but there were {count}"
                again = "run it again on a quieter machine"
                testbed.scenario.reservations.append(Inconclusive(f"{doubt}; {again}"))
                return
            so_many = f"only {count} ticks flow {within}" if count else "no ticks flow"
            raise Broken(f'{so_many}: begin with clients of a symbol "which ticks every 20 ms"')
        await asyncio.sleep(0.01)


def _ticks_since(testbed: Testbed, attack: Attack) -> int:
    return sum(1 for tick in testbed.ledger.ticks if tick.due_ns >= attack.began_ns)


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
    attack = testbed.scenario.stash[ATTACK]
    attack.left_ns = time.monotonic_ns()
    await asyncio.gather(*(each.client.close() for each in attack.attackers))


def _left_out(attack: str, unsaid: Mapping[str, NotVerified], count: int) -> NotVerified:
    """Return that the target has no words for some of the inputs, and for which of them why."""
    names_of: dict[str, list[str]] = {}
    for name, problem in unsaid.items():
        why = str(problem)
        shown_why = why if len(why) <= LONGEST_REASON else f"{why[:LONGEST_REASON]}…"
        names_of.setdefault(shown_why, []).append(name)
    shown = "; ".join(f"{', '.join(names)} ({why})" for why, names in names_of.items())
    others = "; the others were met as they should be" if len(unsaid) < count else ""
    return NotVerified(
        f"{len(unsaid)} of {count} inputs of {attack} cannot be said to this "
        f"target: {shown}{others}"
    )

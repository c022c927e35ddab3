"""What a hostile client must get for its attack: each response of QA-WS-024 has a judge."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from qaws.behaviours import lifecycle
from qaws.behaviours.attacks import ATTACK, DROP_S
from qaws.clients.endings import ExpectedClose
from qaws.clients.raw_connection import RawConnection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

INTERNALS = re.compile(r'Traceback|File "|\.py\b|\bline \d|0x[0-9a-f]{6}|[A-Z]\w{0,40}Error\b')
"""What an error must not tell an attacker: how the service is made."""

LONGEST_ERROR = 500
"""Characters of an error: what was sent is not to be sent back."""

Judge = Callable[[Testbed, RawConnection], Awaitable[str | None]]
"""Waits for the response to a client; returns None if it is right, else what came instead."""


async def met_with(testbed: Testbed, response: str) -> None:
    """Require that every hostile client got the response that its attack deserves.

    Raises:
        Broken: there is no such response.
        Refuted: one of them got another; each has its own check.
    """
    attack = testbed.scenario.stash[ATTACK]
    judge = _judge(response)
    found = await asyncio.gather(*(judge(testbed, client) for _, client in attack.attackers))
    checks = list(zip(attack.attackers, found, strict=True))
    others = sum(wrong is not None for wrong in found) - 1
    more = f" (and {others} more of {len(found)} got another response)" if others > 0 else ""
    for (what, client), wrong in sorted(checks, key=lambda check: check[1] is not None):
        ending = client.ending
        after = f" after {(ending.at_ns - client.started_ns) / 1e9:.1f} s" if ending else ""
        testbed.scenario.checks.require(
            wrong is None,
            f"response to {attack.attack}: {what}",
            client.summary() + after if wrong is None else wrong + more,
            response,
        )


def _judge(response: str) -> Judge:
    closed = r'a close with code (\d+)(?: and the reason "(.+)")?'
    if response == "an error":
        return _error
    if found := re.fullmatch(f"(an error or )?{closed}", response):
        close = _closed_as(ExpectedClose([int(found[2])], [found[3]] if found[3] else []))
        return _either(_error, close) if found[1] else close
    if found := re.fullmatch(r"disconnection within (\d+) seconds?", response):
        return _ended_within(int(found[1]))
    raise Broken(
        f'no response "{response}"; known are: an error, a close with code 1009, a close with code '
        '1008 and the reason "…", an error or a close …, disconnection within 10 seconds'
    )


def _closed_as(expected: ExpectedClose) -> Judge:
    async def judge(testbed: Testbed, client: RawConnection) -> str | None:
        await client.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
        ending = client.ending
        right = (
            ending is not None
            and client.ended_by_service
            and expected.fits_ending(ending)
            and not INTERNALS.search(ending.reason)
        )
        return None if right else client.summary()

    return judge


async def _error(testbed: Testbed, client: RawConnection) -> str | None:
    """Wait for an error that tells no secrets; behind it, the connection must still be of use."""
    error = await client.wait_for(
        lambda f: f.kind == "end" or lifecycle.is_kind(testbed, "error")(f), None, testbed.grace_s
    )
    if error is None or error.kind == "end":
        return client.summary()
    words = str(error.message.get("message"))
    if told := INTERNALS.search(words[:2000]):
        excerpt_ = words[max(0, told.start() - 40) : told.end() + 60]
        return f"an error that tells how the service is made: … {excerpt_!r} …"
    if "Invalid message format" not in words or len(words) > LONGEST_ERROR:
        return f"an error of {len(words):,} characters: {words[:100]!r}"
    asked = await client.send(testbed.dialect.ping())
    if not await client.wait_for(lifecycle.is_kind(testbed, "pong"), asked, testbed.grace_s):
        return f"an error, but no pong behind it: {client.summary()}"
    return None


def _either(one: Judge, other: Judge) -> Judge:
    async def judge(testbed: Testbed, client: RawConnection) -> str | None:
        return await one(testbed, client) and await other(testbed, client)

    return judge


def _ended_within(seconds: float) -> Judge:
    async def judge(testbed: Testbed, client: RawConnection) -> str | None:
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

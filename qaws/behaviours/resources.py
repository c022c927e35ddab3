"""What a service must give back when clients leave: sockets, sessions, subscriptions, memory.

Measured on the service's process and in its own statistics, never on the harness.
"""

from __future__ import annotations

import asyncio
import time

from qaws.sut.service import MIB, Holdings
from qaws.testbed.testbed import World
from qaws.verdict import Broken


async def resources_are_back(world: World, within_ms: float) -> None:
    """Require that sockets, sessions and subscriptions return to what was noted before."""
    before = world.scene.holdings
    if before is None:
        raise Broken("no step has noted what the service held before")
    start_ns = time.monotonic_ns()
    now, at_ns = await _holdings_until(world, before, start_ns, within_ms)
    what = "sockets, sessions and subscriptions of the service"
    world.scene.checks.require(now == before, what, str(now), f"as before: {before}")
    world.scene.checks.at_most_ms(f"return of {what}", start_ns, at_ns, within_ms)


async def _holdings_until(
    world: World, wanted: Holdings, start_ns: int, within_ms: float
) -> tuple[Holdings, int]:
    """Read the holdings until they are as wanted twice in a row, or well past the bound.

    Sockets and statistics are not read at one instant: a single match may mix two moments.
    """
    deadline_ns = start_ns + int(within_ms * 1e6 + world.allowance_s * 1e9)
    while True:
        now = await asyncio.to_thread(world.service.holdings)
        at_ns = time.monotonic_ns()
        if now == wanted:
            now = await asyncio.to_thread(world.service.holdings)
        if now == wanted or at_ns > deadline_ns:
            return now, at_ns
        await asyncio.sleep(0.02)


async def memory_grew_less(world: World, megabytes: float) -> None:
    """Require that the service's private memory grew by less than `megabytes` MiB."""
    before = world.scene.memory_bytes
    if before is None:
        raise Broken("no step has noted the service's memory before")
    after = await asyncio.to_thread(world.service.memory_bytes)
    grown = (after - before) / MIB
    world.scene.checks.require(
        grown < megabytes,
        "growth of the service's private memory",
        f"{grown:.2f} MB (from {before / MIB:.1f} to {after / MIB:.1f} MB)",
        f"less than {megabytes:g} MB",
    )

"""Ticks that flow in the background, again and again, until a scenario stops them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from qaws.measure.recent_rate import RecentRate
from qaws.protocol.market import Sample
from qaws.sut.broker import Broker
from qaws.verdict import Broken, Inconclusive

STOP_ALLOWANCE_S = 10.0
"""How long a flow may need to publish its last tick."""


@dataclass(slots=True)
class _Flow:
    """Ticks that are published again and again; `rate` counts their turns."""

    every_s: float
    rate: RecentRate
    task: asyncio.Task[None] | None = None

    def require_alive(self) -> None:
        """Raise what has ended it."""
        if self.task and self.task.done():
            self.task.result()


class Flows:
    """The flows of a scenario; use them on the loop thread."""

    def __init__(self, broker: Broker) -> None:
        """Begin without any.

        Args:
            broker: where they are published; while it is away on purpose, what is due falls out.
        """
        self._broker = broker
        self._flows: list[_Flow] = []
        self._ebb = asyncio.Event()

    @property
    def are_on(self) -> bool:
        """Return whether one has begun, and they have not been stopped since."""
        return bool(self._flows)

    def due_within(self, seconds: float) -> int:
        """Return how many ticks are due in so many seconds."""
        return sum(int(seconds / flow.every_s) for flow in self._flows)

    def begin(
        self,
        samples: Iterator[Sample],
        every_s: float,
        publish: Callable[[Sample, int], Awaitable[None]],
    ) -> None:
        """Let another one flow: a tick like the next sample every `every_s` seconds.

        Args:
            samples: kind, symbol and instrument of each tick, without end.
            every_s: the interval in seconds.
            publish: publishes a tick like a sample, due at an instant of `time.monotonic_ns()`.
        """
        self._ebb.clear()
        due_ns = time.monotonic_ns()
        flow = _Flow(every_s, RecentRate(every_s, due_ns))

        async def publish_again_and_again() -> None:
            nonlocal due_ns
            while not self._ebb.is_set():
                if not self._broker.is_away:
                    await publish(next(samples), due_ns)
                flow.rate.note(time.monotonic_ns())
                due_ns += int(every_s * 1e9)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, (due_ns - time.monotonic_ns()) / 1e9)):
                        await self._ebb.wait()

        flow.task = asyncio.get_running_loop().create_task(publish_again_and_again())
        self._flows.append(flow)

    def require(self) -> None:
        """Make sure that they still flow, each at its rate.

        Raises:
            Broken: one has ended by itself, with its reason.
            Inconclusive: one is far behind its rate, and the broker is not away on purpose.
        """
        for flow in self._flows:
            flow.require_alive()
            short = flow.rate.shortfall(time.monotonic_ns())
            if short and not self._broker.is_away:
                raise Inconclusive(
                    f"a tick was to flow every {flow.every_s * 1e3:.3g} ms, but there were "
                    f"{short}; run it again on a quieter machine"
                )

    async def stop(self) -> None:
        """End them, each after the tick that it is publishing.

        They are asked and not cancelled: the broker's client may swallow a cancellation that comes
        in the middle of a command, and the flow would never end.

        Raises:
            Broken: one of them had ended by itself, with its reason, or does not end.
        """
        flows, self._flows = self._flows, []
        self._ebb.set()
        tasks = [flow.task for flow in flows if flow.task]
        if not tasks:
            return
        _, going_on = await asyncio.wait(tasks, timeout=STOP_ALLOWANCE_S)
        for flow in flows:
            flow.require_alive()
        if going_on:
            raise Broken(f"{self._broker.shown_url}: a publish there does not end")

"""One event loop on a thread of its own, alive for the whole run.

behave runs an async step on a loop that stands still between steps. Sockets must not stand still:
frames get their time stamp when they arrive, and a ping is answered while a step computes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from qaws.measure.stall import StallMeter

T = TypeVar("T")


class Overdue(TimeoutError):
    """The work took longer than it was allowed to."""


class LoopThread:
    """The background loop; owns every socket, and watches itself with a stall meter."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.stalls = StallMeter()
        self._thread = threading.Thread(target=self._run, name="qaws-loop", daemon=True)
        self._thread.start()
        self.spawn(self.stalls.run())

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start `work` on the loop and let it run."""
        asyncio.run_coroutine_threadsafe(work, self.loop)

    def call(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run `work` on the loop and wait for it, from a thread that is not the loop's.

        Raises:
            TimeoutError: it took longer than `timeout_s`; the work is cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()
            raise

    async def run(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run `work` on the loop and await it from another loop: what async steps use.

        Raises:
            Overdue: it took longer than `timeout_s`; the work is cancelled.
        """
        try:
            async with asyncio.timeout(timeout_s) as allowed:
                return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))
        except TimeoutError:
            if allowed.expired():
                raise Overdue from None
            raise  # a time limit within the work

    def stop(self) -> None:
        """Cancel what is left, end the loop and its thread."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self.loop)
        self._thread.join(timeout=5)
        if not self.loop.is_running():
            self.loop.close()

    async def _cancel_all(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.wait([asyncio.gather(*tasks, return_exceptions=True)], timeout=3)
        self.loop.stop()

"""Waiting for tasks, and ending them for certain: what the service and the generator share."""

import asyncio
from collections.abc import Awaitable
from typing import Any

ASK_AGAIN_S = 0.2
"""How long a cancelled task may take before it is cancelled once more."""


async def first_of(stop: asyncio.Event, event: Awaitable[object]) -> None:
    """Wait for whichever comes first; the event itself is not cancelled."""
    stopped = asyncio.create_task(stop.wait())
    happened = asyncio.ensure_future(event)
    await asyncio.wait((stopped, happened), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended; what they ended with is dropped.

    Asking once is not enough. The Redis client writes within ``asyncio.wait_for``, and that of
    Python 3.11 forgets a cancellation that comes in the moment in which its work is done: the task
    would go on for ever.
    """
    living = {task for task in tasks if not task.done()}
    while living:
        for task in living:
            task.cancel()
        _, living = await asyncio.wait(living, timeout=ASK_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)

"""Tasks end when they are told to, even those to which it has to be said twice."""

import asyncio

import pytest

from app import tasks


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "ASK_AGAIN_S", 0.01)


def test_a_task_that_forgets_a_cancellation_ends_all_the_same() -> None:
    """As the Redis client does on Python 3.11, within asyncio.wait_for."""
    forgotten = 0

    async def forgetful() -> None:
        nonlocal forgotten
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if forgotten == 2:
                    raise
                forgotten += 1

    async def run() -> None:
        forgetting, obedient = (
            asyncio.create_task(work) for work in (forgetful(), asyncio.sleep(3600))
        )
        await asyncio.sleep(0)
        await tasks.end(forgetting, obedient)
        assert forgetting.cancelled()
        assert obedient.cancelled()

    asyncio.run(run())
    assert forgotten == 2


def test_what_a_task_ends_with_is_dropped() -> None:
    async def stumble() -> None:
        raise ValueError("nobody asks for it")

    async def run() -> None:
        stumbling = asyncio.create_task(stumble())
        await asyncio.sleep(0)
        await tasks.end(stumbling)
        await tasks.end()

    asyncio.run(run())


def test_whichever_comes_first() -> None:
    async def run() -> None:
        stop, event = asyncio.Event(), asyncio.Event()
        stop.set()
        waiting = asyncio.create_task(event.wait())
        await tasks.first_of(stop, waiting)
        assert not waiting.done()
        assert not waiting.cancelling()
        stop.clear()
        event.set()
        await tasks.first_of(stop, waiting)
        assert waiting.done()

    asyncio.run(run())

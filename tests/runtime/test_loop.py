"""Work on the loop thread: whose time limit it was that ran out."""

import asyncio

import pytest

from qaws.runtime.loop import Overdue
from tests.waiting import HANG_S


async def limits_itself():
    async with asyncio.timeout(0.01):
        await asyncio.sleep(600)


def test_work_that_takes_too_long_is_overdue(loop):
    with pytest.raises(Overdue):
        asyncio.run(loop.run(asyncio.sleep(600), 0.05))


def test_a_time_limit_within_the_work_is_its_own(loop):
    with pytest.raises(TimeoutError) as caught:
        asyncio.run(loop.run(limits_itself(), HANG_S))
    assert not isinstance(caught.value, Overdue)

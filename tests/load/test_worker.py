"""A worker of a crowd: it says when the last client is past the fence, and looks at each once."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from qaws.load.cluster import wire
from qaws.load.plan import Group, SwarmPlan
from qaws.load.subscriber.worker import Worker, _end_on_failure
from tests.services.faulty import NIFTY
from tests.waiting import HANG_S

CROWD = 500


class Client:
    """One that counts how often it is looked at."""

    looks = 0

    def __init__(self):
        self.had_us, self.closed, self.shared, self.position = None, None, None, None

    @property
    def completed_us(self):
        Client.looks += 1
        return self.had_us

    def fence_set(self):
        """Have it still before it."""


@pytest.fixture
def crowd():
    sent = []
    plan = SwarmPlan("ws://127.0.0.1:1", (Group("client", 1, NIFTY),))
    link: Any = SimpleNamespace(send=sent.append)
    worker, clients = Worker(wire.Assign(plan, []), link), [Client() for _ in range(CROWD)]
    readers: Any = worker._readers
    readers.extend(clients)
    return worker, clients, sent


def test_the_last_one_past_the_fence_completes_a_crowd_and_each_is_looked_at_once(crowd):
    worker, clients, sent = crowd
    worker.obey(wire.Fence({"NIFTY": 1}))
    Client.looks = 0
    for number, client in enumerate(clients):
        assert sent == []
        if number % 2:
            client.had_us = 1
        else:
            client.closed = SimpleNamespace(code=1000)
        worker._finished(client)
        worker._finished(client)  # it goes, having had it
    assert sent == [wire.Complete()]
    assert Client.looks <= 2 * CROWD


def test_a_crowd_that_is_past_the_fence_already_is_complete_at_once(crowd):
    worker, clients, sent = crowd
    for client in clients:
        client.had_us = 1
        worker._finished(client)
    assert sent == []
    worker.obey(wire.Fence({"NIFTY": 1}))
    assert sent == [wire.Complete()]


def test_the_first_of_several_failures_is_told_and_the_end_is_not_cut_short():
    async def story():
        tidied = asyncio.Event()

        async def serve():
            seen = _end_on_failure()
            try:
                await asyncio.sleep(HANG_S)
            except asyncio.CancelledError:
                raise seen[0] from None
            finally:
                await asyncio.sleep(0.05)
                tidied.set()

        running = asyncio.get_running_loop()
        serving = running.create_task(serve())
        await asyncio.sleep(0)
        for words in ("first", "second"):
            running.call_exception_handler({"message": words, "exception": KeyError(words)})
            await asyncio.sleep(0)
        with pytest.raises(KeyError, match="first"):
            await serving
        assert tidied.is_set()

    asyncio.run(asyncio.wait_for(story(), HANG_S))

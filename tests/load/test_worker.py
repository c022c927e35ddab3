"""A worker of a crowd: it says when the last client is past the fence, and looks at each once."""

from types import SimpleNamespace
from typing import Any

import pytest

from qaws.load.cluster import wire
from qaws.load.plan import Group, SwarmPlan
from qaws.load.subscriber.worker import Worker
from tests.services.faulty import NIFTY

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

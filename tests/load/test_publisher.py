"""The publisher: what it says when it was held up, and when it or its broker dies."""

import os
import signal
import threading
import time
from contextlib import closing

import pytest
import redis

from qaws.load.publisher.publisher import Publisher
from qaws.load.schedule import FlowPlan
from qaws.sut.broker import open_broker
from qaws.verdict import Broken
from tests.waiting import HANG_S

pytestmark = pytest.mark.usefixtures("load_forks")


def test_a_broker_that_is_not_there_is_broken(publisher, closed_port):
    url = f"redis://127.0.0.1:{closed_port}/0"
    with pytest.raises(Broken, match=r"the broker does not let the publisher in"):
        publisher.start(FlowPlan(url, ("NIFTY",), 100, 10))


def test_a_publisher_that_was_held_up_says_so(stack, publisher):
    with redis.Redis.from_url(stack.broker.url) as client, client.pubsub() as feed:
        feed.psubscribe("ticker:*")
        assert feed.get_message(timeout=HANG_S)
        publisher.start(stack.flow(100, 150))
        publisher.go()
        for _ in range(10):  # until the flow, and the watch over it, are well under way
            assert feed.get_message(timeout=HANG_S)["type"] == "pmessage"
        os.kill(publisher.pids[0], signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(publisher.pids[0], signal.SIGCONT)
        flow = publisher.wait()
    assert flow.lag_max_ms > 350
    assert flow.stalls.worst_ms > 350
    words = flow.late()
    assert words is not None
    assert "the publisher was late" in words
    assert flow.count == 151, "late, but all of it"


def test_a_publisher_that_dies_breaks_the_run_at_once(stack, publisher):
    publisher.start(stack.flow(100, 10_000))
    publisher.go(lead_s=0.1)
    os.kill(publisher.pids[0], signal.SIGKILL)
    began = time.monotonic()
    with pytest.raises(Broken, match=r"broke off: the publisher .* ended with exit code -9"):
        publisher.wait()  # 10,000 ticks would take 100 s
    assert time.monotonic() - began < HANG_S


def test_a_broker_that_dies_breaks_the_run_at_once(stack, tmp_path):
    broker = open_broker("embedded", tmp_path)
    try:
        with closing(Publisher(tmp_path)) as publisher:
            publisher.start(FlowPlan(broker.url, ("NIFTY",), 500, 10_000))
            publisher.go(lead_s=0.1)
            threading.Timer(0.3, broker.stop).start()
            with pytest.raises(Broken, match=r"the flow of ticks broke off: the broker "):
                publisher.wait()
    finally:
        broker.stop()

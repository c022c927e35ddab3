"""What all tests share."""

import signal
import time

import pytest

from qaws.runtime.loop import LoopThread
from qaws.sut.broker import open_broker


def pytest_configure():
    """Take interrupts also where they are ignored, as in a background job; children inherit it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def until():
    """A wait on a condition, with a deadline."""

    def wait(condition, within_s=60.0):
        deadline = time.monotonic() + within_s
        while not (value := condition()):
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.01)
        return value

    return wait


@pytest.fixture(scope="session")
def loop():
    """The loop thread, as a run has it."""
    thread = LoopThread()
    yield thread
    thread.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """An embedded broker."""
    opened = open_broker("embedded", tmp_path_factory.mktemp("broker"))
    yield opened
    opened.stop()

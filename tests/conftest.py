"""What all tests share."""

import signal
import time

import pytest


def pytest_configure():
    """Take interrupts also where they are ignored, as in a background job; children inherit it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def until():
    """A wait on a condition, with a deadline."""

    def wait(condition, within_s=10.0):
        deadline = time.monotonic() + within_s
        while not (value := condition()):
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.01)
        return value

    return wait

"""Fixtures: the harness's own loop thread, a real broker, and a testbed to play scenarios in."""

import pytest

from qaws.runtime.loop import LoopThread
from qaws.sut.broker import open_broker


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

"""What all tests share."""

import contextlib
import os
import re
import signal
import socket
import subprocess

import pytest

from qaws.report.signoff import SIGNOFF
from qaws.runtime.loop import LoopThread
from qaws.sut.broker import open_broker
from tests import waiting
from tests.processes import end_family

pytest_plugins = ["tests.load_fixtures"]


def pytest_configure():
    """Take interrupts also where they are ignored, as in a background job; children inherit all."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("GITHUB_STEP_SUMMARY", None)  # what the tests report is not for the job


def pytest_itemcollected(item):
    """Leave instants out of a test's name: processes that share the tests out must agree on it."""
    named = re.sub(r"\b1[78]\d{8}\b", "now", item.name)
    if named != item.name:
        item._id = item.parent.id.child(named)


def pytest_collection_modifyitems(items):
    """Leave out what takes minutes, unless it is asked for."""
    unasked = pytest.mark.skip(reason="QAWS_SLOW=1 runs it: minutes")
    for item in items:
        if item.get_closest_marker("slow") and not os.environ.get("QAWS_SLOW"):
            item.add_marker(unasked)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    """Say in the last line, behind what pytest counts, that pages were not seen in a browser."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    for report in skipped:
        if report.nodeid.startswith("tests/browser/"):
            why = report.longrepr[2].removeprefix("Skipped: ")
            reporter.write_line(f"The tests in a real browser did not run: {why}")
            return


@pytest.fixture
def until():
    """A wait on a condition, with a deadline."""
    return waiting.until


@pytest.fixture
def spawn():
    """Start programs; whatever happens, neither they nor their children outlive the test."""
    with contextlib.ExitStack() as ending:

        def start(command, **options):
            process = subprocess.Popen(command, **options)
            ending.callback(end_family, process)
            return process

        yield start


@pytest.fixture
def closed_port():
    """A port of 127.0.0.1 at which nobody listens, held so that nobody begins to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


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


@pytest.fixture(scope="session")
def needs_node():
    if not (SIGNOFF / "node_modules" / "allure").is_dir():
        pytest.skip("signoff/node_modules is missing: run `make setup`")

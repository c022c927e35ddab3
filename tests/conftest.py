"""What all tests share."""

import contextlib
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from qaws.report.signoff import SIGNOFF
from qaws.runtime.loop import LoopThread
from qaws.sut.broker import open_broker
from tests import waiting
from tests.forked import forking
from tests.processes import end_family

E2E = Path(__file__).parent / "e2e"

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
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = whole_runs_first(items, workers)


def whole_runs_first(items, workers):
    """Return tests in an order in which each process begins with its share of the whole runs.

    These mostly wait, so they go on side by side; what is left for the end is short. pytest-xdist
    hands out even parts, one behind the other. The longest of all begin, one in each part.
    """
    if workers == 1:
        return items
    runs = [item for item in items if E2E in item.path.parents]
    longest = [item for item in runs if item.get_closest_marker("long")]
    runs = [item for item in runs if not item.get_closest_marker("long")]
    others = [item for item in items if E2E not in item.path.parents]
    ordered = []
    for left in range(workers, 0, -1):
        size = (len(items) - len(ordered)) // left
        part = [*_taken(longest, left), *_taken(runs, left)]
        ordered += [*part, *_cut(others, size - len(part))]
    return ordered


def _taken(items, left):
    """Take the part of one from those that are to be dealt out to so many."""
    return _cut(items, -(-len(items) // left))


def _cut(items, count):
    taken = items[:count]
    del items[:count]
    return taken


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    """Say in the last lines, behind what pytest counts, what tests did not show, and why."""
    yield
    if reporter := session.config.pluginmanager.get_plugin("terminalreporter"):
        for line in not_shown(reporter.stats.get("skipped", [])):
            reporter.write_line(line)


def not_shown(skipped):
    """Return lines that say what the tests that were skipped would have shown."""
    reasons = {report.nodeid: report.longrepr[2].removeprefix("Skipped: ") for report in skipped}
    starved = [name for name, why in reasons.items() if why.lower().startswith("inconclusive: ")]
    browser = [why for name, why in reasons.items() if name.startswith("tests/browser/")]
    lines = [f"The tests in a real browser did not run: {why}" for why in browser[:1]]
    if starved:
        count = "1 test was" if len(starved) == 1 else f"{len(starved)} tests were"
        lines.append(
            f"{count} inconclusive each time, because the harness itself was starved: "
            f"{', '.join(starved[:3])}{', …' if len(starved) > 3 else ''}; "
            "run them again on a quieter machine"
        )
    return lines


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
def forked_services():
    """Services of the suite's target files are forked in the test, and end with it."""
    with forking():
        yield


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

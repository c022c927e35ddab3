"""What pytest says last: which tests did not show anything, and why."""

from types import SimpleNamespace

from qaws.verdict import Inconclusive
from tests.conftest import not_shown

STARVED = str(Inconclusive("latency of a tick: measured 700.0 ms, but the harness stood still"))


def skipped(name, why):
    return SimpleNamespace(nodeid=name, longrepr=("conftest.py", 1, f"Skipped: {why}"))


def test_nothing_is_said_of_what_was_not_asked_for():
    assert not_shown([]) == []
    assert not_shown([skipped("tests/e2e/test_a.py::test_a", "QAWS_SLOW=1 runs it")]) == []


def test_pages_that_nobody_has_seen_are_told_once():
    both = [skipped(f"tests/browser/test_pages.py::test_{n}", "no Chromium") for n in (1, 2)]
    assert not_shown(both) == ["The tests in a real browser did not run: no Chromium"]


def test_tests_of_a_starved_harness_are_counted_and_named():
    (said,) = not_shown([skipped("test_a.py::test_one", STARVED)])
    assert said.startswith("1 test was inconclusive each time, because the harness itself was ")
    assert "starved: test_a.py::test_one; run" in said
    of_load = "inconclusive: the harness stood still for 90 ms, load 9.0: assert 1 == 2"
    many = [skipped(f"test_a.py::test_{n}", why) for n, why in enumerate([STARVED, of_load] * 2)]
    (said,) = not_shown(many)
    assert said.startswith("4 tests were inconclusive")
    assert "test_a.py::test_0, test_a.py::test_1, test_a.py::test_2, …;" in said

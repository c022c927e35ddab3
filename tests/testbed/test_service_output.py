"""A stack trace that the service wrote while a check failed stands behind its sentence."""

from types import SimpleNamespace

import pytest

from qaws.runner.attachments import figures_of
from qaws.testbed.service_output import first_stack_trace
from qaws.verdict import Refuted
from tests.bare import bare_testbed

BEFORE = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'old'\n"
PYTHON = (
    "ERROR tick lost\n"
    'Traceback (most recent call last):\n  File "app/feed.py", line 7, in on_tick\n'
    "    tick['symbol']\nKeyError: 'symbol'\n"
)
NODE = (
    "TypeError: bars is not iterable\n"
    "    at closeBars (file:///srv/bars.mjs:31:5)\n    at tick (file:///srv/feed.mjs:9:3)\n"
)


def services(written, before=BEFORE):
    process = SimpleNamespace(read_log=lambda: before + written)
    return [(SimpleNamespace(process=None), 0), (SimpleNamespace(process=process), len(before))]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("all is well\n", ""),
        (PYTHON, "meanwhile the service wrote a Python traceback to its output: \"KeyError: 'sym"),
        (NODE, 'a JavaScript stack trace to its output: "TypeError: bars is not iterable"'),
        (PYTHON + "more\n" + NODE, ", and 1 more"),
    ],
)
def test_the_first_one_of_the_scenario_is_told_with_what_was_thrown(written, said):
    told = first_stack_trace(services(written), "Alice never received ticks")
    assert said in told
    assert bool(said) == bool(told)
    assert "old" not in told


def test_what_the_sentence_says_already_is_not_said_again():
    assert first_stack_trace(services(PYTHON), "HTTP 500: KeyError: 'symbol'") == ""


def test_the_report_has_it_where_nothing_failed():
    state = bare_testbed().scenario
    state.figures.append(("sockets", "3"))
    assert figures_of(state) == [("sockets", "3")]
    state.services = services(PYTHON)
    [_, (name, value)] = figures_of(state)
    assert name == "noticed besides"
    assert value.startswith("meanwhile the service wrote a Python traceback")


def test_it_stands_behind_what_had_been_done_and_remarks():
    state = bare_testbed().scenario
    state.services = services(PYTHON)
    state.begin("when", "When", "a tick is published")
    state.remarks.append("the market was open")
    where, remark, trace = state.said_behind(Refuted("Alice never received ticks"))
    assert (where, remark) == ('in "a tick is published"', "the market was open")
    assert "KeyError: 'symbol'" in trace


def test_what_is_not_tried_stands_among_the_figures_and_behind_no_sentence():
    state = bare_testbed().scenario
    state.leave_out("a long list: the dialect has none")
    state.leave_out("a long list: the dialect has none")
    assert state.said_behind(Refuted("99 % of the ticks came too late")) == []
    assert figures_of(state) == [("not tried", "a long list: the dialect has none")]

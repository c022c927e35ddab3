"""What a scenario held is free once its evidence is written, passed or not."""

import weakref
from types import SimpleNamespace

from qaws.protocol.dialect import QaWs
from qaws.runner.forgetting import forget
from tests.bare import bare_testbed


class Held:
    """Something large that a step has made."""


def _fail(seen):
    held = Held()
    seen.append(weakref.ref(held))
    raise AssertionError("the verdict")


def test_a_scenario_that_failed_keeps_its_verdict_and_nothing_else():
    testbed = bare_testbed()
    testbed.dialect = QaWs()
    state = testbed.scenario
    state.stash = Held()
    state.itself = state  # only a collection frees it
    seen = [weakref.ref(state), weakref.ref(state.stash)]
    step = SimpleNamespace(exception=None)
    try:
        _fail(seen)
    except AssertionError as problem:
        step.exception = problem
    context = SimpleNamespace(connections=state.connections)
    del state
    forget(testbed, context, SimpleNamespace(exception=None, all_steps=[step]))
    assert [each() for each in seen] == [None, None, None]
    assert str(step.exception) == "the verdict"
    assert context.connections is testbed.scenario.connections
    assert not testbed.scenario.checks.done

"""A testbed without service, broker or loop, for what only looks at a scenario's state."""

from types import SimpleNamespace

from qaws.clients.registry import Registry
from qaws.protocol.dialect import QaWs
from qaws.testbed.scenario import ScenarioState
from qaws.verdict import Checks


def bare_testbed():
    """Return one whose scenario has begun."""
    state = ScenarioState(Registry(QaWs()), Checks())
    return SimpleNamespace(scenario=state, target=SimpleNamespace(deviations={}))

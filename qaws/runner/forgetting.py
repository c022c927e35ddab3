"""Lets go of what an ended scenario has held; behave keeps what it ran, and what that raised."""

from __future__ import annotations

from typing import Any

from behave.model import Scenario

from qaws.runtime import memory
from qaws.testbed.scenario import no_scenario
from qaws.testbed.testbed import Testbed


def forget(testbed: Testbed, context: Any, scenario: Scenario) -> None:
    """Free what a scenario has left, once its evidence is written; what it came to stays.

    Args:
        testbed: of the run; its scenario has ended.
        context: behave's.
        scenario: behave's.
    """
    testbed.scenario = no_scenario(testbed.dialect)
    context.connections = testbed.scenario.connections
    for problem in (scenario.exception, *(step.exception for step in scenario.all_steps)):
        memory.forget_locals(problem)
    memory.give_back()

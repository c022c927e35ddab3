"""What goes on in the background of a scenario, and ends without anybody waiting for it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from qaws.clients.registry import Registry
from qaws.protocol.dialect import QaWs
from qaws.testbed.scenario import ScenarioState
from qaws.verdict import Broken, Checks, NotVerified, Refuted
from tests.waiting import HANG_S

REGISTRY = Registry(QaWs())


@pytest.fixture
def ended(loop):
    """Return a scenario in whose background a task has ended by raising a problem."""

    def ending(problem):
        async def story():
            scenario = ScenarioState(REGISTRY, Checks())

            async def chore():
                if problem:
                    raise problem

            scenario.background.append(asyncio.create_task(chore()))
            await asyncio.wait(scenario.background)
            return scenario

        return loop.call(story(), timeout_s=HANG_S)

    return ending


@pytest.mark.parametrize("problem", [Refuted("no"), Broken("away"), NotVerified("gone")])
def test_a_verdict_in_the_background_is_the_scenarios_and_is_told_once(ended, problem):
    scenario = ended(problem)
    with pytest.raises(type(problem), match=str(problem)):
        scenario.require_chores()
    scenario.require_chores()


def test_what_is_no_verdict_breaks_the_scenario(ended):
    scenario = ended(KeyError("token"))
    with pytest.raises(Broken, match="in the background has ended: KeyError: 'token'"):
        scenario.require_chores()


def test_what_ends_well_or_is_cancelled_is_no_matter(ended, loop):
    ended(None).require_chores()

    async def story():
        scenario = ScenarioState(REGISTRY, Checks())
        scenario.background.append(asyncio.create_task(asyncio.sleep(HANG_S)))
        scenario.require_chores()
        scenario.background[0].cancel()
        await asyncio.wait(scenario.background)
        scenario.require_chores()

    loop.call(story(), timeout_s=HANG_S)


def test_a_client_that_could_not_answer_leaves_the_scenario_unverified(ended):
    scenario: Any = ended(None)
    scenario.require_own_part()
    scenario.connections = SimpleNamespace(all=[SimpleNamespace(unsaid=NotVerified("no words"))])
    with pytest.raises(NotVerified, match=r"^no words$"):
        scenario.require_own_part()
    scenario.require_chores()  # as the scenario ends, nothing hangs on it any more

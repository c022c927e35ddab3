"""What a step says when the service has died meanwhile: the cause, whatever else is wrong."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from qaws.sut.target_file import read_target
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

DIED = 'the service "reference" ended in mid-run with exit code -9'


@pytest.fixture(scope="module")
def testbed(tmp_path_factory):
    target = read_target(Path(__file__).parents[2] / "targets/reference.toml", {}, {})
    made = Testbed(target, tmp_path_factory.mktemp("testbed"))
    yield made
    made.stop()


@pytest.mark.parametrize("problem", [Broken("nobody answers there"), Refuted("no tick came")])
def test_a_step_that_did_not_go_well_names_the_service_that_has_died(testbed, until, problem):
    async def act(testbed):
        raise problem

    def said():
        with pytest.raises(type(problem)) as caught:
            asyncio.run(testbed.do(act))
        return str(caught.value)

    testbed.scenario = testbed.begin_scenario()
    service = testbed.use_service(afresh=True)
    assert DIED not in said(), "it lives"
    os.kill(service.process.pid, signal.SIGKILL)
    until(lambda: service.process.exit_code() is not None)
    assert str(problem) in said()
    assert DIED in said()
    assert said().count(DIED) == 1

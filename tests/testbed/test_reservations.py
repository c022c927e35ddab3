"""What keeps a scenario from passing, and hides nothing that is wrong: it is raised at the end."""

import pytest

from qaws.verdict import Inconclusive, NotVerified
from tests.bare import bare_testbed


def test_without_reservations_a_scenario_passes():
    bare_testbed().scenario.require_no_reservations()


def test_what_another_run_may_mend_comes_first():
    scenario = bare_testbed().scenario
    scenario.reservations += [NotVerified("nobody came"), Inconclusive("it was too slow")]
    with pytest.raises(Inconclusive, match="it was too slow"):
        scenario.require_no_reservations()
    scenario.reservations.pop()
    with pytest.raises(NotVerified, match="nobody came"):
        scenario.require_no_reservations()

"""Where a dialect has words for a part of a selection only, that part is asked for."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from qaws.behaviours.sayable import is_sayable, sayable_of
from qaws.protocol.market import selection_of
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from qaws.verdict import NotVerified

NAMES_SYMBOLS = Path(__file__).parents[1] / "services" / "dialects" / "zeromq.toml"
"""Clients name symbols, and each has one instrument."""


@pytest.fixture
def testbed():
    dialect = dialect_of(read_target(NAMES_SYMBOLS))
    left_out = []
    scenario = SimpleNamespace(left_out=left_out, leave_out=left_out.append)
    return SimpleNamespace(dialect=dialect, scenario=scenario)


def test_what_there_are_words_for_is_asked_for_and_the_rest_is_told(testbed):
    asked = sayable_of(testbed, selection_of("instruments 256265 and 256521"))
    assert asked == selection_of("instrument 256265")
    assert is_sayable(testbed, asked)
    (said,) = testbed.scenario.left_out
    assert said.startswith("a part of instrument 256265, 256521: the dialect ")


def test_what_is_sayable_is_asked_for_as_it_is(testbed):
    wish = selection_of("NIFTY and BANKNIFTY")
    assert sayable_of(testbed, wish) is wish
    assert testbed.scenario.left_out == []


def test_what_there_are_no_words_for_at_all_is_not_verified(testbed):
    with pytest.raises(NotVerified, match="no words to subscribe to instrument 256521"):
        sayable_of(testbed, selection_of("instrument 256521"))

"""The pace of what is sent: which rate was reached, and which was only made up for."""

import pytest

from qaws.measure.pace import Pace


def steady(seconds, per_second=1000.0, wanted=1000.0, at_once=10, begin=0.0):
    count = round(seconds * per_second / at_once)
    portions = [(begin + number * at_once / per_second, at_once) for number in range(count)]
    return Pace(wanted, portions)


@pytest.mark.parametrize("seconds", [0.05, 0.5, 1.0, 3.0])
def test_a_steady_pace_is_its_rate(seconds):
    pace = steady(seconds)
    assert pace.reached_per_s == pytest.approx(1000)
    assert pace.lasted_s == pytest.approx(seconds)
    assert pace.is_kept


def test_a_second_worth_at_once_is_that_rate():
    assert Pace(1000, [(0.0, 1000)]).is_kept
    assert Pace(1000, [(0.0, 1000), (1.0, 1000), (2.001, 1000)]).is_kept


@pytest.mark.parametrize("per_second", [300.0, 970.0])
@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_what_is_slower_throughout_is_not_kept(per_second, seconds):
    pace = steady(seconds, per_second)
    assert pace.reached_per_s == pytest.approx(per_second, rel=0.25)
    assert not pace.is_kept


def test_a_pause_does_not_matter_where_a_second_without_one_is_left():
    early, late = steady(0.5), steady(1.5, begin=1.5)
    assert Pace(1000, early.portions + late.portions).is_kept


def test_what_stands_still_again_and_again_is_not_kept():
    """Bursts of a tenth of a second, and a pause as long behind each: half of the rate."""
    bursts = [steady(0.1, begin=number * 0.2).portions for number in range(15)]
    pace = Pace(1000, [portion for burst in bursts for portion in burst])
    assert pace.reached_per_s == pytest.approx(505, rel=0.05)
    assert not pace.is_kept


def test_what_its_receiver_ended_need_not_have_kept_it_up_for_a_second():
    """It had enough of it before; a pause of the sender in between is no matter."""
    portions = [*steady(0.3).portions, (0.9, 10), (1.1, 10)]
    assert Pace(1000, portions, was_ended=True).is_kept
    assert not Pace(1000, portions).is_kept
    assert not Pace(1000, steady(1.1, 300.0).portions, was_ended=True).is_kept
    assert Pace(1000, [(0.0, 10)], was_ended=True).is_kept


def test_nothing_has_no_pace():
    nothing = Pace(1000)
    assert not nothing.is_kept
    assert str(nothing) == "0 in 0.00 s, 0 per second"
    assert str(steady(3.0)) == "3,000 in 3.00 s, 1,000 per second"

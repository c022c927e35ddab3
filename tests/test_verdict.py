"""Checks can fail, for the right reason, and a stall excuses no more than itself."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaws.measure.stall import StallMeter
from qaws.verdict import Broken, Check, Checks, Inconclusive, Refuted, no_stall, readable

MS = 1_000_000
START = 5_000 * MS


def stalled(milliseconds):
    return Checks(lambda start, end: float(milliseconds))


def at(milliseconds):
    return START + round(milliseconds * MS)


def test_a_requirement_that_holds_is_recorded_and_nothing_is_raised():
    checks = Checks()
    checks.require(True, "copies of a tick", "1", "exactly 1")
    assert checks.done == [Check("copies of a tick", "1", "exactly 1", "met")]


def test_a_requirement_that_does_not_hold_is_recorded_then_raised_with_both_numbers():
    checks = Checks()
    with pytest.raises(Refuted) as caught:
        checks.require(False, "copies of a tick", "2", "exactly 1")
    assert str(caught.value) == "copies of a tick: measured 2, allowed exactly 1"
    assert [check.verdict for check in checks.done] == ["not met"]


def test_a_sentence_of_its_own_replaces_the_usual_one():
    with pytest.raises(Refuted, match=r"^Alice was cut off$"):
        Checks().require(False, "x", "1", "2", "Alice was cut off")


def test_refuted_is_an_assertion_so_that_behave_calls_the_step_failed():
    assert issubclass(Refuted, AssertionError)
    assert not issubclass(Inconclusive, AssertionError)


@pytest.mark.parametrize("took", [0, 199.9, 200])
def test_in_time_is_met(took):
    checks = Checks()
    checks.at_most_ms("latency", START, at(took), 200)
    assert checks.done == [Check("latency", f"{took:.1f} ms", "at most 200 ms", "met")]


def test_too_late_is_refuted_with_measured_and_allowed():
    checks = Checks()
    with pytest.raises(Refuted, match=r"^latency: measured 312\.5 ms, allowed at most 200 ms$"):
        checks.at_most_ms("latency", START, at(312.5), 200)
    assert checks.done[-1].verdict == "not met"


def test_the_smallest_excess_counts():
    with pytest.raises(Refuted):
        Checks().at_most_ms("latency", START, at(200) + 1, 200)


def test_too_late_by_less_than_a_stall_is_inconclusive():
    checks = stalled(150)
    with pytest.raises(Inconclusive) as caught:
        checks.at_most_ms("latency", START, at(300), 200)
    said = str(caught.value)
    assert said.startswith("INCONCLUSIVE: latency: measured 300.0 ms, allowed at most 200 ms")
    assert "stood still for 150 ms" in said
    assert [check.verdict for check in checks.done] == ["inconclusive"]


def test_what_others_waited_for_a_cpu_is_a_doubt_too():
    waited = {"the service": 50.0, "the broker": 20.0}
    checks = Checks(lambda _start, _end: 40.0, lambda _start, _end: waited)
    both = "the service waited 50 ms for a CPU and the broker waited 20 ms for a CPU; run it again"
    with pytest.raises(Inconclusive, match=f"stood still for 40 ms of that and {both}"):
        checks.at_most_ms("latency", START, at(300), 200)
    with pytest.raises(Inconclusive, match=both):
        checks.never("a tick", START, at(310), 200, "still open")
    with pytest.raises(Refuted):
        checks.never("a tick", START, at(311), 200, "still open")
    with pytest.raises(Refuted):
        checks.at_most_ms("latency", START, at(500), 200)


def test_a_wait_for_a_cpu_alone_is_told_alone():
    checks = Checks(waited_ms=lambda _start, _end: {"the service": 640.0})
    with pytest.raises(Inconclusive, match=r"200 ms, but the service waited 640 ms for a CPU; run"):
        checks.at_most_ms("latency", START, at(840), 200)
    with pytest.raises(Refuted):
        checks.at_most_ms("latency", START, at(841), 200)


def test_a_stall_shorter_than_the_excess_excuses_nothing():
    checks = stalled(99)
    with pytest.raises(Refuted):
        checks.at_most_ms("latency", START, at(300), 200)
    assert checks.done[-1].verdict == "not met"


@pytest.mark.parametrize("stall", [0, 1, 50, 99, 100, 1000, 10**9])
@pytest.mark.parametrize("took", [200.1, 300, 5_000])
def test_no_stall_makes_a_late_arrival_pass(stall, took):
    checks = stalled(stall)
    with pytest.raises((Refuted, Inconclusive)):
        checks.at_most_ms("latency", START, at(took), 200)
    assert "met" not in [check.verdict for check in checks.done]


def test_a_stall_does_not_spoil_what_was_in_time_all_the_same():
    checks = stalled(150)
    checks.at_most_ms("latency", START, at(190), 200)
    assert checks.done[-1].verdict == "met"


def test_the_stall_is_asked_for_the_stretch_that_was_measured():
    asked = []
    checks = Checks(lambda *stretch: asked.append(stretch) or 0.0)
    checks.at_most_ms("latency", START, at(10), 200)
    assert asked == [(START, at(10))]


def test_what_never_came_is_refuted_and_says_what_came_instead():
    checks = Checks()
    with pytest.raises(Refuted) as caught:
        checks.never("pong", START, at(2200), 200, "1 x welcome; still open")
    assert str(caught.value) == (
        "pong: measured nothing in 2200 ms (1 x welcome; still open), allowed at most 200 ms"
    )
    assert checks.done[-1].verdict == "not met"


@pytest.mark.parametrize("waited", [0, 3, 199, 200])
@pytest.mark.parametrize("stall", [0, 500])
def test_a_wait_that_ended_before_the_bound_is_not_met_either(waited, stall):
    """The connection ended at once: that the bound was not reached is no merit of the service."""
    checks = stalled(stall)
    with pytest.raises(Refuted, match="nothing before the end of the connection, "):
        checks.never("pong", START, at(waited), 200, "closed")
    assert [check.verdict for check in checks.done] == ["not met"]


def test_what_never_came_while_the_harness_stood_still_is_inconclusive():
    checks = stalled(2100)
    with pytest.raises(Inconclusive, match="nothing in 2200 ms"):
        checks.never("pong", START, at(2200), 200, "no message")
    assert checks.done[-1].verdict == "inconclusive"


def test_what_never_came_is_refuted_when_the_stall_explains_only_a_part():
    with pytest.raises(Refuted):
        stalled(1999).never("pong", START, at(2200), 200, "no message")


def test_not_before_is_met_at_the_bound_and_refuted_below():
    checks = Checks()
    checks.not_before_ms("close", START, at(2000), 2000)
    assert checks.done == [Check("close", "2000.0 ms", "not before 2000 ms", "met")]
    expected = r"^close: measured 1200\.0 ms, allowed not before 2000 ms$"
    with pytest.raises(Refuted, match=expected):
        checks.not_before_ms("close", START, at(1200), 2000)
    assert checks.done[-1].verdict == "not met"


def test_a_stall_that_may_hide_an_early_end_is_inconclusive():
    checks = stalled(150)
    with pytest.raises(Inconclusive, match="stood still for 150 ms"):
        checks.not_before_ms("close", START, at(2100), 2000)
    assert [check.verdict for check in checks.done] == ["inconclusive"]


def test_a_stall_that_cannot_hide_an_early_end_spoils_nothing():
    checks = stalled(150)
    checks.not_before_ms("close", START, at(2151), 2000)
    assert checks.done[-1].verdict == "met"


def test_a_stall_that_was_over_shortly_before_the_bound_hides_nothing():
    meter = StallMeter()
    meter.book(at(1500), at(1960))
    Checks(meter.between).not_before_ms("close", START, at(2002), 2000)
    meter.book(at(1985), at(2001))
    Checks(meter.between).not_before_ms("close", START, at(2002), 2000)
    blind = StallMeter()
    blind.book(at(1940), at(2001))
    with pytest.raises(Inconclusive, match="stood still"):
        Checks(blind.between).not_before_ms("close", START, at(2002), 2000)


def test_a_stall_hides_nothing_from_a_harness_that_ran_between_the_bound_and_the_end():
    meter = StallMeter()
    meter.book(at(1940), at(2030))
    Checks(meter.between).not_before_ms("close", START, at(2052), 2000)
    with pytest.raises(Inconclusive, match="stood still"):
        Checks(meter.between).not_before_ms("close", START, at(2035), 2000)


@pytest.mark.parametrize("stall", [0, 100, 10_000])
def test_a_stall_never_excuses_an_early_end(stall):
    with pytest.raises(Refuted):
        stalled(stall).not_before_ms("close", START, at(1900), 2000)


def test_checks_become_plain_mappings_in_their_order():
    checks = Checks()
    checks.require(True, "a", "1", "2")
    checks.at_most_ms("b", START, at(1), 5)
    assert [check["what"] for check in checks.as_dicts()] == ["a", "b"]
    assert set(checks.as_dicts()[0]) == {"what", "measured", "allowed", "verdict"}


def test_without_a_meter_nothing_is_excused():
    assert no_stall(0, 10**18) == 0.0
    assert Checks().stalled_ms is no_stall


@pytest.mark.parametrize(("measured", "allowed"), [(99.9, 100), (0, 0.1)])
def test_a_figure_below_its_bound_is_met(measured, allowed):
    checks = Checks()
    checks.below("p99", measured, allowed, "ms", doubt="the swarm was late")
    assert checks.done[-1].verdict == "met"


@pytest.mark.parametrize("measured", [100, 100.1, float("inf"), float("nan")])
def test_a_figure_that_is_not_below_its_bound_is_refuted(measured):
    checks = Checks()
    with pytest.raises(Refuted, match=r"^p99: measured .+ ms, allowed less than 100 ms$"):
        checks.below("p99", measured, 100, "ms")
    assert checks.done[-1].verdict == "not met"


def test_a_figure_that_is_not_below_its_bound_in_doubt_is_inconclusive():
    checks = Checks()
    with pytest.raises(Inconclusive, match=r"measured 180\.0 ms.*but the swarm was late"):
        checks.below("p99", 180, 100, "ms", doubt="the swarm was late")
    assert [check.verdict for check in checks.done] == ["inconclusive"]


# --- whatever a service says ----------------------------------------------------------------------


@settings(max_examples=300)
@given(st.text(st.characters(codec=None)))
def test_whatever_is_said_a_message_fits_into_xml_and_keeps_what_can_be_read(said):
    for message in (str(Refuted(said)), str(Broken(said)), str(Inconclusive(said))):
        element = ElementTree.Element("failure", message=message)
        element.text = message
        assert ElementTree.fromstring(ElementTree.tostring(element)).text is not None or not message
    if said.isprintable() and "eyJ" not in said:
        assert str(Refuted(said)) == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a\x1eb\x00", r"a\x1eb\x00"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("half \ud83d", r"half \ud83d"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_control_characters_are_spelled_out(said, shown):
    assert readable(said) == shown
    assert str(Refuted(said)) == shown
    checks = Checks()
    with pytest.raises(Refuted):
        checks.require(False, "what it said", said, "nothing")
    assert checks.done[0].measured == shown


def test_a_sentence_of_its_own_shows_no_token_either():
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    with pytest.raises(Refuted) as refuted:
        Checks().require(False, "refusal", f"closed with {token}", "1008", f"it said {token}")
    assert str(refuted.value) == "it said (a token)"


@pytest.mark.parametrize(
    ("took", "allowed", "measured", "bound"),
    [
        (185651.2, 60000, "185.7 s", "at most 60 s"),
        (10003.2, 10000, "10.003 s", "at most 10 s"),
        (13359, 5000, "13.4 s", "at most 5000 ms"),
        (5003.2, 5000, "5003.2 ms", "at most 5000 ms"),
    ],
)
def test_long_times_are_told_in_seconds_as_features_say_them(took, allowed, measured, bound):
    checks = Checks()
    with pytest.raises(Refuted):
        checks.at_most_ms("silence", START, at(took), allowed)
    with pytest.raises(Refuted):
        checks.at_most("silence", took, allowed, "ms")
    assert {(each.measured, each.allowed) for each in checks.done} == {(measured, bound)}


def test_what_never_came_and_what_came_early_are_told_in_seconds_too():
    checks = Checks()
    with pytest.raises(Refuted, match=r"measured nothing in 13\.4 s \(x\), allowed at most 10 s$"):
        checks.never("word", START, at(13359), 10_000, "x")
    with pytest.raises(Refuted, match=r"measured 12\.0 s, allowed not before 60 s$"):
        checks.not_before_ms("close", START, at(12_000), 60_000)
    with pytest.raises(Inconclusive, match=r"stood still for 60\.0 s of that"):
        stalled(60_000).at_most_ms("latency", START, at(300), 200)

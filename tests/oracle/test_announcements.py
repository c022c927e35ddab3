"""Which ticks may be missing behind an outage: only those whose loss the client was told of."""

import pytest

from qaws.oracle.announcements import Outage, StatusMessage, announced, excused, recoveries
from qaws.oracle.ledger import Published


def tick(number, sent_ns):
    return Published("NIFTY", number, "option_tick", 256265, sent_ns, "", sent_ns)


TICKS = [tick(n, sent_ns=n * 10) for n in range(1, 9)]
OUTAGES = [Outage("an outage", began_ns=25, returned_ns=55)]
"""#3 to #8 were published behind its begin."""


def told(words, **arrivals):
    """Return the numbers of the ticks whose loss was told; arrivals are t1=11, …."""
    received = {("NIFTY", int(name[1:])): at_ns for name, at_ns in arrivals.items()}
    words = [StatusMessage(at_ns, status) for at_ns, status in words]
    return {number for _, number in announced(TICKS, received, words, OUTAGES)}


PAIR = [(30, "degraded"), (61, "recovered")]


def test_a_gap_with_both_words_in_it_was_told():
    assert told(PAIR, t1=11, t2=21, t7=71, t8=81) == {3, 4, 5, 6}


def test_a_tick_may_come_between_the_two_words():
    assert told(PAIR, t1=11, t2=21, t3=31, t7=71) == {4, 5, 6}


@pytest.mark.parametrize(
    "words",
    [
        [],
        [(30, "degraded")],
        [(61, "recovered")],
        [(61, "recovered"), (62, "degraded")],
    ],
    ids=["nothing", "no recovered", "no degraded", "the wrong way round"],
)
def test_half_a_word_is_none(words):
    assert told(words, t1=11, t2=21, t7=71, t8=81) == set()


def test_recovered_behind_the_first_new_tick_does_not_tell_of_the_gap():
    assert told([(30, "degraded"), (72, "recovered")], t1=11, t2=21, t7=71, t8=81) == set()


def test_recovered_before_the_last_old_tick_does_not_tell_of_the_gap():
    assert told([(30, "degraded"), (31, "recovered")], t1=11, t2=21, t3=32, t7=71, t8=81) == set()


def test_what_is_lost_after_recovered_was_seen_is_lost_in_silence():
    """The first tick behind the word is as much due as any other."""
    assert told(PAIR, t1=11, t2=21, t8=81) == {3, 4, 5, 6}


def test_what_is_lost_before_the_outage_is_not_excused_by_it():
    assert told(PAIR, t1=11, t7=71) == {3, 4, 5, 6}


def test_a_second_gap_needs_words_of_its_own():
    assert told(PAIR, t1=11, t2=21, t6=66, t8=81) == {3, 4, 5}


def test_a_gap_at_the_end_is_never_told():
    """Nothing shows that the feed is back: the fence has not come."""
    assert told(PAIR, t1=11, t2=21) == set()


def test_without_an_outage_no_loss_is_excused():
    received = {("NIFTY", 1): 11, ("NIFTY", 7): 71}
    assert announced(TICKS, received, [StatusMessage(*pair) for pair in PAIR], []) == set()


def test_each_recovery_needs_a_degraded_of_its_own():
    words = ["recovered", "degraded", "degraded", "recovered", "recovered", "degraded", "recovered"]
    assert recoveries(StatusMessage(at, status) for at, status in enumerate(words)) == [3, 6]


def test_where_lanes_overtake_each_other_the_gap_of_each_is_told_by_its_own_ticks():
    """An odd tick that comes late is no end of a gap among the even ones."""
    ticks = [tick(n, sent_ns=n * 10) for n in range(1, 9)]
    for each in ticks:
        each.lane = "even" if each.sequence % 2 == 0 else "odd"
    received = {("NIFTY", n): at_ns for n, at_ns in {1: 11, 2: 21, 5: 90, 7: 91, 8: 81}.items()}
    words = [StatusMessage(*pair) for pair in PAIR]
    lost = {number for _, number in announced(ticks, received, words, OUTAGES)}
    assert lost == {3, 4, 6}
    received["NIFTY", 5] = 35
    lost = {number for _, number in announced(ticks, received, words, OUTAGES)}
    assert lost == {4, 6}
    assert told(PAIR, t1=11, t2=21, t5=90, t7=91, t8=81) == {3, 4}


def missed(outages=OUTAGES, lanes=1, **arrivals):
    """Return the numbers of the ticks that may be missing where nobody can be told of a loss."""
    ticks = [tick(n, sent_ns=n * 10) for n in range(1, 9)]
    for each in ticks:
        each.lane = str(each.sequence % lanes)
    received = {("NIFTY", int(name[1:])): at_ns for name, at_ns in arrivals.items()}
    return {number for _, number in excused(ticks, received, outages)}


def test_without_words_for_it_an_outage_excuses_what_is_lost_until_a_new_tick_comes():
    assert missed(t1=11, t2=21, t7=71) == {3, 4, 5, 6}
    assert missed(t7=71) == {3, 4, 5, 6}
    assert missed(t3=31, t5=51, t6=61) == {4}
    assert missed(t1=11) == {3, 4, 5, 6, 7, 8}


def test_without_words_for_it_what_is_lost_otherwise_is_lost():
    assert missed([], t1=11) == set()
    assert missed(t6=61, t8=81) == {3, 4, 5}
    assert missed([Outage("an outage", began_ns=65)], t1=11) == {7, 8}


def test_without_words_for_it_each_lane_begins_anew_by_a_tick_of_its_own():
    assert missed(lanes=2, t7=71, t8=81) == {3, 4, 5, 6}
    assert missed(lanes=2, t6=61) == {3, 4, 5, 7}


@pytest.mark.parametrize(
    ("came_ns", "offered", "is_told"),
    [
        (10, ["announcements"], True),
        (30, ["announcements"], False),
        (30, ["announcements", "outage-told-to-newcomers"], True),
        (60, ["announcements"], False),
        (10, ["outage-told-to-newcomers"], False),
    ],
)
def test_who_is_told_of_an_outage(came_ns, offered, is_told):
    assert OUTAGES[0].is_told(came_ns, offered) == is_told

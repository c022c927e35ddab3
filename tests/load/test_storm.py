"""The storm: who is let in, who is turned away, and how a crowd counts itself."""

import json

import pytest

from qaws.load.churn.storm import (
    CHURN,
    LULL,
    STORM,
    Attempt,
    StormPlan,
    StormReport,
    run_storm,
)
from tests.services import crowded
from tests.waiting import until


def weather(service, **changes):
    plan = {"clients": 40, "within_s": 0.3, "resets": 6, "churn_per_s": 40, "churn_s": 0.5}
    return run_storm(StormPlan(service.address, **{**plan, **changes}))


@pytest.fixture(scope="module")
def calm():
    with crowded.Limited() as service:
        report = weather(service)
        until(lambda: not service.clients)
        left = len(service.clients)
    return report, left


def test_the_limit_holds_and_is_reached(calm):
    report, _ = calm
    assert report.peak == crowded.Limited.limit
    assert report.resets == len(report.resets_s) == 6
    assert 10 <= report.churn_resets <= 20  # nobody resets while, on a busy machine, nobody is in
    assert len(report.attempts) == 34 + 20 + 4
    assert not report.faults
    assert not report.unasked
    assert not report.failures


def test_the_excess_is_told_why(calm):
    report, _ = calm
    away = [attempt for attempt in report.attempts if attempt.welcomed_s is None]
    assert away
    assert {(attempt.code, attempt.reason) for attempt in away} == {
        (1008, "max connections reached")
    }


def test_everybody_leaves(calm):
    report, left = calm
    assert left == 0
    assert report.live()[-1][1] == 0
    assert all(attempt.left_s is not None for attempt in report.attempts)


def test_arrivals_keep_their_due_times(calm):
    report, _ = calm
    storm = [attempt for attempt in report.attempts if attempt.phase == STORM]
    assert max(attempt.due_s for attempt in storm) < 0.3
    assert all(
        attempt.began_s > attempt.due_s - 0.002 for attempt in report.attempts
    )  # timers tick in ms
    assert min(g.due_s for g in report.attempts if g.phase == CHURN) >= report.churn_from_s


def test_in_a_lull_some_leave_and_a_second_later_others_come():
    with crowded.Limited() as service:
        report = weather(service, lull_leave=6, lull_come=4)
    late = [attempt for attempt in report.attempts if attempt.phase == LULL]
    assert len(late) == 4
    assert all(attempt.welcomed_s is not None for attempt in late)
    free = [crowded.Limited.limit - report.most_taken(a.began_s, 1.0) for a in late]
    assert free[0] >= 6
    assert free[-1] >= 3


def test_a_place_counts_as_taken_from_the_attempt_until_its_client_has_left():
    report = StormReport(
        attempts=[
            Attempt(0.0, 0.0, welcomed_s=0.4, left_s=5.0),
            Attempt(1.0, 1.0, left_s=1.2),  # turned away, but it may have held a place until then
            Attempt(2.0, 2.0, welcomed_s=2.1),
        ]
    )
    assert report.taken() == [(0.0, 1), (1.0, 2), (1.2, 1), (2.0, 2), (5.0, 1)]
    assert report.most_taken(0.0, 1.0) == 0
    assert report.most_taken(2.0, 0.5) == 1
    assert report.most_taken(2.0, 1.0) == 2
    assert report.most_taken(9.0, 1.0) == 1


def test_a_limit_that_is_passed_together_is_seen():
    with crowded.LooksTooEarly() as service:
        assert weather(service).peak > service.limit


def test_a_missing_reason_is_seen():
    with crowded.SaysNoReason() as service:
        away = [attempt for attempt in weather(service).attempts if attempt.welcomed_s is None]
    assert away[0].end.endswith("was closed with 1008 without a reason")


def test_repeated_sessions_are_seen():
    with crowded.Repeats() as service:
        report = weather(service, churn_s=0)
    ids = [g.session_id for g in report.attempts if g.session_id]
    assert len(set(ids)) < len(ids)


def test_being_thrown_out_is_seen():
    with crowded.ThrowsOut() as service:
        report = weather(service)
    assert report.unasked
    assert 'was closed with 1011 "out with you"' in report.unasked[0]


def test_places_that_are_kept_are_seen():
    with crowded.KeepsPlaces() as service:
        report = weather(service, churn_s=1)
    assert report.peak <= service.limit
    assert report.live()[-2][1] < service.limit / 2


def test_ticks_are_kept_for_who_knows_what_was_published(calm):
    report, _ = calm
    assert sum(count for _, count in report.ticks.values()) == report.kinds["tick"] > 0
    assert {json.loads(payload)["type"] for payload in report.ticks} == {"option_tick"}
    assert all(first.startswith("newcomer ") for first, _ in report.ticks.values())


def test_clients_count_themselves_from_welcome_to_leaving():
    report = StormReport(
        attempts=[
            Attempt(0.0, 0.0, welcomed_s=0.1, left_s=0.5),
            Attempt(0.0, 0.0, welcomed_s=0.5, left_s=0.9),
            Attempt(0.0, 0.0, welcomed_s=0.6),
            Attempt(0.0, 0.0, left_s=0.2, code=1008),
        ]
    )
    assert report.live() == [(0.0, 0), (0.1, 1), (0.5, 0), (0.5, 1), (0.6, 2), (0.9, 1)]
    assert report.peak == 2

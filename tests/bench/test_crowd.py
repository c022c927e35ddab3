"""How large a crowd: which loads are asked, what the knee is, and what the bounds make of it."""

import msgspec
import pytest

from bench.crowd import CROWD_HEAD, crowd_bounds, crowd_table, curve, knee
from bench.delivering import Delivery, Load, Stage
from bench.figures import Run
from bench.machine import Machine
from bench.page import bench_markdown, bench_page
from bench.plots import crowd_plot
from tests.waiting import HANG_S

pytestmark = pytest.mark.usefixtures("load_forks")


def point(clients=10_000, rate=100.0, p99_ms=90.0, **more):
    load = Load(clients, rate, 3.0)
    due = load.ticks * clients
    found = Delivery(
        load, due, 0.1, 3.1, 40.0, p99_ms, 1.5, 2.0, 1.0, None, None, 9.0, 170.0, 230.0
    )
    return msgspec.structs.replace(found, **more)


def asked(points):
    told = []

    def deliver(name, load):
        told.append(name)
        return points[load.per_second]

    return told, deliver


def test_a_crowd_is_given_more_until_what_is_owed_takes_as_long_again():
    told, deliver = asked({10.0: point(), 25.0: point(drained_s=3.5), 50.0: point()})
    found = curve([2000], [10, 25, 50], 3.0, deliver)
    assert told == ["2,000 clients, 10/s", "2,000 clients, 25/s"]
    assert len(found["2000"]) == 2


def test_a_slow_flow_that_misses_the_bound_does_not_end_the_curve():
    told, deliver = asked({10.0: point(p99_ms=300.0), 25.0: point(rate=25.0, p99_ms=80.0)})
    found = curve([2000], [10, 25], 3.0, deliver)
    assert len(told) == 2
    assert knee(found["2000"]).load.per_second == 25.0


def test_a_wrong_tick_ends_the_curve_of_a_crowd_and_is_no_knee():
    told, deliver = asked({10.0: point(wrong="3 x gap"), 25.0: point()})
    found = curve([1000, 2000], [10, 25], 3.0, deliver)
    assert told == ["1,000 clients, 10/s", "2,000 clients, 10/s"]
    assert knee(found["1000"]) is None


def test_a_load_that_failed_leaves_the_others():
    _, deliver = asked({10.0: None})
    assert curve([1000], [10, 25], 3.0, deliver) == {"1000": []}


@pytest.mark.parametrize(
    ("points", "verdicts"),
    [
        ([point()], ["met", "met", "met"]),
        ([point(doubt="busy")], ["met", "met", "met"]),
        ([point(p99_ms=120.0)], ["met", "met", "missed"]),
        ([point(p99_ms=120.0, doubt="busy")], ["met", "met", "inconclusive"]),
        ([point(connected_s=31.0)], ["missed", "met", "met"]),
        ([point(swarm_mib=1600.0)], ["met", "missed", "met"]),
        ([point(wrong="3 x gap", doubt="busy")], ["met", "met", "missed"]),
        ([point(wrong="a worker was lost", deliveries=0)], ["met", "met", "inconclusive"]),
        ([point(rate=50.0, p99_ms=90.0)], ["met", "met", "missed"]),
        ([point(rate=50.0), point(rate=100.0, p99_ms=120.0), point(rate=200.0)],
         ["met", "met", "missed"]),
    ],
)  # fmt: skip
def test_bounds_of_ten_thousand(points, verdicts):
    assert [bound.verdict for bound in crowd_bounds({"10000": points})] == verdicts


def test_smaller_crowds_are_held_against_no_bound():
    assert crowd_bounds({"1000": [point(1000)]}) == []


def test_bounds_are_told_with_their_units():
    told = [str(bound) for bound in crowd_bounds({"10000": [point(p99_ms=120.0)]})]
    assert told == [
        "10,000 clients are connected: 9.0 s, at most 30 s: met",
        "memory of swarm and publisher, 10,000 clients: 170 MiB, at most 1,536 MiB: met",
        "p99 of 10,000 clients with 100 ticks/s each: 120.000 ms, at most 100 ms: missed",
    ]


def test_what_a_swarm_elsewhere_takes_of_memory_is_held_against_nothing():
    points = [point(clocks=("+0.012 ms ± 0.120 ms", "-0.004 ms ± 0.090 ms"))]
    assert [bound.verdict for bound in crowd_bounds({"10000": points})] == ["met", "met"]
    assert "not measured" in crowd_table({"10000": points})[0]


def test_table_page_and_picture_show_each_point():
    points = [point(1000, 10.0), point(1000, 25.0, doubt="other programs took 30% of the machine")]
    run = Run("make bench", False, Machine("a processor", 2, 8.0, "Linux 6", "3.11"))
    run.crowd = {"1000": points}
    for row in crowd_table(run.crowd):
        assert len(row) == len(CROWD_HEAD)
    page = bench_page(run, {"crowd": crowd_plot(run)})
    assert "How large a crowd" in page
    assert "in doubt: other programs took 30% of the machine" in page
    assert "| 1,000 | 25 |" in bench_markdown(run)


def test_memory_and_time_to_connect_are_measured(tmp_path):
    stage = Stage(tmp_path)
    try:
        # So many that what they take does not fit into what the service has to spare.
        found = stage.deliver("reference", Load(300, 20.0, 0.4), HANG_S)
    finally:
        stage.close()
    assert found.deliveries == 300 * 9
    assert not found.wrong
    assert found.connected_s > 0
    assert 10 < found.swarm_mib < 1000
    assert 10 < found.service_mib < 1000
    assert 5 < found.idle_kib < 500

"""What receivers report, and k6's summary."""

import json

import pytest

from bench.tally import Tally, of_k6, of_swarm
from qaws.load.result import ClientRecord, SwarmResult

SUMMARY = json.loads(
    """{
  "bench_ticks": {"type": "counter", "contains": "default", "values": {"count": 999998, "rate": 1}},
  "bench_gap": {"type": "counter", "contains": "default", "values": {"count": 2, "rate": 0}},
  "bench_duplicate": {"type": "counter", "contains": "default", "values": {"count": 0, "rate": 0}},
  "bench_order": {"type": "counter", "contains": "default", "values": {"rate": 0, "count": 3}},
  "bench_foreign": {"type": "counter", "contains": "default", "values": {"rate": 0, "count": 0}},
  "bench_complete": {"type": "counter", "contains": "default", "values": {"count": 100, "rate": 1}},
  "bench_last_ms": {"type": "trend", "contains": "default",
                    "values": {"max": 1795355464298, "min": 1795355439383}},
  "ws_msgs_received": {"values": {"count": 1000200, "rate": 1}, "type": "counter"}
}"""
)


def test_the_summary_of_k6():
    assert of_k6(SUMMARY) == Tally(
        ticks=999_998, gap=2, order=3, complete=100, last_us=1_795_355_464_298_000
    )


@pytest.mark.parametrize("name", ["bench_ticks", "bench_gap", "bench_last_ms"])
def test_a_summary_that_lacks_something_is_no_result(name):
    with pytest.raises(ValueError, match=f"k6's summary lacks '{name}'"):
        of_k6({key: value for key, value in SUMMARY.items() if key != name})


def test_the_result_of_the_swarm():
    clients = [ClientRecord("one", 10, completed_us=5), ClientRecord("two", 9, completed_us=7)]
    result = SwarmResult(clients=clients, faults={"gap": 1, "contract": 2, "order": 3})
    assert of_swarm(result) == Tally(ticks=19, gap=1, order=3, foreign=2, complete=2, last_us=7)


def test_an_unfinished_client_is_not_complete():
    clients = [ClientRecord("one", 10, completed_us=5), ClientRecord("two", 9)]
    found = of_swarm(SwarmResult(clients=clients))
    assert (found.complete, found.last_us) == (1, 0)
    assert "1 of 2 clients had the last tick" in str(found.wrong(2, 10))


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (Tally(ticks=20, complete=2), None),
        (Tally(ticks=19, gap=1, complete=2), "1 x gap, 19 of 20 ticks"),
        (Tally(ticks=21, duplicate=1, complete=2), "1 x duplicate, 21 of 20 ticks"),
        (Tally(ticks=20, order=2, complete=2), "2 x order"),
        (Tally(ticks=20, foreign=1, complete=2), "1 x foreign"),
        (Tally(ticks=20, complete=1), "1 of 2 clients had the last tick"),
    ],
)
def test_what_is_wrong(found, wrong):
    assert found.wrong(clients=2, ticks=10) == wrong


def test_tallies_add_up():
    total = Tally(ticks=3, gap=1, complete=1, last_us=9)
    total.add(Tally(ticks=4, gap=-1, duplicate=2, complete=1, last_us=7))
    assert total == Tally(ticks=7, duplicate=2, complete=2, last_us=9)

"""Part (e): what the swarm says of latencies, held against known delays and a capture."""

import numpy as np
import pytest

from bench import truth
from bench.capture import Capture, Stream, may_capture
from bench.stream import payloads, text_frame
from bench.truth import CLIENTS, DELAYS_MS, P50_MS, P99_MS, STAMP_MS, Truth, compare, measure
from qaws.load.result import SwarmResult
from qaws.verdict import Broken
from tests.waiting import HANG_S


def require(kept, found, doubt):
    """A bound that is missed on a busy machine says nothing: skip, with the reason."""
    if not kept and doubt:
        pytest.skip(f"inconclusive: {found}; {doubt}")
    assert kept, found


@pytest.mark.alone
@pytest.mark.parametrize("delay_ms", DELAYS_MS)
def test_a_known_delay_comes_back(tmp_path, delay_ms):
    found = measure(tmp_path, delay_ms, 200, HANG_S)
    assert found.wrong is None
    p50, p99 = found.off_ms
    assert found.swarm_ms[0] >= delay_ms - 0.2
    require(p50 <= P50_MS and p99 <= P99_MS, found, found.path_doubt)


@pytest.mark.alone
def test_the_swarms_stamps_are_the_kernels(tmp_path):
    if problem := may_capture():
        pytest.skip(problem)
    found = measure(tmp_path, 5.0, 200, HANG_S)
    assert found.stamp_ms is not None
    require(found.stamp_ms[0] <= STAMP_MS, found, found.doubt)


# --- the comparison itself ------------------------------------------------------------------------


class Captured(Capture):
    """A capture of ticks that are there a millisecond after each was due."""

    def __init__(self, ticks=5):
        self.due = [1_000_000 + 2500 * number for number in range(ticks)]

    def streams(self):
        found = []
        for _ in range(CLIENTS):
            stream = Stream(bytearray(), [], [])
            stream.take(0, b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 1.0)
            stream.take(len(stream.data), text_frame(b'{"type":"connection"}'), 2.0)
            for due in self.due:
                tick = b'{"due_us": %d}' % due
                stream.take(len(stream.data), text_frame(tick), due + 1000.0)
            found.append(stream)
        return found


def swarm_saw(captured, off_us=0, missing=0):
    due = np.array(captured.due[missing:], np.int64)
    result = SwarmResult()
    result.arrivals = {f"client {n}": (due, due + 1000 + off_us) for n in range(1, CLIENTS + 1)}
    return result


def test_arrivals_are_held_against_the_capture_one_by_one():
    captured = Captured()
    assert compare(swarm_saw(captured), captured) == ((1.0, 1.0), (0.0, 0.0))
    for off_us in (-300, 300):
        result = swarm_saw(captured)
        due, arrived = result.arrivals["client 3"]
        late = arrived.copy()
        late[2] += off_us
        result.arrivals["client 3"] = due, late
        assert compare(result, captured)[1][1] == pytest.approx(0.3)


def test_a_swarm_that_has_not_seen_the_same_ticks_is_not_compared():
    captured = Captured()
    with pytest.raises(Broken, match="client 1: 4 ticks at the swarm, 5 in the capture"):
        compare(swarm_saw(captured, missing=1), captured)


def test_a_tick_in_two_packets_is_there_with_the_second():
    whole = b"HTTP/1.1 101 S\r\n\r\n" + text_frame(payloads(1, 77)[0])
    stream = Stream(bytearray(), [], [])
    stream.take(0, whole[:-5], 100.0)
    stream.take(0, whole[:-5], 150.0)  # sent again
    stream.take(len(whole) - 5, whole[-5:], 200.0)
    due, at_us = stream.arrivals()
    assert (due.tolist(), at_us.tolist()) == ([77], [200])
    with pytest.raises(Broken, match="the capture lacks 10 bytes of a stream"):
        stream.take(len(whole) + 10, b"x", 300.0)


# --- bounds ---------------------------------------------------------------------------------------


def one(swarm=(5.1, 5.2), held=(5.0, 5.1), stamp=(0.02, 0.1), doubt=None, kernel=(5.1, 5.2)):
    return Truth(5.0, held, swarm, kernel, stamp, 0.3, None, doubt)


@pytest.mark.parametrize(
    ("each", "verdicts"),
    [
        (one(), ["met", "met", "met"]),
        (one(doubt="busy"), ["met", "met", "met"]),
        (one(swarm=(5.6, 5.9)), ["missed", "met", "met"]),
        (one(swarm=(5.1, 6.2)), ["met", "missed", "met"]),
        (one(swarm=(4.4, 4.5)), ["missed", "met", "met"]),
        (one(stamp=(0.3, 0.4)), ["met", "met", "missed"]),
        (one(stamp=(0.3, 0.4), doubt="busy"), ["met", "met", "inconclusive"]),
        (one(swarm=(9, 12), held=(8, 11)), ["inconclusive", "inconclusive", "met"]),
        (one(swarm=(5.1, 6.1), kernel=(5.1, 6.1)), ["met", "inconclusive", "met"]),
        (one(swarm=(5.1, 6.1), kernel=None), ["met", "missed", "met"]),
    ],
)
def test_bounds_of_truth(each, verdicts):
    bounds = truth.truth_bounds({"5 ms": [each] * 3})
    assert [bound.verdict for bound in bounds] == verdicts


def test_without_a_capture_nothing_is_said_of_the_stamps():
    *_, stamps = truth.truth_bounds({"5 ms": [one(stamp=None)] * 3})
    assert stamps.verdict == "inconclusive"
    assert truth.truth_table({"5 ms": [one(stamp=None)]})[0][5] == "not captured"


def test_two_rounds_are_too_few():
    bounds = truth.truth_bounds({"5 ms": [one()] * 2})
    assert {bound.verdict for bound in bounds} == {"inconclusive"}


def test_a_bound_of_time_is_told_with_its_unit():
    bound = truth.truth_bounds({"5 ms": [one()] * 3})[0]
    assert str(bound) == "p50 off a delay of 5 ms: 0.100 ms, at most 0.5 ms: met"
    assert bound.asked == "≤ 0.5 ms"

"""The stall meter: what it books, and that a real loop which stood still is seen."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest

from qaws.measure.stall import NOISE_MS, StallMeter, Stalls, TurnMeter
from qaws.runtime.loop import LoopThread
from tests.waiting import HANG_S, soon

MS = 1_000_000


@pytest.fixture
def meter():
    """A meter that is not behind, with a stall of 100 ms that ended at 1000 ms."""
    made = StallMeter()
    made._due_ns = time.monotonic_ns() + 3600 * 1000 * MS
    made.book(900 * MS, 1000 * MS)
    return made


@pytest.mark.parametrize(
    ("start", "end", "stall"),
    [
        (0, 2000, 100),  # all of it
        (0, 899, 0),
        (0, 900, 0),  # up to its begin
        (1000, 2000, 0),
        (0, 950, 50),  # its first half
        (950, 2000, 50),  # its second half
        (920, 930, 10),  # a stretch within it
        (900, 1000, 100),
    ],
)
def test_only_the_part_inside_the_stretch_counts(meter, start, end, stall):
    assert meter.between(start * MS, end * MS) == pytest.approx(stall)


def test_stalls_add_up_and_the_worst_is_kept(meter):
    meter.book(1500 * MS, 1530 * MS)
    assert meter.between(0, 2000 * MS) == pytest.approx(130)
    assert meter.between(950 * MS, 1510 * MS) == pytest.approx(60)
    assert meter.worst() == pytest.approx(100)


def test_ordinary_lateness_is_not_booked(meter):
    meter.book(2000 * MS, int((2000 + NOISE_MS) * MS))
    assert meter.between(1900 * MS, 2100 * MS) == 0.0


def test_a_stall_that_is_still_going_on_counts():
    meter = StallMeter()
    now = time.monotonic_ns()
    meter._due_ns = now - 300 * MS
    assert meter.between(now - 1000 * MS, now) == pytest.approx(300, abs=50)
    assert meter.between(now - 1000 * MS, now - 200 * MS) == pytest.approx(100, abs=1)
    assert meter.between(now - 2000 * MS, now - 1000 * MS) == 0.0


def test_a_new_meter_has_seen_nothing():
    assert StallMeter().worst() == 0.0


@pytest.fixture
def thread():
    made = LoopThread()
    yield made
    made.stop()


def test_a_loop_that_is_blocked_for_200_ms_is_measured(thread):
    async def block():
        await asyncio.sleep(0.03)
        start = time.monotonic_ns()
        time.sleep(0.2)  # noqa: ASYNC251 - the stall itself
        blocked = time.monotonic_ns()
        ongoing = thread.stalls.between(start, blocked)
        await asyncio.sleep(0.03)
        end = time.monotonic_ns()
        return (
            ongoing,
            (blocked - start) / MS,
            thread.stalls.between(start, end),
            (end - start) / MS,
        )

    ongoing, blocked_ms, booked, whole_ms = thread.call(block(), timeout_s=HANG_S)
    # the meter can only miss what is left of its own period when the stall begins
    assert blocked_ms - 10 <= ongoing <= blocked_ms
    assert blocked_ms - 10 <= booked <= whole_ms
    assert thread.stalls.worst() >= 190


def test_an_idle_loop_did_not_stand_still(thread, until):
    async def idle():
        start = time.monotonic_ns()
        await asyncio.sleep(0.1)
        return thread.stalls.between(start, time.monotonic_ns())

    # on a machine that others use too, the best try tells what the meter adds by itself
    until(lambda: thread.call(idle()) <= 15)


def test_the_meter_runs_as_long_as_the_loop(thread):
    async def many_stalls():
        for _ in range(5):
            time.sleep(0.03)  # noqa: ASYNC251
            await asyncio.sleep(0.02)

    start = time.monotonic_ns()
    thread.call(many_stalls(), timeout_s=HANG_S)
    assert thread.stalls.between(start, time.monotonic_ns()) >= 5 * 20


@pytest.mark.parametrize("reading", range(3, 10))
def test_wherever_the_process_is_stopped_the_meter_sees_it(monkeypatch, reading):
    """SIGSTOP falls between any two instructions: also between two looks at the clock."""
    looks, mine = [], threading.get_ident()

    def now_ns():
        now = time.monotonic_ns()
        if threading.get_ident() != mine:  # a loop that other tests share has a meter of its own
            return now
        looks.append(now)
        return now + (len(looks) >= reading) * 10**9

    async def run():
        meter = StallMeter()
        running = asyncio.create_task(meter.run())
        await soon(lambda: len(looks) >= reading + 8)
        running.cancel()
        return meter

    start_ns = time.monotonic_ns()
    monkeypatch.setattr("qaws.measure.stall.time", SimpleNamespace(monotonic_ns=now_ns))
    meter = asyncio.run(run())
    assert meter.between(start_ns, time.monotonic_ns() + 2 * 10**9) >= 995


def test_the_stalls_of_any_window_are_added_up():
    stalls = Stalls(((100.0, 10.0), (150.0, 20.0), (400.0, 50.0)))
    assert stalls.total_ms == 80
    assert stalls.worst_ms == 50
    assert stalls.within_ms(30) == 30, "a window holds no more than its length"
    assert stalls.within_ms(60) == 50
    assert stalls.within_ms(250) == 70
    assert stalls.within_ms(1000) == 80
    assert Stalls().within_ms(1000) == 0


def test_the_meter_reports_its_stalls_in_order():
    meter = StallMeter()
    for end_ms, length_ms in ((100, 20), (300, 2), (500, 40)):
        meter.book(int((end_ms - length_ms) * 1e6), int(end_ms * 1e6))
    assert meter.stalls() == Stalls(((100.0, 20.0), (500.0, 40.0)))


def test_the_longest_of_several_stalls_counts_where_it_reaches_into_the_time():
    meter = StallMeter()
    for due_ms, woken_ms in ((0, 100), (200, 500), (600, 650)):
        meter.book(due_ms * 10**6, woken_ms * 10**6)
    assert meter.longest_between(0, 10**9) == 300
    assert meter.longest_between(490 * 10**6, 10**9) == 300
    assert meter.longest_between(510 * 10**6, 10**9) == 50
    assert meter.longest_between(0, 150 * 10**6) == 100
    assert meter.longest_between(10**9, 2 * 10**9) == 0


@pytest.mark.parametrize("meant_s", [0.0, 0.05])
def test_a_turn_held_up_anywhere_is_booked(meant_s):
    turns = TurnMeter()
    time.sleep(meant_s)
    turns.spent(int(meant_s * 1e9))
    time.sleep(0.1)  # nobody meant that
    turns.book()
    assert turns.stalls().worst_ms >= 100
    (end_ms, _), *_ = turns.stalls().spans
    assert end_ms <= time.monotonic_ns() / MS


def test_work_and_what_was_meant_to_pass_are_no_stall():
    began_ns, turns = time.monotonic_ns(), TurnMeter()
    until_ns = time.thread_time_ns() + 50 * MS
    while time.thread_time_ns() < until_ns:
        pass
    time.sleep(0.05)
    turns.spent(50 * MS)
    turns.book()
    taken_ms = (time.monotonic_ns() - began_ns) / MS
    assert turns.stalls().total_ms <= taken_ms - 100  # that much was work, and a wait

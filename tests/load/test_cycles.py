"""The churner: what it does, what it counts, and which mistakes it tells of."""

import errno
import json
import os
import re
import socket
import threading
import time

import pytest
import uvloop
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from qaws.load.churn import cycles
from qaws.load.churn.cycles import CLEAN, RESET, RESET_AT_ONCE, CyclesPlan, portions, run_cycles
from qaws.load.churn.short_lived import Address, ShortLivedClient
from qaws.measure.cpu_wait import Waits
from qaws.measure.interference import explains_wait
from qaws.verdict import Broken
from tests.services import crowded
from tests.services.crowded import NIFTY, Small
from tests.waiting import HANG_S, until


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """What must come gets until a hang is certain; a test of what will not come says so."""
    monkeypatch.setattr(cycles, "PATIENCE_S", HANG_S)
    monkeypatch.setattr(cycles, "SETTLE_S", 0.01)


def test_visitors_come_are_served_and_go():
    with Small() as service:
        report = run_cycles(CyclesPlan(service.address, 40, at_once=4))
    assert (report.done, report.failed, report.faults) == (40, 0, {})
    assert report.endings == {CLEAN: 20, RESET: 10, RESET_AT_ONCE: 10}
    assert service.ever == 40
    assert report.kinds["connection"] == 40
    assert report.kinds["tick"] >= 30
    assert report.samples == []


def test_memory_is_read_between_portions():
    with Small() as service:
        report = run_cycles(CyclesPlan(service.address, 30, samples=5, pids=[os.getpid()]))
    assert [sample.cycles for sample in report.samples] == [0, 6, 12, 18, 24, 30]
    assert all(sample.memory_bytes > 1 << 20 for sample in report.samples)


def test_samples_know_when_they_were_taken_by_a_clock_that_nobody_can_set(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    began = time.monotonic()
    with Small() as service:
        report = run_cycles(CyclesPlan(service.address, 6, samples=2, pids=[os.getpid()]))
    times = [began, *(sample.at_s for sample in report.samples), time.monotonic()]
    assert times == sorted(times)


def test_cycles_keep_to_a_rate():
    with Small() as service:
        report = run_cycles(CyclesPlan(service.address, 20, per_second=50))
    assert report.done == 20
    assert report.took_s >= 0.38


def test_progress_is_told(tmp_path):
    place = tmp_path / "progress"
    with Small() as service:
        run_cycles(CyclesPlan(service.address, 5, at_once=1, progress=str(place)))
    assert json.loads(place.read_text()) == {"cycles": 1, "failed": 0, "memory": None}


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ("Silent", "client 1 was still waiting for its welcome after"),
        ("Deaf", "client 1 was still waiting for the acknowledgement of its subscription after"),
        ("Tickless", "client 1 was still waiting for a tick after"),
    ],
)
def test_a_client_that_waits_in_vain_fails_its_cycle(monkeypatch, mistake, words):
    for patience_s in (0.4, 4.0, 40.0):  # more where the machine is so busy that nothing came
        monkeypatch.setattr(cycles, "PATIENCE_S", patience_s)
        with getattr(crowded, mistake)() as service:
            report = run_cycles(CyclesPlan(service.address, 1))
        if report.hung[0][0].startswith(words):
            break
    assert (report.done, report.failed, report.failures) == (0, 1, [])
    told, began, until = report.hung[0]
    assert told.startswith(f"{words} {patience_s:g} s")
    assert until - began > 0.9 * patience_s  # a loop may wake up a little early


def test_a_churner_that_stood_still_says_so(monkeypatch):
    """Whoever waits through a stop of its own process has waited in vain for no service."""
    monkeypatch.setattr(cycles, "PATIENCE_S", 0.4)
    welcomed = ShortLivedClient.subscribe

    def after_a_stop(client):
        time.sleep(0.8)
        welcomed(client)

    monkeypatch.setattr(ShortLivedClient, "subscribe", after_a_stop)
    with Small() as service:
        report = run_cycles(CyclesPlan(service.address, 1))
    ((_, began, until),) = report.hung
    assert explains_wait(report.stalls, Waits(), began, until, 400)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EMFILE, "may open no more files: raise ulimit -n"),
        (errno.EADDRNOTAVAIL, "no address or free port to connect from"),
    ],
)
def test_what_this_machine_lacks_is_no_fault_of_the_service(monkeypatch, number, words):
    async def cannot(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(uvloop.Loop, "create_connection", cannot, raising=False)
    with Small() as service, pytest.raises(Broken, match=rf"client 1 could not connect: .*{words}"):
        run_cycles(CyclesPlan(service.address, 1))


def test_who_is_refused_a_connection_has_met_the_service():
    with Small() as service:
        address = service.address
    report = run_cycles(CyclesPlan(address, 1))
    assert report.failures[0].startswith("client 1 could not connect: ")


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (
            "Full",
            'client 1, waiting for its welcome, was closed with 1008 "max connections reached"',
        ),
        ("Cuts", "client 1, waiting for its welcome, was cut off after the handshake, without a"),
        ("Unavailable", "client 1, waiting for its welcome, was answered with HTTP 503 Service"),
    ],
)
def test_a_visitor_that_is_not_served_fails_its_cycle(mistake, words):
    with getattr(crowded, mistake)() as service:
        report = run_cycles(CyclesPlan(service.address, 1))
    assert (report.done, report.failed) == (0, 1)
    assert report.failures[0].startswith(words)


@pytest.mark.parametrize(
    ("mistake", "kind", "words"),
    [
        ("Skips", "gap", "client 1 expected NIFTY #2, got #3 (previous #1)"),
        ("Twice", "duplicate", "client 1 got NIFTY #1 again"),
        ("TooEarly", "unsubscribed", "client 1 received option tick NIFTY #1 before it had subsc"),
        ("Others", "unsubscribed", "client 1 received option tick BANKNIFTY #1, but had subscr"),
        ("Loose", "contract", "client 1 received a message that breaks the contract"),
        ("Binary", "contract", "client 1 received a message that is binary, not text"),
        ("Complains", "contract", "client 1 was told of an error that it had not made"),
    ],
)
def test_every_message_is_checked(mistake, kind, words):
    with getattr(crowded, mistake)() as service:
        report = run_cycles(CyclesPlan(service.address, 1))
    assert set(report.faults) == {kind}
    assert report.sentences[0].startswith(words)


def test_ticks_are_compared_with_what_was_published():
    with crowded.OfAFlow() as service:
        report = run_cycles(CyclesPlan(service.address, 8, at_once=2, flow=crowded.FLOW))
    assert (report.done, report.faults) == (8, {})


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ("TellsThePriceBefore", r"client 2 received NIFTY #2 with last_price \S+ instead of \S+$"),
        ("TellsItsOwnTime", r"client 3 received NIFTY #3 with a due time \(due_us\) that is 1000"),
    ],
)
def test_a_tick_that_says_something_else_is_told(mistake, words):
    with getattr(crowded, mistake)() as service:
        report = run_cycles(CyclesPlan(service.address, 5, at_once=1, flow=crowded.FLOW))
    assert set(report.faults) == {"content"}
    assert re.match(words, report.sentences[0])


def test_fragments_and_pings_are_no_fault():
    with crowded.InPieces() as service:
        report = run_cycles(CyclesPlan(service.address, 3, at_once=1))
    assert (report.done, report.faults) == (3, {})


def test_a_goodbye_may_be_answered_without_a_code():
    """It failed every cycle that ended with one; RFC 6455, section 5.5.1, asks for no code."""

    class Answers(ServerConnection):
        def __init__(self, protocol, *args, **options):
            super().__init__(protocol, *args, **options)
            send = protocol.send_frame

            def send_frame(frame):
                is_answer = frame.opcode is Opcode.CLOSE and protocol.close_rcvd is not None
                send(Frame(Opcode.CLOSE, b"") if is_answer else frame)

            protocol.send_frame = send_frame

    class WithoutACode(Small):
        connection = Answers

    with WithoutACode() as service:
        report = run_cycles(CyclesPlan(service.address, 8, at_once=2))
    assert (report.done, report.failed) == (8, 0)
    assert report.endings[CLEAN] == 4


def test_a_dead_service_is_not_tried_for_ever(monkeypatch):
    monkeypatch.setattr(cycles, "MOST_FAILURES", 5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{taken.getsockname()[1]}/ws"
        report = run_cycles(CyclesPlan(Address.of([(url, {})], NIFTY), 1000, at_once=2))
    assert report.done == 0
    assert 5 < report.failed < 10
    assert "could not connect" in report.failures[0]


def test_a_service_that_dies_ends_the_cycles():
    service = Small().start()
    ending = threading.Thread(target=lambda: (until(lambda: service.ever > 20), service.stop()))
    ending.start()
    report = run_cycles(CyclesPlan(service.address, 100_000_000))
    ending.join()
    assert 0 < report.done < 100_000_000
    assert report.failed > cycles.MOST_FAILURES


def test_portions_are_even_and_whole():
    assert list(portions(10, 3)) == [(0, 3), (3, 6), (6, 10)]
    assert list(portions(2, 80)) == [(0, 1), (1, 2)]
    assert sum(last - first for first, last in portions(24_000, 80)) == 24_000

"""A line that tells when its bytes arrived, however late they are read."""

import asyncio
import contextlib
import socket
import struct
import sys
import time
from dataclasses import replace

import pytest

from qaws.load.result import SwarmResult
from qaws.load.subscriber.stamped import ReadDelays, StampedLine, ask_for_stamps
from qaws.measure import clock
from tests.waiting import HANG_S, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux stamps what arrives")


class Taker:
    """Notes what arrives, when, and how the line ends."""

    def __init__(self):
        self.line: StampedLine | None = None
        self.taken = []
        self.came = asyncio.Event()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.line = transport

    def data_arrived(self, data, now):
        self.taken.append((data, now))
        self.came.set()

    def connection_lost(self, exc):
        self.lost.set_result(exc)


@pytest.fixture(scope="module", autouse=True)
def stamping():
    """Have the kernel stamp what arrives: it begins a moment after the first line has asked for it.

    What arrives before bears the time at which it was read.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = socket.create_connection(server.getsockname())
        other, _ = server.accept()

    def is_stamped_before_it_is_read():
        other.sendall(b"x")
        time.sleep(0.005)
        read_ns = time.time_ns()
        _, told, *_ = line.recvmsg(1, 64)
        if not told:
            return False
        seconds, ns = struct.unpack_from("qq", told[0][2])
        return seconds * 10**9 + ns < read_ns

    with line, other:
        assert ask_for_stamps(line)
        until(is_stamped_before_it_is_read)
        yield


@contextlib.contextmanager
def joined():
    """Give (a taker at the end of a stamped line, the other end, the delays)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        other, _ = server.accept()
    other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setblocking(False)
    assert ask_for_stamps(client)
    taker, delays = Taker(), ReadDelays()
    line = StampedLine(client, taker, delays)
    with other:
        yield taker, other, delays
    line.abort()


def test_bytes_bear_the_time_at_which_the_kernel_had_them():
    async def run():
        with joined() as (taker, other, delays):
            before = clock.now_us()
            other.sendall(b"tick")
            after = clock.now_us()
            time.sleep(0.05)  # noqa: ASYNC251 - to stand still is the point
            await asyncio.wait_for(taker.came.wait(), HANG_S)
            ((data, at_us),) = taker.taken
            assert data == b"tick"
            assert before - 100 <= at_us <= after + 100
            assert delays.latencies.percentile_ms(50) >= 49

    asyncio.run(run())


@pytest.mark.parametrize("set_s", [-5.0, 5.0, 0.02, -0.02])
def test_a_wall_clock_that_was_set_moves_no_arrival(monkeypatch, set_s):
    """As Linux does it, the kernel's stamps are of the clock that was set."""
    real = time.time_ns
    began = clock.WallClock.read()
    hour_ns = 3_600_000_000_000
    monkeypatch.setattr(clock, "_BEGAN", replace(began, read_ns=began.read_ns - hour_ns))
    before = clock.now_us()
    monkeypatch.setattr(time, "time_ns", lambda: real() + int(set_s * 1e9))
    at_us, lay_us = clock.stamped_us(time.time_ns() - 2_000_000)
    after = clock.now_us()
    assert before - 1_000 <= at_us + 2000 <= after + 1_000
    assert 1_000 <= lay_us <= 2000 + (after - before) + 1_000


def test_a_stamp_of_the_future_is_of_now():
    at_us, lay_us = clock.stamped_us(time.time_ns() + 10**9)
    assert at_us <= clock.now_us()
    assert lay_us == 0


def test_what_the_kernel_does_not_take_at_once_is_sent_all_the_same():
    async def run():
        with joined() as (taker, other, _):
            assert taker.line
            whole = bytes(range(256)) * 80_000
            taker.line.write(whole)
            taker.line.write(b"end")
            taker.line.close()
            other.setblocking(False)
            received = b""
            loop = asyncio.get_running_loop()
            while part := await asyncio.wait_for(loop.sock_recv(other, 1 << 20), HANG_S):
                received += part
            assert received == whole + b"end"
            assert await asyncio.wait_for(taker.lost, HANG_S) is None

    asyncio.run(run())


@pytest.mark.parametrize("reset", [False, True])
def test_the_end_of_the_line_is_told_with_its_cause(reset):
    async def run():
        with joined() as (taker, other, _):
            if reset:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            other.close()
            lost = await asyncio.wait_for(taker.lost, HANG_S)
            assert isinstance(lost, ConnectionResetError) if reset else lost is None
            assert taker.line.is_closing()

    asyncio.run(run())


def test_a_line_that_is_paused_reads_nothing_until_it_may():
    async def run():
        with joined() as (taker, other, _):
            taker.line.pause_reading()
            other.sendall(b"tick")
            await asyncio.sleep(0.02)
            assert taker.taken == []
            taker.line.resume_reading()
            await asyncio.wait_for(taker.came.wait(), HANG_S)

    asyncio.run(run())


def test_the_report_says_whose_times_the_arrivals_are():
    result = SwarmResult()
    assert result.stamped_by().startswith("stamped by the swarm as it read")
    delays = ReadDelays()
    for delay_us in range(1, 5001):
        delays.add(delay_us)
    result.read_delays.merge(delays.latencies)
    assert result.stamped_by() == (
        "stamped by the kernel; bytes lay unread for 2.50 ms (p50), 4.95 ms (p99), "
        "which no latency contains"
    )


def test_a_swarm_over_a_plain_line_has_the_kernels_times(observe):
    result = observe(clients=2, count=100)
    assert result.faults == {}
    assert result.read_delays.count > 0

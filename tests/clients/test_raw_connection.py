"""The raw client: what it puts onto the wire, and what it makes of the answer."""

import asyncio

import pytest
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame
from websockets.streams import StreamReader

from qaws.clients import raw_connection
from qaws.clients.raw_connection import RawConnection
from qaws.protocol.dialect import QaWs
from qaws.verdict import Broken
from tests.services.scripted import Raw, Ticker, frame, handshake, silent_port
from tests.waiting import HANG_S


def parsed(data, max_size=None):
    """Let the library read a frame as a server does."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    parsing = Frame.parse(reader.read_exact, mask=True, max_size=max_size)
    try:
        next(parsing)
    except StopIteration as end:
        return end.value
    raise AssertionError("the frame is not complete")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_a_good_frame_is_understood(size):
    found = parsed(raw_connection.whole("a" * size))
    assert (found.opcode, bytes(found.data), found.fin) == (1, b"a" * size, True)
    found = parsed(raw_connection.whole(b"a" * size))
    assert (found.opcode, bytes(found.data), found.fin) == (2, b"a" * size, True)
    assert not parsed(raw_connection.frame(1, b"a", fin=False)).fin


def test_bad_frames_are_bad():
    for bad in (
        raw_connection.frame(1, masked=False),
        raw_connection.frame(1, reserved=1),
        raw_connection.frame(3),
        raw_connection.frame(9, fin=False),
        raw_connection.frame(9, b"a" * 126),
    ):
        with pytest.raises(ProtocolError):
            parsed(bad)
    with pytest.raises(PayloadTooBig):
        parsed(raw_connection.frame(1, announced=1 << 40), max_size=65536)


@pytest.fixture
def meet(loop):
    """Let `play(connection)` happen on the loop thread; return the connection."""

    def meeting(service, play, stays=False):
        async def story():
            connection = RawConnection("Mallory", QaWs(), stays=stays)
            await connection.connect(f"{service.url}?token=SECRET")
            try:
                await play(connection)
            finally:
                await connection.close()
            return connection

        with service:
            return loop.call(story(), timeout_s=2 * HANG_S)

    return meeting


def is_kind(kind):
    return lambda frame: frame.kind == kind


def test_it_talks_to_a_service_and_leaves(meet):
    async def play(connection):
        assert connection.is_open
        asked = await connection.send(QaWs().ping())
        assert await connection.wait_for(lambda f: "pong" in f.text, asked, HANG_S)
        connection.write(raw_connection.whole("no JSON"))
        assert await connection.wait_for(lambda f: "error" in f.text, asked, HANG_S)

    connection = meet(Ticker(), play)
    assert (connection.http_status, connection.session_id is None) == (101, False)
    assert connection.ending.by == "the client"
    assert not connection.breaches
    log = "\n".join(f"{f.direction} {f.kind} {f.text}" for f in connection.log)
    assert "→ bytes 81 87 00 00 00 00 6e 6f 20 4a 53 4f 4e" in log
    assert "SECRET" not in log


def closes(then):
    """Return a service that closes with 1002, and then does `then`."""

    async def script(reader, writer):
        await handshake(reader, writer)
        writer.write(frame(8, b"\x03\xeano"))
        await then(reader, writer)

    return Raw(script)


def test_a_close_is_answered_and_told(meet):
    answers = []

    async def listen(reader, writer):
        answers.append(await reader.readexactly(8))
        writer.close()

    async def play(connection):
        assert await connection.wait_for(is_kind("end"), None, HANG_S)

    connection = meet(closes(listen), play)
    assert answers == [b"\x88\x82\0\0\0\0\x03\xea"]
    assert str(connection.ending) == 'closed with 1002 "no" by the service'


def test_a_close_is_told_though_the_line_was_reset_behind_it(meet):
    """A service that closes with data unread resets the line; what it said before has come."""

    async def script(reader, writer):
        await handshake(reader, writer)
        await reader.readexactly(10)
        writer.transport.pause_reading()
        await asyncio.sleep(0.1)
        writer.write(frame(8, b"\x03\xf1too large"))
        writer.transport.abort()

    async def play(connection):
        connection._line.transport.pause_reading()
        while not connection.is_over:
            connection.pour(b"a" * 32768)
            await asyncio.sleep(0.01)

    connection = meet(Raw(script), play)
    assert str(connection.ending) == 'closed with 1009 "too large" by the service'


def test_one_that_stays_does_not_answer_and_keeps_its_side_open(meet):
    heard = []

    async def listen(reader, writer):
        writer.write_eof()
        heard.append(await reader.read())

    async def play(connection):
        assert await connection.wait_for(is_kind("eof"), None, HANG_S)
        assert not connection.is_over
        await asyncio.sleep(0.1)
        assert not heard

    connection = meet(closes(listen), play, stays=True)
    assert connection.is_over


def test_a_refusal_is_noted(meet):
    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")

    async def play(connection):
        assert not connection.is_open

    assert meet(Raw(refuse), play).summary() == "HTTP 403"


def test_bytes_against_the_protocol_are_a_breach(meet):
    async def script(reader, writer):
        await handshake(reader, writer)
        writer.write(b"\xff\x00")
        await reader.read()

    async def play(connection):
        assert await connection.wait_for(is_kind("end"), None, HANG_S)

    (breach,) = {b.split(":")[0] for b in meet(Raw(script), play).breaches}
    assert breach == "Mallory received bytes against RFC 6455"


def closes_with(code):
    async def script(reader, writer):
        await handshake(reader, writer)
        writer.write(frame(8, code.to_bytes(2, "big")))
        await reader.read()

    return Raw(script)


@pytest.mark.parametrize("code", [5000, 65535])
def test_a_code_of_which_the_protocol_says_nothing_may_be_sent_back(meet, code):
    async def play(connection):
        connection.write(b"\x88\x82\0\0\0\0" + code.to_bytes(2, "big"))
        assert await connection.wait_for(is_kind("close"), None, HANG_S)

    connection = meet(closes_with(code), play)
    assert not connection.breaches
    assert str(connection.ending) == f"closed with {code} without a reason by the service"


@pytest.mark.parametrize("code", [999, 1005, 1006, 1015, 2999])
def test_a_code_that_must_not_be_sent_is_a_breach(meet, code):
    async def play(connection):
        assert await connection.wait_for(is_kind("end"), None, HANG_S)

    (breach,) = {b.split(":")[0] for b in meet(closes_with(code), play).breaches}
    assert breach == "Mallory received bytes against RFC 6455"


def test_who_cannot_be_reached_is_named(loop):
    connection = RawConnection("Mallory", QaWs())
    with silent_port() as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Broken, match="cannot connect"):
        loop.call(connection.dial(f"ws://127.0.0.1:{port}/?token=SECRET"), timeout_s=HANG_S)

"""Connections against services that do as the test says: the log, the ending, the waits."""

import asyncio
import json
import socket
import time
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError

from qaws.clients.address import redacted
from qaws.clients.connection import Connection
from qaws.oracle.ledger import Entitlement
from qaws.protocol.contract import Contract
from qaws.protocol.credentials import credentials
from qaws.protocol.dialect import QaWs, Said
from qaws.protocol.encoding import Encoding
from qaws.protocol.exact import exact
from qaws.protocol.market import selection_of
from qaws.runtime.dialing import connected_socket
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken
from tests.services.dialects import encoded
from tests.services.relay import Relay
from tests.services.scripted import Raw, Ticker, frame, handshake, silent_port
from tests.waiting import HANG_S, soon

ROOT = Path(__file__).resolve().parents[2]

CONTRACT = Contract("qa-ws")
WELCOME = {"type": "connection", "status": "connected", "session_id": "s-1"}


@pytest.fixture
def meet(loop):
    """Let `play(connection)` happen on the loop thread, at a service; return the connection."""

    def meeting(service, play=None, url=None, headers=None, opened=True, dialect=None):
        async def story():
            connection = Connection("Alice", dialect or QaWs())
            await connection.open(url or f"{service.url}?token=t", headers or [])
            if opened:
                assert connection.http_status == 101, connection.summary()
            try:
                if play:
                    await play(connection)
            finally:
                if connection._socket:
                    connection._socket.close_timeout = 0.3  # many of these services never answer
                await connection.close()
            return connection

        with service:
            url = url and url.replace("SERVICE", f"127.0.0.1:{service.port}")
            return loop.call(story(), timeout_s=2 * HANG_S)

    return meeting


def over_the_wire(*data: bytes, then=None):
    """Return a service that answers the handshake, writes these bytes, and then does `then`."""

    async def script(reader, writer):
        await handshake(reader, writer)
        for piece in data:
            writer.write(piece)
            await writer.drain()
        if then:
            await then(reader, writer)
        await reader.read()

    return Raw(script)


@pytest.mark.parametrize("text", [b"no JSON", b"[1]", b"\xff"])
def test_a_message_that_nobody_can_read_is_counted(meet, text):
    connection = meet(over_the_wire(frame(1, text)), text_comes)
    assert connection.summary().startswith("1 x message that nobody can read; ")


async def text_comes(connection, count=1):
    assert await connection.wait_for(lambda f: len(arrived(connection)) >= count, None, HANG_S)


def arrived(connection):
    return [f for f in connection.log if f.kind in ("text", "binary") and f.direction == "←"]


# --- the log -------------------------------------------------------------------------------------


def test_the_log_tells_the_whole_story_in_order_with_rising_times(meet):
    async def play(connection):
        await text_comes(connection)
        sent = await connection.send(QaWs().ping())
        assert await connection.wait_for(lambda f: f.text == '{"type": "pong"}', sent, HANG_S)

    before = time.monotonic_ns()
    connection = meet(Ticker(), play)
    story = [(f.direction, f.kind) for f in connection.log]
    assert story == [
        ("→", "handshake"),
        ("←", "handshake"),
        ("←", "text"),
        ("→", "text"),
        ("←", "text"),
        ("→", "close"),
        ("←", "close"),
        ("←", "end"),
    ]
    times = [f.at_ns for f in connection.log]
    assert times == sorted(times)
    assert before < times[0]
    assert times[-1] < time.monotonic_ns()
    assert connection.log[1].text == "HTTP 101 Switching Protocols"
    assert connection.session_id == "session-1"


def test_a_frame_is_stamped_when_it_arrives_and_not_when_somebody_looks(meet):
    sent, looked = [], []

    class Late(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            await asyncio.sleep(0.1)
            sent.append(time.monotonic_ns())
            await client.send({"type": "pong"})

    async def play(connection):
        await soon(lambda: len(arrived(connection)) > 1)
        looked.append(time.monotonic_ns())
        assert await connection.wait_for(lambda f: "pong" in f.text, None, HANG_S)

    connection = meet(Late(), play)
    pong = arrived(connection)[1]
    assert sent[0] <= pong.at_ns < looked[0]


def test_text_in_fragments_is_one_message(meet):
    text = json.dumps(WELCOME).encode()
    pieces = [frame(1, text[:5], fin=False), frame(0, text[5:20], fin=False), frame(0, text[20:])]
    connection = meet(over_the_wire(*pieces), text_comes)
    (message,) = arrived(connection)
    assert message.message == WELCOME
    assert message.kind == "text"
    assert connection.breaches == []


def test_a_ping_between_fragments_does_not_disturb_the_message(meet):
    text = json.dumps(WELCOME).encode()
    pieces = frame(1, text[:5], fin=False) + frame(9, b"hi") + frame(0, text[5:])
    connection = meet(over_the_wire(pieces), text_comes)
    assert [f.kind for f in connection.log[2:4]] == ["ping", "text"]
    assert connection.log[3].message == WELCOME


@pytest.mark.parametrize("fragmented", [False, True])
def test_a_binary_message_is_a_breach_also_in_fragments_and_is_no_tick(meet, fragmented):
    data = json.dumps(WELCOME).encode()
    pieces = [frame(2, data)]
    if fragmented:
        pieces = [frame(2, data[:5], fin=False), frame(0, data[5:])]
    connection = meet(over_the_wire(*pieces), text_comes)
    (message,) = arrived(connection)
    assert message.kind == "binary"
    assert message.message is None
    assert connection.session_id is None
    assert "is binary, not text" in connection.breaches[0]


class Encoded(QaWs):
    """The dialect in binary messages."""

    def __init__(self, received):
        super().__init__()
        self.encoding = Encoding(received)


def message_of(received: str, text: str) -> bytes:
    data = encoded.ENCODERS[received](text)
    assert isinstance(data, bytes)
    return data


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("received", ["binary", "gzip", "msgpack"])
def test_a_binary_message_says_what_the_target_says_it_does(meet, received, pieces):
    data = message_of(received, json.dumps(WELCOME))
    size = -(-len(data) // pieces)
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    last = len(parts) - 1
    frames = [frame(0 if n else 2, part, fin=n == last) for n, part in enumerate(parts)]
    connection = meet(over_the_wire(*frames), text_comes, dialect=Encoded(received))
    (message,) = arrived(connection)
    assert (message.kind, message.message) == ("text", WELCOME)
    assert json.loads(message.text) == WELCOME
    assert connection.breaches == []
    assert f"binary messages are read as {received}" in connection.log[0].text
    assert (message.raw == "") is (received != "msgpack")


@pytest.mark.parametrize(
    ("received", "said", "breach"),
    [
        ("gzip", "Traceback: eyJsecret", "received a frame that is not JSON: "),
        ("gzip", '{"a": 1}\n{"b": 2}', "2 JSON texts in one message, separated by a newline"),
        ("binary", "no JSON", "received a frame that is not JSON: "),
    ],
)
def test_what_a_binary_message_says_is_logged_also_where_it_is_no_json(
    meet, received, said, breach
):
    data = message_of(received, said)
    connection = meet(over_the_wire(frame(2, data)), text_comes, dialect=Encoded(received))
    (message,) = arrived(connection)
    assert (message.kind, message.text) == ("text", said)
    assert breach in connection.breaches[0]


def test_what_decoding_leaves_out_is_kept_beside_it(meet):
    """Of a key that stands there twice the last is read: a token in the first is found there."""
    welcome = message_of("msgpack", json.dumps(WELCOME))
    first = b"\xdb\0\0\0\x04type\xdb\0\0\0\x08eyJtoken"
    data = b"\xdf" + (len(WELCOME) + 1).to_bytes(4, "big") + first + welcome[5:]
    connection = meet(over_the_wire(frame(2, data)), text_comes, dialect=Encoded("msgpack"))
    (message,) = arrived(connection)
    assert message.message == WELCOME
    assert "eyJtoken" not in message.text
    assert "eyJtoken" in message.whole


def test_what_is_not_encoded_as_the_target_says_is_told(meet):
    connection = meet(over_the_wire(frame(2, b"{}")), text_comes, dialect=Encoded("gzip"))
    (message,) = arrived(connection)
    assert (message.kind, message.message) == ("binary", None)
    assert "is a binary message of 2 bytes that is no gzip: " in connection.breaches[0]


def test_text_after_binary_is_text_again(meet):
    data = json.dumps(WELCOME).encode()
    connection = meet(
        over_the_wire(frame(2, b"x"), frame(1, data)), lambda c: text_comes(c, count=2)
    )
    assert [f.kind for f in arrived(connection)] == ["binary", "text"]
    assert len(connection.breaches) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"{ broken",
        b"",
        b'{"type": "pong"} x',
        b'{"type": "option_tick", "last_price": NaN}',
        b'{"type": "option_tick", "last_price": Infinity}',
        b"\xff\xfe",
        b"{'type': 'pong'}",
    ],
)
def test_what_is_not_json_is_a_breach(meet, data):
    connection = meet(over_the_wire(frame(1, data)), text_comes)
    assert arrived(connection)[0].message is None
    assert "Alice received a frame that is not JSON" in connection.breaches[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"type": "heartbeat"}', "has the type 'heartbeat'"),
        ('{"type": "error"}', "message"),
        ("[1]", "not an object"),
        ("null", "not an object"),
    ],
)
def test_what_breaks_the_contract_is_a_breach_with_the_frame_in_it(meet, text, words):
    connection = meet(over_the_wire(frame(1, text.encode())), text_comes)
    assert "breaks the contract" in connection.breaches[0]
    assert words in connection.breaches[0]
    assert text in connection.breaches[0]


def test_a_member_that_comes_twice_is_a_breach_where_its_values_differ(meet):
    alike, other = dict(WELCOME), json.dumps(WELCOME)[:-1] + ', "session_id": "s-2"}'
    assert meet(over_the_wire(frame(1, json.dumps(alike).encode())), text_comes).breaches == []
    same = json.dumps(WELCOME)[:-1] + ', "session_id": "s-1"}'
    assert meet(over_the_wire(frame(1, same.encode())), text_comes).breaches == []
    connection = meet(over_the_wire(frame(1, other.encode())), text_comes)
    assert connection.breaches[0].startswith(
        'Alice received a message that breaks the contract: has the member "session_id" twice, as '
        '"s-1" and as "s-2": which of them a client takes hangs on its parser'
    )


MUTE = "def encode(message):\n    raise KeyError(7)"


def test_what_a_client_cannot_answer_by_itself_is_remembered_and_not_logged_as_sent(meet):
    class Silent(QaWs):
        def __init__(self):
            super().__init__()
            self.encoding = Encoding(sent="mute.py", code={"mute.py": MUTE})

        def read(self, data):
            return [Said(None, answer='{"beat": 7}')]

    async def play(connection):
        await text_comes(connection)
        await soon(lambda: connection.unsaid is not None)

    connection = meet(over_the_wire(frame(1, b'{"n": 7}')), play, dialect=Silent())
    assert str(connection.unsaid) == (
        "Alice could not answer: clients of the target send mute.py, in which '{\"beat\": 7}' "
        "cannot be said: KeyError: 7"
    )
    assert not [each for each in connection.log if (each.direction, each.kind) == ("→", "text")]


@pytest.mark.parametrize("pause_s", [None, 0.0, 0.05])
def test_what_comes_with_the_answer_to_the_handshake_is_answered(meet, pause_s):
    """The socket is not there yet when a client reads what came in one piece with it."""

    class Beats(QaWs):
        def read(self, data):
            return [Said(None, answer='{"beat": 7}')]

    async def script(reader, writer):
        await handshake(reader, writer, frame(1, b"1") if pause_s is None else b"")
        if pause_s is not None:
            await asyncio.sleep(pause_s)
            writer.write(frame(1, b"1"))
        heard.append(await reader.readexactly(2 + 4 + 11))
        writer.write(frame(1, b"2"))
        await reader.read()

    heard = []
    connection = meet(Raw(script), lambda one: text_comes(one, 2), dialect=Beats())
    assert len(heard) == 1
    assert [each.text for each in connection.log if each.direction == "→"][1] == '{"beat": 7}'


def test_good_frames_are_no_breach(meet):
    async def play(connection):
        await connection.subscribe(selection_of("NIFTY"), HANG_S)

    assert meet(Ticker(), play).breaches == []


# --- pings ---------------------------------------------------------------------------------------


def test_a_pong_is_matched_by_its_payload(meet):
    async def wrong_pongs(reader, writer):
        payload = await ping_of(reader)
        writer.write(frame(10, b"") + frame(10, b"12345678"))
        await asyncio.sleep(0.1)
        writer.write(frame(10, payload))

    async def play(connection):
        sent, answered = await connection.ping_frame(HANG_S)
        assert answered is not None
        assert answered - sent >= 80_000_000

    meet(over_the_wire(then=wrong_pongs), play)


async def ping_of(reader):
    """Read a ping with a stamp; return its payload."""
    head = await reader.readexactly(2 + 4 + 8)
    return bytes(b ^ head[2 + i % 4] for i, b in enumerate(head[6:14]))


@pytest.mark.parametrize(("answered", "all_of_them"), [(1, True), (0, False)])
def test_the_pong_of_a_later_ping_answers_those_before_it(meet, answered, all_of_them):
    async def one_pong(reader, writer):
        payloads = [await ping_of(reader), await ping_of(reader)]
        writer.write(frame(10, payloads[answered]))

    async def play(connection):
        within_s = HANG_S if all_of_them else 0.3
        pings = await asyncio.gather(*(connection.ping_frame(within_s) for _ in range(2)))
        assert all(pong is not None for _, pong in pings) == all_of_them

    meet(over_the_wire(then=one_pong), play)


def test_pongs_that_answer_nothing_are_no_answer(meet):
    async def wrong_pong(reader, writer):
        writer.write(frame(10, b"12345678"))

    async def play(connection):
        _, answered = await connection.ping_frame(0.2)
        assert answered is None

    meet(over_the_wire(then=wrong_pong), play)


# --- how it ended --------------------------------------------------------------------------------


async def until_over(connection):
    await connection.wait_for(lambda f: f.kind in ("close", "end"), None, HANG_S)


def test_a_close_by_the_service_is_told_with_code_and_reason(meet):
    class Closes(Ticker):
        async def welcome(self, client):
            await client.close(1008, "max connections reached")

    connection = meet(Closes(), until_over)
    assert connection.ended_by_service
    assert (connection.ending.code, connection.ending.reason) == (1008, "max connections reached")
    assert str(connection.ending) == 'closed with 1008 "max connections reached" by the service'
    assert not connection.is_open


def test_a_close_by_the_client_is_not_the_services(meet):
    connection = meet(Ticker(), text_comes)
    assert connection.ending.by == "the client"
    assert connection.ending.code == 1000
    assert not connection.ended_by_service


def test_a_close_without_a_code_is_1005(meet):
    connection = meet(over_the_wire(frame(8, b"")), until_over)
    assert (connection.ending.code, connection.ending.reason) == (1005, "")
    assert "without a reason" in str(connection.ending)


def test_a_cut_is_1006_by_nobody(meet):
    class Cuts(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            client.cut()

    connection = meet(Cuts(), until_over)
    assert connection.ending.code == 1006
    assert connection.ending.by.startswith("nobody")
    assert not connection.ended_by_service


@pytest.mark.parametrize(
    "data",
    [
        bytes([0xC1, 0]),  # a reserved bit (RFC 6455, section 5.2)
        bytes([0x83, 0]),  # a reserved opcode
        bytes([0x81, 0x80, 0, 0, 0, 0]),  # a masked frame from a server (section 5.1)
        frame(9, b"", fin=False),  # a fragmented ping (section 5.5)
        frame(0, b"x"),  # a continuation of nothing
        frame(8, b"\x03"),  # a close code of one byte
        frame(8, b"\x03\xe8\xff\xfe"),  # a reason that is no UTF-8
    ],
)
def test_bytes_against_the_protocol_are_a_breach_and_no_close_by_the_service(meet, data):
    async def play(connection):
        start = time.monotonic()
        await until_over(connection)
        assert time.monotonic() - start < HANG_S

    async def then(reader, writer):
        await reader.read(100)  # the library's close
        writer.write(frame(8, b"\x03\xea"))  # 1002 in answer

    connection = meet(over_the_wire(data, then=then), play)
    assert "received bytes against RFC 6455" in connection.breaches[0]
    assert not connection.ended_by_service
    assert not connection.is_open
    connection.entitlements.append(Entitlement(selection_of("NIFTY"), 1, 2))
    assert connection.was_lost


def test_a_length_in_a_longer_form_than_needed_is_a_breach_and_the_message_is_read(meet):
    welcome = json.dumps(WELCOME).encode()
    long = b"\x81\x7e" + len(welcome).to_bytes(2, "big") + welcome

    async def play(connection):
        await soon(lambda: connection.is_welcomed)
        await soon(lambda: connection.breaches)

    connection = meet(over_the_wire(long + long), play)
    assert connection.breaches == [
        f"Alice received bytes against RFC 6455: a frame of {len(welcome)} bytes states its length "
        "in 2 bytes more than there must be, where the shortest form is the only one (section 5.2)"
    ]
    assert connection.session_id == "s-1"


def test_a_close_that_the_service_does_not_answer_is_not_called_clean(meet):
    async def deaf(reader, writer):
        await handshake(reader, writer)
        await asyncio.sleep(30)

    async def play(connection):
        connection._socket.close_timeout = 0.3
        await connection.close()
        assert connection.ending.code == 1006

    connection = meet(Raw(deaf), play)
    assert connection.ending.by != "the service"


def test_reset_sends_a_tcp_reset(meet, until):
    endings = []

    class Watches(Ticker):
        async def _serve(self, connection):
            lost = connection.connection_lost
            connection.connection_lost = lambda exc: (endings.append(exc), lost(exc))
            await super()._serve(connection)

    async def play(connection):
        await connection.wait_for(lambda f: f.kind == "text", None, HANG_S)
        await connection.reset()
        assert connection.ending.by == "the client"
        assert connection.ending.code == 1006

    meet(Watches(), play)
    until(lambda: endings)
    assert isinstance(endings[0], ConnectionResetError)


def test_reset_and_close_of_a_connection_that_is_over_do_nothing(meet):
    class Closes(Ticker):
        async def welcome(self, client):
            await client.close(1001, "server shutdown")

    async def play(connection):
        await soon(lambda: connection.log[-1].text == "the network connection has ended")
        await connection.reset()
        await connection.close()

    connection = meet(Closes(), play)
    assert connection.ended_by_service


def test_sending_on_a_closed_connection_is_told_in_the_log_and_does_not_raise(meet):
    class Closes(Ticker):
        async def welcome(self, client):
            await client.close(1001, "server shutdown")

    async def play(connection):
        await until_over(connection)
        await connection.send("hello")

    connection = meet(Closes(), play)
    assert "(not sent, the connection is closed) hello" in [f.text for f in connection.log]


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
def test_a_refusal_is_noted_with_status_and_body(meet, status):
    class Refuses(Ticker):
        def request(self, connection, request):
            return connection.respond(status, "Authentication required\n")

    connection = meet(Refuses(), opened=False)
    assert connection.http_status == status
    assert connection.summary() == f"HTTP {status.value}"
    assert any("Authentication required" in f.text for f in connection.log)
    assert connection.session_id is None
    assert not connection.is_open


@pytest.mark.parametrize("length", ["Content-Length: 2\r\n", ""])
def test_a_refusal_by_an_older_http_is_one(meet, length):
    """RFC 9112, section 2.3; aiohttp answers so a request that it cannot read."""

    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.0 400 Bad Request\r\n{length}\r\nno".encode())
        writer.close()

    connection = meet(Raw(script), opened=False)
    assert connection.http_status == 400
    assert connection.summary() == "HTTP 400"
    assert any("no" in f.text for f in connection.log)


NO_ANSWERS = [
    b"",
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 101 Yes\r\n\r\n",
    b"HTTP/1.0 101 Yes\r\n\r\n",
    b"HTTP/0.9 400 No\r\n\r\n",
]


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_an_answer_that_is_none_is_noted_and_is_no_refusal_by_status(meet, answer):
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    connection = meet(Raw(script), opened=False)
    assert connection.http_status is None
    assert "a handshake that failed" in connection.summary()


def test_a_handshake_that_is_never_answered_is_noted_after_the_allowance(loop, monkeypatch):
    monkeypatch.setattr("qaws.clients.connection.OPEN_ALLOWANCE_S", 0.3)
    connection = Connection("Alice", QaWs())
    with silent_port() as server:
        url = f"ws://127.0.0.1:{server.getsockname()[1]}/ws?token=SECRET"
        start = time.monotonic()
        loop.call(connection.open(url), timeout_s=HANG_S)
    assert time.monotonic() - start < HANG_S
    assert connection.summary() == "a handshake that failed: it was not answered in 0.3 s"
    assert connection.http_status is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(meet, status):
    asked = []

    class Redirects(Ticker):
        def request(self, connection, request):
            asked.append(request.path)
            if request.path.startswith("/ws/ticks/"):
                return None
            answer = connection.respond(status, "")
            answer.headers["Location"] = request.path.replace("?", "/?")
            return answer

    class Elsewhere(Redirects):
        def request(self, connection, request):
            answer = connection.respond(status, "")
            answer.headers["Location"] = "http://login.example/?next=SECRET"
            return answer

    connection = meet(Redirects(), opened=False)
    assert asked == ["/ws/ticks?token=t"]
    assert connection.http_status == status
    redirect = f"HTTP {status}, a redirect to /ws/ticks/, which no client follows"
    assert connection.summary() == redirect
    assert meet(Elsewhere(), opened=False).summary() == redirect.replace(
        "/ws/ticks/", "http://login.example/"
    )


def test_a_small_buffer_tries_every_address(loop, monkeypatch):
    async def at_both(host, port, **_):
        stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        first = gone if host == "both" else port  # a loop may look up an address once more
        return [(*stream, ("127.0.0.1", first)), (*stream, ("127.0.0.1", port))]

    async def story():
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", at_both, raising=False)
        (await connected_socket("both", there, 2048)).close()
        with pytest.raises(ConnectionRefusedError):
            await connected_socket("both", gone, 2048)

    with silent_port() as server, silent_port() as left:
        there, gone = server.getsockname()[1], left.getsockname()[1]
        left.close()
        loop.call(story(), timeout_s=HANG_S)


def test_nobody_there_is_broken_in_one_line_without_the_token(loop):
    with silent_port() as server:
        port = server.getsockname()[1]
    connection = Connection("Alice", QaWs())
    with pytest.raises(Broken) as caught:
        loop.call(connection.open(f"ws://127.0.0.1:{port}/ws?token=SECRET"), timeout_s=HANG_S)
    said = str(caught.value)
    assert "cannot connect" in said
    assert f"127.0.0.1:{port}" in said
    assert "SECRET" not in said
    assert "\n" not in said


# --- waits ---------------------------------------------------------------------------------------


def test_a_wait_finds_what_is_in_the_log_already_and_honours_after(meet):
    async def play(connection):
        first = await connection.wait_for(lambda f: f.kind == "text", None, HANG_S)
        again = await connection.wait_for(lambda f: f.kind == "text", None, 0)
        assert again is first
        assert await connection.wait_for(lambda f: f.kind == "text", first, 0.1) is None
        sent = await connection.send(QaWs().ping())
        pong = await connection.wait_for(lambda f: f.kind == "text", sent, HANG_S)
        assert "pong" in pong.text
        assert await connection.wait_for(lambda f: f.kind == "text", pong, 0.1) is None

    meet(Ticker(), play)


def test_what_the_harness_stands_still_is_waited_in_addition(meet):
    async def play(connection):
        first = await connection.wait_for(lambda f: f.kind == "text", None, HANG_S)
        connection.held_up_ms = lambda _start_ns, _end_ns: 400.0
        begin = time.monotonic()
        assert await connection.wait_for(lambda f: f.kind == "text", first, 0.1) is None
        assert time.monotonic() - begin >= 0.5

    meet(Ticker(), play)


def test_a_wait_that_is_held_up_does_not_ask_all_the_time_for_how_long(meet):
    """Hundreds do so at once: their asking would hold up the loop, and so lengthen the wait."""
    asked = []

    def nine_tenths(start_ns, end_ns):
        asked.append(end_ns)
        return 0.9 * (end_ns - start_ns) / 1e6

    async def play(connection):
        first = await connection.wait_for(lambda f: f.kind == "text", None, HANG_S)
        connection.held_up_ms = nine_tenths
        assert await connection.wait_for(lambda f: f.kind == "text", first, 0.1) is None

    meet(Ticker(), play)
    assert asked[-1] - asked[0] >= 9e8
    assert len(asked) <= 40


def test_a_wait_does_not_take_what_the_client_itself_sent(meet):
    async def play(connection):
        sent = await connection.send("x marks it")
        assert sent in connection.log
        assert await connection.wait_for(lambda f: "marks" in f.text, None, 0.1) is None

    meet(Ticker(), play)


def test_a_wait_keeps_its_deadline(meet):
    async def play(connection):
        start = time.monotonic()
        assert await connection.wait_for(lambda f: False, None, 0.3) is None
        assert 0.29 <= time.monotonic() - start < HANG_S

    meet(Ticker(), play)


def test_frames_that_do_not_meet_the_condition_do_not_prolong_a_wait(meet):
    class Chatters(Ticker):
        async def welcome(self, client):
            while True:
                await client.send({"type": "pong"})
                await asyncio.sleep(0.005)

    async def play(connection):
        start = time.monotonic()
        assert await connection.wait_for(lambda f: "error" in f.text, None, 0.3) is None
        assert time.monotonic() - start < HANG_S

    meet(Chatters(), play)


def test_a_wait_ends_at_once_when_the_connection_is_over(meet):
    class Cuts(Ticker):
        async def welcome(self, client):
            await asyncio.sleep(0.1)
            client.cut()

    async def play(connection):
        start = time.monotonic()
        assert await connection.wait_for(lambda f: f.kind == "text", None, 10 * HANG_S) is None
        assert time.monotonic() - start < HANG_S

    meet(Cuts(), play)


def test_two_waits_at_once_both_get_their_frame(meet):
    async def play(connection):
        both = asyncio.gather(
            connection.wait_for(lambda f: "subscribed" in f.text, None, HANG_S),
            connection.wait_for(lambda f: "pong" in f.text, None, HANG_S),
        )
        await connection.send(QaWs().ping())
        await connection.send(QaWs().subscribe(selection_of("NIFTY")))
        assert all(await both)

    meet(Ticker(), play)


def test_a_frame_of_another_log_is_no_place_to_search_from(meet):
    async def play(connection):
        foreign = Connection("Bob", QaWs())._note("→", "text", "")
        with pytest.raises(ValueError, match="not in this log"):
            await connection.wait_for(lambda f: True, foreign, 0)

    meet(Ticker(), play)


# --- subscriptions -------------------------------------------------------------------------------


def test_a_subscription_counts_from_asking_to_its_acknowledgement(meet):
    async def play(connection):
        ack = await connection.subscribe(selection_of("NIFTY"), HANG_S)
        (entitlement,) = connection.entitlements
        asked = next(f for f in connection.log if f.direction == "→" and f.kind == "text")
        assert (entitlement.asked_ns, entitlement.held_ns) == (asked.at_ns, ack.at_ns)
        assert entitlement.ending_ns is None
        await connection.close()
        assert entitlement.ending_ns >= entitlement.held_ns

    meet(Ticker(), play)


def test_an_error_or_silence_is_no_acknowledgement(meet):
    class Refuses(Ticker):
        async def subscribed(self, client):
            await client.send({"type": "error", "message": "no"})

    class Ignores(Ticker):
        async def subscribed(self, client):
            pass

    for service in (Refuses(), Ignores()):

        async def play(connection):
            assert await connection.subscribe(selection_of("NIFTY"), 0.3) is None
            assert connection.entitlements == []

        meet(service, play)


def test_an_unsubscribe_ends_what_was_held_of_it_and_nothing_else(meet):
    async def play(connection):
        await connection.subscribe(selection_of("NIFTY and BANKNIFTY"), HANG_S)
        await connection.subscribe(selection_of("NIFTY"), HANG_S)
        nifty, banknifty = connection.entitlements
        ack = await connection.unsubscribe(selection_of("NIFTY and NIFTYNXT50"), HANG_S)
        assert (nifty.ended_ns, nifty.ending_ns < ack.at_ns) == (ack.at_ns, True)
        assert banknifty.ending_ns is None
        assert connection.holds() == [selection_of("BANKNIFTY")]
        await connection.subscribe(selection_of("NIFTY"), HANG_S)
        assert len(connection.entitlements) == 3

    meet(Ticker(), play)


def test_losing_a_connection_that_held_a_subscription_is_seen(meet):
    class Cuts(Ticker):
        async def subscribed(self, client):
            await super().subscribed(client)
            client.cut()

    async def play(connection):
        await connection.subscribe(selection_of("NIFTY"), HANG_S)
        await connection.wait_for(lambda f: f.kind == "end", None, HANG_S)
        assert connection.was_lost
        connection.end_was_due = True
        assert not connection.was_lost

    meet(Cuts(), play)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_client_that_leaves_by_itself_has_lost_nothing(meet, end):
    async def play(connection):
        await connection.subscribe(selection_of("NIFTY"), HANG_S)
        await getattr(connection, end)()
        assert not connection.was_lost

    meet(Ticker(), play)


def test_without_a_subscription_nothing_is_lost(meet):
    class Closes(Ticker):
        async def welcome(self, client):
            await client.close(1008, "max connections reached")

    async def play(connection):
        await until_over(connection)
        connection.entitlements.append(Entitlement(selection_of("NIFTY"), 1, 2, 3, 4))
        assert not connection.was_lost

    meet(Closes(), play)


def test_a_client_that_vanishes_hears_nothing_and_is_cut_at_the_end(loop):
    async def story(url):
        connection = Connection("Alice", QaWs())
        await connection.open(f"{url}?token=t")
        assert await connection.wait_for(lambda f: f.kind == "text", None, HANG_S)
        connection.vanish()
        seen = len(connection.log)
        await connection._socket.send(QaWs().ping())
        await asyncio.sleep(0.1)
        assert len(connection.log) == seen
        assert not connection.is_open
        await connection.close()
        await connection._socket.wait_closed()
        return connection

    with Ticker() as service:
        connection = loop.call(story(service.url), timeout_s=HANG_S)
    assert str(connection.ending) == "closed with 1006 without a reason by the client"
    assert not connection.was_lost


# --- secrets and spelling ------------------------------------------------------------------------


@pytest.mark.parametrize("location", ["query parameter", "Authorization header"])
def test_the_token_is_never_in_the_log(meet, location):
    _, headers = credentials("", "SECRET", location, "token")
    path = "/ws/ticks?token=SECRET" if location == "query parameter" else "/ws/ticks"
    connection = meet(Ticker(), text_comes, url=f"ws://SERVICE{path}", headers=headers.items())
    assert "SECRET" not in "".join(f.text for f in connection.log)
    assert "SECRET" not in connection.summary()


def test_credentials_go_where_the_target_wants_them():
    url = "ws://h/ws"
    assert credentials(url, None, "query parameter", "token") == (url, {})
    assert credentials(url, "a b", "query parameter", "jwt") == (f"{url}?jwt=a%20b", {})
    assert credentials(f"{url}?v=1", "t", "query parameter", "token")[0] == f"{url}?v=1&token=t"
    header = {"Authorization": "Bearer t"}
    assert credentials(url, "t", "Authorization header", "token") == (url, header)


def test_a_redacted_url_has_no_query():
    assert redacted("ws://h:1/ws?token=x&y=1") == "ws://h:1/ws"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("0.1", "0.10", True),
        ("0.1", "0.1000000000000000055511151231257827", False),
        ("24010.5", "24010.500001", False),
        ("1e2", "100", True),
        ("12345678901234567890", "12345678901234567891", False),
    ],
)
def test_numbers_are_compared_digit_for_digit(one, other, equal):
    assert (exact(one) == exact(other)) is equal


def test_a_message_that_is_nested_too_deeply_is_a_breach_and_no_exception():
    """The decoder gives up on it (RecursionError); the client must not."""
    connection = Connection("Alice", QaWs())
    connection._message(1, b"[" * 100_000 + b"]" * 100_000, binary=False)
    (breach,) = connection.breaches
    assert breach.startswith("Alice received a frame that is not JSON")
    assert [frame.kind for frame in connection.log] == ["text"]


# --- behind a relay -------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [False, True])
def test_a_connection_that_is_taken_and_closed_at_once_is_a_handshake_that_failed(meet, asked):
    async def script(reader, writer):
        if asked:
            await reader.readuntil(b"\r\n\r\n")
        writer.close()

    connection = meet(Raw(script), opened=False)
    assert "a handshake that failed" in connection.summary()
    assert not connection.is_open


def test_a_relay_with_nobody_behind_it_lets_nobody_in(meet):
    for _ in range(5):  # whether the request was sent before the end is seen is chance
        with silent_port() as gone:
            port = gone.getsockname()[1]
        connection = meet(Relay(port), opened=False)
        assert "a handshake that failed" in connection.summary()


def test_what_ends_before_anything_could_be_sent_is_a_handshake_that_failed(meet, monkeypatch):
    """As a relay makes it, when it is quick: the library finds the connection closed already."""

    async def closed_already(*_, **__):
        raise ConnectionClosedError(None, None)

    monkeypatch.setattr("qaws.clients.connection.dial", closed_already)
    connection = meet(Ticker(), opened=False)
    assert "a handshake that failed: ConnectionClosedError" in connection.summary()


def test_texts_that_are_joined_are_named_and_pings_are_counted(meet):
    class Joins(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            await (await client.connection.ping())
            await client.send(json.dumps(WELCOME) + "\n" + json.dumps(WELCOME))

    async def play(connection):
        assert await connection.wait_for(
            lambda f: f.kind == "text" and "\n" in f.text, None, HANG_S
        )

    connection = meet(Joins(), play)
    assert connection.breaches == [
        "Alice received 2 JSON texts in one message, separated by a newline"
    ]
    assert "1 x WebSocket ping of the service, answered by a pong" in connection.summary()


def test_a_token_that_is_the_first_message_is_not_in_the_log():
    class Told(Connection):
        async def send(self, text):
            return self._note("→", "text", text)

    target = read_target(ROOT / "tests/services/dialects/first_message.toml", {}, {})
    client = Told("Alice", dialect_of(target), token='an "opaque" key')
    asyncio.run(client._say_openings())
    (said,) = client.log
    assert said.text == '{"action": "authenticate", "api_key": "(the token)"}'


def test_what_stands_behind_in_one_message_came_behind():
    """A tick ahead of the acknowledgement in a message was one behind it."""

    class ByLine(QaWs):
        def read(self, data):
            return [each for line in data.splitlines() for each in QaWs.read(self, line)]

    connection = Connection("Alice", ByLine())
    connection._message(1000, b'{"type": "pong"}\n{"type": "unsubscribed"}', binary=False)
    pong, unsubscribed = connection.log
    assert (pong.at_ns, unsubscribed.at_ns) == (1000, 1001)

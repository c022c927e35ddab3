"""Handshakes that are written otherwise, and pongs that nobody has asked for."""

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import State

from qaws.behaviours import handshake_forms, lifecycle, pings
from tests.services.scripted import Ticker


async def comes(do):
    await do(handshake_forms.be_connected, "Bob")
    await do(pings.send_pong, "Bob")
    await do(pings.ping_answered, ["Bob"], "WebSocket ping", 60_000)
    await do(lifecycle.connected, ["Bob"])


class Refuses(Ticker):
    """Takes a handshake only where its headers are as it looks for them."""

    def refuses(self, headers):
        raise NotImplementedError

    def request(self, connection, request):
        if self.refuses(request.headers):
            return connection.respond(426, "upgrade required")
        return super().request(connection, request)


class WantsUpgradeAlone(Refuses):
    def refuses(self, headers):
        return headers["Connection"] != "Upgrade"


class WantsCapitals(Refuses):
    def refuses(self, headers):
        return not any(name == "Upgrade" for name, _ in headers.raw_items())


class NoPongUnasked(ServerConnection):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._take = self.protocol.recv_frame
        self.protocol.recv_frame = self.take

    def take(self, frame):
        if frame.opcode is Opcode.PONG:
            self.protocol.fail(1002, "unsolicited pong")
        else:
            self._take(frame)


class ClosesForPongs(Ticker):
    connection = NoPongUnasked


def test_a_handshake_may_be_written_otherwise(right, testbed):
    right(Ticker, comes)


class WantsASmallWebsocket(Refuses):
    def refuses(self, headers):
        return headers["Upgrade"] != "websocket"


class KnowsAllExtensions(Refuses):
    def refuses(self, headers):
        return "x-unknown" in headers.get("Sec-WebSocket-Extensions", "")


class DoesNotDecode(Ticker):
    def request(self, connection, request):
        if "%2E" in request.path:
            return connection.respond(401, "what is that?")
        return super().request(connection, request)


class AllAtOnce(ServerConnection):
    """Takes what one read brings for the whole of a handshake."""

    def data_received(self, data):
        if self.protocol.state is State.CONNECTING and b"\r\n\r\n" not in data:
            self.transport.abort()
        else:
            super().data_received(data)


class ReadsOnce(Ticker):
    connection = AllAtOnce


@pytest.mark.parametrize(
    ("service", "form"),
    [
        (
            WantsUpgradeAlone,
            '"Connection: keep-alive, Upgrade", and its token in the Authorization',
        ),
        (
            WantsCapitals,
            "names of headers in small letters, and its token in the Authorization header",
        ),
        (WantsASmallWebsocket, '"Upgrade: WebSocket", and its token in the Authorization header'),
        (KnowsAllExtensions, "an extension that nobody knows, and its token in the Authorization"),
        (DoesNotDecode, "characters of the token escaped in the address, and its token in the"),
        (ReadsOnce, "what comes in two pieces, and its token in the Authorization header: "),
    ],
)
def test_who_understands_only_one_way_to_write_a_handshake_is_refuted(wrong, service, form):
    wrong(service, comes, f"Bob was not welcomed by a handshake with {form}")


def test_a_token_in_the_address_is_written_otherwise_and_nothing_else_there():
    headers = Headers(Authorization="Bearer Ab.c", Connection="Upgrade", Upgrade="websocket")
    request = Request("/ws?v=1&token=Ab.c&x=Ab.c", headers)
    written = handshake_forms.as_others_write_it(request)
    assert written.path == "/ws?v=1&token=%41b%2Ec&x=Ab.c"
    assert list(written.headers.raw_items()) == [
        ("authorization", "Bearer Ab.c"),
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("Sec-WebSocket-Extensions", "x-unknown-to-everybody"),
    ]


def test_who_takes_no_handshake_at_all_is_told_so(wrong):
    class TakesNone(Refuses):
        def refuses(self, headers):
            return True

    wrong(TakesNone, comes, "Bob has a valid token but was not welcomed: HTTP 426")


def test_who_closes_for_a_pong_unasked_is_refuted(wrong):
    wrong(ClosesForPongs, comes, 'answer to Bob.s WebSocket ping: .*1002 "unsolicited pong"')

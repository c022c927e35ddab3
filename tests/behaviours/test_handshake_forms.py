"""Handshakes that are written otherwise, and pongs that nobody has asked for."""

from websockets.asyncio.server import ServerConnection
from websockets.frames import Opcode

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


def test_who_compares_headers_letter_by_letter_is_refuted(wrong):
    for service in (WantsUpgradeAlone, WantsCapitals):
        wrong(
            service,
            comes,
            "Bob was not welcomed by a handshake with names of headers in small letters.*426",
        )


def test_who_takes_no_handshake_at_all_is_told_so(wrong):
    class TakesNone(Refuses):
        def refuses(self, headers):
            return True

    wrong(TakesNone, comes, "Bob has a valid token but was not welcomed: HTTP 426")


def test_who_closes_for_a_pong_unasked_is_refuted(wrong):
    wrong(ClosesForPongs, comes, 'answer to Bob.s WebSocket ping: .*1002 "unsolicited pong"')

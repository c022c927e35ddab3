"""Compression: what clients get inflates to what was written, message by message."""

import zlib

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from app import compression
from app.fanout import text_frame
from tests.app.conftest import Launch
from tests.app.harness import Broker, Service, option

TAIL = b"\x00\x00\xff\xff"


def messages(frames: bytes) -> list[bytes]:
    """Read compressed text frames, each inflated on its own."""
    found, position = [], 0
    while position < len(frames):
        assert frames[position] == 0xC1
        size, start = frames[position + 1], position + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, start = int.from_bytes(frames[start : start + width], "big"), start + width
        inflate = zlib.decompressobj(wbits=-15)
        found.append(inflate.decompress(frames[start : start + size] + TAIL))
        position = start + size
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_every_message_is_deflated_on_its_own(size: int) -> None:
    sent = [bytes(range(97, 123)) * (size // 26) + b"z" * (size % 26), b"short", b""]
    frames = b"".join(map(text_frame, sent))
    assert messages(compression.deflated(frames)) == sent


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536])
def test_the_length_is_that_of_the_frame(size: int) -> None:
    assert text_frame(b"x" * size)[1:-size] == compression.length(size)


OFFER = {"extensions": [ClientPerMessageDeflateFactory(client_max_window_bits=True)]}


def test_a_client_that_offers_it_gets_the_same_ticks(service: Service, broker: Broker) -> None:
    offering, other = service.welcomed(**OFFER), service.welcomed()
    assert offering.connection.protocol.extensions
    assert not other.connection.protocol.extensions
    for client in (offering, other):
        client.send({"action": "subscribe", "symbols": ["NIFTY"]})
        assert client.receive()["type"] == "subscribed"
    ticks = [option(sequence=number, last_price=100 + number) for number in range(20)]
    for tick in ticks:
        broker.publish("ticker:options", tick)
    assert [offering.receive() for _ in ticks] == ticks
    assert [other.receive() for _ in ticks] == ticks


def test_it_can_be_switched_off(launch: Launch) -> None:
    assert not launch(TICKER_COMPRESSION="false").welcomed(**OFFER).connection.protocol.extensions

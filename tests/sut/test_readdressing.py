"""What a Kafka broker tells of its address is told as the relay's; all else stays as it is."""

import struct

import pytest

from qaws.sut.readdressing import Readdressing, has_payload

PORT, RELAY = 19_092, 20_001


def frame(body):
    return struct.pack(">i", len(body)) + body


def node(host, port):
    """Return a broker as answers have it: a text with its length, and the port."""
    return struct.pack(">h", len(host)) + host + struct.pack(">i", port)


METADATA = b"\0\0\0\7" + node(b"127.0.0.1", PORT) + b"\xff\xff" + b"\0" * 9


@pytest.mark.parametrize("host", [b"127.0.0.1", b"localhost"])
def test_the_address_of_the_broker_is_told_as_that_of_the_relay(host):
    said = frame(b"\0\0\0\7" + node(host, PORT) + b"rack")
    told = frame(b"\0\0\0\7" + node(b"127.0.0.1", RELAY) + b"rack")
    assert Readdressing(PORT, RELAY)(said) == told


@pytest.mark.parametrize(
    "body",
    [
        b"\0\0\0\7" + node(b"127.0.0.1", PORT + 1),
        b"\0\0\0\7" + node(b"10.1.2.3.4", PORT),
        b"\0\0\0\7" + b'{"note": "127.0.0.1' + struct.pack(">i", PORT) + b'"}',
    ],
    ids=["another port", "another host", "in a tick"],
)
def test_what_is_not_the_broker_s_own_address_stays_as_it_is(body):
    assert Readdressing(PORT, RELAY)(frame(body)) == frame(body)


@pytest.mark.parametrize("size", [1, 3, 4, 5, 17, 1000])
def test_frames_are_handed_on_whole_however_they_come(size):
    said = frame(METADATA) + frame(b"") + frame(b"x" * 40) + frame(METADATA)
    whole, reads = Readdressing(PORT, RELAY), []
    for at in range(0, len(said), size):
        reads.append(whole(said[at : at + size]))
    assert b"".join(reads) == said.replace(struct.pack(">i", PORT), struct.pack(">i", RELAY))
    begun = Readdressing(PORT, RELAY)
    assert begun(frame(METADATA)[:-1]) == b""
    assert begun(frame(METADATA)[-1:]).endswith(b"\0" * 9)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'\0\0\0\x90{"k":"NSE.N1"}', True),
        (b'\0\0\0\x90{\r\n  "k": "NSE.N1"}', True),
        (b'\0\0["quote", 1]', True),
        (METADATA * 40, False),
        (b"", False),
    ],
)
def test_a_tick_is_told_from_what_a_broker_says_of_itself(data, expected):
    assert has_payload(data) is expected

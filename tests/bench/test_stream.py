"""The fixed stream, and the flaws it can have."""

import json

import pytest
from websockets.frames import Frame, Opcode

from bench.stream import Flaw, own_slices, payloads, slices


def numbers(*flaws):
    ticks = map(json.loads, payloads(8, 1, [Flaw.read(text) for text in flaws]))
    return [(tick["seq"], tick["type"]) for tick in ticks]


def test_a_stream_without_flaws():
    assert numbers() == [(number, "option_tick") for number in range(1, 9)]


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        ("drop:3", [1, 2, 4, 5, 6, 7, 8]),
        ("duplicate:3", [1, 2, 3, 3, 4, 5, 6, 7, 8]),
        ("late:3", [1, 2, 4, 5, 3, 6, 7, 8]),
        ("foreign:3", [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_flaws(flaw, expected):
    found = numbers(flaw)
    assert [number for number, _ in found] == expected
    strange = [number for number, kind in found if kind != "option_tick"]
    assert strange == ([3] if flaw.startswith("foreign") else [])


def test_flaws_hit_the_ticks_they_name_whatever_their_order():
    assert [n for n, _ in numbers("duplicate:6", "drop:2")] == [1, 3, 4, 5, 6, 6, 7, 8]


def test_an_unknown_flaw():
    with pytest.raises(ValueError, match="known flaws are drop, duplicate, late, foreign"):
        Flaw.read("vanish:3")


def texts(stream):
    found = []

    def read(parser):
        try:
            next(parser)
        except StopIteration as end:
            return end.value
        raise AssertionError("half a frame")

    place = 0

    def exactly(size):
        nonlocal place
        place += size
        return stream[place - size : place]
        yield

    while place < len(stream):
        frame = read(Frame.parse(exactly, mask=False))
        assert frame.opcode is Opcode.TEXT
        found.append(frame.data)
    return found


def test_slices_are_whole_frames_of_the_ticks():
    ticks = payloads(7, 1)
    assert [texts(piece) for piece in slices(ticks, 3)] == [ticks[:3], ticks[3:6], ticks[6:]]


def test_own_bytes_differ_in_the_client_alone():
    pieces = slices(payloads(4, 1), 4)
    (own,) = own_slices(pieces, 17)
    for tick, same in zip(map(json.loads, texts(own)), payloads(4, 1), strict=True):
        assert tick == json.loads(same) | {"client": "017"}

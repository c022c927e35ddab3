"""The heads of frames: which state a length in the shortest form, and which do not."""

import pytest

from qaws.clients.frame_heads import BEHIND_CLOSE, FrameHeads

ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def framed(size, length_bytes=0, opcode=0x81):
    """Return a frame of `size` bytes whose length takes 0, 2 or 8 bytes more."""
    shown = {0: size, 2: 126, 8: 127}[length_bytes]
    length = size.to_bytes(length_bytes, "big") if length_bytes else b""
    return bytes([opcode, shown]) + length + b"x" * size


SHORTEST = [(0, 0), (1, 0), (125, 0), (126, 2), (65_535, 2), (65_536, 8), (70_000, 8)]


@pytest.mark.parametrize("chunk", [1, 3, 200_000])
def test_shortest_forms_are_right_however_they_come(chunk):
    stream = ANSWER + b"".join(framed(size, more) for size, more in SHORTEST * 2)
    heads = FrameHeads()
    assert not any(heads.read(stream[at : at + chunk]) for at in range(0, len(stream), chunk))


@pytest.mark.parametrize("chunk", [1, 3, 200_000])
@pytest.mark.parametrize(("size", "more"), [(0, 2), (125, 2), (5, 8), (126, 8), (65_535, 8)])
def test_a_longer_form_is_found_among_right_ones(size, more, chunk):
    stream = ANSWER + framed(70_000, 8) + framed(size, more) + framed(300, 2)
    heads = FrameHeads()
    found = [heads.read(stream[at : at + chunk]) for at in range(0, len(stream), chunk)]
    assert [each for each in found if each] == [
        f"a frame of {size:,} bytes states its length in {more} bytes more than there must be, "
        "where the shortest form is the only one (section 5.2)"
    ]


def test_what_comes_with_a_mask_is_followed_all_the_same():
    masked = bytes([0x81, 0x80 | 4]) + b"mask" + b"data"
    heads = FrameHeads()
    assert not heads.read(ANSWER + masked + framed(3))
    assert heads.read(framed(3, 2))


@pytest.mark.parametrize("behind", [0x80, 0x81, 0x82])
def test_no_message_may_come_behind_a_close_frame(behind):
    close, pong = framed(2, opcode=0x88), framed(0, opcode=0x8A)
    heads = FrameHeads()
    assert not heads.read(ANSWER + framed(3) + pong + close + pong)
    assert heads.read(framed(300, 2, opcode=behind)) == BEHIND_CLOSE


def test_a_close_frame_and_a_message_may_come_in_one_breath():
    assert FrameHeads().read(ANSWER + framed(2, opcode=0x88) + framed(3)) == BEHIND_CLOSE

"""Frames of a segment as a client gets them whose copies differ in numbers of its own.

Copies that are alike (`alike`) have the same bytes but for the digits of free numbers. Where these
are as long in each frame, all frames of a client stand at known places: a chunk of hundreds is then
compared with what must stand there in three sweeps over its bytes. Each byte must be the one that
was judged, or, within a free number, a digit; the first of several digits none of 0.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from qaws.load.subscriber.alike import Alike

Longer = tuple[int, ...]
"""By how many digits each free number of a client's copy is longer than in the first copy."""


class Layout:
    """What must stand where, from some frame of a segment on.

    Attributes:
        first: that frame.
    """

    __slots__ = ("_ends", "_longer", "_lowest", "_room", "first")

    def __init__(self, longer: Longer, first: int) -> None:
        """Begin without frames."""
        self._longer = longer
        self.first = first
        self._lowest = bytearray()
        self._room = bytearray()
        self._ends: list[int] = []

    @property
    def behind(self) -> int:
        """Return which frame of the segment is the next to be added."""
        return self.first + len(self._ends)

    def append(self, whole: bytes, alike: Alike | None) -> None:
        """Add a frame.

        Args:
            whole: the frame as the first client got it; none of it where it is one of several
                ticks in a frame.
            alike: what copies of it must have; None: they must be the same.
        """
        laid_out = alike.laid_out(self._longer) if alike is not None else None
        if laid_out is None:
            self._lowest += whole
            self._room += bytes(len(whole))
        else:
            lowest, room = laid_out
            header = text_header(len(lowest))
            self._lowest += header + lowest
            self._room += bytes(len(header)) + room
        self._ends.append(len(self._lowest))

    def reached(self, frame: int, chunk: bytes, at: int) -> tuple[int, int, bool]:
        """Return how far a chunk leads from a frame on.

        Args:
            frame: what the client receives next: `first` or one behind it.
            chunk: what has come.
            at: where in the chunk that frame begins.

        Returns:
            How many frames of the segment the client has had then; where in the chunk the next one
            begins; and whether all that the chunk has behind that place is as it must be, as far
            as it is known.
        """
        mine = frame - self.first
        start = self._ends[mine - 1] if mine else 0
        size = min(len(chunk) - at, len(self._lowest) - start)
        came = np.frombuffer(chunk, np.uint8, size, at)
        lowest = np.frombuffer(self._lowest, np.uint8, size, start)
        room = np.frombuffer(self._room, np.uint8, size, start)
        wrong = (came - lowest) > room  # without a sign: what is lower is far too high
        good = size if not np.count_nonzero(wrong) else int(wrong.argmax())
        behind = bisect_right(self._ends, start + good, mine)
        taken = (self._ends[behind - 1] if behind else 0) - start
        return self.first + behind, at + taken, good == size


def text_header(length: int) -> bytes:
    """Return the header of a server's whole text frame (RFC 6455, section 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length <= 0xFFFF:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


def text_frame(chunk: bytes, at: int) -> tuple[bytes, int]:
    """Return the whole text frame of less than 64 kB at a place, and the size of its header.

    Nothing: there is none, or not all of it.
    """
    if len(chunk) - at < 4 or chunk[at] != 0x81:
        return b"", 0
    length, header = chunk[at + 1], 2
    if length > 126:
        return b"", 0  # 64 kB and more, or masked
    if length == 126:
        length, header = chunk[at + 2] << 8 | chunk[at + 3], 4
    end = at + header + length
    return (chunk[at:end], header) if end <= len(chunk) else (b"", 0)

"""The heads of the frames that a service sends: are they as RFC 6455 has them?

The library that reads the frames takes any form of a length, which strict clients and proxies do
not, and passes over what comes behind a close frame, where nobody may say any more.
"""

from __future__ import annotations

END_OF_ANSWER = b"\r\n\r\n"
TWO_MORE, EIGHT_MORE = 126, 127
"""What stands in the place of a length that follows in two bytes, or in eight (section 5.2)."""
LEAST = {2: 126, 8: 65_536}
"""In how many bytes a length follows → the least that needs so many."""
OPCODE, CLOSE, FIRST_CONTROL = 0x0F, 0x8, 0x8
"""Which bits of a frame's first byte say what it is; what a close is; the first that is no data."""
BEHIND_CLOSE = "a message behind its close frame, where it may send none (section 5.5.1)"
MASK = 0x80
"""Beside the length: four bytes of a key follow. No server sends any; who does is found out by the
library."""


class FrameHeads:
    """Follows the bytes of a connection, from the answer to its handshake on."""

    __slots__ = ("_answer", "_closed", "_head", "_payload")

    def __init__(self) -> None:
        self._answer: bytes | None = b""
        self._head = b""
        self._closed = False
        self._payload = 0
        """Bytes of the frame that are still to come."""

    def read(self, data: bytes) -> str:
        """Take what has come; return what is wrong with the first head that is, "" for none.

        Thousands of frames come in one breath: what is right costs a few steps each.
        """
        if self._answer is not None:
            self._answer += data
            _, blank, data = self._answer.partition(END_OF_ANSWER)
            if not blank:
                return ""
            self._answer = None
        if self._head:
            data, self._head = self._head + data, b""
        at, end, found = self._payload, len(data), ""
        while at + 1 < end:
            shown = data[at + 1]
            if data[at] & OPCODE == CLOSE:
                self._closed = True
            elif self._closed and data[at] & OPCODE < FIRST_CONTROL:
                found = found or BEHIND_CLOSE
            if shown < TWO_MORE:
                at += 2 + shown
                continue
            size = 2 if shown & ~MASK == TWO_MORE else 8 if shown & ~MASK == EIGHT_MORE else 0
            behind = at + 2 + size
            if behind > end:
                break
            length = int.from_bytes(data[at + 2 : behind], "big") if size else shown & ~MASK
            if size and length < LEAST[size]:
                found = found or _too_long(length, size)
            at = behind + length + (4 if shown & MASK else 0)
        self._head = data[at:]
        self._payload = max(0, at - end)
        return found


def _too_long(length: int, size: int) -> str:
    return (
        f"a frame of {length:,} bytes states its length in {size} bytes more than there must be, "
        "where the shortest form is the only one (section 5.2)"
    )

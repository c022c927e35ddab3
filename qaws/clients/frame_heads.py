"""The heads of the frames that a service sends: is each length stated as RFC 6455 has it?

The library that reads the frames takes any form of a length; strict clients and proxies do not.
"""

from __future__ import annotations

END_OF_ANSWER = b"\r\n\r\n"
LENGTHS = {126: (2, 126), 127: (8, 65_536)}
"""What stands in the place of a length → in how many bytes it follows, and the least that needs
so many (RFC 6455, section 5.2)."""
MASK = 0x80
"""Beside that: a masking key of four bytes follows. No server sends one; who does is found out by
the library."""


class FrameHeads:
    """Follows the bytes of a connection, from the answer to its handshake on."""

    __slots__ = ("_answer", "_head", "_payload")

    def __init__(self) -> None:
        self._answer: bytes | None = b""
        self._head = b""
        self._payload = 0
        """Bytes of the frame that are still to come."""

    def read(self, data: bytes) -> str:
        """Take what has come; return what is wrong with the first head that is, "" for none."""
        if self._answer is not None:
            self._answer += data
            _, end, data = self._answer.partition(END_OF_ANSWER)
            if not end:
                return ""
            self._answer = None
        at, found = 0, ""
        while at < len(data):
            if not self._payload:
                lacking = _size(self._head) - len(self._head)
                part = data[at : at + lacking]
                self._head += part
                at += len(part)
                if len(self._head) == _size(self._head):
                    found = self._took_head() or found
            passed = min(self._payload, len(data) - at)
            self._payload -= passed
            at += passed
        return found

    def _took_head(self) -> str:
        """Note how much is to come, and say what is wrong with how that is stated."""
        head, self._head = self._head, b""
        self._payload = shown = head[1] & ~MASK
        if shown not in LENGTHS:
            return ""
        size, least = LENGTHS[shown]
        self._payload = int.from_bytes(head[2 : 2 + size], "big")
        if self._payload >= least:
            return ""
        return (
            f"a frame of {self._payload:,} bytes states its length in {size} bytes more than there "
            f"must be, where the shortest form is the only one (section 5.2)"
        )


def _size(head: bytes) -> int:
    """Return how long a head is, as far as its first bytes tell."""
    if len(head) < 2:
        return 2
    size, _ = LENGTHS.get(head[1] & ~MASK, (0, 0))
    return 2 + size + (4 if head[1] & MASK else 0)

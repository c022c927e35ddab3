"""Who consumes, as a Kafka broker tells it: the members of groups, and the topics that they hold.

Asked in the oldest form of the questions, which every broker knows. librdkafka has an own one, and
ends the whole process where the broker goes away meanwhile (2.16.1).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import TypeVar

from qaws.sut.kafka_settings import place

T = TypeVar("T")

DESCRIBE_GROUPS, LIST_GROUPS, API_VERSIONS = 15, 16, 18
NUMBER = 0x71617773
"""The correlation id of the suite's questions, which the answer repeats."""
LONGEST_ANSWER = 16 * 1024 * 1024


class NoBroker(ValueError):
    """What answers is no Kafka broker."""


def asked(line: socket.socket, key: int, body: bytes = b"") -> bytes:
    """Return the answer to a request of version 0, without its header; b"": the other hangs up.

    Raises:
        NoBroker: it answers something else.
    """
    question = struct.pack(">hhih", key, 0, NUMBER, 4) + b"qaws" + body
    line.sendall(struct.pack(">i", len(question)) + question)
    header = _read(line, 8)
    if len(header) < 8:
        return b""
    length, number = struct.unpack(">ii", header)
    if number != NUMBER or not 4 < length < LONGEST_ANSWER:
        raise NoBroker("what answers there is no Kafka broker")
    return _read(line, length - 4)


def held_topics(url: str, within_s: float) -> list[str]:
    """Return the topic of each partition that a member of a group holds.

    Of a cluster only the groups are known that this broker sees to.

    Raises:
        OSError, ValueError: the broker does not tell.
    """
    with socket.create_connection(place(url), within_s) as line:
        line.settimeout(within_s)
        listed = _Answer(asked(line, LIST_GROUPS))
        listed.require_good()
        groups = listed.each(lambda: (listed.text(), listed.text())[0])
        names = b"".join(struct.pack(">h", len(g.encode())) + g.encode() for g in groups)
        described = _Answer(
            asked(line, DESCRIBE_GROUPS, struct.pack(">i", len(groups)) + names) if groups else b""
        )
    return described.groups() if groups else []


class _Answer:
    """Reads an answer from its begin to its end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def _next(self, form: str) -> int:
        value: int = struct.unpack_from(form, self._data, self._at)[0]
        self._at += struct.calcsize(form)
        return value

    def _bytes(self, length: int) -> bytes:
        self._at += max(0, length)
        return self._data[self._at - max(0, length) : self._at]

    def text(self) -> str:
        """Return a text."""
        return self._bytes(self._next(">h")).decode("utf-8", "replace")

    def require_good(self) -> None:
        """Raise `ValueError` where the broker says that it cannot tell."""
        try:
            code = self._next(">h")
        except struct.error:
            raise ValueError("the broker does not tell who consumes") from None
        if code:
            raise ValueError(f"the broker does not tell who consumes: error {code}")

    def each(self, read: Callable[[], T]) -> list[T]:
        """Return the elements of an array."""
        return [read() for _ in range(max(0, self._next(">i")))]

    def groups(self) -> list[str]:
        """Return the topics of all members' partitions."""
        found: list[str] = []
        for _ in range(self._next(">i")):
            self.require_good()
            kind = [self.text() for _ in range(4)][2]  # group, state, protocol type, protocol
            for _ in range(self._next(">i")):
                _ = [self.text() for _ in range(3)]  # member, client, host
                _ = self._bytes(self._next(">i"))  # its metadata
                assignment = self._bytes(self._next(">i"))
                if kind == "consumer" and assignment:
                    found += _Answer(assignment)._assigned()
        return found

    def _assigned(self) -> list[str]:
        self._next(">h")
        found = []
        for _ in range(self._next(">i")):
            topic = self.text()
            found += [topic] * len(self.each(lambda: self._next(">i")))
        return found


def _read(line: socket.socket, length: int) -> bytes:
    """Return so many bytes, or fewer where the other side ends before."""
    data = b""
    while len(data) < length and (more := line.recv(length - len(data))):
        data += more
    return data

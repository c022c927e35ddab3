"""Load over Redis: PUBLISH on a channel, or XADD to a stream."""

from __future__ import annotations

from typing import Any

import hiredis
import redis

from qaws.load.publisher.lines.line import TAKES_S, SocketLine
from qaws.load.schedule import FlowPlan
from qaws.verdict import Broken


class RedisLine(SocketLine):
    """Commands behind each other; a PUBLISH is answered with how many subscribers it had."""

    def __init__(self, plan: FlowPlan) -> None:
        """Connect, sign in and select the database, as the URL says."""
        try:
            pool = redis.ConnectionPool.from_url(
                plan.broker_url, protocol=2, socket_connect_timeout=TAKES_S
            )
            connection: Any = pool.make_connection()
            connection.connect()
        except (redis.RedisError, OSError, ValueError) as problem:
            raise Broken(f"the broker does not let the publisher in: {problem}") from None
        self._connection = connection
        super().__init__(connection._sock)
        self._replies: Any = hiredis.Reader()
        self._is_stream = plan.way.kind == "redis-streams"
        words = ["PUBLISH", plan.channel]
        if self._is_stream:
            words = ["XADD", plan.channel, "*", plan.way.field]
        head = b"*%d\r\n" % (len(words) + 1)
        self._command = head + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in map(_bytes, words))

    def framed(self, payload: bytes) -> bytes:
        """Return the command."""
        self.unanswered += 1
        return b"%b$%d\r\n%b\r\n" % (self._command, len(payload), payload)

    def heard(self, data: bytes) -> None:
        """Take answers: numbers of subscribers, or ids of entries."""
        self._replies.feed(data)
        while (reply := self._replies.gets()) is not False:
            self.unanswered -= 1
            if self._is_stream and isinstance(reply, bytes):
                continue
            if not isinstance(reply, int):
                raise Broken(f"the broker refused a tick: {reply}")
            self.heard_by = reply if self.heard_by is None else min(self.heard_by, reply)

    def close(self) -> None:
        """Leave the broker."""
        self._connection.disconnect()


def _bytes(word: str) -> bytes:
    return word.encode()

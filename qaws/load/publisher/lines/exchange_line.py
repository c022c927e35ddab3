"""Load over WebSocket: the exchange that the suite plays is told what to send, many at a time."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import ExitStack

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from qaws.load.publisher.lines.line import TAKES_S, Line
from qaws.load.schedule import FlowPlan
from qaws.verdict import Broken


class ExchangeLine(Line):
    """A connection of the suite to the exchange, which answers with how many were written to."""

    def __init__(self, plan: FlowPlan) -> None:
        """Connect, as nobody but the suite can."""
        self._held = ExitStack()
        line = connect(
            plan.broker_url,
            open_timeout=TAKES_S,
            close_timeout=TAKES_S,
            ping_interval=None,
            compression=None,
            max_size=None,
            proxy=None,
        )
        try:
            self._connection = self._held.enter_context(line)
        except (OSError, WebSocketException, TimeoutError) as problem:
            raise Broken(f"the exchange does not let the publisher in: {problem}") from None
        half_us = int(TAKES_S * 5e5)  # it is waited for twice: for room for a part, and for more
        allowed = struct.pack("ll", half_us // 1_000_000, half_us % 1_000_000)
        self._connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, allowed)
        self._channel = plan.channel
        self._unanswered = 0

    def hand_over(self, payloads: Sequence[bytes]) -> int:
        """Give one order for all of them; read what earlier ones were answered."""
        messages = [(self._channel, bytes(each).decode()) for each in payloads]
        begun_ns = time.monotonic_ns()
        try:
            self._connection.send(json.dumps(["publish", False, messages]))
        except WebSocketException as problem:
            if time.monotonic_ns() - begun_ns >= TAKES_S * 5e8:
                raise Broken("the exchange takes no more orders") from None
            raise Broken(f"the exchange has ended: {problem}") from None
        stood_ns = time.monotonic_ns() - begun_ns
        self._unanswered += 1
        while self._unanswered and self._took_answer(0):
            pass
        return stood_ns

    def _took_answer(self, within_s: float) -> bool:
        try:
            heard: list[int] = json.loads(self._connection.recv(within_s))
        except TimeoutError:
            return False
        except WebSocketException as problem:
            raise Broken(f"the exchange has ended: {problem}") from None
        self._unanswered -= 1
        self.heard_by = min(heard if self.heard_by is None else [*heard, self.heard_by])
        return True

    def settle(self) -> None:
        """Wait until each order was answered."""
        while self._unanswered:
            if not self._took_answer(TAKES_S):
                raise Broken(f"the exchange left {self._unanswered} orders without an answer")

    def close(self) -> None:
        """Leave the exchange."""
        self._held.close()

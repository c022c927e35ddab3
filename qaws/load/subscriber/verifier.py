"""What load clients hold each payload against: one payload in, at most one fault out."""

from __future__ import annotations

from typing import Any

import msgspec

from qaws.load.publisher.payloads import Payloads
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.alike import Alike, free_members, made
from qaws.load.subscriber.due_times import DueTimes
from qaws.load.subscriber.message import Message, read_message
from qaws.load.subscriber.spelled import SpelledVerifier
from qaws.load.violation import Violation
from qaws.protocol.contract import Contract
from qaws.protocol.dialect import Dialect, QaWs
from qaws.protocol.joined import several_texts
from qaws.protocol.market import DUE_FIELD
from qaws.protocol.number_places import NumberPlaces
from qaws.protocol.run_mark import of_another_run
from qaws.protocol.spelling import Spelling
from qaws.protocol.surrogates import decoded
from qaws.protocol.whole import with_whole_marks

_decode = msgspec.json.Decoder().decode


class Verifier:
    """Holds payloads against the contract of a dialect, and ticks against what was published.

    It takes some 15 µs each, so it is asked once per distinct payload.
    """

    def __init__(self, dialect: str, flow: FlowPlan | None = None, *, ahead: bool = True) -> None:
        """Prepare.

        Args:
            dialect: whose contract holds.
            flow: what is published; None: what ticks say is not compared with anything.
            ahead: as `Payloads` takes it.
        """
        self.dialect: Dialect = QaWs(dialect.split()[1:])
        self._contract = Contract(dialect)
        self._bodies = Payloads(flow, ahead=ahead) if flow else None
        self._due_times = DueTimes(flow) if flow else None
        self._run = flow.run if flow else ""
        self._free = NumberPlaces(free_members)

    def read(self, payload: bytes) -> Message:
        """Return what a payload says, as far as a load client must know.

        Raises:
            ValueError: it cannot be read; the text says why.
        """
        return read_message(payload)

    def fault(self, payload: bytes) -> Violation | None:
        """Say what is wrong with a payload, None if nothing is."""
        try:
            received = with_whole_marks(self._decoded(payload), payload)
            problem = self._contract.violation(received)
        except ValueError as error:
            problem = several_texts(payload) or f"is no JSON: {error}"
        if problem is not None:
            shown = payload[:120].decode("utf-8", "replace")
            return Violation(
                "contract", 1, f"received a message that breaks the contract: {problem} ({shown}…)"
            )
        symbol, number = received.get("symbol"), received.get("seq")
        if self._bodies is None or not isinstance(symbol, str) or not isinstance(number, int):
            return None
        if other := of_another_run(received, self._run):
            return Violation("content", 1, f"received {symbol} #{number} with {other}")
        difference = self._bodies.difference(symbol, number, payload)
        if not difference and self._due_times and isinstance(due := received.get(DUE_FIELD), int):
            difference = self._due_times.difference(symbol, number, due)
        return Violation("content", 1, difference) if difference else None

    @staticmethod
    def _decoded(payload: bytes) -> Any:
        try:
            return _decode(payload)
        except msgspec.DecodeError:
            return decoded(payload)

    def learn(self, payload: bytes, message: Message) -> Alike | None:
        """Return what copies of a tick that was found right must have; None: they are decoded."""
        if message.kind != "option_tick":
            return None
        bodies, symbol, number = self._bodies, message.symbol, message.sequence
        published = bodies.members(symbol, number) if bodies else frozenset()
        return made(payload, message, self._free.of(payload, published))


AnyVerifier = Verifier | SpelledVerifier


def verifier_of(
    spelling: Spelling, flow: FlowPlan | None = None, *, ahead: bool = True
) -> AnyVerifier:
    """Return what holds payloads against a dialect, and ticks against a flow.

    `ahead` is as `Payloads` takes it; where a target file describes the dialect it always is so.
    """
    if spelling.is_plain:
        return Verifier(spelling.spoken, flow, ahead=ahead)
    return SpelledVerifier(spelling, flow)

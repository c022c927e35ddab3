"""What a client subscribes to, and what it is entitled to by that."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from qaws.clients.frame_log import Frame, FrameLog
from qaws.oracle.ledger import Entitlement
from qaws.protocol.dialect import Dialect, Request
from qaws.protocol.market import Selection

ACKS = ("subscribed", "unsubscribed")


@dataclass
class Subscriber(FrameLog):
    """A client that may subscribe, and notes what it may and must receive.

    `refused` tells whether the latest request was answered by an error.
    """

    name: str
    dialect: Dialect
    refused: bool = field(default=False, kw_only=True)
    entitlements: list[Entitlement] = field(default_factory=list, kw_only=True)

    def __post_init__(self) -> None:
        """Have a dialect of its own, where that learns what is said to one connection alone."""
        self.dialect = self.dialect.for_connection()

    @abstractmethod
    async def send(self, text: str) -> Frame:
        """Send one text message and log it."""

    @abstractmethod
    async def send_together(self, texts: Sequence[str]) -> list[Frame]:
        """Send text messages in one go and log them."""

    async def subscribe(
        self, selection: Selection, within_s: float, by: Selection | None = None
    ) -> Frame | None:
        """Subscribe and wait for the acknowledgement; None when none came in time.

        What the client holds already it goes on holding: to subscribe twice adds nothing. `by` is
        what it asks for, where that is more than can tick.

        Raises:
            NotVerified: the dialect has no words for the selection.
        """
        selection = self.dialect.sayable(selection)
        requests = self.dialect.subscribing(by or selection)
        asked, ack = await self._ask("subscribed", requests, within_s)
        if ack is None:
            return None
        held = self.holds()
        self.entitlements += [
            Entitlement(part, asked.at_ns, ack.at_ns)
            for part in selection.parts()
            if part not in held
        ]
        return ack

    async def change_its_mind(
        self, kept: Selection, given_up: Selection, within_s: float
    ) -> Frame | None:
        """Ask for a selection, end it and ask for it again; ask for another one, and end it.

        Each part is asked for by a request of its own. All go out together, and are acknowledged in
        whatever order; what was asked last holds.

        Returns:
            The last of the acknowledgements; None where one did not come in time, or was an error.

        Raises:
            NotVerified: the dialect has no words for a part, or takes several requests for it.
        """
        self.refused, said = False, self.dialect
        asking = [said.subscribe(part) for part in kept.parts()]
        ending = [each for part in kept.parts() for each in said.unsubscribing(part)]
        others = [said.subscribe(part) for part in given_up.parts()]
        last = [each for part in given_up.parts() for each in said.unsubscribing(part)]
        sent = await self.send_together([*asking, *ending, *asking, *others, *last])
        asked = {"subscribed": [*asking, *asking, *others], "unsubscribed": [*ending, *last]}
        answers: list[Frame] = []
        for kind, requests in asked.items():
            ack: Frame | None = sent[-1]
            for request in requests:
                ack = await self.wait_for(self._answers(kind, request), ack, within_s)
                self.refused = ack is not None and self._kind(ack) == "error"
                if ack is None or self.refused:
                    return None
                answers.append(ack)
        asked_ns, held_ns = sent[0].at_ns, max(frame.at_ns for frame in answers)
        self.entitlements += [Entitlement(part, asked_ns, held_ns) for part in kept.parts()]
        self.entitlements += [
            Entitlement(part, asked_ns, held_ns, sent[-1].at_ns, held_ns)
            for part in given_up.parts()
        ]
        return max(answers, key=lambda frame: frame.at_ns)

    async def unsubscribe(self, selection: Selection, within_s: float) -> Frame | None:
        """Unsubscribe and wait for the acknowledgement; None when none came in time.

        What the client does not hold may be named too: then nothing ends.

        Raises:
            NotVerified: the dialect has no words for the selection.
        """
        selection = self.dialect.sayable(selection)
        requests = self.dialect.unsubscribing(selection)
        ending = [
            e for e in self.entitlements if e.ending_ns is None and e.selection in selection.parts()
        ]

        def begin(asked: Frame) -> None:
            for entitlement in ending:
                entitlement.ending_ns = entitlement.ending_ns or asked.at_ns

        _, ack = await self._ask("unsubscribed", requests, within_s, begin)
        if ack is None:
            return None
        for entitlement in ending:
            entitlement.ended_ns = ack.at_ns
        return ack

    def holds(self) -> list[Selection]:
        """Return what the client holds now and has not asked to end."""
        return [e.selection for e in self.entitlements if e.ending_ns is None]

    async def _ask(
        self,
        kind: str,
        requests: Sequence[Request],
        within_s: float,
        sent: Callable[[Frame], None] = lambda _: None,
    ) -> tuple[Frame, Frame | None]:
        """Send requests, each when the one before has been acknowledged.

        Returns:
            The first of them, and the last acknowledgement; None where one did not come in time, or
            was an error.
        """
        first: Frame | None = None
        ack: Frame | None = None
        self.refused = False
        for request in requests:
            asked = await self.send(request)
            first = first or asked
            sent(asked)
            ack = await self._acknowledged(kind, request, asked, within_s)
            self.refused = ack is not None and self._kind(ack) == "error"
            if ack is None or self.refused:
                return first, None
        assert first
        return first, ack

    async def _acknowledged(
        self, kind: str, request: Request, asked: Frame, within_s: float
    ) -> Frame | None:
        """Return the last of the acknowledgements of a request, or the error that it came to.

        One that is never acknowledged has been heard once a ping behind it is answered.
        """
        if request.acks == 0:
            ping = await self.send(self.dialect.ping())
            return await self.wait_for(lambda f: self._kind(f) == "pong", ping, within_s)
        ack: Frame | None = asked
        for _ in range(request.acks):
            ack = await self.wait_for(self._answers(kind, request), ack, within_s)
            if ack is None or self._kind(ack) == "error":
                break
        return ack

    def _answers(self, kind: str, request: Request) -> Callable[[Frame], bool]:
        """Return a condition: the frame is the answer to a request, as far as one can tell."""

        def is_answer(frame: Frame) -> bool:
            found = self._kind(frame)
            if frame.echo is not None:
                return found in (*ACKS, "error") and str(frame.echo) == str(request.echo)
            alike = found in ACKS and self.dialect.acks_alike
            return found in (kind, "error") or alike

        return is_answer

    def _kind(self, frame: Frame) -> str | None:
        message: Any = frame.message
        return self.dialect.kind(message) if isinstance(message, dict) else None

    def _stop_entitlements(self) -> None:
        now = time.monotonic_ns()
        for entitlement in self.entitlements:
            if entitlement.ending_ns is None:
                entitlement.ending_ns = now

"""What load clients hold each payload against where a target file describes the dialect.

A payload is translated by the dialect's table, which was compiled when the worker began, and judged
as the features judge it. That takes 100 µs and more: so it is done once for payloads that are the
same or alike, and for ticks that differ from one of these in digits alone it is known what they
say.
"""

from __future__ import annotations

import json
from typing import Any

from qaws.load.publisher.spelled import SpelledPayloads
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.alike import Alike, made
from qaws.load.subscriber.by_digits import ByDigits, Match, Tick
from qaws.load.subscriber.due_times import DueTimes
from qaws.load.subscriber.message import (
    ON_SCHEDULE,
    OPENING,
    PASSED_OVER,
    SEVERAL,
    TICKS,
    UNTOLD,
    Message,
    due_time,
    sequence_number,
)
from qaws.load.violation import Violation
from qaws.protocol.dialect import Dialect, Said
from qaws.protocol.exact import exact, first_difference
from qaws.protocol.market import DUE_FIELD, SEQUENCE_FIELD
from qaws.protocol.run_mark import of_another_run
from qaws.protocol.spelling import Spelling

MOST_FREE = 64
"""So many numbers of a message, which may be of several ticks, may differ from copy to copy."""


class SpelledVerifier:
    """Reads payloads of a dialect, and holds them against it and against what was published."""

    def __init__(self, spelling: Spelling, flow: FlowPlan | None = None) -> None:
        """Compile the dialect.

        Args:
            spelling: the dialect.
            flow: what is published; None: what ticks say is not compared with anything.
        """
        self.dialect: Dialect = spelling.compiled()
        self._bodies = SpelledPayloads(flow, self.dialect) if flow else None
        self._due_times = DueTimes(flow) if flow else None
        self._run = flow.run if flow else ""
        self._by_digits = ByDigits(self.dialect)
        self._bears_due = {kind: self.dialect.bears_due_times(kind) for kind in TICKS}

    def read(self, payload: bytes) -> Message:
        """Return what a payload says; `SEVERAL` where it says more than one thing.

        Raises:
            ValueError: it cannot be read; the text says why.
        """
        if (like := self._by_digits.find(payload)) is not None:
            ticks, found = like
            if len(ticks) == 1:
                return self._like(ticks[0], found)
            return Message(SEVERAL, parts=tuple(self._like(tick, found) for tick in ticks))
        messages = self._read(payload)
        if len(messages) == 1:
            return messages[0]
        return Message(SEVERAL, parts=messages) if messages else Message(PASSED_OVER)

    def _read(self, payload: bytes) -> tuple[Message, ...]:
        """Read a payload by the table."""
        try:
            everything = self.dialect.read(payload)
            messages = tuple(map(self._message, everything))
        except RecursionError:
            raise ValueError("is nested too deeply") from None
        is_sound = all(message.is_tick for message in messages) and not any(
            said.problem for said in everything
        )
        if is_sound and messages:
            self._by_digits.learn(payload, messages, self._published(messages[0]))
        return messages

    def _like(self, tick: Tick, found: Match) -> Message:
        """Return what a tick says that differs in digits alone from one that was read."""
        kind, symbol, instrument, _, due, *_ = tick.message
        number = int(found[tick.sequence])
        if tick.due:
            due = int(found[tick.due])
        elif due < 0:
            due = self._on_schedule(symbol, number)
        return Message(kind, symbol, instrument, number, due)

    def _on_schedule(self, symbol: str, number: int) -> int:
        """Return when a tick was due that does not bear it."""
        times = self._due_times
        after_us = None if times is None else times.after_start(symbol, number)
        return UNTOLD if after_us is None else ON_SCHEDULE - after_us

    def _published(self, tick: Message) -> dict[str, Any]:
        """Return what of a tick was published, as clients are to receive it."""
        bodies = self._bodies
        return (bodies.carried(tick.symbol, tick.sequence) if bodies else None) or {}

    def _message(self, said: Said) -> Message:
        message = said.message
        if message is None:
            return Message(PASSED_OVER, text=said.answer or "")
        if not isinstance(message, dict):
            raise ValueError(said.problem or "is no object")
        kind = str(message.get("type"))
        if kind in TICKS:
            return self._tick(kind, message)
        if kind == OPENING:
            return Message(kind, sequence=message["number"], text=json.dumps(message["taken"]))
        if kind == "status":
            return Message(f"{kind} {message.get('status')}")
        text = message.get("session_id") if kind == "connection" else message.get("message")
        return Message(kind, text=text or "")

    def _tick(self, kind: str, tick: dict[str, Any]) -> Message:
        symbol, due = str(tick.get("symbol")), tick.get(DUE_FIELD)
        number = sequence_number(tick.get(SEQUENCE_FIELD))
        due = due_time(due) if self._bears_due[kind] else self._on_schedule(symbol, number)
        return Message(kind, symbol, tick.get("instrument_token"), number, due)

    def fault(self, payload: bytes) -> Violation | None:
        """Say what is wrong with a payload, None if nothing is.

        Of a payload of several ticks, each that says something else counts; the first is told.
        """
        found = self._by_digits.found(payload)
        if found is not None and all(self._is_right(tick, found[1]) for tick in found[0]):
            return None
        try:
            everything = self.dialect.read(payload)
        except (ValueError, RecursionError) as error:
            return _contract(f"cannot be read: {error}", payload)
        differences, broken = [], None
        for part, said in enumerate(everything):
            if said.problem is not None:
                broken = _contract(said.problem, payload)
                break
            message = said.message
            if isinstance(message, dict) and message.get("type") in TICKS:
                difference = self._difference(message, payload, part)
                if difference:
                    differences.append(difference)
        if differences:
            return Violation("content", len(differences), differences[0])
        return broken

    def _is_right(self, tick: Tick, found: Match) -> bool:
        """Return whether a tick of known form is as it was published; False too if unknown."""
        bodies, symbol, number = self._bodies, tick.message.symbol, int(found[tick.sequence])
        place = None if bodies is None else bodies.place(symbol, number)
        if place is None:
            return True  # there is nothing to hold it against

        def carried() -> dict[str, Any]:
            return (bodies.carried(symbol, number) if bodies else None) or {}

        if not tick.is_as_published(found, place, carried):
            return False
        if self._due_times is None or not tick.due or not self._bears_due[tick.message.kind]:
            return True
        return not self._due_times.difference(symbol, number, int(found[tick.due]))

    def _difference(self, tick: dict[str, Any], payload: bytes, part: int) -> str:
        symbol, number, due = tick.get("symbol"), tick.get(SEQUENCE_FIELD), tick.get(DUE_FIELD)
        if self._bodies is None or not isinstance(symbol, str) or type(number) is not int:
            return ""
        if other := of_another_run(tick, self._run):
            return f"received {symbol} #{number} with {other}"
        carried = self._bodies.carried(symbol, number)
        if carried is None:
            return ""
        published = exact(json.dumps(carried))
        said = first_difference(published, self.dialect.exactly(payload.decode(), part))
        if said:
            return f"received {symbol} #{number} with {said}"
        if self._due_times and type(due) is int and self._bears_due[str(tick["type"])]:
            return self._due_times.difference(symbol, number, due)
        return ""

    def learn(self, payload: bytes, message: Message) -> Alike | None:
        """Return what copies of a tick that was found right must have; None: they are decoded."""
        if not message.is_tick:
            return None
        free = self.dialect.free_numbers(payload, self._published(message))
        return made(payload, message, free, MOST_FREE) if len(free) <= MOST_FREE else None


def _contract(problem: str, payload: bytes) -> Violation:
    shown = payload[:120].decode("utf-8", "replace")
    return Violation(
        "contract", 1, f"received a message that breaks the contract: {problem} ({shown}…)"
    )

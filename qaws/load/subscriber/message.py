"""What a received message is, as far as a load client must know: decoded once, in half a µs.

The full contract (`qaws.protocol.contract`) is checked too, for every distinct payload, but off
the hot path; see `shared_stream`.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from qaws.protocol.joined import several_texts
from qaws.protocol.market import Selection, TickKind
from qaws.protocol.surrogates import decoded
from qaws.protocol.whole import with_whole_marks

TICKS = ("option_tick", "underlying_bar")

PASSED_OVER, OPENING, SEVERAL = "passed over", "opening", "several"
"""What a dialect has nobody look into; what a client waits for before it says its next opening
words; and a message in which several stand."""

OWN = ("connection", "subscribed", "unsubscribed", "pong", "error", PASSED_OVER, OPENING)
"""Messages for one client alone. All others go to every client of a group."""

ON_SCHEDULE = -1
"""Due times from here on downwards say when a tick was due on its flow's schedule, for services
whose ticks do not bear it: -1 is the start, -1001 a millisecond after it."""

UNTOLD = -(1 << 62)
"""The due time of a tick that bears none in its dialect, and is on no schedule."""


class _Members(msgspec.Struct):
    type: str
    symbol: str = ""
    instrument_token: int | None = None
    seq: int | None = None
    due_us: int | None = None
    status: str = ""
    message: str = ""
    session_id: str | None = None


class Message(NamedTuple):
    """One message. `kind` is its type; a status has its value added: "status degraded".

    For a tick, `sequence` is -1 when it bears none; `due_us` is µs since 1970, 0 when it bears
    none and should, and below 0 as `ON_SCHEDULE` says. `text` is what an error says, the session's
    id of a welcome, the answer to what is passed over, or as JSON what an opening takes. `parts`
    are those of `SEVERAL`.
    """

    kind: str
    symbol: str = ""
    instrument: int | None = None
    sequence: int = -1
    due_us: int = 0
    text: str = ""
    parts: tuple[Message, ...] = ()

    @property
    def is_tick(self) -> bool:
        """Return whether it is a tick."""
        return self.kind in TICKS

    def belongs_to(self, selection: Selection) -> bool:
        """Return whether a tick is one that the selection takes."""
        kind: TickKind = "option_tick" if self.kind == "option_tick" else "underlying_bar"
        return selection.takes(kind, self.symbol, self.instrument)

    def __str__(self) -> str:
        if not self.is_tick:
            return self.kind
        number = f"#{self.sequence}" if self.sequence >= 0 else "without a number"
        return f"{self.kind.replace('_', ' ')} {self.symbol} {number}"


TOO_LARGE = 1 << 62
"""Numbers from here on do not fit into what counts with them."""

_decode = msgspec.json.Decoder(_Members).decode


def due_time(told: object) -> int:
    """Return the due time that a tick bears, 0 where what it bears is none."""
    return told if type(told) is int and 0 < told < TOO_LARGE else 0


def sequence_number(told: object) -> int:
    """Return the number that a tick bears, -1 where what it bears is none."""
    return told if type(told) is int and 0 <= told < TOO_LARGE else -1


def read_message(payload: bytes) -> Message:
    """Decode the payload of one text frame.

    Raises:
        ValueError: it is not UTF-8, not JSON, not an object, or a member that the harness relies
            on has the wrong type; the text says which.
    """
    if not payload.isascii():
        payload.decode()
    try:
        members = _decode(payload)
    except msgspec.DecodeError:
        try:
            members = msgspec.convert(with_whole_marks(decoded(payload), payload), _Members)
        except msgspec.DecodeError as problem:
            raise ValueError(several_texts(payload) or str(problem)) from None
    if members.type in TICKS:
        return Message(
            members.type,
            members.symbol,
            members.instrument_token,
            sequence_number(members.seq),
            due_time(members.due_us),
        )
    kind = f"{members.type} {members.status}" if members.type == "status" else members.type
    text = members.session_id or "" if kind == "connection" else members.message
    return Message(kind, text=text)

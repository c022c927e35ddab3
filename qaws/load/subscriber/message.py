"""What a received message is, as far as a load client must know: decoded once, in half a µs.

The full contract (`qaws.protocol.contract`) is checked too, for every distinct payload, but off
the hot path; see `shared_stream`.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from qaws.protocol.joined import several_texts
from qaws.protocol.market import Selection, TickKind
from qaws.protocol.surrogates import without_lone_surrogates

TICKS = ("option_tick", "underlying_bar")

OWN = ("connection", "subscribed", "unsubscribed", "pong", "error")
"""Messages for one client alone. All others go to every client of a group."""


class _Members(msgspec.Struct):
    type: str
    symbol: str = ""
    instrument_token: int | None = None
    seq: int | None = None
    due_us: int | None = None
    status: str = ""
    message: str = ""


class Message(NamedTuple):
    """One message. `kind` is its type; a status has its value added: "status degraded".

    For a tick, `sequence` is -1 when it bears none; `due_us` is µs since 1970, 0 when it bears
    none. `text` is what an error says.
    """

    kind: str
    symbol: str = ""
    instrument: int | None = None
    sequence: int = -1
    due_us: int = 0
    text: str = ""

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


_decode = msgspec.json.Decoder(_Members).decode


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
            members = _decode(without_lone_surrogates(payload))
        except msgspec.DecodeError as problem:
            raise ValueError(several_texts(payload) or str(problem)) from None
    if members.type in TICKS:
        sequence = -1 if members.seq is None else members.seq
        return Message(
            members.type,
            members.symbol,
            members.instrument_token,
            sequence,
            members.due_us or 0,
        )
    kind = f"{members.type} {members.status}" if members.type == "status" else members.type
    return Message(kind, text=members.message)

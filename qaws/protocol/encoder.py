"""What clients say, where services do not read JSON: MessagePack, or what a team's own file makes.

Features and rows of data say JSON. Here it becomes what goes into a WebSocket message; what cannot
be said in that encoding is not said in another way instead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from qaws.protocol import socketio
from qaws.protocol.team_function import TeamFunction, in_one_line
from qaws.verdict import NotVerified, without_tokens

SHOWN_CHARS = 60
LONGEST_WHOLE_NUMBER = 40
"""Digits: beyond them no encoding has a word for it, and Python's own reader gives up at some."""

BUILT_IN: Mapping[str, Callable[[Any], str | bytes]] = {
    "msgpack": msgspec.msgpack.encode,
    "socket.io": socketio.encode,
}
OF_TEXT = ("socket.io",)
"""Those that are sent as texts."""


class Unsayable(ValueError):
    """A JSON text says something that its value does not: the text says what."""


class Encoder:
    """Makes of a JSON text what a client sends.

    Attributes:
        says_text: whether what is no JSON is sent as a text, else as a binary message: of the two
            kinds that which it made first, and None before that.
    """

    def __init__(self, name: str, source: str = "") -> None:
        """Prepare.

        Args:
            name: one of `BUILT_IN`, or the name of a file in Python with a function
                `encode(message)`.
            source: what that file says.

        Raises:
            NoFunction: the file has no such function, or raises something.
        """
        self._name = name
        self._encode = BUILT_IN.get(name) or TeamFunction(name, source, "encode")
        self.says_text: bool | None = name in OF_TEXT if name in BUILT_IN else None

    def __call__(self, text: str) -> str | bytes:
        """Return the message; a text that is no JSON goes out as it is.

        Raises:
            NotVerified: it cannot be said so; one line says why.
        """
        try:
            value = meaning(text)
        except Unsayable as problem:
            self._refuse(text, str(problem))
        except ValueError:
            return text if self.says_text else text.encode("utf-8", "surrogatepass")
        try:
            message = self._encode(value)
        except Exception as problem:  # whatever the team's own encoder may raise
            self._refuse(text, in_one_line(problem))
        if not isinstance(message, str | bytes):
            self._refuse(text, f"encode returned {type(message).__name__}, not bytes or str")
        if self.says_text is None:
            self.says_text = isinstance(message, str)
        return message

    def _refuse(self, text: str, why: str) -> NoReturn:
        shown = _shown(text, text)
        shown = shown if len(shown) <= SHOWN_CHARS else f"{shown[:SHOWN_CHARS]}…"
        why = _shown(text, why)
        raise NotVerified(
            f"clients of the target send {self._name}, in which {shown!r} cannot be said: {why}"
        )


def _shown(text: str, sentence: str) -> str:
    """Return a sentence without what a message hides, of which a `Request` knows."""
    for secret in getattr(text, "hides", ()):
        sentence = sentence.replace(secret, "(hidden)").replace(
            json.dumps(secret)[1:-1], "(hidden)"
        )
    return without_tokens(sentence)


def meaning(text: str) -> Any:
    """Return the value that a JSON text means (RFC 8259).

    Raises:
        ValueError: it is none.
        Unsayable: it says more than its value does.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_fraction,
            parse_int=_whole,
        )
    except RecursionError:
        raise Unsayable("it is nested too deeply") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unsayable("a member comes twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number) or Decimal(repr(number)) != Decimal(digits):
        raise Unsayable(f"{digits[:LONGEST_WHOLE_NUMBER]} is no number of 64 bits")
    return number


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_WHOLE_NUMBER:
        raise Unsayable(f"a number of {len(digits):,} digits is none of 64 bits")
    return int(digits)

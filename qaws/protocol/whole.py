"""Whole numbers in whatever notation: 7, 7.0 and 7E0 are one value, and one number of a tick."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qaws.protocol.exact import exact
from qaws.protocol.market import DUE_FIELD, SEQUENCE_FIELD

MARKS = ("instrument_token", SEQUENCE_FIELD, DUE_FIELD)
"""Members of a tick by which it is told, that are whole numbers."""

SELECTOR, LISTED = "selector", "instruments"
"""Member of an acknowledgement, and of what stands there, that lists such."""

BEYOND = 1 << 64
"""From here on no number of a tick is whole: 1E999999999 would take all memory to write out."""


def whole(value: Any) -> Any:
    """Return the int that a number is in another notation; anything else as it is.

    A double from 2^53 on may stand for its neighbours too: ask for it as `exact` reads it.
    """
    if isinstance(value, float | Decimal) and -BEYOND < value < BEYOND and value == int(value):
        return int(value)
    return value


def with_whole_marks(message: Any, data: bytes) -> Any:
    """Make ints of a decoded message's marks that are whole numbers in another notation.

    Services that keep all numbers as doubles write 7.0, or 1.79E15 (Gson does, of a map).

    Args:
        message: a JSON value, in the words of `qa-ws`; changed in place if it is an object.
        data: the text it was decoded from.

    Returns:
        The message.
    """
    if isinstance(message, dict):
        for name in MARKS:
            if type(message.get(name)) is float:
                found = whole(exact(data)[name])
                message[name] = found if isinstance(found, int) else message[name]
        selector: Any = message.get(SELECTOR)
        named = selector.get(LISTED) if isinstance(selector, dict) else None
        if isinstance(named, list) and any(type(each) is float for each in named):
            selector[LISTED] = [*map(whole, exact(data)[SELECTOR][LISTED])]
    return message

"""Other ways to write the same JSON: what no receiver may tell apart (RFC 8259).

Blanks between members, the order of members, and escapes in texts mean nothing (sections 2, 4, 7).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from qaws.verdict import Broken, NotVerified

LINED, LINED_OF_4 = (",\r\n\t", " : "), 2
"""What separates members and values of a tick that has a line for each; two of four have."""

TEXT_OR_EXPONENT = re.compile(r'("(?:[^"\\]|\\.)*")|(\de[+-]?\d)')
"""A text of a JSON document, or the exponent of a number with the digits about it."""


def rewritten(text: str, form: str) -> str:
    """Return a JSON text as somebody else would have written it.

    Args:
        text: a JSON object or list.
        form: "its members in reverse order", "blanks and line breaks in it" or "all texts escaped".

    Raises:
        Broken: there is no such form.
        NotVerified: the text is no JSON object or list.
    """
    write = _FORMS.get(form)
    if write is None:
        raise Broken(f'"{form}": known forms of a message are {", ".join(_FORMS)}')
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict | list):
        raise NotVerified("the dialect's message is no JSON object or list")
    return write(value)


def unescaped(text: str) -> str:
    """Return a JSON text without escapes for what is not ASCII; what has none stays as it is."""
    if "\\u" not in text:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def published(tick: dict[str, Any], number: int, *, in_lines: bool = True) -> str:
    """Return a tick as it is published: as every publisher may, each in a way of its own.

    Python's and PHP's escape what is not ASCII, those of other languages send it as UTF-8 (RFC
    8259, sections 7 and 8.1). So does every second tick here, by its number. Two of four have their
    members in reverse order, and a line for each of them where they may be `in_lines`: not where
    clients tell messages apart by lines, which a service that passes on what it gets would break.
    These have a capital E in front of exponents, as Java writes it (RFC 8259, section 6).
    """
    is_ascii = number % 2 == 1
    if number % 4 < LINED_OF_4:
        separators = LINED if in_lines else None
        text = json.dumps(_turned(tick), separators=separators, ensure_ascii=is_ascii)
        return TEXT_OR_EXPONENT.sub(lambda found: found[1] or found[2].upper(), text)
    return json.dumps(tick, ensure_ascii=is_ascii)


def _reversed(value: Any) -> str:
    return json.dumps(_turned(value), separators=(",", ":"), ensure_ascii=False)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(inner) for name, inner in reversed(value.items())}
    return [_turned(inner) for inner in value] if isinstance(value, list) else value


def _spread(value: Any) -> str:
    lines = json.dumps(value, indent="\t", separators=(" ,", " : "), ensure_ascii=False)
    return f" {lines}\r\n".replace("\n\t", "\r\n\t")


def _escaped(value: Any) -> str:
    match value:
        case dict():
            members = (f"{_escaped(name)}:{_escaped(inner)}" for name, inner in value.items())
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(_escaped, value)) + "]"
        case str():
            units = value.encode("utf-16-be").hex()
            return '"' + "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4)) + '"'
    return json.dumps(value)


_FORMS: dict[str, Callable[[Any], str]] = {
    "its members in reverse order": _reversed,
    "blanks and line breaks in it": _spread,
    "all texts escaped": _escaped,
}

"""Members that come twice in an object, with different values.

What a client takes then hangs on its parser: most take the last, some the first, some refuse the
message (RFC 8259, section 4). Members that come twice with the same value do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

LONGEST = 40
"""Characters of a value that a sentence shows."""


class Ambiguous(ValueError):
    """An object has a member twice; the text names it."""


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these members: an `object_pairs_hook` of `json.loads`.

    Raises:
        Ambiguous: two of them have one name and different values.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        for name, value in pairs:
            if not _same(value, found[name]):
                raise Ambiguous(
                    f'has the member "{name}" twice, as {_shown(value)} and as '
                    f"{_shown(found[name])}: which of them a client takes hangs on its parser "
                    "(RFC 8259, section 4)"
                )
    return found


def ambiguity(text: str) -> str:
    """Return what comes twice in a JSON text, to go on after "a message that"; "" for nothing."""
    try:
        json.loads(text, object_pairs_hook=once, parse_float=Decimal)
    except Ambiguous as problem:
        return str(problem)
    except (ValueError, RecursionError):
        return ""  # what is no JSON at all is told elsewhere
    return ""


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same; true is no 1."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

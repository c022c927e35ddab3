"""Numbers of a JSON text of which a dialect says nothing: where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

Steps = tuple[str | int | None, ...]
"""A way into a message: members, places in a list, and None for any place."""

Span = tuple[int, int]
"""Where something stands in a payload: its first byte, and the one behind its last."""

MOST_KNOWN = 10_000
"""Of so many paths it is remembered whether anybody looks there."""

_TOKEN = re.compile(
    rb'("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}\[\],]|true|false|null'
)
"""A text that a colon follows is a name."""

_QUOTE, _COMMA = b'",'
_BEGINS: dict[int, str | int] = {ord("{"): "", ord("["): 0}
_ENDS = frozenset(b"}]")
_WHOLE = re.compile(rb"0|[1-9]\d*")


class FreeNumbers:
    """Finds the whole numbers that no path leads to, in or out of quotes."""

    def __init__(self, judged: Iterable[Steps]) -> None:
        """Prepare.

        Args:
            judged: paths to what somebody looks at; all that is below is looked at too.
        """
        self._judged = list(judged)
        self._known: dict[Steps, bool] = {}

    def of(self, payload: bytes) -> list[Span]:
        """Return where they stand in a payload of JSON; none where a name cannot be read."""
        try:
            return [span for path, span in whole_numbers(payload) if self._is_free(path)]
        except msgspec.DecodeError:
            return []

    def _is_free(self, path: Steps) -> bool:
        known = self._known.get(path)
        if known is None:
            known = not any(meet(path, steps) for steps in self._judged)
            if len(self._known) < MOST_KNOWN:
                self._known[path] = known
        return known


def meet(path: Steps, steps: Steps) -> bool:
    """Return whether one of two ways leads along the other to its end."""
    return all(
        there == step or (step is None and isinstance(there, int))
        for there, step in zip(path, steps, strict=False)
    )


def whole_numbers(payload: bytes) -> Iterator[tuple[Steps, Span]]:
    """Yield path and span of each whole number, those in quotes without these.

    Args:
        payload: JSON in UTF-8.

    Raises:
        msgspec.DecodeError: the name of a member has half a surrogate pair.
    """
    for path, (begin, end), token in scalars(payload):
        if not token.startswith(b'"'):
            if _WHOLE.fullmatch(token):
                yield path, (begin, end)
        elif _WHOLE.fullmatch(token, 1, len(token) - 1):
            yield path, (begin + 1, end - 1)


def scalars(payload: bytes) -> Iterator[tuple[Steps, Span, bytes]]:
    """Yield path, span and text of each value that is neither an object nor a list.

    Args:
        payload: JSON in UTF-8.

    Raises:
        msgspec.DecodeError: the name of a member has half a surrogate pair.
    """
    path: list[str | int | None] = []
    for found in _TOKEN.finditer(payload):
        first = payload[found.start()]
        if first == _QUOTE:
            token, colon = found.groups()
            if colon is None:
                yield tuple(path), found.span(), token
            else:
                path[-1] = msgspec.json.decode(token) if b"\\" in token else token[1:-1].decode()
        elif first == _COMMA:
            if isinstance(place := path[-1], int):
                path[-1] = place + 1
        elif first in _BEGINS:
            path.append(_BEGINS[first])
        elif first in _ENDS:
            path.pop()
        else:
            yield tuple(path), found.span(), found[0]

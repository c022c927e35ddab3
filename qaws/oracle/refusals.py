"""What refused clients were told, part by part, and which of it differs by itself.

Request ids, dates and cookies are new in every answer. They tell a forger nothing, so what differs
between two refusals of clients without any token is *by itself*; what still differs then says
which check has failed.

Whoever is compared came between two clients without a token: a clock that has gone on for it has
also gone on between those two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Told = Mapping[str, str]
"""Part ("status", "body", the name of a header, …) → what it said."""

MASK = "…"
"""What is shown in the place of a piece that differs by itself."""

_PIECE = re.compile(r"""[^\s;,"'=:(){}\[\]<>&?]+""")
"""A piece of a text, between blanks and what separates values in headers, in JSON and in cookies.
An id in hexadecimal, in base64 or as a UUID is one piece; `sid=…; Path=/` has three."""


class Usual:
    """What clients without a token are told: what is always the same, and what differs by itself.

    Attributes:
        by_itself: the parts of which something, or all, differs by itself.
    """

    def __init__(self, controls: Sequence[Told]) -> None:
        """Learn it from at least two refusals."""
        names = sorted({name for told in controls for name in told}, key=_place)
        self._masks = {name: _Mask([told.get(name) for told in controls]) for name in names}
        self.by_itself = [name for name, mask in self._masks.items() if mask.differs]

    def unlike(self, told: Told) -> list[str]:
        """Return the parts in which a refusal differs from the usual one, other than by itself."""
        names = sorted({*self._masks, *told}, key=_place)
        nothing = _Mask([None])
        return [n for n in names if not self._masks.get(n, nothing).fits(told.get(n))]

    def shown(self, names: Sequence[str] = ()) -> str:
        """Return these parts, or all, with a mask in the place of what differs by itself."""
        chosen = names or list(self._masks)
        nothing = _Mask([None])
        return "; ".join(f"{name}: {self._masks.get(name, nothing)}" for name in chosen)


class _Mask:
    """One part: what was said each time, and which of its pieces differ."""

    def __init__(self, said: Sequence[str | None]) -> None:
        self._first = said[0]
        self.differs = len(set(said)) > 1
        texts = [text for text in said if text is not None]
        shapes = {_shape(text) for text in texts}
        self._shape = shapes.pop() if len(texts) == len(said) and len(shapes) == 1 else None
        columns = zip(*(_PIECE.findall(text) for text in texts), strict=False)
        self._pieces = [column[0] if len(set(column)) == 1 else None for column in columns]

    def fits(self, text: str | None) -> bool:
        if not self.differs:
            return text == self._first
        if self._shape is None:
            return True
        if text is None or _shape(text) != self._shape:
            return False
        pieces = zip(self._pieces, _PIECE.findall(text), strict=True)
        return all(usual in (None, piece) for usual, piece in pieces)

    def __str__(self) -> str:
        if self._first is None and not self.differs:
            return "nothing"
        if self.differs and self._shape is None:
            return MASK
        pieces = iter(self._pieces)
        return _PIECE.sub(lambda _: next(pieces) or MASK, self._first or "")


def _shape(text: str) -> str:
    """Return a text with nothing in the place of its pieces."""
    return _PIECE.sub("\0", text)


def _place(name: str) -> tuple[int, str]:
    """Sort the status first and the body last, headers between."""
    return {"status": 0, "body": 2}.get(name, 1), name

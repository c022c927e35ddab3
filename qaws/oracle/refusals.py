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
from difflib import SequenceMatcher

Told = Mapping[str, str]
"""Part ("status", "body", the name of a header, …) → what it said."""

MASK = "…"
"""What is shown in the place of a piece that differs by itself."""

_SEPARATORS = r"""\s;,"'=:(){}\[\]<>&?"""
_PIECE = re.compile(f"[^{_SEPARATORS}]+")
"""A piece of a text, between blanks and what separates values in headers, in JSON and in cookies.
An id in hexadecimal, in base64 or as a UUID is one piece; `sid=…; Path=/` has three."""

_TOKEN = re.compile(f"[^{_SEPARATORS}]+|[{_SEPARATORS}]")

_KINDS = [re.compile(each) for each in (r"[\d.+_eE-]*", r"[\da-fA-F._-]*", r"(?s:.*)")]
"""Numbers, hexadecimal numbers, anything: what differs by itself stays what it is."""


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
    """One part: what is the same each time, and at which positions it differs by itself.

    Where all have the same shape, each piece that differs is masked alone; where they have not (an
    id with padding, or without), so is what stands between the pieces that all of them have. A mask
    hides what is of the kind that it has hidden: no word in the place of numbers, no second value
    in the place of one.
    """

    def __init__(self, said: Sequence[str | None]) -> None:
        texts = [text for text in said if text is not None]
        self.differs = len(set(said)) > 1
        self._may_lack = len(texts) < len(said)
        self._is_said = bool(texts)
        self._runs = _runs([_TOKEN.findall(text) for text in texts], self._may_lack)
        seen = [_between(self._runs, text) or [] for text in texts]
        self._hidden = [_Hidden(each) for each in zip(*seen, strict=True)]

    def fits(self, text: str | None) -> bool:
        if text is None or not self._is_said:
            return text is None and (self._may_lack or not self._is_said)
        found = _between(self._runs, text)
        if found is None:
            return False
        return all(hidden.fits(each) for hidden, each in zip(self._hidden, found, strict=True))

    def __str__(self) -> str:
        return MASK.join(self._runs) if self._is_said else "nothing"


class _Hidden:
    """What a mask has hidden each time, and what else it may therefore hide."""

    def __init__(self, seen: Sequence[str]) -> None:
        self._separators = set("".join(_PIECE.sub("", each) for each in seen))
        pieces = ["".join(_PIECE.findall(each)) for each in seen]
        self._kind = next(k for k in _KINDS if all(k.fullmatch(piece) for piece in pieces))

    def fits(self, text: str) -> bool:
        pieces = "".join(_PIECE.findall(text))
        new = set(_PIECE.sub("", text)) - self._separators
        return not new and self._kind.fullmatch(pieces) is not None


def _runs(texts: Sequence[Sequence[str]], may_lack: bool) -> list[str]:
    """Return what all texts have in common: what stands before, between and behind the masks.

    Args:
        texts: each piece by piece, separators too.
        may_lack: whether the part is not always there. Where it was there but once, what has a
            digit in it may differ the next time.
    """
    if len({_shape("".join(text)) for text in texts}) > 1:
        return _in_all(texts)
    runs = [""]
    for column in zip(*texts, strict=True):
        is_id = may_lack and len(column) == 1 and any(c.isdigit() for c in column[0])
        if len(set(column)) == 1 and not is_id:
            runs[-1] += column[0]
        else:
            runs.append("")
    return runs


def _in_all(texts: Sequence[Sequence[str]]) -> list[str]:
    """Return the same of texts whose shapes differ."""
    common = list(texts[0])
    for text in texts[1:]:
        blocks = SequenceMatcher(None, common, text, autojunk=False).get_matching_blocks()
        common = [token for each in blocks for token in common[each.a : each.a + each.size]]
    single = ["", *common, ""]
    seen = [_between(single, "".join(text)) or [] for text in texts]
    runs = [""]
    for between, token in zip(zip(*seen, strict=True), single[1:], strict=True):
        if any(between):
            runs.append(token)
        else:
            runs[-1] += token
    # A separator between two masks belongs to what they hide, as the padding of an id does.
    return [runs[0], *(run for run in runs[1:-1] if _PIECE.search(run)), *runs[1:][-1:]]


def _between(runs: Sequence[str], text: str) -> list[str] | None:
    """Return what a text has between runs that stand in it in order; None where they do not."""
    if len(runs) == 1:
        return [] if text == runs[0] else None
    first, *middle, last = runs
    if not text.startswith(first) or not text.endswith(last):
        return None
    end, at, found = len(text) - len(last), len(first), []
    for run in middle:
        next_at = text.find(run, at, end)
        if next_at < 0:
            return None
        found.append(text[at:next_at])
        at = next_at + len(run)
    return [*found, text[at:end]] if at <= end else None


def _shape(text: str) -> str:
    """Return a text with nothing in the place of its pieces."""
    return _PIECE.sub("\0", text)


def _place(name: str) -> tuple[int, str]:
    """Sort the status first and the body last, headers between."""
    return {"status": 0, "body": 2}.get(name, 1), name

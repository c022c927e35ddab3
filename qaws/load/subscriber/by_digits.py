"""Ticks that differ from one that was read in digits alone: read by where their numbers stand.

A table says where a message has what; to follow it member by member takes some 20 µs. But a service
puts its ticks together in few ways: between the digits stands the same. So of a message that was
read a form is kept, and one that fits it has the same members in the same order. By some digits a
message is known (its instrument's, and all within texts that anybody looks at): these are those of
a message that was read. All others are numbers, and stand where they stood. What does not fit goes
the long way: nothing is taken for right that was not compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from qaws.load.subscriber.message import Message
from qaws.protocol.dialect import Dialect
from qaws.protocol.free_numbers import Span, Steps, scalars
from qaws.protocol.market import DUE_FIELD, SEQUENCE_FIELD
from qaws.protocol.tick_layout import Layout, Where

MOST_SOUGHT = 2_000
"""Of so many messages a form is sought."""

FIRST_BYTES = 5_000
"""Forms of so many bytes are made at once; for more, others must have come in the meantime."""

COSTS = 100
"""Of each hundred messages one may be made a form of: that takes as long as to read twenty by the
table, and where all are of several ticks few are like one another."""

MOST_UNJUDGED = 20_000
"""Of so many payloads it is kept what was found in them until they are judged: under 1 KB each."""

LONGER = 100
"""A payload may be so many bytes longer or shorter than the one that was read: a number of more
digits than a double has may be an error."""

_DIGITS = b"0123456789"
_RUN = re.compile(rb"\d+")
_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*)(\.\d+)?([eE](?:-\d{1,3}|\+?\d{1,2}))?")
"""One whose other digits may be any, and it is no larger than a double can be."""

_COUNT = re.compile(rb"[1-9]\d{0,17}+")

Match = re.Match[bytes]
"""What a form found in a payload: numbers, by its groups."""

_decode = msgspec.json.Decoder().decode


class Tick(NamedTuple):
    """A tick as it was read, and which groups of a form hold its numbers.

    `due` is 0 where it bears no due time. `expected` is what was published, by its place in the
    flow: groups, and what they must hold; None for what is to be compared the long way.
    """

    message: Message
    sequence: int
    due: int
    where: Where
    values: Values
    expected: dict[int, tuple[tuple[int, ...], tuple[bytes, ...]] | None]

    def is_as_published(
        self, found: Match, place: int, carried: Callable[[], dict[str, Any]]
    ) -> bool:
        """Return whether one like it says what was published; False too where none can tell.

        Args:
            found: what the form found in it.
            place: of what was published, in the flow.
            carried: returns that, as clients are to receive it; its sequence number may be any.
        """
        if place in self.expected:
            expected = self.expected[place]
        else:
            expected = self.expected[place] = _expected(self, carried())
        if expected is None:
            return False
        groups, texts = expected
        return held(found, groups) == texts


class Values(NamedTuple):
    """Path → group of a number; path → value of what is no number, and always the same."""

    groups: dict[Steps, int]
    others: dict[Steps, Any]


Found = tuple[tuple[Tick, ...], Match]


class Form(NamedTuple):
    """What messages have in common that differ in digits only.

    Attributes:
        fits: finds their numbers.
        fixed: groups of digits by which a message is known.
        length: bytes of the first one.
        known: digits of these groups → ticks.
    """

    fits: re.Pattern[bytes]
    fixed: tuple[int, ...]
    length: int
    known: dict[tuple[bytes, ...], tuple[Tick, ...]]

    def find(self, payload: bytes) -> Found | None:
        """Return the ticks that a payload is like, and its own numbers; None if it does not fit."""
        found = self.fits.fullmatch(payload)
        if found is None or abs(len(payload) - self.length) > LONGER:
            return None
        ticks = self.known.get(held(found, self.fixed))
        return None if ticks is None else (ticks, found)


def held(found: Match, groups: tuple[int, ...]) -> tuple[bytes, ...]:
    """Return what groups hold, in a tuple however many they are."""
    return found.group(0, 0, *groups)[2:]


class ByDigits:
    """Remembers ticks that were read, and reads those that are like them."""

    def __init__(self, dialect: Dialect) -> None:
        """Prepare for a dialect."""
        self._dialect = dialect
        self._forms: dict[bytes, list[Form]] = {}
        self._sought = self._used = 0
        self._seen_bytes = self._made_bytes = 0
        self._latest: Form | None = None
        self._unjudged: dict[bytes, Found] = {}

    def find(self, payload: bytes) -> Found | None:
        """Return the ticks that a payload is like, and its own numbers; None: it must be read.

        What is found is kept for when it is judged, which is later.
        """
        found = self._find(payload)
        if found is not None:
            if len(self._unjudged) >= MOST_UNJUDGED:
                self._unjudged.clear()
            self._unjudged[payload] = found
        return found

    def found(self, payload: bytes) -> Found | None:
        """Return what `find` returned of a payload, once; where that is gone, find it again."""
        return self._unjudged.pop(payload, None) or self._find(payload)

    def _find(self, payload: bytes) -> Found | None:
        found = self._latest.find(payload) if self._latest else None
        if found is None:
            for form in self._forms.get(payload.translate(None, _DIGITS), ()):
                if found := form.find(payload):
                    self._latest = form
                    break
            else:
                return None
        self._used += 1
        self._seen_bytes += len(payload)
        return found

    def learn(
        self, payload: bytes, messages: Sequence[Message], published: Collection[str]
    ) -> None:
        """Remember ticks that were read the long way, where others like them can be told.

        Args:
            payload: a message that says nothing else, and with which nothing was wrong.
            messages: what it says.
            published: names of members that such a tick was published with.
        """
        self._seen_bytes += len(payload)
        made = self._made_bytes + len(payload)
        if self._sought >= MOST_SOUGHT or made > FIRST_BYTES + self._seen_bytes // COSTS:
            return
        self._sought, self._made_bytes = self._sought + 1, made
        if b"\\" in payload:  # digits may be part of an escape
            return
        layout = self._dialect.tick_places(payload, published)
        if layout is None or len(layout.ticks) != len(messages):
            return
        try:
            form, values = _formed(payload, layout)
        except ValueError:
            return
        forms = self._forms.setdefault(payload.translate(None, _DIGITS), [])
        same = next((each for each in forms if each.fits == form.fits), None)
        if same is None:
            forms.append(form)
        elif same.fixed == form.fixed:
            form = same
        else:
            return
        found = form.fits.fullmatch(payload)
        each = zip(messages, layout.ticks, strict=True)
        ticks = [found and _tick(message, where, values, found) for message, where in each]
        if found and None not in ticks:
            known = tuple(tick for tick in ticks if tick)
            form.known[held(found, form.fixed)] = known


def _formed(payload: bytes, layout: Layout) -> tuple[Form, Values]:
    """Return the form of a message, and where its values are.

    Raises:
        ValueError: the same member is there twice, or a number is of a kind that is not known.
    """
    counts = {way for each in layout.ticks for way in _counts(each)}
    values, fixed, pieces, end = Values({}, {}), [], [], 0
    groups, seen = 0, set()
    for path, span, token in scalars(payload):
        if path in seen:
            raise ValueError("a member is there twice")
        seen.add(path)
        begin, behind = span
        bare = token[1:-1] if layout.as_text and token.startswith(b'"') else token
        if number := _NUMBER.fullmatch(bare):
            begin, behind = _within(span, token, bare)
            is_fixed = layout.is_fixed(path, number=True)
            piece = _COUNT.pattern if path in counts else _digits_of(number)
            groups += 1
            values.groups[path] = groups
            fixed += [groups] * is_fixed
            piece = b"(%b)" % piece
        elif token.startswith(b'"'):
            is_fixed = layout.is_fixed(path, number=False)
            piece, runs = _of_text(token, is_fixed=is_fixed)
            if is_fixed or piece == re.escape(token):
                values.others[path] = _decode(token)
            fixed += range(groups + 1, groups + 1 + runs)
            groups += runs
        elif _RUN.search(token):
            raise ValueError(f"the exponent of {token!r} is long")
        else:
            values.others[path] = _decode(token)
            continue
        pieces += [re.escape(payload[end:begin]), piece]
        end = behind
    pieces.append(re.escape(payload[end:]))
    return Form(re.compile(b"".join(pieces)), tuple(fixed), len(payload), {}), values


def _counts(where: Where) -> list[Steps | None]:
    return [where.to_mark(SEQUENCE_FIELD), where.to_mark(DUE_FIELD)]


def _within(span: Span, token: bytes, bare: bytes) -> Span:
    """Return where a number stands, without the quotes that may be around it."""
    return span if bare is token else (span[0] + 1, span[1] - 1)


def _digits_of(number: Match) -> bytes:
    """Return what numbers are to fit that are written alike."""
    sign = b"-" if number[0].startswith(b"-") else b""
    fraction = rb"\.\d++" if number[1] else b""
    return sign + rb"(?!0\d)\d++" + fraction + re.escape(number[2] or b"")


def _of_text(token: bytes, *, is_fixed: bool) -> tuple[bytes, int]:
    """Return what texts are to fit that differ in digits only, and how many groups that has."""
    run = rb"(\d++)" if is_fixed else rb"\d++"
    pieces = _RUN.split(token)
    return run.join(map(re.escape, pieces)), (len(pieces) - 1) * is_fixed


def _tick(message: Message, where: Where, values: Values, found: Match) -> Tick | None:
    """Return a tick with where its numbers stand; None where that cannot be told."""
    sequence, due = (values.groups.get(way, 0) if way else 0 for way in _counts(where))
    if not sequence or int(found[sequence]) != message.sequence:
        return None
    if message.due_us < 0:  # it is on a schedule
        due = 0
    elif message.due_us != (int(found[due]) if due else 0):
        return None
    return Tick(message, sequence, due, where, values, {})


def _expected(
    tick: Tick, carried: dict[str, Any]
) -> tuple[tuple[int, ...], tuple[bytes, ...]] | None:
    """Return which groups must hold what for a tick to say what was published."""
    kind, symbol, instrument, *_ = tick.message
    known = {"type": kind, "symbol": symbol, "instrument_token": instrument}
    groups, texts = [], []
    for name, value in _leaves(carried):
        if name == (SEQUENCE_FIELD,) or (len(name) == 1 and known.get(name[0]) == value):
            continue
        way = tick.where.to_member(name)
        if way is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            if way not in tick.values.groups:
                return None
            groups.append(tick.values.groups[way])
            texts.append(json.dumps(value).encode())
        elif way not in tick.values.others or tick.values.others[way] != value:
            return None
    return tuple(groups), tuple(texts)


def _leaves(
    value: dict[str, Any], before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield name and value of each member that is no object itself."""
    for name, each in value.items():
        if isinstance(each, dict):
            yield from _leaves(each, (*before, name))
        else:
            yield (*before, name), each

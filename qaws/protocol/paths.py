"""Paths into a JSON message, and patterns that recognise one.

A path is written as in `data.ticks[*].ohlc.open`: members behind dots, a list's elements as `[0]`,
all of them as `[*]`. A member whose name has a dot or a bracket stands in quotes: `"a.b".c`. A path
into a message that is itself a list begins with an element: `[1].c[0]`, or `$[1].c[0]`, as `$` is
the message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MISSING = object()
"""What `Path.get` returns where there is nothing."""

_STEP = re.compile(r'\.?(?:"(?P<quoted>[^"]*)"|(?P<plain>[^.\[\]"]+)|\[(?P<index>\d+|\*)\])')

_ROOT = re.compile(r"\$(?:\.(?!$)|(?=\[)|$)")

_HAS_DIGIT = re.compile("[0-9]")

OPERATORS = frozenset({"any", "is_not", "pattern", "absent", "null", "echo", "has"})
"""What a pattern may ask for instead of a literal."""


class Path:
    """A way into a message."""

    def __init__(self, text: str) -> None:
        """Compile it.

        Raises:
            ValueError: it is no path; the text says how one is written.
        """
        self.text = text
        self._steps: list[str | int | None] = []
        root = _ROOT.match(text)
        start = at = root.end() if root else 0
        while at < len(text):
            found = _STEP.match(text, at)
            if not found or (at == start and text.startswith(".", at)):
                raise ValueError(
                    f'"{text}" is no path; write members behind dots and elements in brackets, '
                    "such as data.ticks[0].price, or [1].price of a message that is a list"
                )
            if found["index"] is None:
                self._steps.append(found["plain"] if found["quoted"] is None else found["quoted"])
            else:
                self._steps.append(None if found["index"] == "*" else int(found["index"]))
            at = found.end()

    @property
    def steps(self) -> tuple[str | int | None, ...]:
        """Return its steps; None stands for all elements of a list."""
        return tuple(self._steps)

    def leads_through(self, other: Path) -> bool:
        """Return whether another path is where this one begins."""
        return self._steps[: len(other._steps)] == other._steps

    def after(self, other: Path) -> Path:
        """Return the rest of it behind another path that it leads through."""
        rest = copy(self)
        rest._steps = self._steps[len(other._steps) :]
        return rest

    def get(self, message: Any) -> Any:
        """Return the first value there, `MISSING` where there is none."""
        return next(iter(self.all(message)), MISSING)

    def all(self, message: Any) -> list[Any]:
        """Return all values there: more than one only where the path has a `[*]`."""
        values = [message]
        for step in self._steps:
            found: list[Any] = []
            for value in values:
                if step is None:
                    found += value if isinstance(value, list) else []
                elif isinstance(step, int):
                    found += value[step : step + 1] if isinstance(value, list) else []
                elif isinstance(value, dict) and step in value:
                    found.append(value[step])
            values = found
        return values

    def places(self, message: Any) -> list[tuple[str | int, ...]]:
        """Return the ways, without a `[*]`, to all values that `all` returns, in the same order."""
        found: list[tuple[tuple[str | int, ...], Any]] = [((), message)]
        for step in self._steps:
            there = found
            found = []
            for way, value in there:
                if isinstance(step, str):
                    if isinstance(value, dict) and step in value:
                        found.append(((*way, step), value[step]))
                elif isinstance(value, list):
                    places = range(len(value)) if step is None else (step,)
                    found += [((*way, at), value[at]) for at in places if at < len(value)]
        return [way for way, _ in found]


@dataclass(frozen=True, slots=True)
class Found:
    """That a pattern fits, and what stands where the message echoes what it answers."""

    echo: Any = None


class Pattern:
    """What a message must have: paths, and the value at each.

    A value is a literal, which must be equal in type too, or one of: `any` (one of a list),
    `is_not` (something is there, and it is not that, nor one of a list),
    `pattern` (a regular expression that is found in a text), `absent` (true: nothing may be there;
    false: something must), `null`, `echo` (any value, which is that of the request that is
    answered), `has` (a list that has it, or all that the path leads to).
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Compile it; tables in a table lead on, as dotted keys of TOML do.

        Raises:
            ValueError: a path or an operator is none.
        """
        if not table:
            raise ValueError("a pattern names at least one member, or it would fit every message")
        self._want([(Path(path), value) for path, value in _leaves(table)])

    def _want(self, wants: list[tuple[Path, Any]]) -> None:
        """Take what is asked for, and the texts of the message's own members apart.

        These tell most messages from what they are not, and are quickly looked at.
        """
        self._wants = wants
        self._texts = [
            (path.steps[0], want)
            for path, want in wants
            if isinstance(want, str) and len(path.steps) == 1 and isinstance(path.steps[0], str)
        ]

    @property
    def is_empty(self) -> bool:
        """Return whether it asks for nothing: a part of one may."""
        return not self._wants

    @property
    def paths(self) -> list[Path]:
        """Return the paths that it looks at."""
        return [path for path, _ in self._wants]

    @property
    def is_of_lists(self) -> bool:
        """Return whether it can fit nothing but messages that are lists themselves."""
        return any(path.steps and not isinstance(path.steps[0], str) for path in self.paths)

    def parted(self, each: Path) -> tuple[Pattern, Pattern]:
        """Return what it asks of a message, and what of each value that a path leads to.

        What leads through that path is asked of each value by itself. Either may ask for nothing.
        """
        of_message, of_each = copy(self), copy(self)
        within = [path.leads_through(each) for path, _ in self._wants]
        of_message._want([w for w, is_in in zip(self._wants, within, strict=True) if not is_in])
        of_each._want(
            [
                (path.after(each), want)
                for (path, want), is_in in zip(self._wants, within, strict=True)
                if is_in
            ]
        )
        return of_message, of_each

    def asks_no_more_than(self, other: Pattern) -> bool:
        """Return whether it fits whatever another fits, as that asks for all that it does."""
        theirs = [(path.steps, want) for path, want in other._wants]
        return all((path.steps, want) in theirs for path, want in self._wants)

    def is_out(self, message: Any) -> bool:
        """Return whether a message does not fit, and would not if its numbers were others.

        Numbers are those in quotes too.
        """
        return any(
            not any(map(_has_number, path.all(message))) and not _asks(path, want, message)
            for path, want in self._wants
        )

    def is_out_by_texts(self, message: Any) -> bool:
        """Return whether a message does not fit, and would not whatever digits were in it."""
        return any(
            isinstance(want, str) and not _HAS_DIGIT.search(want) and want not in path.all(message)
            for path, want in self._wants
        )

    def fits(self, message: Any) -> Found | None:
        """Return what is found where a message fits, None where it does not."""
        echo = None
        if isinstance(message, dict):
            for name, text in self._texts:
                if message.get(name) != text:
                    return None
        for path, want in self._wants:
            if isinstance(want, dict) and "echo" in want:
                echo = path.get(message)
                if echo is MISSING:
                    return None
            elif not _holds(path, want, message):
                return None
        return Found(echo)


def _leaves(table: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Return path and wanted value of each member that a pattern asks for."""
    found = []
    for key, value in table.items():
        path = f"{before}.{key}" if before else key
        if isinstance(value, Mapping) and not (set(value) <= OPERATORS and len(value) == 1):
            if not value or set(value) & OPERATORS:
                raise ValueError(
                    f'"{path}" asks for {dict(value)}; known are {", ".join(sorted(OPERATORS))}, '
                    "one of them"
                )
            found += _leaves(value, path)
        else:
            found.append((path, value))
    return found


def _has_number(value: Any) -> bool:
    """Return whether a value is, or has in it, a number or a text of digits."""
    if isinstance(value, dict):
        return any(map(_has_number, value.values()))
    if isinstance(value, list):
        return any(map(_has_number, value))
    if isinstance(value, str):
        return value.isdigit()
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _asks(path: Path, want: Any, message: Any) -> bool:
    """Return whether a message has what is asked for at a path."""
    if isinstance(want, Mapping) and "echo" in want:
        return path.get(message) is not MISSING
    return _holds(path, want, message)


def _holds(path: Path, want: Any, message: Any) -> bool:
    values = path.all(message)
    if not isinstance(want, dict):
        return any(_equal(value, want) for value in values)
    [(operator, wanted)] = want.items()
    if operator == "absent":
        return (not values) is bool(wanted)
    if operator == "null":
        return bool(values) and (values[0] is None) is bool(wanted)
    if operator == "any":
        return any(_equal(value, each) for value in values for each in wanted)
    if operator == "is_not":
        unwanted = wanted if isinstance(wanted, list) else [wanted]
        return any(not any(_equal(value, each) for each in unwanted) for value in values)
    if operator == "pattern":
        return any(isinstance(value, str) and re.search(wanted, value) for value in values)
    inside = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return any(_equal(each, wanted) for each in inside)


def _equal(value: Any, want: Any) -> bool:
    """Return whether two JSON values are equal, numbers as numbers, and true is not 1."""
    if isinstance(value, list | tuple):
        return bool(list(value) == want)
    numbers = (int, float, Decimal)
    if isinstance(value, numbers) and isinstance(want, numbers):
        return isinstance(value, bool) == isinstance(want, bool) and value == want
    return type(value) is type(want) and bool(value == want)

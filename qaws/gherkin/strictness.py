"""Tells which of two wordings of one step demands more: the plan's, or that of the features.

A step is known by its phrase, and compared by the values of its parameters: "0.2 seconds" is "200
ms". Whether an edit makes a test easier shows where a parameter has a direction: an upper bound
that was lowered, a lower bound or a count that was raised. All else merely differs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from behave import step_registry
from behave.model import Step
from behave.step_registry import StepRegistry

from qaws import places
from qaws.gherkin import step_files
from qaws.gherkin.wording import FIELD

Kind = Literal["stricter", "looser", "differs"]

VERBS = {"Be", "Receive", "Have", "Stay", "Pinging", "Subscribing", "Unsubscribing"}
"""Parameters that are a matter of grammar."""
MORE_IS_STRICTER = {"Clients", "Resources", "AnyResources", "Baseline", "Fields"}
"""Lists of which each member is checked, or takes part."""
FEWER_IS_STRICTER = {"Codes", "Quoted"}
"""Lists of which one is enough, where they stand in a Then."""
NUMBERS = {"Number", "Duration", "d", "g"}

UPPER = re.compile(r"\b(?:within|below|at most|less than|no more than|longer than) $")
LOWER = re.compile(r"(?<!while )\bat least $")
COUNT = re.compile(
    r"^ (?:(?:more|hostile|option|random|ping|connection) )*"
    r"(?:clients?|observers?|ticks|times|messages|sequences|commands|cycles)\b"
    r"|^ per second\b|^ or more\b"
)
WARM_UP = re.compile(r"\bwarmed up with $")
"""A count that is no load under test: the more of it, the less is seen of what comes first."""
DIGITS = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What stands in a blank of a phrase."""

    type: str
    text: str
    value: Any
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A step as the suite reads it: its phrase, and what stands in the blanks."""

    phrase: object
    parameters: list[Parameter]
    is_then: bool


@dataclass(frozen=True, slots=True)
class Change:
    """How two readings of one phrase differ.

    Attributes:
        kind: "" where they mean the same.
        number: of the parameters that differ.
    """

    kind: Kind | Literal[""]
    number: int


KNOWN = Step("", 0, "Given", "given", "the ticker service is running")
"""What the suite's step files define, and those of nobody else."""


class Reader:
    """Reads steps by the phrases that are defined."""

    def __init__(self, registry: StepRegistry | None = None) -> None:
        """Keep the phrases.

        Args:
            registry: behave's, of a run; None: those that are loaded by now, else the suite's.
        """
        self._registry = registry
        self._read: dict[str, Reading] = {}

    def change(self, planned: str, now: str) -> Change | None:
        """Compare two steps, each behind its kind: "Then it answers".

        Returns:
            How they differ; None where they are of two phrases.
        """
        old, new = self.read(planned), self.read(now)
        if old.phrase != new.phrase:  # which a number that no phrase takes does not make of it
            return Change("differs", 1) if _numberless(planned) == _numberless(now) else None
        if len(old.parameters) != len(new.parameters):
            return Change("differs", 1)
        pairs = zip(old.parameters, new.parameters, strict=True)
        kinds = [kind for pair in pairs if (kind := _direction(*pair, is_then=old.is_then))]
        words: tuple[Kind, ...] = ("differs", "looser", "stricter")
        return Change(next((word for word in words if word in kinds), ""), len(kinds))

    def read(self, text: str) -> Reading:
        """Read a step; one that fits no phrase is known by its words, but for numbers."""
        if text not in self._read:
            self._read[text] = self._reading(text)
        return self._read[text]

    def _reading(self, text: str) -> Reading:
        kind, _, name = text.partition(" ")
        step = Step("", 0, kind, kind.lower(), name)
        definition = self.phrases().find_step_definition(step)
        if definition is None:
            numbers = [Parameter("", each, each, "", "") for each in DIGITS.findall(name)]
            return Reading(_numberless(text), numbers, kind == "Then")
        types = [field[2] or "" for field in FIELD.finditer(definition.pattern)]
        arguments = getattr(definition.match(name), "arguments", None) or []
        if len(arguments) != len(types):  # a value that nobody understands: the run will say so
            return Reading(definition.pattern, [Parameter("", name, name, "", "")], kind == "Then")
        parameters = [
            Parameter(type_, each.original, each.value, name[: each.start], name[each.end :])
            for type_, each in zip(types, arguments, strict=True)
        ]
        return Reading(definition.pattern, parameters, kind == "Then")

    def phrases(self) -> StepRegistry:
        """Return the phrases that steps are read by."""
        if self._registry is None:
            if step_registry.registry.find_step_definition(KNOWN) is None:
                step_files.load(places.FEATURES / "steps")
            self._registry = step_registry.registry
        return self._registry


def _numberless(text: str) -> str:
    return DIGITS.sub("#", text)


def _direction(old: Parameter, new: Parameter, *, is_then: bool) -> Kind | Literal[""]:
    """Say whether a parameter demands more than it did; "" where it is the same."""
    if old.text == new.text or old.type in VERBS:
        return ""
    if old.type and old.value == new.value:
        return ""
    if old.type in MORE_IS_STRICTER:
        return _by(set(old.value), set(new.value), set.issubset)
    if old.type in FEWER_IS_STRICTER and is_then:
        return _by(set(old.value), set(new.value), set.issuperset)
    if old.type == "Window" and is_then:
        return _by(old.value, new.value, _encloses)
    if old.type == "Percentile" and is_then:
        return _by(old.value, new.value, float.__le__)
    if old.type in NUMBERS:
        if is_then and UPPER.search(old.before):
            return _by(float(old.value), float(new.value), float.__ge__)
        raised = LOWER.search(old.before) or COUNT.search(old.after)
        if raised and not WARM_UP.search(old.before):
            return _by(float(old.value), float(new.value), float.__le__)
    return "differs"


def _by(old: Any, new: Any, is_no_looser: Callable[[Any, Any], bool]) -> Kind:
    if is_no_looser(old, new):
        return "stricter"
    return "looser" if is_no_looser(new, old) else "differs"


def _encloses(old: tuple[float, float], new: tuple[float, float]) -> bool:
    return old[0] <= new[0] and new[1] <= old[1]

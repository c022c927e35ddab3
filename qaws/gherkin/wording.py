"""What a step that the suite does not understand was meant to say.

A scenario is read as a whole before anything is done: a mistake in its last step must not be found
after a service has been blamed in its first.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from behave.model import Scenario, Step
from behave.step_registry import StepRegistry

from qaws.gherkin.types import TYPES
from qaws.verdict import Broken

FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
KINDS = ("given", "when", "then")

PART_OF_A_GROUP = re.compile(
    r"\b(?:half of|(?:the )?rest of|\d+ other|\d+ more|the other|the last|another)\b.*?"
    r"(?:\bclients?\b|\bthem\b|\bothers?\b)"
)
GROUPS = (
    'groups of clients have numbers: say "clients 1 to 10", and of the others "clients 11 to 20"'
)
ALIKE = 0.5
"""How much of a step must be like a phrase for the phrase to be named (`difflib`)."""


def require_understood(scenario: Scenario, registry: StepRegistry) -> None:
    """Require that each step of a scenario fits a phrase, and that its words mean something.

    Args:
        scenario: one with steps, a row of an outline among them.
        registry: behave's; every phrase.

    Raises:
        Broken: one does not; the sentence says where, and what would.
    """
    for step in scenario.all_steps:
        if problem := problem_of(step, registry):
            raise Broken(f"{_place(scenario, step)}: {problem}")


def problem_of(step: Step, registry: StepRegistry) -> str:
    """Say what nobody understands of a step, "" for nothing."""
    definition = registry.find_step_definition(step)
    if definition is None:
        return f'no phrase fits "{step.name}"; {_meant(step, registry)}'
    wrong = getattr(definition.match(step.name), "stored_error", None)
    return str(wrong) if wrong else ""


def _place(scenario: Scenario, step: Step) -> str:
    """Return file and line of a step, and of the row of a table that fills it in."""
    file = Path(step.filename)
    shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    row = f", with the row in line {scenario.line}" if scenario._row else ""
    return f"{shown}:{step.line}{row}"


def _meant(step: Step, registry: StepRegistry) -> str:
    """Say what may have been meant: another keyword, another word in a blank, another phrase."""
    for kind in KINDS:
        if kind != step.step_type and _fits(registry.steps[kind], step.name):
            return f"it fits behind {kind.title()}, and stands behind {step.step_type.title()}"
    if PART_OF_A_GROUP.match(step.name):
        return GROUPS
    phrases = [definition.pattern for definition in registry.steps[step.step_type]]
    for phrase in sorted(phrases, key=_fixed_length, reverse=True):
        if word := _misfit(phrase, step.name):
            return word
    likeness = {phrase: _likeness(phrase, step.name) for phrase in phrases}
    nearest = max(phrases, key=lambda phrase: likeness[phrase], default="")
    if likeness.get(nearest, 0.0) >= ALIKE:
        return f'the nearest is "{_spoken(nearest)}"'
    return "docs/steps.md lists the phrases"


def _fits(definitions: list[Any], text: str) -> bool:
    return any(definition.match(text) for definition in definitions)


def _fixed_length(phrase: str) -> int:
    return len(FIELD.sub("", phrase))


def _misfit(phrase: str, text: str) -> str:
    """Say which word of a text does not fit a phrase that it fits otherwise, "" for none."""
    places = list(FIELD.finditer(phrase))
    fixed = FIELD.split(phrase)[:: FIELD.groups + 1]
    if _fixed_length(phrase.replace(" ", "")) < 2 * len(places):
        return ""  # almost anything fits it
    found = re.fullmatch("(.+?)".join(map(re.escape, fixed)), text)
    if not found:
        return ""
    for place, word in zip(places, found.groups(), strict=True):
        converter = TYPES.get(place[2] or "")
        if converter and not re.fullmatch(converter.pattern, word):  # type: ignore[attr-defined]
            such_as = converter.such_as or _shown(place)  # type: ignore[attr-defined]
            return f'"{word}" is not understood there; write {such_as}'
    return ""


def _likeness(phrase: str, text: str) -> float:
    """Return how much of a text is like a phrase, 0 to 1, whatever stands in the blanks."""
    plain = list(_words(FIELD.sub(" ", phrase)))
    return difflib.SequenceMatcher(None, " ".join(plain), " ".join(_words(text))).ratio()


def _words(text: str) -> Iterator[str]:
    """Yield the words that may be a phrase's own: no names, symbols, numbers or quotations."""
    return (w for w in re.sub(r'"[^"]*"', " ", text).split() if re.match(r"[a-z]", w))


def _spoken(phrase: str) -> str:
    """Return a phrase with its blanks in words."""
    return FIELD.sub(_shown, phrase)


def _shown(field: re.Match[str]) -> str:
    converter = TYPES.get(field[2] or "")
    own: str = getattr(converter, "shown", "")
    return own.replace("*", "") or f"<{field[1].replace('_', ' ')}>"

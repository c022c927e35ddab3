"""Which scenarios a fault is held against, and which of them want the machine for themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from behave.parser import parse_file

from faults.fault import Fault

FEATURES = Path(__file__).resolve().parent.parent / "features"
ID = "QA-WS-"
FUNCTIONAL = ("@integration", "not @scale")
"""Every functional scenario; the sizes that take minutes prove nothing more about the verdicts."""
MEASURING = ("not @nightly", "not @scale")
"""For runs with load scenarios: they measure, so nothing else may run meanwhile."""
QUICK = ("QA-WS-013", "QA-WS-014", "QA-WS-019")
"""The load scenarios that take less than 20 s each. The others take up to 80 s: they are asked in
the full proof, and where a fault is named on the command line."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a fault.

    Attributes:
        tags: tag expressions, all of which hold for the scenarios to run.
        wanted: id → phrase of the verdict, for those that must notice it.
        measures: whether a load scenario is among them, so that the run must be alone.
    """

    tags: tuple[str, ...]
    wanted: Mapping[str, str]
    measures: bool = False


@cache
def scenarios(tag: str = "") -> dict[str, str]:
    """Return id → title of the scenarios, in order of the ids: all, or those with a tag."""
    found: dict[str, str] = {}
    for file in sorted(FEATURES.glob("*.feature")):
        feature = parse_file(str(file))
        for scenario in feature.scenarios if feature else ():
            tags = set(map(str, scenario.effective_tags))
            if not tag or tag in tags:
                ids = (each for each in tags if each.startswith(ID))
                found |= {each: scenario.name.removeprefix(each).strip() for each in ids}
    return dict(sorted(found.items()))


def measures(fault: Fault) -> bool:
    """Tell whether a fault is one that load scenarios notice."""
    return not scenarios("load").keys().isdisjoint(fault.caught_by)


def ask(fault: Fault, full: bool, picked: bool = False) -> Ask | None:
    """Return what is asked of a fault, None when that is left to the full proof.

    Args:
        fault: the fault.
        full: whether scenarios that it does not name are asked too, to be quiet.
        picked: whether somebody has asked for this very fault.
    """
    if not measures(fault):
        tags = FUNCTIONAL if full else (*FUNCTIONAL, any_of(fault.caught_by))
        return Ask(tags, fault.caught_by)
    long = set(scenarios("load")).difference(QUICK)
    wanted = {
        test_id: phrase
        for test_id, phrase in fault.caught_by.items()
        if full or picked or test_id not in long
    }
    if not wanted:
        return None
    others = QUICK if full and not wanted.keys().isdisjoint(QUICK) else ()
    return Ask((*MEASURING, any_of({*wanted, *others})), wanted, measures=True)


def sound(asks: Iterable[Ask], full: bool) -> list[Ask]:
    """Return what the sound service must pass before anything of it can be proven."""
    functional = {test_id for each in asks if not each.measures for test_id in each.wanted}
    load = {test_id for each in asks if each.measures for test_id in each.wanted}
    checks = []
    if functional:
        checks.append(Ask(FUNCTIONAL if full else (*FUNCTIONAL, any_of(functional)), {}))
    if load:
        load |= {*QUICK} if full else set()
        checks.append(Ask((*MEASURING, any_of(load)), {}, measures=True))
    return checks


def any_of(ids: Iterable[str]) -> str:
    """Return the tag expression that holds for these scenarios."""
    return " or ".join(f"@{test_id}" for test_id in sorted(ids))

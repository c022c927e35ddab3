"""Which scenarios stand nearest to a line of the service: they are asked first.

The faults know it: each changes a function of the service, and names the scenarios that notice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from behave.parser import parse_file

from faults.catalogue import all_faults
from faults.fault import places_of
from faults.proof.scope import FEATURES, ID, scenarios
from mutation.mutants import Mutant

MOST = 0.05
"""Of the time that all scenarios take on the sound service, the nearest but the first take no more
than this together. The first is asked however long it takes, behind those that are quicker."""
USUAL = {
    "routes_websocket": ("003", "006", "016", "010", "012"),
    "fanout": ("006", "016", "009"),
    "subscriptions": ("016", "008", "007", "113"),
    "sessions": ("003", "012", "025", "108", "129"),
    "auth": ("003", "002", "021", "113"),
    "feed": ("006", "102", "017"),
    "limits": ("006", "129", "024"),
    "idle": ("011",),
    "expiry": ("022",),
}
"""Module → scenarios that are near all of it, for functions that no fault changes."""


@cache
def noticed_by() -> Mapping[tuple[str, str], Counter[str]]:
    """Return (module, function) → scenario → how many faults there it notices.

    The function "" stands for the whole module.
    """
    found: dict[tuple[str, str], Counter[str]] = {}
    for fault in all_faults().values():
        for owner, name in places_of(fault):
            is_class = isinstance(owner, type)
            module = (owner.__module__ if is_class else str(owner.__name__)).removeprefix("app.")
            inside = f"{owner.__name__}.{name}" if is_class else name
            for place in ((module, inside), (module, "")):
                found.setdefault(place, Counter()).update([*fault.caught_by])
    return found


def functional() -> set[str]:
    """Return the ids of the functional scenarios that can be asked of one service after another."""
    kinds = scenarios("integration").keys() | scenarios("security").keys()
    return set(kinds - scenarios("whole-run").keys() - scenarios("needs.browser").keys())


@cache
def rows_of() -> Counter[str]:
    """Return id → how many scenarios and rows of outlines a functional run has of it."""
    found: Counter[str] = Counter()
    for file in sorted(FEATURES.glob("*.feature")):
        feature = parse_file(str(file))
        for scenario in feature.walk_scenarios() if feature else ():
            tags = {*map(str, scenario.effective_tags)}
            if tags & {"integration", "security"} and not tags & {"scale", "whole-run"}:
                found.update(each for each in tags if each.startswith(ID))
    return found


@cache
def apart() -> frozenset[str]:
    """Return the ids of what is asked last: load scenarios, and those that last for a whole run.

    Those that have a row of p0.
    """
    found: set[str] = set()
    for file in sorted(FEATURES.glob("*.feature")):
        feature = parse_file(str(file))
        for scenario in feature.walk_scenarios() if feature else ():
            tags = {*map(str, scenario.effective_tags)}
            kinds = tags & {"load", "whole-run"}
            if kinds and "p0" in tags and not tags & {"nightly", "scale"}:
                found |= {each for each in tags if each.startswith(ID)}
    return frozenset(found)


def near_apart(mutant: Mutant) -> list[str]:
    """Return what of that notices faults of a mutant's function, nearest first.

    Where nothing notices any of that function, what notices faults of its module.
    """
    for inside in (mutant.function, ""):
        here = noticed_by().get((mutant.module, inside), Counter())
        if ids := [name for name, _ in here.most_common() if name in apart()]:
            return ids
    return []


def nearest(mutant: Mutant, seconds: Mapping[str, float]) -> list[str]:
    """Return the ids to ask first, the nearest first.

    Args:
        mutant: the mutant.
        seconds: id → how long it takes; only these are asked.
    """
    here = noticed_by().get((mutant.module, mutant.function), Counter())
    ids = [name for name, _ in here.most_common()]
    ids += [f"QA-WS-{number}" for number in USUAL[mutant.module]]
    most_s = MOST * sum(seconds.values())
    chosen: list[str] = []
    for name in dict.fromkeys(ids):
        took = sum(seconds[each] for each in chosen[1:])
        if name in seconds and (not chosen or took + seconds[name] <= most_s):
            chosen.append(name)
    return chosen


def others(mutant: Mutant, seconds: Mapping[str, float], asked: list[str]) -> list[str]:
    """Return what is asked where the nearest are green: the rest of p0, and p1 of this module."""
    module = noticed_by().get((mutant.module, ""), Counter())
    usual = {f"QA-WS-{number}" for number in USUAL[mutant.module]}
    wanted = scenarios("p0").keys() | module.keys() | usual
    rest = [name for name in seconds if name in wanted and name not in asked]
    return sorted(rest, key=lambda name: (-module[name], seconds[name]))

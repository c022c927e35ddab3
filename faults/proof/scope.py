"""Which scenarios a fault is held against, and which of them want the machine for themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from behave.parser import parse_file

from faults.fault import Fault

FEATURES = Path(__file__).resolve().parents[2] / "features"
ID = "QA-WS-"
ANY_ID = "*"
"""Stands for each id that is not named, where a run is told what to leave out."""
NAMED = re.compile(rf"@({ID}\d+)")
FUNCTIONAL = ("@integration or @security", "not @scale", "not @whole-run")
"""Every functional scenario; the sizes that take minutes prove nothing more about the verdicts."""
MEASURING = ("not @nightly", "not @scale")
"""For runs with load scenarios: they measure, so nothing else may run meanwhile."""
QUICK = ("QA-WS-013", "QA-WS-014", "QA-WS-019")
"""The load scenarios that take less than 20 s each; the others take up to 80 s."""
ALLOWED_S = 120.0
"""How long one run may take; a service that hangs must not hang the proof."""
LONG_ALLOWED_S = 900.0
"""The same for runs of all functional scenarios, and for load, of which one takes up to 80 s.

A fault that answers no goodbye costs ten seconds in each of the scenarios that are about one."""
SAMPLE = 3
"""Of each quick load scenario so many faults are asked in the short proof, each the first scenario
that it names. All others under load are left to the full proof, or to be named one by one."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a fault.

    Attributes:
        tags: tag expressions, all of which hold for the scenarios to run.
        wanted: id → phrase of the verdict, for those that must notice it.
        measures: whether a load scenario is among them, so that the run must be alone.
        every: whether it is every functional scenario.
        spared: ids of scenarios that are not asked all the same.
        label: what its folder is called where no fault gives it a name.
    """

    tags: tuple[str, ...]
    wanted: Mapping[str, str]
    measures: bool = False
    every: bool = False
    spared: frozenset[str] = frozenset()
    label: str = ""

    @property
    def allowed_s(self) -> float:
        """How long its run may take, in seconds."""
        return LONG_ALLOWED_S if self.measures or self.every else ALLOWED_S

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the feature files that have what is asked, or the folder of all of them.

        To read a file and to fill in its outlines takes as long as a short scenario.
        """
        named = [set(NAMED.findall(each)) for each in self.tags if not each.startswith("not ")]
        ids = set[str]().union(*named)
        return tuple(sorted({_files()[each] for each in ids})) if ids else (FEATURES,)

    def only(self, ids: Collection[str]) -> Ask:
        """Return the part of it that asks these scenarios."""
        wanted = {test_id: words for test_id, words in self.wanted.items() if test_id in ids}
        return replace(self, tags=(*self.tags, any_of(ids)), wanted=wanted)

    def without(self, ids: Collection[str]) -> Ask:
        """Return it without these scenarios, none of which is wanted."""
        tags = (*self.tags, f"not ({any_of(ids)})")
        return replace(self, tags=tags, spared=self.spared.union(ids)) if ids else self


@cache
def _files() -> dict[str, Path]:
    """Return id → the feature file that has it; an id belongs to one file."""
    return {
        test_id: file
        for file in FEATURES.glob("*.feature")
        for test_id in NAMED.findall(file.read_text(encoding="utf-8"))
    }


@cache
def scenarios(tag: str = "") -> dict[str, str]:
    """Return id → title of the scenarios, in order of the ids: all, or those with a tag.

    Where several share an id, it has all their titles.
    """
    found: dict[str, str] = {}
    for file in sorted(FEATURES.glob("*.feature")):
        feature = parse_file(str(file))
        for scenario in feature.scenarios if feature else ():
            tags = set(map(str, scenario.effective_tags))
            if not tag or tag in tags:
                for each in (each for each in tags if each.startswith(ID)):
                    title = scenario.name.removeprefix(each).strip()
                    found[each] = f"{found[each]}; {title}" if each in found else title
    return dict(sorted(found.items()))


def measures(fault: Fault) -> bool:
    """Tell whether a fault is one that load scenarios notice, or one that is about a whole run.

    The latter wait for more than a minute, so that they are not asked of all other faults.
    """
    alone = scenarios("load").keys() | scenarios("whole-run").keys()
    return not alone.isdisjoint(fault.caught_by)


def plan(
    faults: Collection[Fault],
    full: bool,
    picked: bool = False,
    quick: bool = False,
    about: Collection[str] = (),
) -> dict[str, Ask]:
    """Return what is asked of each fault, by name; what is left to the full proof is not in it.

    The short proof asks the scenarios of p0 alone; a fault that none of them names is left to the
    full one.

    Args:
        faults: in the order of the catalogue.
        full: whether scenarios that a fault does not name are asked too, to be quiet.
        picked: whether somebody has asked for these very faults.
        quick: whether the first scenario that a fault names is enough, and one fault under load
            for each quick load scenario.
        about: ids of functional scenarios; with `full`: they alone are asked, of each functional
            fault, beside the first that it names: others may be red in what that says.
    """
    if about:
        of_all, known = plan(faults, full, picked), {each.name: each for each in faults}
        return {
            name: ask.only({*about, next(iter(known[name].caught_by))})
            for name, ask in of_all.items()
            if not ask.measures
        }
    asks: dict[str, Ask] = {}
    sampled: Counter[str] = Counter()
    every, first_rank = full or picked, scenarios("p0").keys()
    for fault in faults:
        if not picked and fault.caught_by.keys() <= _unusable():
            continue
        if not measures(fault):
            caught_by = fault.caught_by
            wanted = {i: words for i, words in caught_by.items() if every or i in first_rank}
            if quick:
                wanted = dict(list(wanted.items())[:1])
            if wanted:
                tags = FUNCTIONAL if full else (*FUNCTIONAL, any_of(wanted))
                asks[fault.name] = Ask(tags, wanted, every=full)
        elif every:
            others = QUICK if full and not fault.caught_by.keys().isdisjoint(QUICK) else ()
            tags = (*MEASURING, any_of({*fault.caught_by, *others}))
            asks[fault.name] = Ask(tags, fault.caught_by, measures=True)
        else:
            first, phrase = next(iter(fault.caught_by.items()))
            if first in QUICK and sampled[first] < (1 if quick else SAMPLE):
                sampled[first] += 1
                asks[fault.name] = Ask(
                    (*MEASURING, any_of([first])), {first: phrase}, measures=True
                )
    return asks


def _unusable() -> set[str]:
    """Return the scenarios that would be skipped here: those of a browser that is not installed."""
    return set() if find_spec("playwright") else set(scenarios("needs.browser"))


def of_every_fault() -> set[str]:
    """Return the ids of the functional scenarios, which can be asked of every functional fault."""
    every = scenarios("integration").keys() | scenarios("security").keys()
    return every - scenarios("whole-run").keys()


def sound(asks: Iterable[Ask], full: bool, about: Collection[str] = ()) -> dict[str, list[Ask]]:
    """Return what the sound service must pass before anything of it can be proven, by its kind.

    Functional scenarios are asked one by one, so that several can be run at a time; the last ones
    first, for among these are the longest.
    """
    functional = {test_id for each in asks if not each.measures for test_id in each.wanted}
    load = {test_id for each in asks if each.measures for test_id in each.wanted}
    checks = {}
    if functional:
        ids = set(about) or (of_every_fault() if full else functional)
        checks["functional"] = [
            Ask((*FUNCTIONAL, any_of([test_id])), {}, label=test_id)
            for test_id in sorted(ids, reverse=True)
        ]
    if load:
        load |= {*QUICK} if full else set()
        checks["under load"] = [Ask((*MEASURING, any_of(load)), {}, measures=True, label="load")]
    return checks


def any_of(ids: Iterable[str]) -> str:
    """Return the tag expression that holds for these scenarios."""
    return " or ".join(f"@{test_id}" for test_id in sorted(ids))

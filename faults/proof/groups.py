"""Faults that are asked together, where none of them is expected to show.

In the whole matrix nearly every cell is one of a scenario that has nothing to do with a fault and
must pass. Such cells are asked of a service with several faults at once: where it passes, none of
them has made the scenario red. What is not green is asked again of each fault alone, as is every
scenario that one of the group names.

Faults of a group change different functions of the service, so that none takes the place of
another; what they would do to each other's effects beyond that is left to chance, and
`--alone` asks each cell of each fault by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from faults.fault import Fault, places_of
from faults.proof.judgement import Row

MOST = 4
"""Faults in a group: with more, more scenarios are named by one of them, and asked again. One that
would be left alone may join a full one."""


@dataclass(slots=True)
class Group:
    """Faults that are asked together.

    Attributes:
        faults: at least two, in the end.
        named: ids of the scenarios that one of them names, or lets fail too.
        places: what they change.
    """

    faults: list[Fault] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    places: set[tuple[int, str]] = field(default_factory=set)

    def add(self, fault: Fault) -> None:
        """Take one more."""
        self.faults.append(fault)
        self.named |= named_by(fault)
        self.places |= _places(fault)

    def has_room_for(self, fault: Fault) -> bool:
        """Tell whether a fault may join: none of the others changes what it changes."""
        return len(self.faults) < MOST and self.suits(fault)

    def suits(self, fault: Fault) -> bool:
        """Tell whether none of the group changes what a fault changes."""
        return self.places.isdisjoint(_places(fault))


def named_by(fault: Fault) -> set[str]:
    """Return the ids of the scenarios that may be red with a fault."""
    return {*fault.caught_by, *fault.also}


def _places(fault: Fault) -> set[tuple[int, str]]:
    """Return what a fault changes; the id of an owner, as some owners cannot be hashed."""
    places: list[tuple[Any, str]] = places_of(fault)
    return {(id(owner), name) for owner, name in places}


def grouped(faults: Iterable[Fault], seconds: Mapping[str, float]) -> list[Group]:
    """Put faults into groups, so that little has to be asked again.

    Args:
        faults: functional ones.
        seconds: how long each scenario takes, by id.

    Returns:
        Groups of two and more. A fault that suits none is in none.
    """

    def cost(ids: Iterable[str]) -> float:
        return sum(seconds.get(each, 0.0) for each in ids)

    def gain(group: Group, fault: Fault) -> float:
        """Return what is saved when a fault joins, but for what is asked again for that."""
        named = named_by(fault)
        again = len(group.faults) * cost(named - group.named) + cost(group.named - named)
        return cost(seconds.keys() - named - group.named) - again

    groups: list[Group] = []
    for fault in sorted(faults, key=lambda each: cost(named_by(each)), reverse=True):
        fitting = [group for group in groups if group.has_room_for(fault)]
        best = max(fitting, key=partial(gain, fault=fault), default=None)
        if best is None or gain(best, fault) <= 0:
            best = Group()
            groups.append(best)
        best.add(fault)
    for lonely in [group for group in groups if len(group.faults) == 1]:
        fault = lonely.faults[0]
        others = [group for group in groups if group is not lonely and group.suits(fault)]
        best = max(others, key=partial(gain, fault=fault), default=None)
        if len(lonely.faults) == 1 and best and gain(best, fault) > 0:
            groups.remove(lonely)
            best.add(fault)
    return [group for group in groups if len(group.faults) > 1]


def quiet_ids(rows: Sequence[Row], expected: Mapping[str, int]) -> frozenset[str]:
    """Return the ids of the scenarios that passed in all of their rows.

    Args:
        rows: those that ran.
        expected: id → how many rows the scenario has.
    """
    passed = Counter(row.id for row in rows if row.status == "passed")
    return frozenset(test_id for test_id, count in expected.items() if passed[test_id] == count)

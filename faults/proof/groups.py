"""Faults that are asked together, where none of them is expected to show.

In the whole matrix nearly every cell is one of a scenario that has nothing to do with a fault and
must pass. Such cells are asked of a service with several faults at once: where it passes, none of
them has made the scenario red. What one of a group names cannot be asked of the group, and what was
not green does not say for sure whose doing it was: that is asked of other groups in a further
round, in which each fault has others beside it, and in the end of each fault alone. What was red in
words that one of a group declares is put down to that one: it is asked of it alone.

Faults of a group change different functions of the service, so that none takes the place of
another; what they would do to each other's effects beyond that is left to chance, and
`--alone` asks each cell of each fault by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.fault import Fault, places_of
from faults.proof.judgement import Row, accusing

MOST = 8
"""Faults in a group: with more, more scenarios are named by one of them, and asked again."""
ROUNDS = 3
"""How often faults are put into groups; a fourth round would ask next to nothing."""


@dataclass(slots=True)
class Cells:
    """The cells of one fault.

    Attributes:
        red: ids of the scenarios that may be red with it: those that it names, and those that were
            red in its words when it was asked beside others.
        open: ids of those that are still to be asked, and are expected to pass.
        met: names of the faults with which it has been in a group.
        quiet: ids of the scenarios that were green beside others, in all their rows.
    """

    red: frozenset[str]
    open: frozenset[str]
    met: set[str] = field(default_factory=set)
    quiet: frozenset[str] = frozenset()

    def take(self, green: frozenset[str], suspected: frozenset[str], beside: Iterable[str]) -> None:
        """Take what was found of a group that it was in.

        Args:
            green: ids of the scenarios that were green with all of them.
            suspected: those that were red in its words.
            beside: names of all of the group.
        """
        self.quiet |= green
        self.red |= suspected
        self.open -= green | self.red
        self.met.update(beside)


@dataclass(slots=True)
class Group:
    """Faults that are asked together.

    Attributes:
        faults: at least two, in the end.
        named: ids of the scenarios that may be red with one of them.
        open: ids of the scenarios that are still to be asked, fault by fault.
        places: what they change.
    """

    faults: list[Fault] = field(default_factory=list)
    named: frozenset[str] = frozenset()
    open: list[frozenset[str]] = field(default_factory=list)
    places: frozenset[tuple[int, str]] = frozenset()

    @property
    def asked(self) -> frozenset[str]:
        """Return the ids of the scenarios that can be asked of all of them at once."""
        return frozenset().union(*self.open) - self.named

    def with_one_more(self, fault: Fault, cells: Cells) -> Group:
        """Return the group with a fault of which so much is to be asked."""
        return Group(
            [*self.faults, fault],
            self.named | cells.red,
            [*self.open, cells.open],
            self.places | _places(fault),
        )

    def suits(self, fault: Fault, met: Collection[str]) -> bool:
        """Tell whether a fault may join.

        None of the others changes what it changes, nor is one of those that it has met before:
        what was not green then would not be green again.
        """
        return (
            len(self.faults) < MOST
            and self.places.isdisjoint(_places(fault))
            and not any(each.name in met for each in self.faults)
        )

    def cost(self, seconds: Mapping[str, float]) -> float:
        """Return how long it takes to ask them together, and alone what is open after that."""
        asked = self.asked
        alone = sum(_cost(each - asked, seconds) for each in self.open)
        return _cost(asked, seconds) + alone


def named_by(fault: Fault) -> frozenset[str]:
    """Return the ids of the scenarios that may be red with a fault."""
    return frozenset({*fault.caught_by, *fault.also})


def _places(fault: Fault) -> frozenset[tuple[int, str]]:
    """Return what a fault changes; the id of an owner, as some owners cannot be hashed."""
    places: list[tuple[Any, str]] = places_of(fault)
    return frozenset((id(owner), name) for owner, name in places)


def _cost(ids: Iterable[str], seconds: Mapping[str, float]) -> float:
    return sum(seconds.get(each, 0.0) for each in ids)


def grouped(faults: Sequence[tuple[Fault, Cells]], seconds: Mapping[str, float]) -> list[Group]:
    """Put faults into groups, so that little has to be asked again.

    Args:
        faults: functional ones, each with its cells.
        seconds: how long each scenario takes, by id.

    Returns:
        Groups of two and more. A fault that suits none is in none.
    """
    groups: list[Group] = []
    for fault, cells in sorted(faults, key=lambda each: -_cost(each[1].open, seconds)):
        alone = _cost(cells.open, seconds)
        best, found, place = 0.0, None, -1
        for number, group in enumerate(groups):
            if not alone or not group.suits(fault, cells.met):
                continue
            joined = group.with_one_more(fault, cells)
            gain = group.cost(seconds) + alone - joined.cost(seconds)
            if gain > best:
                best, found, place = gain, joined, number
        if found:
            groups[place] = found
        elif alone:
            groups.append(Group().with_one_more(fault, cells))
    return [group for group in groups if len(group.faults) > 1]


def suspected(fault: Fault, rows: Iterable[Row]) -> frozenset[str]:
    """Return the ids of the scenarios that were red, beside others, in words that it declares."""
    words = accusing(fault.caught_by.values())
    return frozenset(
        row.id
        for row in rows
        if row.status == "failed" and any(each in row.message for each in words)
    )


def quiet_ids(rows: Sequence[Row], expected: Mapping[str, int]) -> frozenset[str]:
    """Return the ids of the scenarios that passed in all of their rows.

    Args:
        rows: those that ran.
        expected: id → how many rows the scenario has.
    """
    passed = Counter(row.id for row in rows if row.status == "passed")
    return frozenset(test_id for test_id, count in expected.items() if passed[test_id] == count)

"""What of a selection a dialect has words for, where a client beside others may do with less."""

from __future__ import annotations

from dataclasses import replace

from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified


def sayable_of(testbed: Testbed, selection: Selection) -> Selection:
    """Return a selection without the parts that the dialect has no words for, which is remarked on.

    A service whose clients name symbols has no words for one of two options of a chain. What a
    scenario is about can be seen there all the same, by those who ask for less.

    Raises:
        NotVerified: the dialect has words for no part of it.
    """
    try:
        testbed.dialect.sayable(selection)
    except NotVerified as problem:
        parts = [part for part in selection.parts() if is_sayable(testbed, part)]
        if not parts:
            raise
        testbed.scenario.leave_out(f"a part of {selection}: {problem}")
        return replace(
            parts[0],
            instruments=tuple(i for part in parts for i in part.instruments),
            symbols=tuple(s for part in parts for s in part.symbols),
        )
    return selection


def is_sayable(testbed: Testbed, selection: Selection) -> bool:
    """Return whether the dialect has words for a selection."""
    try:
        testbed.dialect.sayable(selection)
    except NotVerified:
        return False
    return True

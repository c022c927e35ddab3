"""The mark of a run, by which ticks of another run of the suite are told from its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qaws.protocol.market import RUN_FIELD


def other_mark(tick: Mapping[str, Any], run: str) -> str:
    """Return the mark that a tick bears of another run of the suite; "" where it bears none.

    Args:
        tick: what came.
        run: the mark of this run; "" where it is not known.
    """
    mark = tick.get(RUN_FIELD)
    return mark if run and isinstance(mark, str) and mark != run else ""


def of_another_run(tick: Any, run: str) -> str:
    """Say so where a tick bears the mark of another run of the suite; "" where it does not."""
    mark = other_mark(tick, run) if isinstance(tick, dict) else ""
    return f'the mark "{mark}" of an earlier run of the suite ({RUN_FIELD})' if mark else ""

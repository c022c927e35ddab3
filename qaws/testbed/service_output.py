"""What the service has written while it got something wrong: often enough, why."""

from __future__ import annotations

from collections.abc import Sequence

from qaws.oracle.stack_traces import SHOWN, stack_traces
from qaws.sut.service import Service

LOOKED_AT = 1_000_000
"""Characters at the end of a log that are looked through."""


def first_stack_trace(services: Sequence[tuple[Service, int]], said: str = "") -> str:
    """Say which stack trace the services have written first in a scenario; "" for none.

    Args:
        services: each, with the length of its log when it came into the scenario.
        said: the sentence behind which it stands; what that has already is not said again.
    """
    for service, written in services:
        log = service.process.read_log()[written:][-LOOKED_AT:] if service.process else ""
        if traces := stack_traces(log):
            thrown = traces[0].thrown.strip()[:SHOWN]
            more = f", and {len(traces) - 1} more" if traces[1:] else ""
            words = f'meanwhile the service wrote {traces[0].kind} to its output: "{thrown}"{more}'
            return "" if thrown in said else words
    return ""

"""Which test of the suite a scenario is of: its QA-WS id, for run, report and lint alike."""

from __future__ import annotations

import re
from typing import Any

ID = re.compile(r"^QA-WS-(\d{3}|[1-9]\d{3,})$")


def test_id(scenario: Any) -> str:
    """Return the QA-WS id of a scenario or outline, "" where it has none."""
    return next(iter(ids_of(scenario)), "")


def ids_of(scenario: Any) -> dict[str, str]:
    """Return each QA-WS id that a scenario or outline bears → the file and line of what bears it.

    The tags by which it is selected decide: those of its feature, and of its tables of Examples.
    """
    borne = {str(tag): str(scenario.location) for tag in scenario.effective_tags}
    for table in getattr(scenario, "examples", ()):
        borne = {str(tag): str(table.location) for tag in table.tags} | borne
    return {tag: place for tag, place in sorted(borne.items()) if ID.match(tag)}

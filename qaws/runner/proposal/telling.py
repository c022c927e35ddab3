"""A tick whose members can be found again by their values alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any


def telling(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tick whose numbers differ from each other and from all that is usual."""
    numbers = count(1)

    def changed(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {each: changed(each, inner) for each, inner in value.items()}
        if (
            name == "instrument_token"
            or isinstance(value, bool)
            or not isinstance(value, int | float)
        ):
            return value
        number = next(numbers)
        return (
            100_003 + 17 * number if isinstance(value, int) else round(1000.37 + 7.11 * number, 2)
        )

    return {name: changed(name, value) for name, value in fields.items()}

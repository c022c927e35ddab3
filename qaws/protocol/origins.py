"""Origins: which page a browser says it comes from (RFC 6454), by the names in the features.

They are in `features/data/origins.toml`: those on the service's allow-list, and foreign ones.
"""

from __future__ import annotations

import re

from qaws.protocol.rows import Row, RowList
from qaws.verdict import Broken


class Origin(Row):
    """The Origin headers that are sent; `listed`: the one of them may stand on an allow-list."""

    sends: list[str]
    listed: bool = False


ORIGINS = RowList("origins", "origin", Origin)

NONE = "no page"
"""A client that is not a browser: it sends no Origin."""


def listed() -> dict[str, str]:
    """Return what may stand on an allow-list: what a feature calls it → how browsers write it."""
    return {name: row.sends[0] for name, row in ORIGINS.rows.items() if row.listed}


def allow_list(names: str) -> str:
    """Return the value of the setting "allow-list": a comma list.

    Args:
        names: origins, as the features call them: "the trading desk and the chart server".

    Raises:
        Broken: one of them cannot be listed.
    """
    wanted, known = re.split(r", | and ", names), listed()
    if strange := [name for name in wanted if name not in known]:
        raise Broken(f'no origin "{strange[0]}" to be listed; known are {", ".join(known)}')
    return ",".join(known[name] for name in wanted)


def headers(name: str) -> list[tuple[str, str]]:
    """Return the headers that a client sends which comes from an origin.

    Args:
        name: the origin, as the features call it.

    Raises:
        Broken: there is none of that name.
    """
    if name == NONE:
        return []
    return [("Origin", value) for value in ORIGINS.named(name).sends]

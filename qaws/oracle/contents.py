"""What ticks say: a received tick compared with the published one, member by member."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from qaws.oracle.ledger import Published
from qaws.protocol.exact import exact, first_difference, where_different
from qaws.protocol.market import RUN_FIELD, edge_in
from qaws.protocol.run_mark import of_another_run

TELLING_DIGITS = 4
"""A number of fewer digits is that of many ticks by chance."""

LOOKED_BACK = 200
"""In so many ticks before it is looked for where a wrong value comes from."""


def named(tick: Published) -> str:
    """Return what a sentence calls a tick that did not come: with the edge of the market at it."""
    edge = edge_in(json.loads(tick.text))
    return f"{tick} ({edge})" if edge else str(tick)


def whence(ticks: Sequence[Published], tick: Published, member: str, value: object) -> str:
    """Say which other published value a wrong one is; "" where it is none, or may be by chance.

    Args:
        ticks: what was published.
        tick: in which the wrong value came.
        member: its name, with those around it: "greeks.iv".
        value: what came there, each number digit for digit.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    if len(Decimal(value).normalize().as_tuple().digits) < TELLING_DIGITS:
        return ""
    own = [name for name, its in _leaves(exact(tick.text)) if its == value and name != member]
    if own:
        return f"which is its {own[0]}"
    before = [each for each in ticks if each.sent_ns < tick.sent_ns][-LOOKED_BACK:]
    for other in reversed(before):
        if other.kind == tick.kind and dict(_leaves(exact(other.text))).get(member) == value:
            return f"which {other} had"
    return ""


def _leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the name and value of every member that is no object."""
    if not isinstance(document, dict):
        yield path, document
        return
    for name, value in document.items():
        yield from _leaves(value, f"{path}.{name}" if path else name)


def difference(
    tick: Published,
    text: str,
    exactly: Callable[[], Any] | None = None,
    among: Sequence[Published] = (),
) -> str:
    """Say in which member a received tick differs from what was published; "" for none.

    Numbers are compared as decimals; members that the service has added are its own affair. Where
    the mark of another run has come, that is the difference.

    Args:
        tick: what was published.
        text: the message in which it came.
        exactly: returns what that says, each number kept digit for digit; default: it is the tick.
        among: what else was published, to say whose value it is.
    """
    if text == tick.text:
        return ""
    sent, got = exact(tick.text), exactly() if exactly else exact(text)
    if other := of_another_run(got, sent.get(RUN_FIELD, "")):
        return other
    said, found = first_difference(sent, got), where_different(sent, got)
    whose = whence(among, tick, found[0], found[2]) if found else ""
    return f"{said}, {whose}" if whose else said

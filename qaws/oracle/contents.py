"""What ticks say: a received tick compared with the published one, member by member."""

from __future__ import annotations

import functools
import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from qaws.oracle.ledger import Published
from qaws.protocol.exact import exact, first_difference, plain, where_different
from qaws.protocol.market import MEMBERS, RUN_FIELD, bar_edges, edge_in, option_edges
from qaws.protocol.run_mark import of_another_run

TELLING_DIGITS = 4
"""A number of fewer digits is that of many ticks by chance."""

TELLING_CHARACTERS = 8
"""A text of fewer characters may be one that the service adds to every tick by itself."""

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
    own = [name for name, its in leaves(exact(tick.text)) if its == value and name != member]
    if own:
        return f"which is its {own[0]}"
    before = [each for each in ticks if each.sent_ns < tick.sent_ns][-LOOKED_BACK:]
    last = next((each for each in reversed(before) if _is_alike(each, tick)), None)

    def had_it(other: Published) -> bool:
        return dict(leaves(exact(other.text))).get(member) == value

    if last and had_it(last):  # others may have had it too: edges are the same everywhere
        return f"which the one before it, {last}, had"
    whose = next(
        (each for each in reversed(before) if each.kind == tick.kind and had_it(each)), None
    )
    return f"which {whose} had" if whose else ""


def _is_alike(one: Published, other: Published) -> bool:
    alike = one.kind, one.symbol, one.instrument
    return alike == (other.kind, other.symbol, other.instrument)


def exponents(tick: Published) -> list[str]:
    """Return the numbers that were published in scientific notation, as they were: "1e-07"."""
    found: list[str] = []
    json.loads(tick.text, parse_float=found.append)
    return [n for n in found if "e" in n.lower() and (not tick.payload or n in tick.payload)]


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the name and value of every member that is no object."""
    if not isinstance(document, dict):
        yield path, document
        return
    for name, value in document.items():
        yield from leaves(value, f"{path}.{name}" if path else name)


def difference(
    tick: Published,
    text: str,
    exactly: Callable[[], Any] | None = None,
    among: Sequence[Published] = (),
) -> str:
    """Say in which member a received tick differs from what was published; "" for none.

    Numbers are compared as decimals; members that the service has added are its own affair, but for
    those that it has kept of another tick. Where the mark of another run has come, that is the
    difference.

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
    found = where_different(sent, got)
    if found is None:
        return kept(sent, got)
    whose = whence(among, tick, found[0], found[2])
    said = first_difference(sent, got) + _written(tick, found[1]) + _alike(found[1], found[2])
    return f"{said}, {whose}" if whose else said


def kept(sent: Mapping[str, Any], got: object) -> str:
    """Say which member of another tick a received one has; "" for none.

    A service that lays each tick over the one before shows what no longer is: only some ticks have
    members of their own (`features/data/edge-ticks.toml`), and their values are nobody's by chance.
    """
    for name, values in _rare().items():
        if isinstance(got, dict) and name in got and name not in sent and got[name] in values:
            return (
                f"{name} {plain(got[name])}, which was published in another tick, not in this one"
            )
    return ""


@functools.cache
def _rare() -> Mapping[str, list[object]]:
    """Return name → telling values of the members that only some ticks have."""
    market = {name.partition(".")[0] for names in MEMBERS.values() for name in names}
    edges = [exact(json.dumps(edge)) for edge in (*option_edges(), *bar_edges())]
    found: defaultdict[str, list[object]] = defaultdict(list)
    for edge in edges:
        for name, value in edge.items():
            if name not in market and _is_telling(value):
                found[name].append(value)
    return found


def _is_telling(value: object) -> bool:
    if isinstance(value, str):
        return len(value) >= TELLING_CHARACTERS
    return isinstance(value, dict) and bool(value)


def _alike(sent: object, came: object) -> str:
    """Say why two texts differ that look the same to a reader; "" where they do not."""
    if not (isinstance(sent, str) and isinstance(came, str)):
        return ""
    one, other = (unicodedata.normalize("NFC", text) for text in (sent, came))
    return ", the same letters in another form of Unicode" if one == other else ""


def _written(tick: Published, value: object) -> str:
    """Say how a number was published that no longer shows it; "" for digits and a point."""
    if isinstance(value, Decimal):
        for each in exponents(tick):
            if Decimal(each) == value:
                return f", published in scientific notation as {each}"
    return ""


def compare_member(
    tick: Published, name: str, got: Mapping[str, Any], among: Sequence[Published]
) -> tuple[bool, str, str]:
    """Compare one member of a received tick with what was published.

    Args:
        tick: what was published.
        name: of the member.
        got: what came, each number kept digit for digit.
        among: what else was published, to say whose value it is.

    Returns:
        Whether it is right, and in words what came and what was published.
    """
    sent = exact(tick.text)[name]
    wanted = plain(sent) + _written(tick, sent)
    if name not in got:
        return False, "missing", wanted
    if got[name] == sent:
        return True, plain(got[name]), wanted
    came, where, value = plain(got[name]), name, got[name]
    if isinstance(sent, dict) and (found := where_different(sent, got[name], name)):
        where, _, value = found
        came += f", so {first_difference({name: sent}, got)}{_written(tick, found[1])}"
    whose = whence(among, tick, where, value)
    return False, f"{came}, {whose}" if whose else came, wanted

"""What the ticks that a client never received have in common, and none that it has received.

That is no proof of a cause. It is what a reader would look for in the frames: that all of them have
a volume of zero, or that they are every second one. Nothing here knows of sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from qaws.oracle.contents import exponents, leaves
from qaws.oracle.ledger import Entitlement, HeldSelections, Ledger, Published
from qaws.protocol.exact import exact
from qaws.protocol.market import MEMBERS

FEW = 3
"""So many ticks must have come before it says something what a single lost one is like."""

TOLD = 2
"""How many things in common a sentence tells."""

ROW = 4
"""Of so many ticks in a row it is no accident that every second one is lost."""

SHOWN = 8
"""How many ticks of such a row a sentence shows."""

LOOKED_AT = 2000
"""Of more ticks it takes too long to look into each."""

UNCHANGED = "says the same as the one before it"
UNMOVED = "has the price of the one before it"
EXPONENT = "has a number in scientific notation"
PRICES = ("last_price", "bid", "ask", "open", "high", "low", "close")
HIGH, WIDE, WIDEST = 10_000_000, 2**32, 2**53


@dataclass(frozen=True, slots=True)
class Seen:
    """A tick, its members as published, and those of the one before it: name → value."""

    tick: Published
    says: Mapping[str, Any]
    before: Mapping[str, Any]

    @property
    def prices(self) -> list[int | Decimal]:
        """Return its prices that are numbers."""
        found = (self.says.get(name) for name in PRICES)
        return [each for each in found if isinstance(each, int | Decimal)]

    def is_as_before(self, *names: str) -> bool:
        """Return whether these members are there, and are those of the tick before."""
        return bool(self.before) and all(
            name in self.says and self.says[name] == self.before.get(name) for name in names
        )


def _bar(seen: Seen) -> str:
    return "is a bar" if seen.tick.kind == "underlying_bar" else "is an option tick"


def _symbol(seen: Seen) -> str:
    return f"is of {seen.tick.symbol}"


def _instrument(seen: Seen) -> str:
    return f"is of instrument {seen.tick.instrument}" if seen.tick.instrument else ""


def _exponent(seen: Seen) -> str:
    return EXPONENT if exponents(seen.tick) else ""


def _capital(seen: Seen) -> str:
    has = any("E" in number for number in exponents(seen.tick))
    return "has a capital E in front of an exponent" if has else ""


def _negative(seen: Seen) -> str:
    return "has a price below zero" if min(seen.prices, default=0) < 0 else ""


def _flat(seen: Seen) -> str:
    bar = [seen.says.get(name) for name in ("open", "high", "low", "close")]
    alike = bar[0] is not None and bar.count(bar[0]) == len(bar)
    return "has open, high, low and close alike" if alike else ""


def _untraded(seen: Seen) -> str:
    return "has a volume of zero" if seen.says.get("volume") == 0 else ""


def _unchanged(seen: Seen) -> str:
    as_before = seen.is_as_before(*MEMBERS[seen.tick.kind])
    return UNCHANGED if as_before else ""


def _unmoved(seen: Seen) -> str:
    return UNMOVED if seen.is_as_before("last_price") else ""


def _worthless(seen: Seen) -> str:
    return "has a price of zero" if 0 in seen.prices else ""


def _dear(seen: Seen) -> str:
    return f"has a price above {HIGH:,}" if max(seen.prices, default=0) > HIGH else ""


def _busy(seen: Seen) -> str:
    volume = seen.says.get("volume")
    return "has a volume beyond 2^32" if isinstance(volume, int) and volume > WIDE else ""


def _null(seen: Seen) -> str:
    return "has a member that is null" if None in seen.says.values() else ""


TRAITS: tuple[Callable[[Seen], str], ...] = (
    *(
        _unchanged,
        _flat,
        _untraded,
        _capital,
        _exponent,
        _negative,
        _unmoved,
        _null,
        _busy,
        _dear,
        _worthless,
    ),
    *(_instrument, _symbol, _bar),
)
"""What a tick may be like, in words; "" where it is not. Those that say more come first."""


def in_common(lost: Sequence[Published], came: Sequence[Published], ledger: Ledger) -> str:
    """Say what all lost ticks have in common that no other has; "" for nothing.

    Args:
        lost: ticks that a client was due and has not received.
        came: the ticks of the ledger that it has received, in any order.
        ledger: what was published.
    """
    if not lost or not came or len(lost) + len(came) > LOOKED_AT:
        return ""
    said, found = _every_second(lost, came), _shared(lost, came, ledger)
    if found:
        which = "the one that is missing" if len(lost) == 1 else "each of those that are missing"
        said += f"; {which} {' and '.join(found[:TOLD])}, which is true of none that came"
    return said


def _shared(lost: Sequence[Published], came: Sequence[Published], ledger: Ledger) -> list[str]:
    """Return in words what all lost ticks are like, and no other; what says more comes first."""
    if len(lost) == 1 and len(came) < FEW:
        return []
    missing, there, found = _seen(lost, ledger), _seen(came, ledger), list[str]()
    for trait in TRAITS:
        words = {trait(each) for each in missing}
        if len(words) == 1 and "" not in words and not any(trait(each) in words for each in there):
            found += words
    if UNCHANGED in found:
        found = [each for each in found if each != UNMOVED]
    example = f"{EXPONENT} ({', '.join(exponents(lost[0])[:1])})"
    return [example if each == EXPONENT else each for each in found]


def _seen(ticks: Sequence[Published], ledger: Ledger) -> list[Seen]:
    """Return ticks with what they say, and what the one before each has said."""
    wanted, found = {tick.key for tick in ticks}, []
    last: dict[tuple[str, str, int | None], dict[str, Any]] = {}
    for tick in ledger.ticks:
        line, says = (tick.kind, tick.symbol, tick.instrument), dict(leaves(exact(tick.text)))
        if tick.key in wanted:
            found.append(Seen(tick, says, last.get(line, {})))
        last[line] = says
    return found


def _every_second(lost: Sequence[Published], came: Sequence[Published]) -> str:
    """Say so where of a row of ticks of one kind every second one is lost."""
    kinds, gone = {tick.kind for tick in lost}, {tick.key for tick in lost}
    row = sorted(
        (tick for tick in (*lost, *came) if tick.kind in kinds),
        key=lambda tick: (tick.symbol, tick.kind, tick.sequence),
    )
    lines = {(tick.symbol, tick.kind) for tick in row}
    alternate = all(
        (one.key in gone) != (two.key in gone)
        for one, two in pairwise(row)
        if (one.symbol, one.kind) == (two.symbol, two.kind)
    )
    if not alternate or len(row) < ROW * len(lines):
        return ""
    shown = [
        f"#{tick.sequence} {'is missing' if tick.key in gone else 'came'}" for tick in row[:SHOWN]
    ]
    return f"; every second one is missing: {', '.join(shown)}{' …' if len(row) > SHOWN else ''}"


def unheard(lost: Sequence[Published]) -> str:
    """Say so where nobody listened to the feed when lost ticks were published, as far as is known.

    Whether that is the service's doing, who has left its feed or was slow to come, its log tells.
    """
    count = sum(tick.taken_ns > 0 and tick.heard_by == 0 for tick in lost)
    if not count:
        return ""
    which = f"{count} of them were" if count < len(lost) else "they were"
    return f"; when {which if len(lost) > 1 else 'it was'} published, nobody listened to the feed"


def behind_a_return(
    lost: Sequence[Published], came: Sequence[Published], held: HeldSelections
) -> str:
    """Say so where all lost ticks were due to a client that had subscribed once more.

    Args:
        lost: ticks that it was due and has not received.
        came: those that it has received, in any order.
        held: its entitlements.
    """
    due = [[h for h in held if h.was_in_force(tick)] for tick in lost]
    if not all(each and all(_is_return(h, held) for h in each) for each in due):
        return ""
    returns = [h for each in due for h in each]
    whose = " and ".join(dict.fromkeys(str(h.selection) for h in returns))
    said = f"; before that it had unsubscribed from {whose} and subscribed to it again"
    since = any(h.was_in_force(tick) for h in returns for tick in came)
    return said if since else f"{said}, and it has received no tick of {whose} since"


def _is_return(entitlement: Entitlement, held: HeldSelections) -> bool:
    return any(
        h.selection == entitlement.selection
        and h.ended_ns is not None
        and h.ended_ns <= entitlement.asked_ns
        for h in held
    )

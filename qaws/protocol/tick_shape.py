"""One shape of a tick that a dialect's table describes, and its translation."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from qaws.protocol.channels import Channels
from qaws.protocol.dialect import Said
from qaws.protocol.dialect_table import KINDS, DialectTable, TickTable
from qaws.protocol.free_numbers import Steps
from qaws.protocol.listing import Listing
from qaws.protocol.market import DUE_FIELD, MEMBERS, SEQUENCE_FIELD, TIME_FIELD
from qaws.protocol.paths import MISSING, Path, Pattern
from qaws.protocol.places import Place, number_of, put
from qaws.protocol.tick_layout import Where
from qaws.protocol.whole import whole

MARKS = ("type", "symbol", "instrument_token", SEQUENCE_FIELD)
"""Members of a tick by which the oracle knows it, in whatever dialect."""


class TickShape:
    """One shape of a tick, compiled.

    Attributes:
        kind: "option_tick" or "underlying_bar".
        match: by which it is known.
        each: where it stands in a message; the empty path for a message that is a tick.
    """

    def __init__(self, tick: TickTable, table: DialectTable, listing: Listing) -> None:
        """Compile it."""
        self.kind = KINDS[tick.kind]
        self._table, self._listing = tick, listing
        self._as_text = table.numbers == "text"
        self.each = Path(tick.each)
        self.match = Pattern(tick.match)
        self._of_message, self._of_item = self.match.parted(self.each)
        if not tick.each:
            self._of_message, self._of_item = self._of_item, self._of_message
        places = {"symbol": tick.symbol, "instrument_token": tick.instrument}
        places |= {SEQUENCE_FIELD: tick.sequence, DUE_FIELD: tick.due}
        self._marks = {name: Place(path) for name, path in places.items() if path}
        self._channel = Place(tick.channel) if tick.channel else None
        of_instrument = table.channels and table.channels.instrument and tick.channel
        self._has_instruments = bool(tick.instrument or of_instrument)
        self._members = None if tick.members is None else Place(tick.members)
        self._fields = {name: Place(path) for name, path in tick.fields.items()}

    def fits(self, document: Any) -> bool:
        """Return whether a message has a tick of this shape."""
        if not self._of_message.fits(document):
            return False
        return self._of_item.is_empty or any(map(self.takes, self.each.all(document)))

    def takes(self, item: Any) -> bool:
        """Return whether what stands at `each` of a message that fits is a tick of this shape."""
        return self._of_item.fits(item) is not None

    def is_out(self, document: Any) -> bool:
        """Return whether a message has no such tick, whatever its numbers are."""
        if self._of_message.is_out(document):
            return True
        return all(self._of_item.is_out(item) for item in self.each.all(document))

    def is_beside(self, other: TickShape) -> bool:
        """Return whether another looks in the same place."""
        return self.each.steps == other.each.steps

    def overlaps(self, other: TickShape) -> bool:
        """Return whether another looks within its place, or around it."""
        return self.each.leads_through(other.each) or other.each.leads_through(self.each)

    def hides(self, later: TickShape) -> bool:
        """Return whether it takes whatever one behind it could."""
        if self.is_beside(later):
            return self.match.asks_no_more_than(later.match)
        return (
            self.overlaps(later)
            and self._of_item.is_empty
            and self._of_message.asks_no_more_than(later._of_message)
        )

    @property
    def to_come(self) -> frozenset[str]:
        """Return what of a published tick comes in it: members, or "all members"."""
        named = {"all members"} if self._members else {*self._fields}
        named |= {DUE_FIELD} & self._marks.keys()
        return frozenset(named | {"instrument_token"} if self._has_instruments else named)

    @property
    def marks(self) -> frozenset[str]:
        """Return which of its marks have a path of their own."""
        return frozenset(self._marks)

    @property
    def has_members(self) -> bool:
        """Return whether all members of what was published are to come."""
        return self._members is not None

    def judged(self, published: Iterable[str]) -> list[Steps]:
        """Return the ways to all that is looked at."""
        places = [*self._marks.values(), *self._fields.values()]
        places += [self._channel] if self._channel else []
        found = [place.steps_from(self.each) for place in places]
        if self._members is not None:
            there = self._members.steps_from(self.each)
            names = {name.partition(".")[0] for name in (*published, *MARKS, DUE_FIELD)}
            found += [(*there, name) for name in sorted(names)]
        return found

    @property
    def fixed(self) -> list[Steps]:
        """Return the ways to what says that it is such a tick, and of which instrument."""
        names = ("symbol", "instrument_token")
        places = [self._marks[name] for name in names if name in self._marks]
        places += [self._channel] if self._channel else []
        return [path.steps for path in self.match.paths] + [
            place.steps_from(self.each) for place in places
        ]

    def where(self, message: Steps, item: Steps) -> Where:
        """Return where a tick has what it has, by the ways to its message and to itself."""
        return Where(
            {name: place.steps_at(message, item) for name, place in self._marks.items()},
            {name: place.steps_at(message, item) for name, place in self._fields.items()},
            None if self._members is None else self._members.steps_at(message, item),
        )

    def read(self, document: Any, item: Any, exactly: bool, channels: Channels | None) -> Said:
        """Return the tick that stands in a message.

        Args:
            document: the message.
            item: the tick in it.
            exactly: whether each number is kept digit for digit.
            channels: what the connection has been told of its channels; None: it has none.
        """
        message, lacking = self._message(document, item, exactly)
        name = self._table.kind
        problem = f"{name} without {', '.join(lacking)}" if lacking else None
        if self._channel and channels:
            number = self._channel.get(document, item)
            names = channels.names(number)
            if names is None:
                shown = "" if number is MISSING else f" {number}"
                problem = problem or f"{name} of a channel{shown} that was not given out"
            else:
                message |= names
        return Said(message, problem)

    def _message(self, document: Any, item: Any, exactly: bool) -> tuple[dict[str, Any], list[str]]:
        """Return one tick in the words of `qa-ws`, and what it should have and has not."""
        lacking = []
        members = self._members.get(document, item) if self._members else {}
        message = dict(members) if isinstance(members, dict) else {}
        if message and self._as_text:
            self._make_numbers(message, exactly)
        message["type"] = self.kind
        for name, place in self._fields.items():
            value = place.get(document, item)
            if value is MISSING:
                lacking.append(f"{name} at {place.text}")
            else:
                put(message, name, number_of(value, exactly) if self._as_text else value)
        for name, place in self._marks.items():
            value = place.get(document, item)
            if value is MISSING or value is None:
                if name not in (SEQUENCE_FIELD, DUE_FIELD):
                    lacking.append(f"{name} at {place.text}")
            elif name == "symbol":
                own = str(value).removeprefix(self._table.symbol_prefix)
                message[name] = self._listing.symbol_called(own)
            elif name == "instrument_token":
                message[name] = self._listing.instrument_called(whole(value))
            else:
                message[name] = whole(number_of(value, exactly) if self._as_text else value)
        if "symbol" not in self._marks and "instrument_token" in message:
            message["symbol"] = self._listing.symbol_of_called(message["instrument_token"])
        return message, lacking

    def _make_numbers(self, message: dict[str, Any], exactly: bool) -> None:
        """Make numbers of those members that are published as such and have come as texts."""
        for name in (*MEMBERS[self.kind], TIME_FIELD):
            outer, _, inner = name.partition(".")
            value = message.get(outer)
            if not inner and isinstance(value, str):
                message[outer] = number_of(value, exactly)
            elif inner and isinstance(value, dict) and isinstance(value.get(inner), str):
                message[outer] = value | {inner: number_of(value[inner], exactly)}

    def carried(self, stamped: dict[str, Any], published: Collection[str] = ()) -> dict[str, Any]:
        """Return what of a published tick is to come.

        Args:
            stamped: the tick.
            published: the members that its payload has; none: all of them.
        """
        known = {"type": stamped["type"], "symbol": stamped["symbol"]}
        if self._has_instruments:
            known["instrument_token"] = stamped["instrument_token"]
        if self._members:
            mine = {n: v for n, v in stamped.items() if not published or n in published}
            mine[SEQUENCE_FIELD] = stamped[SEQUENCE_FIELD]
            if not self._has_instruments:
                mine.pop("instrument_token", None)
            return mine | known
        known[SEQUENCE_FIELD] = stamped[SEQUENCE_FIELD]
        for name in self._fields:
            value: Any = stamped
            for member in name.split("."):
                value = value.get(member, MISSING) if isinstance(value, dict) else MISSING
            if value is not MISSING:
                put(known, name, value)
        return known

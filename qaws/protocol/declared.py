"""A dialect that a target file describes: its messages are translated into those of `qa-ws`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple

from qaws.protocol import malformed
from qaws.protocol.channels import Channels
from qaws.protocol.contract import Contract
from qaws.protocol.dialect import Dialect, Opening, Request, Said
from qaws.protocol.dialect_table import CHANNEL, DialectTable
from qaws.protocol.dialect_table import Request as RequestTable
from qaws.protocol.encoding import TEXT, Encoding
from qaws.protocol.exact import exact
from qaws.protocol.listing import Listing
from qaws.protocol.market import (
    DUE_FIELD,
    SEQUENCE_FIELD,
    Sample,
    Selection,
    chain_of,
    symbol_of,
)
from qaws.protocol.paths import MISSING, Path, Pattern
from qaws.protocol.recognisers import recognisers
from qaws.protocol.speech import Speeches, values_at
from qaws.protocol.surrogates import decoded
from qaws.protocol.templates import names_in, said
from qaws.protocol.tick_layout import Layout
from qaws.protocol.tick_places import TickPlaces
from qaws.protocol.tick_shapes import SHOWN, TickShapes
from qaws.protocol.unjudged import Unjudged
from qaws.verdict import NotVerified


class _Asked(NamedTuple):
    """A text that wants an answer; `place` is that of the answer's template."""

    place: str


class Declared(Dialect):
    """A dialect of a table."""

    def __init__(
        self,
        table: DialectTable,
        listing: Listing,
        payloads: dict[str, Any],
        secrets: Mapping[str, str] = MappingProxyType({}),
        encoding: Encoding = TEXT,
    ) -> None:
        """Compile it.

        Args:
            table: how messages are spelled.
            listing: what the service calls symbols and instruments.
            payloads: "option_tick" and "underlying_bar" → the template of what is published; for
                one that is not there the tick is published as `qa-ws` has it.
            secrets: name → value of what clients say or sign with.
            encoding: how messages are put into WebSocket messages.
        """
        self.name = table.name
        self._table, self._listing, self._payloads = table, listing, payloads
        self.encoding = encoding
        self._speeches = Speeches(table, secrets)
        self.signs = self._speeches.signs
        self.welcomes = bool(table.recognise.welcome)
        self.has_sessions = bool(table.session.id)
        self.acks_alike = table.subscribe.ack == table.unsubscribe.ack
        self.answers_once = table.subscribe.acks != "each item"
        self._contract = Contract(table.contract) if table.contract else None
        self._ids = count(1)
        self._items: dict[str, int] = {}
        self._ticks = TickShapes(table, listing)
        self.has_channels = table.channels is not None
        self.has_lines = table.several == "lines" or "\n" in table.several
        self._channels = Channels(table.channels, listing) if table.channels else None
        self._known = list(recognisers(table))
        self._answers = [
            (each.to if isinstance(each.to, str) else Pattern(each.to), f"answers[{i}]", each.take)
            for i, each in enumerate(table.answers)
        ]
        self._unjudged = Unjudged(list(self._patterns()), self._ticks)
        self._places = TickPlaces.of_table(table, list(self._patterns()), self._ticks)
        self._has_lists = self._ticks.are_of_lists or any(
            pattern.is_of_lists for pattern in self._patterns()
        )
        if self._has_lists and table.several == "array":
            raise ValueError(
                'several = "array": a list is taken apart into several messages, and patterns such '
                'as "[0]" are of a message that is a list itself: say several = "no"'
            )

    def for_connection(self) -> Declared:
        """Return it for one connection, which learns what is said to that one alone."""
        if self._table.channels is None and not self._speeches.is_of_client:
            return self
        mine = copy(self)
        mine._speeches = self._speeches.for_client()
        if self._table.channels is not None:
            mine._channels = Channels(self._table.channels, self._listing)
        return mine

    # --- what comes in ------------------------------------------------------------------------

    def read(self, data: bytes) -> list[Said]:
        """Return what one text message says."""
        text = data.decode()
        if asked := self._asked(text):
            return [Said(None, answer=self._answer(asked.place, {}))]
        return list(self._read(self._documents(text, decoded), exactly=False))

    def exactly_all(self, text: str) -> Sequence[Any]:
        """Return what `read` made of a message's parts, each number kept digit for digit."""
        return [each.message for each in self._read(self._documents(text, exact), exactly=True)]

    def _documents(self, text: str, decode: Callable[[bytes], Any]) -> list[Any]:
        several = self._table.several
        if several in ("no", "array"):
            document = decode(text.encode())
            return document if several == "array" and isinstance(document, list) else [document]
        separator = "\n" if several == "lines" else several
        pieces = [each for each in text.split(separator) if each.strip()]
        return [self._asked(each) or decode(each.encode()) for each in pieces]

    def _asked(self, text: str) -> _Asked | None:
        """Return what a text asks for that is no JSON for the table: it is compared whole."""
        wanted = text.strip()
        places = (place for to, place, _ in self._answers if to == wanted)
        return next(map(_Asked, places), None)

    def _read(self, documents: Sequence[Any], *, exactly: bool) -> Iterator[Said]:
        for document in documents:
            if isinstance(document, _Asked):
                answer = None if exactly else self._answer(document.place, {})
                yield Said(None, answer=answer)
            elif isinstance(document, dict) or (self._has_lists and isinstance(document, list)):
                yield from self._one(document, exactly)
            else:
                yield Said(document, self._is_no_message(document))

    def _is_no_message(self, document: Any) -> str:
        what = f"is a JSON {type(document).__name__}, not an object"
        if self._has_lists:
            return f"{what} or a list"
        if isinstance(document, list) and self._table.several == "no":
            return f'{what}; a list of messages is several = "array" in [dialect]'
        return what

    def _one(self, document: dict[str, Any] | list[Any], exactly: bool) -> Iterator[Said]:
        for to, place, take in self._answers:
            if isinstance(to, Pattern) and to.fits(document):
                yield Said(None, answer=self._answer(place, values_at(take, document)))
                return
        for pattern, message in self._known:
            if found := pattern.fits(document):
                lacking = self._channels.learn(document) if self._channels and not exactly else None
                if message is None:
                    yield Said(None, lacking)
                else:
                    details = self._details(message, document)
                    problem = lacking or self._violation(document)
                    yield Said(message | details, problem, found.echo)
                return
        ticks = self._ticks.read(document, exactly, self._channels)
        if ticks is not None:
            against = None if exactly else self._violation(document)
            for each in ticks:
                yield Said(each.message, each.problem or against)
            return
        shown = "" if exactly else json.dumps(document, ensure_ascii=False)[:SHOWN]
        problem = f"is no message of the dialect {self.name}: {shown}; what it has is in [dialect]"
        yield Said({"type": "unknown"}, problem)

    def free_numbers(self, payload: bytes, published: Collection[str]) -> list[tuple[int, int]]:
        """Return where the whole numbers of a message with ticks stand that nobody looks at."""
        several = self._table.several
        if self._contract is not None or several not in ("no", "array"):
            return []
        return self._unjudged.of(payload, published, several=several == "array")

    def tick_places(self, payload: bytes, published: Collection[str]) -> Layout | None:
        """Return where the ticks of a message stand that says nothing else; None if unknown."""
        return self._places.of(payload, published) if self._places else None

    def _patterns(self) -> Iterator[Pattern]:
        """Yield the patterns of all that is no tick."""
        yield from (pattern for pattern, _ in self._known)
        yield from (to for to, _, _ in self._answers if isinstance(to, Pattern))

    def _violation(self, document: Any) -> str | None:
        return self._contract.violation(document) if self._contract else None

    def _details(self, message: dict[str, Any], document: Any) -> dict[str, Any]:
        """Return what a message has besides its type."""
        session, kind = self._table.session, message["type"]
        if kind == "opening":
            return {"taken": values_at(self._table.open[message["number"]].take, document)}
        if kind == "connection":
            found = Path(session.id).get(document) if session.id else MISSING
            details = {"status": "connected"}
            return details if found is MISSING else details | {"session_id": str(found)}
        if kind == "error":
            text = Path(session.error_text).get(document) if session.error_text else MISSING
            return {"message": json.dumps(document) if text is MISSING else str(text)}
        return {}

    # --- what goes out ------------------------------------------------------------------------

    def openings(self, token: str | None) -> Sequence[Opening]:
        """Return what opens a session, in order; without a token only what needs none.

        Raises:
            NotVerified: nobody could sign with this token.
            Broken: a secret is not of the form that a key must have.
        """
        return self._speeches.openings(token, self._further)

    def remember(self, taken: Mapping[str, Any]) -> None:
        """Let one connection's dialect have what an opening took from the service's message."""
        self._speeches.remember(taken)

    def ping(self) -> Request:
        """Return the message that asks for a pong."""
        return self._request("ping.say", [])

    def _answer(self, place: str, taken: Mapping[str, Any]) -> Request:
        return self._speeches.spell(place, {**self._further(), **taken})

    def _further(self) -> dict[str, Any]:
        return {"id": next(self._ids), "now_ms": _now_ms()}

    def _request(self, place: str, items: list[dict[str, Any]], acks: int = 1) -> Request:
        number = next(self._ids)
        names = {"id": number, "now_ms": _now_ms(), **(items[0] if items else {})}
        if items:
            named = json.dumps(items[0], sort_keys=True)
            names["item"] = self._items.setdefault(named, len(self._items) + 1)
        text = self._speeches.spell(place, names, items)
        return Request(text, number, acks, text.hides)

    def sayable(self, selection: Selection) -> Selection:
        """Return a selection in a form that the dialect has; a symbol may be all its instruments.

        Raises:
            NotVerified: it has none.
        """
        if getattr(self._table.subscribe, selection.kind) is not None:
            return selection
        if selection.kind == "symbols":
            chains = [each for symbol in selection.symbols for each in chain_of(symbol)]
            listed = [each for each in chains if self._listing.has_instrument(each)]
            if listed:
                return Selection("instruments", instruments=tuple(listed))
        if selection.kind == "instruments":
            symbols = [symbol_of(each) for each in selection.instruments]
            if all(self._listing.is_alone(each) for each in selection.instruments):
                return Selection("symbols", symbols=tuple(symbols))
        raise NotVerified(
            f"the dialect {self.name} has no words to subscribe to {selection}; "
            "they belong into [dialect.subscribe]"
        )

    def subscribing(self, selection: Selection) -> list[Request]:
        """Return the messages that subscribe to a selection."""
        return self._asking("subscribe", selection)

    def subscribe_to(self, symbol: str) -> Request:
        """Return the message that subscribes to a text as if it were a symbol of the service."""
        if self._table.subscribe.symbols is None:
            raise NotVerified(f"the dialect {self.name} does not subscribe to symbols")
        items = [{**self._listing.any_names(), "symbol": symbol}]
        return self._request("subscribe.symbols", items, _acks_of(self._table.subscribe, 1))

    def naming(self, form: str, names: Sequence[str]) -> str | None:
        """Return what subscribes to texts as if they were names of the service, known or not."""
        if getattr(self._table.subscribe, form) is None:
            return None
        shown = names[:1] if self._table.subscribe.one_by_one else names
        further = self._listing.any_names()
        return self._request(
            f"subscribe.{form}", [{**further, "symbol": name, "instrument": name} for name in shown]
        )

    def unsubscribing(self, selection: Selection) -> list[Request]:
        """Return the messages that end a subscription."""
        return self._asking("unsubscribe", selection)

    def _asking(self, which: str, selection: Selection) -> list[Request]:
        table: RequestTable = getattr(self._table, which)
        template = getattr(table, selection.kind)
        if template is None:
            raise NotVerified(f"the dialect {self.name} has no words for {selection} there")
        if selection.kind == "instruments":
            items = [self._listing.of_instrument(each) for each in selection.instruments]
        else:
            items = [self._listing.of_symbol(each) for each in selection.symbols]
        if CHANNEL in names_in(template):
            for item, (symbol, instrument) in zip(items, _named(selection), strict=True):
                item[CHANNEL] = self._channel_of(symbol, instrument)
        at_a_time = 1 if table.one_by_one else len(items)
        per_request = _acks_of(table, at_a_time)
        return [
            self._request(
                f"{which}.{selection.kind}", items[start : start + at_a_time], per_request
            )
            for start in range(0, len(items), at_a_time)
        ]

    def _channel_of(self, symbol: str, instrument: int | None) -> Any:
        number = self._channels.of(symbol, instrument) if self._channels else MISSING
        if number is MISSING:
            raise NotVerified(
                f"the dialect {self.name} unsubscribes by a channel's number, and none was given "
                f"out for {symbol}"
            )
        return number

    def malformed(self, name: str) -> str:
        """Return the text of a malformed message by its name in the features."""
        if name in self._table.malformed:
            return said(self._table.malformed[name], self._further())
        if not malformed.MESSAGES.named(name).any_dialect:
            raise NotVerified(
                f"the dialect {self.name} does not say how {name} is spelled: [dialect.malformed]"
            )
        text = malformed.message(name)
        if text.startswith("[") and isinstance(self._table.ping.say, list):
            raise NotVerified(
                f"clients of the dialect {self.name} say lists, so that {name} may mean something: "
                f'[dialect.malformed] "{name}" says which list does not'
            )
        return text

    def own_symbol(self, symbol: str) -> str:
        """Return what the service calls a symbol of the features."""
        return str(self._listing.of_symbol(symbol)["symbol"])

    def bears_due_times(self, kind: str) -> bool:
        """Return whether a tick of a kind must bear the due time that it was published with."""
        tick = self._ticks.of_kind(kind)
        if tick is None or DUE_FIELD in tick.marks:
            return tick is not None
        template = self._payloads.get(kind)
        return tick.has_members and (template is None or DUE_FIELD in set(names_in(template)))

    # --- what is published --------------------------------------------------------------------

    def carries(self, sample: Sample) -> bool:
        """Return whether the dialect has words for such a tick, and the market for its symbol."""
        kind, symbol, instrument = sample
        if self._ticks.of_kind(kind) is None or not self._listing.has_symbol(symbol):
            return False
        return instrument is None or self._listing.has_instrument(instrument)

    def carried(self, stamped: dict[str, Any]) -> dict[str, Any]:
        """Return what clients are to receive of a tick, in the words of `qa-ws`."""
        kind, instrument = stamped["type"], stamped.get("instrument_token")
        shape = self._ticks.of_kind(kind)
        if shape is None:
            raise NotVerified(f"the dialect {self.name} has no {kind.replace('_', ' ')}s")
        self._listing.of_symbol(stamped["symbol"])
        if instrument is not None:
            self._listing.of_instrument(instrument)
        return shape.carried(stamped, frozenset(names_in(self._payloads.get(kind))))

    def names(self, symbol: str, instrument: int | None) -> dict[str, Any]:
        """Return what the service calls a symbol, and an instrument of it, by placeholder."""
        if instrument is None:
            return self._listing.of_symbol(symbol)
        return self._listing.of_instrument(instrument)

    def payload(self, stamped: dict[str, Any], now_ms: int | None = None) -> str:
        """Return what is published for a tick."""
        instrument = stamped.get("instrument_token")
        names = self.names(stamped["symbol"], instrument)
        template = self._payloads.get(stamped["type"])
        if template is None:
            own = {"symbol": names["symbol"]}
            own |= {} if instrument is None else {"instrument_token": names["instrument"]}
            return json.dumps(stamped | own)
        further = {"sequence": stamped[SEQUENCE_FIELD], "now_ms": now_ms or _now_ms()}
        return said(template, {**stamped, **names, **further})


def _named(selection: Selection) -> list[tuple[str, int | None]]:
    """Return symbol and instrument of each item of a selection."""
    if selection.kind == "instruments":
        return [(symbol_of(each), each) for each in selection.instruments]
    return [(symbol, None) for symbol in selection.symbols]


def _now_ms() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _acks_of(table: RequestTable, items: int) -> int:
    """Return how many acknowledgements come to a request that names so many items."""
    return {"each request": 1, "each item": items, "never": 0}[table.acks]

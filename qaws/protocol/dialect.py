"""Dialects: how a service spells what the features speak of.

Inside the suite everything is said as in docs/specification.md, section 1, which is the dialect
`qa-ws`. Another dialect is translated where messages come in and go out, so that one oracle judges
them all; the transcript shows what went over the wire.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qaws.protocol import malformed
from qaws.protocol.contract import Contract
from qaws.protocol.encoding import TEXT
from qaws.protocol.exact import exact
from qaws.protocol.market import Sample, Selection
from qaws.protocol.surrogates import decoded
from qaws.protocol.tick_layout import Layout
from qaws.protocol.whole import with_whole_marks
from qaws.verdict import NotVerified

TICKS = ("option_tick", "underlying_bar")


class Request(str):
    """A message that asks for something.

    Attributes:
        echo: what its acknowledgement echoes; None where nothing is echoed.
        acks: by how many acknowledgements it is answered; 0: by none.
        hides: what nobody is to read of it.
    """

    __slots__ = ("acks", "echo", "hides")

    def __new__(
        cls, text: str, echo: int | None = None, acks: int = 1, hides: tuple[str, ...] = ()
    ) -> Request:
        """Make one of its text."""
        request = super().__new__(cls, text)
        request.echo, request.acks, request.hides = echo, acks, hides
        return request

    echo: int | None
    acks: int
    hides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the service, in the words of `qa-ws`.

    `message` is None for what is passed over. `problem` says what is wrong with it. `echo` is what
    it repeats of the request that it answers, `answer` what a client answers by itself.
    """

    message: Any
    problem: str | None = None
    echo: Any = None
    answer: str | None = None


class Dialect(ABC):
    """How one service spells what the features speak of.

    Attributes:
        name: what reports call it.
        is_plain: whether it is `qa-ws`, word for word.
        welcomes: whether a client is welcomed before it has said anything but what opens a session.
        has_sessions: whether a welcome names a session.
        answers_once: whether each message of a client is answered by one message at most.
        acks_alike: whether a subscribe and an unsubscribe are acknowledged in the same words.
        has_lines: whether messages that come together are told apart by line breaks.
        has_channels: whether ticks are known by numbers that each connection is given for itself.
        signs: whether what subscribes is signed, and good for a moment only.
        encoding: how what is said is put into WebSocket messages.
    """

    name: str
    encoding = TEXT
    is_plain = False
    welcomes = True
    has_sessions = True
    acks_alike = False
    answers_once = True
    has_channels = False
    has_lines = False
    signs = False
    _exact: tuple[str, Sequence[Any]] | None = None

    def for_connection(self) -> Dialect:
        """Return it for one connection, which learns what is said to that one alone."""
        return self

    def kind(self, message: dict[str, Any]) -> str:
        """Return what a message is, in the words of the features."""
        kind = message.get("type")
        return {
            "connection": "welcome",
            "option_tick": "option tick",
            "underlying_bar": "underlying bar",
        }.get(str(kind), str(kind))

    def is_tick(self, message: dict[str, Any]) -> bool:
        """Return whether a message is a tick."""
        return message.get("type") in TICKS

    def require_sessions(self) -> None:
        """Raise `NotVerified` where no welcome names a session."""
        if not self.has_sessions:
            raise NotVerified(f"the dialect {self.name} has no session ids: [dialect.session] id")

    def require_qa_ws(self, what: str) -> None:
        """Raise `NotVerified` where something is spelled for `qa-ws` alone."""
        if not self.is_plain:
            raise NotVerified(
                f"{what}: spelled for the dialect qa-ws with the features' own names only, not for "
                f"{self.name} as [dialect] and [market] have it"
            )

    @abstractmethod
    def read(self, data: bytes) -> list[Said]:
        """Return what one text message says: one thing, or several where the dialect joins them.

        Raises:
            msgspec.DecodeError: it is no JSON.
            RecursionError: it is nested too deeply for this process.
        """

    @abstractmethod
    def exactly_all(self, text: str) -> Sequence[Any]:
        """Return what `read` made of a message's parts, each number kept digit for digit."""

    def exactly(self, text: str, part: int) -> Any:
        """Return what `read` made of a message's part, each number kept digit for digit.

        A message is read once for all its parts, where what it says is said by it alone.
        """
        if self.has_channels or self._exact is None or self._exact[0] != text:
            self._exact = text, self.exactly_all(text)
        return self._exact[1][part]

    def exactly_as(self, text: str, part: int, message: Any) -> Any:
        """Return what `exactly` does, of the symbol and instrument that `read` found in it.

        The number of a channel may have been given out again since then.
        """
        found = self.exactly(text, part)
        if self.has_channels and isinstance(message, dict):
            marks = ("symbol", "instrument_token")
            found |= {name: message[name] for name in marks if name in message}
        return found

    def openings(self, token: str | None) -> Sequence[Opening]:
        """Return what a client says between handshake and welcome, in order."""
        return ()

    def remember(self, taken: Mapping[str, Any]) -> None:
        """Let one connection's dialect have what an opening took from the service's message."""
        del taken  # here nothing that is said later needs it

    @abstractmethod
    def ping(self) -> Request:
        """Return the message that asks for a pong."""

    def sayable(self, selection: Selection) -> Selection:
        """Return a selection in a form that the dialect has.

        Raises:
            NotVerified: it has none.
        """
        return selection

    @abstractmethod
    def subscribing(self, selection: Selection) -> list[Request]:
        """Return the messages that subscribe to a selection."""

    @abstractmethod
    def unsubscribing(self, selection: Selection) -> list[Request]:
        """Return the messages that end a subscription."""

    def subscribe(self, selection: Selection) -> Request:
        """Return the one message that subscribes to a selection.

        Raises:
            NotVerified: it takes several.
        """
        return self._alone(self.subscribing(self.sayable(selection)))

    def subscribe_to(self, symbol: str) -> Request:
        """Return the message that subscribes to a text as if it were a symbol of the service.

        Raises:
            NotVerified: clients do not subscribe to symbols.
        """
        return self.subscribe(Selection("symbols", symbols=(symbol,)))

    @abstractmethod
    def naming(self, form: str, names: Sequence[str]) -> str | None:
        """Return what subscribes to texts as if they were names of the service, known or not.

        Args:
            form: "instruments" or "symbols".
            names: the texts; where one is asked for at a time, the first of them.

        Returns:
            The message; None where clients do not name such.
        """

    def _alone(self, requests: list[Request]) -> Request:
        if len(requests) > 1:
            raise NotVerified(f"the dialect {self.name} subscribes to one item at a time")
        return requests[0]

    def malformed(self, name: str) -> str:
        """Return the text of a malformed message by its name in the features.

        Raises:
            Broken: there is none of that name.
            NotVerified: the dialect does not say how that is spelled.
        """
        return malformed.message(name)

    def own_symbol(self, symbol: str) -> str:
        """Return what the service calls a symbol of the features."""
        return symbol

    def names(self, symbol: str, instrument: int | None) -> dict[str, Any]:
        """Return what the service calls a symbol, and an instrument of it, by placeholder.

        Raises:
            NotVerified: the service does not have it.
        """
        return {"symbol": symbol} | ({} if instrument is None else {"instrument": instrument})

    def carries(self, sample: Sample) -> bool:
        """Return whether the dialect has words for such a tick, and the market for its symbol."""
        return True

    def carried(self, stamped: dict[str, Any]) -> dict[str, Any]:
        """Return what clients are to receive of a tick, in the words of `qa-ws`.

        Raises:
            NotVerified: the dialect has no such tick, or the market no such symbol.
        """
        return stamped

    def payload(self, stamped: dict[str, Any], now_ms: int | None = None) -> str:
        """Return what is published for a tick; `carried` says when that can't be.

        Args:
            stamped: the tick.
            now_ms: what stands for "now", in ms since 1970; None: now.
        """
        return json.dumps(stamped)

    def free_numbers(self, payload: bytes, published: Collection[str]) -> list[tuple[int, int]]:
        """Return where whole numbers of a message with ticks stand that nobody looks at, if known.

        Args:
            payload: the message.
            published: members that a tick was published with.
        """
        return []

    def tick_places(self, payload: bytes, published: Collection[str]) -> Layout | None:
        """Return where the ticks of a message stand that says nothing else; None if unknown.

        Args:
            payload: the message, which has been read, and nothing was wrong with it.
            published: members that a tick was published with.
        """
        return None

    def bears_due_times(self, kind: str) -> bool:
        """Return whether a tick of a kind must bear the due time that it was published with."""
        return True


class Opening:
    """What a client says, once it has received a message of kind "opening" with the number `after`.

    None: at once. It is spelled, and signed, when it is first asked for; "" is not said.
    """

    def __init__(self, spell: Callable[[], Request], after: int | None = None) -> None:
        """Say how it is spelled."""
        self.after, self._spell = after, spell

    @cached_property
    def text(self) -> Request:
        """Return it as it is said.

        Raises:
            NotVerified: nobody could sign with this token.
            Broken: a secret is not of the form that a key must have.
        """
        return self._spell()

    @property
    def hides(self) -> tuple[str, ...]:
        """Return what nobody is to read of it, besides its token."""
        return self.text.hides


class QaWs(Dialect):
    """The dialect qa-ws, docs/specification.md, section 1."""

    name = "qa-ws"
    is_plain = True

    def __init__(self, heartbeats: Sequence[str] = ()) -> None:
        """Compile its contract.

        Args:
            heartbeats: types of messages that the service sends of its own accord.
        """
        self.contract = Contract(" ".join([self.name, *heartbeats]))

    def read(self, data: bytes) -> list[Said]:
        """Return what one text message says."""
        message = with_whole_marks(decoded(data), data)
        return [Said(message, self.contract.violation(message))]

    def exactly_all(self, text: str) -> Sequence[Any]:
        """Return a message with each number kept digit for digit."""
        return [exact(text)]

    def ping(self) -> Request:
        """Return the message that asks for a pong."""
        return Request('{"action":"ping"}')

    def subscribing(self, selection: Selection) -> list[Request]:
        """Return the message that subscribes to a selection."""
        return [self._command("subscribe", selection)]

    def unsubscribing(self, selection: Selection) -> list[Request]:
        """Return the message that ends a subscription."""
        return [self._command("unsubscribe", selection)]

    def naming(self, form: str, names: Sequence[str]) -> str | None:
        """Return what subscribes to texts as if they were names of the service, known or not."""
        return json.dumps({"action": "subscribe", form: list(names)})

    def _command(self, action: str, selection: Selection) -> Request:
        command: dict[str, Any] = {"action": action}
        if selection.kind == "instruments":
            command["instruments"] = list(selection.instruments)
        elif selection.kind == "symbols":
            command["symbols"] = list(selection.symbols)
        else:
            command |= {"symbol": selection.symbols[0], "type": "underlying"}
        return Request(json.dumps(command))

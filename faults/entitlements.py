"""Faults of what a token entitles to, and of second tries that disturb others: QA-WS-113, 119."""

from __future__ import annotations

from app import messages, routes_websocket, server
from app.entitlements import SymbolOf, forbidden
from app.messages import Command, InvalidMessage
from app.routes_websocket import Service
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Keys, Selector
from faults.authentication import token_of
from faults.fault import fault, replace

GOT_MORE = "answer to Alice, who asked for what it is not entitled to, at once: measured subscribed"
NO_ERROR = "answers to Mallory, who subscribed to a symbol that it may see and one that it may not"
WITHOUT = "without a subscription"


def _unchecked(kind: str) -> None:
    """Do not look at keys of a kind."""

    def lenient(keys: Keys, symbols: frozenset[str] | None, symbol_of: SymbolOf) -> list[str]:
        checked = frozenset(key for key in keys if key[0] != kind)
        return forbidden(checked, symbols, symbol_of)

    replace(server, "forbidden", lenient)


@fault(
    story="What a client may see is checked by symbol only, so that whoever subscribes by "
    "instrument gets the options that somebody else pays for.",
    caught_by={"QA-WS-113": GOT_MORE},
)
def instruments_not_checked() -> None:
    """Ignore instruments."""
    _unchecked("instrument")


@fault(
    story="The bars of an underlying are given to everybody, whatever a token entitles to.",
    caught_by={"QA-WS-113": GOT_MORE},
)
def underlyings_not_checked() -> None:
    """Ignore underlyings."""
    _unchecked("underlying")


@fault(
    story="What a user may see is remembered per user, so that a token with fewer rights has all "
    "that an earlier one of the same user had.",
    caught_by={"QA-WS-113": GOT_MORE, "QA-WS-119": NO_ERROR},
)
def rights_remembered_per_user() -> None:
    """Let the first token of a subject decide for all that come later."""
    original = TickerService.refusal
    first: dict[str, frozenset[str] | None] = {}
    greet = TickerService.greet

    def greeting(self: TickerService, session: Session) -> None:
        first.setdefault(session.claims.sub, session.claims.symbols)
        greet(self, session)

    def refusal(self: TickerService, session: Session, selector: Selector) -> InvalidMessage | None:
        symbols = first[session.claims.sub]
        return None if symbols is None else original(self, session, selector)

    replace(TickerService, "greet", greeting)
    replace(TickerService, "refusal", refusal)


@fault(
    story="A subscription that was refused is remembered, and made with the next one that is "
    "permitted: whoever asks twice gets what it may not see.",
    caught_by={"QA-WS-113": WITHOUT},
)
def refused_subscription_made_later() -> None:
    """Add what was refused when the client subscribes again."""
    original, subscribe = TickerService.refusal, routes_websocket.handle_subscribe
    refused: dict[Session, Keys] = {}

    def refusal(self: TickerService, session: Session, selector: Selector) -> InvalidMessage | None:
        invalid = original(self, session, selector)
        if invalid:
            refused[session] = selector.keys()
        return invalid

    def handle_subscribe(service: Service, session: Session, selector: Selector) -> None:
        before = refused.pop(session, frozenset())
        subscribe(service, session, selector)
        if session not in refused:
            service.fanout.subscribe(session, before)

    replace(TickerService, "refusal", refusal)
    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="A list of symbols is granted if the client may see one of them, so that one paid symbol "
    "opens all others.",
    caught_by={"QA-WS-119": NO_ERROR},
)
def one_entitled_symbol_opens_the_list() -> None:
    """Refuse only where all are forbidden."""

    def lenient(keys: Keys, symbols: frozenset[str] | None, symbol_of: SymbolOf) -> list[str]:
        names = forbidden(keys, symbols, symbol_of)
        return names if len(names) == len(keys) else []

    replace(server, "forbidden", lenient)


@fault(
    story="A subscription that a client is half entitled to gets an error and is made for "
    "the permitted half all the same, so that its program gets ticks it thinks it has not got.",
    caught_by={"QA-WS-119": WITHOUT},
)
def half_entitled_held_in_silence() -> None:
    """Subscribe to what is permitted, and say that nothing is."""
    original = TickerService.refusal

    def refusal(self: TickerService, session: Session, selector: Selector) -> InvalidMessage | None:
        invalid = original(self, session, selector)
        if invalid:
            find = self.subscriptions.symbol_of
            names = forbidden(selector.keys(), session.claims.symbols, find)
            keys = selector.keys()
            permitted = frozenset(key for key in keys if str(key[1]) not in names)
            self.fanout.subscribe(session, permitted)
        return invalid

    replace(TickerService, "refusal", refusal)


@fault(
    story="A client that sends a token on its open connection logs its user out everywhere: all "
    "sessions of that user go silent, and nobody is told.",
    caught_by={"QA-WS-119": "to Anna"},
)
def second_authentication_silences_the_user() -> None:
    """Drop the subscriptions of a subject when one of its sessions authenticates again."""
    parse, answer = messages.parse_command, TickerService.answer_invalid

    class Again(InvalidMessage):
        pass

    def parse_command(message: str | bytes) -> Command:
        try:
            return parse(message)
        except InvalidMessage as invalid:
            if "authenticate" in str(message):
                raise Again(str(invalid)) from None
            raise

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        if isinstance(invalid, Again):
            for other in self.sessions:
                if other is not session and other.claims.sub == session.claims.sub:
                    self.subscriptions.drop(other)
        answer(self, session, invalid)

    replace(messages, "parse_command", parse_command)
    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="Subscriptions belong to the token, so that a user who closes one of two windows sees "
    "nothing in the other any more.",
    caught_by={"QA-WS-119": "to Mallory"},
    also=("QA-WS-024", "QA-WS-117"),
)
def leaving_ends_the_tokens_subscriptions() -> None:
    """Let a client that has ended its own subscriptions end those of its token when it leaves."""
    cleanup, end = routes_websocket.cleanup_connection, routes_websocket.handle_unsubscribe
    ended: set[Session] = set()

    def handle_unsubscribe(service: Service, session: Session, selector: Selector) -> None:
        end(service, session, selector)
        ended.add(session)

    def cleanup_connection(service: Service, session: Session) -> None:
        if session in ended and not service.subscriptions.keys_of(session):
            for other in service.sessions:
                if token_of(other.connection) == token_of(session.connection):
                    service.subscriptions.drop(other)
        ended.discard(session)
        cleanup(service, session)

    replace(routes_websocket, "handle_unsubscribe", handle_unsubscribe)
    replace(routes_websocket, "cleanup_connection", cleanup_connection)

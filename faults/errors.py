"""Faults of the answer to malformed messages: QA-WS-010.

Most of them concern one kind of message, as they would in production.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from app import messages
from app.closes import Close
from app.fanout import Fanout
from app.messages import Command, InvalidMessage, Ping
from app.server import TickerService
from app.sessions import Session, TickerConnection
from app.subscriptions import Keys, Totals
from faults.fault import fault, replace

NO_ERROR = "error 1 of 3 to Alice: measured nothing"
Answer = Callable[[TickerService, Session, InvalidMessage], None]


def _answer_to(part: str, answer: Callable[[Answer], Answer]) -> None:
    """Let invalid messages whose explanation contains `part` be answered in another way."""
    original = TickerService.answer_invalid
    other = answer(original)

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        chosen = other if part in str(invalid) else original
        chosen(self, session, invalid)

    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="One client's mistake is reported to all clients, so that everybody's log fills with "
    "somebody else's errors.",
    caught_by={
        "QA-WS-010": "messages that Bob received",
        "QA-WS-025": "what belongs to others among what",
    },
    also=("QA-WS-119",),
)
def error_to_everybody() -> None:
    """Broadcast the answer."""

    def to_all(_: Answer) -> Answer:
        return lambda service, session, invalid: service.fanout.broadcast(messages.error(invalid))

    _answer_to("", to_all)


@fault(
    story="A client that sends broken JSON is thrown out, so that one bad message costs it the "
    "stream.",
    caught_by={
        "QA-WS-010": 'closed with 1003 "not JSON" by the service',
        "QA-WS-025": "Mallory got no pong",
        "QA-WS-024": 'closed with 1003 "not JSON"',
    },
    also=("QA-WS-022",),
)
def broken_json_closes() -> None:
    """Close where an error is due."""

    def close(_: Answer) -> Answer:
        return lambda service, session, invalid: session.close(Close(1003, "not JSON"))

    _answer_to("not JSON", close)


@fault(
    story="A JSON array is dropped without a word, so that the client waits for an answer that "
    "never comes.",
    caught_by={"QA-WS-010": NO_ERROR},
)
def error_withheld() -> None:
    """Say nothing."""

    def say_nothing(_: Answer) -> Answer:
        return lambda service, session, invalid: None

    _answer_to("a JSON object is expected", say_nothing)


@fault(
    story="The error has other words than agreed, so that clients which look for them take it for "
    "something else.",
    caught_by={
        "QA-WS-010": 'message of error 1 of 3 to Alice: measured "Bad request',
        "QA-WS-024": "Bad request",
    },
    also=("QA-WS-119",),
)
def error_in_other_words() -> None:
    """Say it differently."""

    def reword(original: Answer) -> Answer:
        def answer(service: TickerService, session: Session, invalid: InvalidMessage) -> None:
            service.fanout.send(session, b'{"type":"error","message":"Bad request"}')

        return answer

    _answer_to("", reword)


@fault(
    story="The answer to an unknown action takes 2.5 seconds, so that clients take it for lost "
    "and send the same again.",
    caught_by={
        "QA-WS-010": "error 1 of 3 to Alice: measured 2",
        "QA-WS-024": "an action of 60,000 characters",
    },
    also=("QA-WS-119",),
)
def error_late() -> None:
    """Answer later."""

    def later(original: Answer) -> Answer:
        def answer(service: TickerService, session: Session, invalid: InvalidMessage) -> None:
            asyncio.get_running_loop().call_later(2.5, original, service, session, invalid)

        return answer

    _answer_to("action must be", later)


@fault(
    story="A client that makes a mistake loses its subscriptions, and its screen stands still "
    "without a word.",
    caught_by={
        "QA-WS-010": "it reached 1 of 2; not Alice",
        "QA-WS-025": "Mallory never received ticks that it was due",
    },
)
def error_drops_subscription() -> None:
    """Drop what the sender has subscribed to."""

    def drop_too(original: Answer) -> Answer:
        def answer(service: TickerService, session: Session, invalid: InvalidMessage) -> None:
            original(service, session, invalid)
            service.subscriptions.drop(session)

        return answer

    _answer_to("action is missing", drop_too)


@fault(
    story="After an empty message the service no longer reads from that client: ticks still come, "
    "but nothing it sends is heard.",
    caught_by={
        "QA-WS-010": "error 2 of 3 to Alice: measured nothing",
        "QA-WS-024": "per second: empty messages",
    },
)
def empty_message_deafens() -> None:
    """Stop reading after an empty message."""
    original = TickerConnection.recv
    deaf: set[TickerConnection] = set()

    async def recv(self: TickerConnection, *args: Any, **kwargs: Any) -> Any:
        if self in deaf:
            deaf.discard(self)
            await self.wait_closed()
        message = await original(self, *args, **kwargs)
        if message == "":
            deaf.add(self)
        return message

    replace(TickerConnection, "recv", recv)


@fault(
    story="A client that made a mistake is thrown out at its next ping, minutes later, when "
    "nobody sees the connection between the two.",
    caught_by={
        "QA-WS-010": "answer to Alice's ping message",
        "QA-WS-025": "Mallory got no pong",
        "QA-WS-024": 'closed with 1008 "earlier mistake"',
    },
    also=("QA-WS-119",),
)
def ping_after_error_closes() -> None:
    """Mark the sender, and close it when it pings."""
    marked: set[Session] = set()

    def mark(original: Answer) -> Answer:
        def answer(service: TickerService, session: Session, invalid: InvalidMessage) -> None:
            original(service, session, invalid)
            marked.add(session)

        return answer

    _answer_to("", mark)
    heard = TickerConnection.recv

    async def recv(self: TickerConnection, *args: Any, **kwargs: Any) -> Any:
        message = await heard(self, *args, **kwargs)
        if self.session in marked and message == '{"action":"ping"}':
            self.session.close(Close(1008, "earlier mistake"))
        return message

    replace(TickerConnection, "recv", recv)


def _accept(part: str) -> None:
    """Let messages that contain `part` pass as if nothing was wrong, without an answer."""
    original, answer = messages.parse_command, TickerService.answer_invalid
    accepted = InvalidMessage("accepted")

    def parse_command(message: str | bytes) -> Command:
        try:
            return original(message)
        except InvalidMessage:
            if isinstance(message, str) and part in message:
                raise accepted from None
            raise

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        if invalid is not accepted:
            answer(self, session, invalid)

    replace(messages, "parse_command", parse_command)
    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="An instrument that is not a number (NaN) is accepted, and the client waits for ticks "
    "that cannot come.",
    caught_by={"QA-WS-010": NO_ERROR},
)
def nan_accepted() -> None:
    """Take it without an answer."""
    _accept("NaN")


@fault(
    story="Symbols that are no texts are turned into texts, so that a client's mistake looks like "
    "a subscription without ticks.",
    caught_by={"QA-WS-010": NO_ERROR, "QA-WS-024": "a symbol of 60,000 characters"},
    also=("QA-WS-025", "QA-WS-119"),
)
def non_text_symbol_accepted() -> None:
    """Make everything a text."""
    replace(messages, "_symbol", str)


@fault(
    story="Instruments that are texts or fractions are turned into whole numbers, so that a client "
    "may get the ticks of another instrument than it thinks.",
    caught_by={"QA-WS-010": NO_ERROR, "QA-WS-024": "a fraction of 60,000 digits"},
    also=("QA-WS-025", "QA-WS-006", "QA-WS-119"),
)
def non_integer_instruments_accepted() -> None:
    """Make everything a whole number."""
    replace(messages, "_instrument", lambda value: int(float(value)))


@fault(
    story="A command without an action counts as a ping, so that clients take their mistake for "
    "a success.",
    caught_by={"QA-WS-010": NO_ERROR, "QA-WS-024": "6,000 members and no action"},
)
def missing_action_is_a_ping() -> None:
    """Take it for a ping."""
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        try:
            return original(message)
        except InvalidMessage as invalid:
            if "action is missing" in str(invalid):
                return Ping()
            raise

    replace(messages, "parse_command", parse_command)


# --- once more ---------------------------------------------------------------------------------


def _from_the_second(act: Callable[[TickerService, Session], None], first: int = 2) -> None:
    """Let a client's second malformed message, and all behind it, be answered in another way."""
    made: dict[Session, int] = {}
    original = TickerService.answer_invalid

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        made[session] = made.get(session, 0) + 1
        if made[session] < first:
            original(self, session, invalid)
        else:
            act(self, session)

    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="A client's first mistake is forgiven and its second throws it out, so that a desk with "
    "one bad script loses the stream in the middle of the day.",
    caught_by={"QA-WS-010": "error 2 of 3 to Alice: measured nothing"},
    also=("QA-WS-024", "QA-WS-025", "QA-WS-113", "QA-WS-119", "QA-WS-011"),
)
def second_mistake_closes() -> None:
    """Close at the second."""
    _from_the_second(lambda service, session: session.close(Close(1003, "not again")))


@fault(
    story="Only the first mistake on a connection is answered, so that a client waits for the "
    "answers to the others.",
    caught_by={"QA-WS-010": "error 2 of 3 to Alice: measured nothing"},
    also=("QA-WS-024", "QA-WS-025", "QA-WS-113", "QA-WS-119"),
)
def second_mistake_unanswered() -> None:
    """Say nothing from the second on."""
    _from_the_second(lambda service, session: None)


@fault(
    story="Mistakes count against the rate limit a hundredfold, so that the third one cuts off a "
    "client that was slow and polite.",
    caught_by={"QA-WS-010": "error 3 of 3 to Alice: measured nothing"},
    also=("QA-WS-024", "QA-WS-025", "QA-WS-113", "QA-WS-119", "QA-WS-011"),
)
def third_mistake_is_a_flood() -> None:
    """Close at the third as for a flood."""
    _from_the_second(
        lambda service, session: session.close(Close(1008, "rate limit exceeded")), first=3
    )


@fault(
    story="From the second mistake on the answer has other words, which clients do not know.",
    caught_by={"QA-WS-010": 'message of error 2 of 3 to Alice: measured "Again"'},
    also=("QA-WS-024", "QA-WS-025", "QA-WS-119"),
)
def second_mistake_in_other_words() -> None:
    """Say it differently."""
    _from_the_second(
        lambda service, session: service.fanout.send(session, b'{"type":"error","message":"Again"}')
    )


@fault(
    story="A client whose first message is malformed is taken for a port scan and closed, so that "
    "nobody who writes a new client ever learns what is wrong with it.",
    caught_by={"QA-WS-010": "error 1 of 2 to Alice: measured nothing"},
    also=("QA-WS-022", "QA-WS-024", "QA-WS-113", "QA-WS-119"),
)
def first_mistake_of_a_newcomer_closes() -> None:
    """Close who has not subscribed to anything yet."""
    original = TickerService.answer_invalid

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        if self.subscriptions.keys_of(session):
            original(self, session, invalid)
        else:
            session.close(Close(1008, "malformed message"))

    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="Once a client has made a mistake, its subscriptions are acknowledged and not made, and "
    "it waits for ticks until it reconnects.",
    caught_by={"QA-WS-010": "it reached 0 of 1; not Alice"},
    also=("QA-WS-119",),
)
def mistake_spoils_later_subscriptions() -> None:
    """Remember who has erred."""
    erred = WeakSet[Any]()
    original, subscribe = TickerService.answer_invalid, Fanout.subscribe

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        erred.add(session.connection)
        original(self, session, invalid)

    def subscribe_the_faultless(self: Fanout, session: Session, keys: Keys) -> Totals:
        if session.connection in erred:
            return Totals.of(self._subscriptions.keys_of(session) | keys)
        return subscribe(self, session, keys)

    replace(TickerService, "answer_invalid", answer_invalid)
    replace(Fanout, "subscribe", subscribe_the_faultless)


# --- how a command is written ---------------------------------------------------------------------


def _refuse_where(is_strange: Callable[[str], bool], why: str) -> None:
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        command = original(message)
        if isinstance(message, str) and is_strange(message):
            raise InvalidMessage(why)
        return command

    replace(messages, "parse_command", parse_command)


@fault(
    story="The action is looked for as the first member, as a library reads the kind of a message, "
    "so that clients whose language orders members otherwise cannot subscribe.",
    caught_by={"QA-WS-129": "Alice asked by a message with its members in reverse order"},
)
def action_has_to_come_first() -> None:
    """Read the first member's name."""
    _refuse_where(lambda text: next(iter(json.loads(text))) != "action", "action is missing")


@fault(
    story="Names are cut out of a command by a pattern that knows no escapes, so that clients "
    "whose library escapes more than it must cannot subscribe.",
    caught_by={"QA-WS-129": "Alice asked by a message with all texts escaped"},
    also=("QA-WS-008",),
)
def escapes_in_commands_not_read() -> None:
    """Take no backslash."""
    _refuse_where(lambda text: "\\u" in text, "a symbol must be a text")


@fault(
    story="What a client subscribes to is checked and what it unsubscribes from is not, so that a "
    "program which gets a number wrong while it tidies up loses its connection.",
    caught_by={"QA-WS-010": "closed with 1011"},
)
def malformed_unsubscribe_ends_the_handler() -> None:
    """Let the exception through."""
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        try:
            return original(message)
        except InvalidMessage as invalid:
            if isinstance(message, str) and '"unsubscribe"' in message:
                raise TypeError("unhashable") from invalid
            raise

    replace(messages, "parse_command", parse_command)


@fault(
    story="A message is carried out name by name until one is wrong: an unsubscribe that is "
    "answered with an error has ended what stood before its mistake, and the client does not know.",
    caught_by={"QA-WS-010": "Alice never received ticks that it was due: NIFTY option tick"},
)
def refused_unsubscribe_carried_out_in_part() -> None:
    """Unsubscribe from the texts of a list that has other things in it."""
    heard: list[str | bytes] = []
    parse, answer = messages.parse_command, TickerService.answer_invalid

    def parse_command(message: str | bytes) -> Command:
        heard[:] = [message]
        return parse(message)

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        text = heard[0]
        if isinstance(text, str) and '"unsubscribe", "symbols": ["' in text:
            names = [name for name in json.loads(text)["symbols"] if isinstance(name, str)]
            self.fanout.unsubscribe(session, frozenset(("symbol", name) for name in names))
        answer(self, session, invalid)

    replace(messages, "parse_command", parse_command)
    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="A mistake clears what its client has subscribed to by underlying, because the way out "
    "of an error forgets one of three lists: charts stand still behind a typing error.",
    caught_by={"QA-WS-010": "Alice never received ticks that it was due: BANKNIFTY underlying bar"},
)
def mistake_ends_underlyings() -> None:
    """Unsubscribe from them with the error."""
    original = TickerService.answer_invalid

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        held = self.subscriptions.keys_of(session)
        self.fanout.unsubscribe(session, frozenset(key for key in held if key[0] == "underlying"))
        original(self, session, invalid)

    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="The seventh mistake of a connection ends it, however long it lives, so that a screen "
    "with a small error in it loses the stream every few minutes.",
    caught_by={"QA-WS-011": "open connections of 4 clients: measured 3 of 4 open"},
    also=("QA-WS-024", "QA-WS-025"),
)
def seventh_mistake_closes() -> None:
    """Count them for as long as the connection lives."""
    answer = TickerService.answer_invalid
    made: dict[Session, int] = {}

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        made[session] = made.get(session, 0) + 1
        answer(self, session, invalid)
        if made[session] == 7:
            session.close(Close(1008, "too many errors"))

    replace(TickerService, "answer_invalid", answer_invalid)

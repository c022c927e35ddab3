"""The words that steps understand: clients, durations, selections, lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from qaws.auth.forgeries import TOKENS
from qaws.auth.near_misses import NEAR_MISSES
from qaws.clients import attack_inputs
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.protocol import origins
from qaws.protocol.attempts import ATTEMPTS, HALVES
from qaws.protocol.malformed import MESSAGES, PAYLOADS
from qaws.protocol.market import Selection, selection_of
from qaws.protocol.rows import RowList
from qaws.verdict import Broken

NAME = r"[A-Z][a-z]+"
NUMBER = r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*"
CLIENTS = (
    rf"(?:all |the |each of the |the first )?(?:{NUMBER}) clients?(?: but client (?:{NUMBER}))?"
    rf"|(?:the )?clients (?:{NUMBER}) to (?:{NUMBER})|client (?:{NUMBER})"
    rf"|{NAME}(?:(?:, | and ){NAME})*"
)
UNITS_MS = {
    "ms": 1.0,
    "milliseconds": 1.0,
    "millisecond": 1.0,
    "s": 1e3,
    "sec": 1e3,
    "seconds": 1e3,
    "second": 1e3,
    "min": 6e4,
    "minutes": 6e4,
    "minute": 6e4,
    "h": 36e5,
    "hours": 36e5,
    "hour": 36e5,
}
AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
DURATION = rf"(?:{AMOUNT}) ?(?:{'|'.join(UNITS_MS)})"
PART = r"(?:sockets|sessions|subscriptions|files|threads)"


def _pattern(
    expression: str, shown: str = "", such_as: str = ""
) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    """Give a converter the pattern that the step matcher looks for (parse library).

    Args:
        expression: the pattern; the words that fit it.
        shown: what the step catalogue shows in the place of the word's name.
        such_as: what somebody is told to write whose words do not fit.
    """

    def mark(converter: Callable[[str], Any]) -> Callable[[str], Any]:
        converter.pattern = expression  # type: ignore[attr-defined]
        converter.shown = shown  # type: ignore[attr-defined]
        converter.such_as = such_as  # type: ignore[attr-defined]
        converter.regex_group_count = re.compile(expression).groups  # type: ignore[attr-defined]
        return converter

    return mark


@_pattern(CLIENTS, such_as='names, as in "Alice and Bob", "100 clients", or "clients 1 to 50"')
def clients(text: str) -> list[str]:
    """Return client names: "Alice", "Bob and Carol", "100 clients" → client 1 … client 100.

    Groups of them have numbers: "clients 51 to 100"; so has one alone: "client 7". One may be left
    out: "all 10 clients but client 5".

    Raises:
        Broken: one is named twice, a group is empty, or who is left out is none of it.
    """
    group, _, left_out = text.partition(" but ")
    if left_out:
        named = clients(group)
        if left_out not in named:
            raise Broken(f'"{text}": {left_out} is none of them')
        return [each for each in named if each != left_out]
    if text.startswith("client "):
        return [text]
    if numbers := [number(found) for found in re.findall(NUMBER, text)]:
        first, last = (1, *numbers)[-2:]
        if last < first:
            raise Broken(f'"{text}": there is nobody from {first:,} to {last:,}')
        return [f"client {each}" for each in range(first, last + 1)]
    names = re.split(r", | and ", text)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Broken(f'"{text}" names {twice} twice')
    return names


@_pattern(rf"{NAME}|client \d+", such_as='a name such as "Alice", or "client 7"')
def client(text: str) -> str:
    """Return one client's name."""
    return text


@_pattern(DURATION, such_as='a duration, as in "200 ms", "0.5 seconds" or "2 minutes"')
def duration(text: str) -> float:
    """Return a duration in milliseconds: "200 ms", "5 seconds", "0.2s", "1 minute"."""
    amount, unit = _in_parts(text)
    return float(amount.replace(",", "")) * UNITS_MS[unit]


def _in_parts(text: str) -> tuple[str, str]:
    """Return amount and unit of a duration."""
    unit = text.lstrip("0123456789,. ")
    return text.removesuffix(unit).strip(), unit


@_pattern(
    rf"between (?:{AMOUNT}) and {DURATION}",
    "between *low* and *high*",
    'two durations of one unit, as in "between 2 and 4 seconds"',
)
def window(text: str) -> tuple[float, float]:
    """Return the two ends of a window in milliseconds: "between 2 and 4 seconds"."""
    low, high = text.removeprefix("between ").split(" and ")
    return duration(f"{low} {_in_parts(high)[1]}"), duration(high)


SYMBOL = r'(?:[A-Z][A-Z0-9]+|"[^"]+")'
SYMBOLS = rf"{SYMBOL}(?:(?:, | and ){SYMBOL})*"


@_pattern(
    rf"instrument \d+|instruments \d+(?:(?:, | and )\d+)*|the {SYMBOL} underlying|{SYMBOLS}",
    such_as='"NIFTY", "NIFTY and BANKNIFTY", "instrument 256265", "instruments 256265 and 260105" '
    'or "the NIFTY underlying"; a name with signs other than capitals and digits is put in quotes '
    'of its own, as "M&M" is',
)
def selection(text: str) -> Selection:
    """Return what is subscribed to: "NIFTY", "instrument 256265", "the NIFTY underlying"."""
    return selection_of(text)


@_pattern(r"\d+(?: or \d+)*", such_as='close codes, as in "1000 or 1001"')
def codes(text: str) -> list[int]:
    """Return close codes: "1000 or 1001"."""
    return [int(code) for code in text.split(" or ")]


@_pattern(r'"[^"]+"(?: or "[^"]+")*', such_as="words in double quotes")
def quoted(text: str) -> list[str]:
    """Return quoted texts: '"idle" or "timeout"'."""
    return re.findall(r'"([^"]+)"', text)


@_pattern(
    r"welcome|tick|option tick|underlying bar|error|pong|status",
    such_as="welcome, tick, option tick, underlying bar, error, pong or status",
)
def kind(text: str) -> str:
    """Return a kind of message."""
    return text


@_pattern(r"[a-z_]+(?:(?:, | and )[a-z_]+)*")
def fields(text: str) -> list[str]:
    """Return names of fields: "open, high, low, close and volume"."""
    return re.split(r", | and ", text)


@_pattern(
    r"(?:an?|its default) [a-z -]+? of (?:\d+(?:\.\d+)?(?: seconds)?|[A-Z]+|the [a-z ]+)",
    "(a *setting* of *value* / its default *setting* of *value*)",
)
def setting(text: str) -> dict[str, str]:
    """Return a setting and its value: "an idle timeout of 2 seconds"; nothing for a default.

    A value is a number, a word such as DEBUG, or origins: "the trading desk and the chart server".
    """
    if text.startswith("its default"):
        return {}
    name, _, value = text.partition(" ")[2].partition(" of ")
    return {name: origins.allow_list(value) if value.startswith("the ") else value.split(" ")[0]}


@_pattern(r"[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+)+", such_as="Asia/Kathmandu")
def time_zone(text: str) -> str:
    """Return a time zone of the IANA database."""
    return text


@_pattern(r"the service|the second node", "(the service / the second node)")
def node(text: str) -> str:
    """Return which of two services is meant."""
    return text


@_pattern(
    rf"as fast as the service allows|at (?:{NUMBER}) every {DURATION}",
    "(as fast as the service allows / at *count* every *duration*)",
)
def pace(text: str) -> float | None:
    """Return a rate per second, None for as fast as can be: "at 10 every 1.5 seconds"."""
    if not text.startswith("at "):
        return None
    count, every = text.removeprefix("at ").split(" every ")
    rate: float = number(count) * 1e3 / duration(every)
    return rate


@_pattern(r"WebSocket ping|ping message", "(WebSocket ping / ping message)")
def ping(text: str) -> str:
    """Return a kind of ping: the protocol's or the dialect's."""
    return text


@_pattern(
    r'HTTP \d+(?:, \d+)*(?: or \d+)?(?:, or closed with \d+ and a reason containing "[^"]+")?',
    "HTTP *statuses*[, or closed with *code* and a reason containing *reason*]",
    such_as='"HTTP 401 or 403", or "HTTP 401, or closed with 1008 and a reason containing …", '
    "the words in double quotes",
)
def refusal(text: str) -> Refusal:
    """Return how clients are refused: 'HTTP 401, or closed with 1008 and a reason containing …'.

    Several statuses may do: "HTTP 400 or 403".
    """
    statuses, _, closed = text.partition(", or closed with ")
    close = ExpectedClose([int(closed.split(" ")[0])], quoted(closed)) if closed else None
    return Refusal([int(status) for status in re.findall(r"\d+", statuses)], close)


@_pattern(r"is|are", "is/are")
def be(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(r"receives?", "receive(s)")
def receive(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(r"has|have", "has/have")
def have(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(r"pings?", "ping(s)")
def pinging(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(r"subscribes?", "subscribe(s)")
def subscribing(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(r"unsubscribes?", "unsubscribe(s)")
def unsubscribing(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(r"stays?", "stay(s)")
def stay(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(NUMBER, such_as='a whole number, as in "10,000"')
def number(text: str) -> int:
    """Return a whole number: "10,000"."""
    return int(text.replace(",", ""))


@_pattern(r"p\d{1,2}(?:\.\d+)?", "p*percentile*")
def percentile(text: str) -> float:
    """Return a percentile: "p99", "p99.9"."""
    return float(text[1:])


@_pattern(rf"{PART}(?:(?:, | and ){PART})*")
def resources(text: str) -> list[str]:
    """Return parts of what a service holds: "sockets, sessions and subscriptions"."""
    return re.split(r", | and ", text)


@_pattern(rf"{PART}(?:(?:, | or ){PART})*")
def any_resources(text: str) -> list[str]:
    """Return parts of which none may be more: "sessions, subscriptions or files"."""
    return re.split(r", | or ", text)


@_pattern(rf"{PART}(?:, {PART})*(?: and (?:{PART}|memory))?")
def baseline(text: str) -> list[str]:
    """Return what is recorded of a service: "sockets, sessions, subscriptions and memory"."""
    return re.split(r", | and ", text)


def _name_of(of: RowList[Any]) -> Callable[[str], Any]:
    """Return a converter: the name of a row of data, as it is."""

    @_pattern(r".+?", such_as=f"a name that {of.place} has")
    def name(text: str) -> str:
        of.named(text)
        return text

    return name


@_pattern(r".+?", such_as="an attack that features/data/hostile-inputs.toml has")
def attack(text: str) -> str:
    """Return the name of an attack; there may be a number in it."""
    attack_inputs.number_in(text)
    return text


@_pattern(r".+?", such_as="an origin that features/data/origins.toml has")
def origin(text: str) -> str:
    """Return the name of an origin."""
    origins.headers(text)
    return text


NAMED: dict[str, RowList[Any]] = {
    "MalformedMessage": MESSAGES,
    "MalformedPayload": PAYLOADS,
    "ForgedToken": TOKENS,
    "NearMiss": NEAR_MISSES,
    "Origin": origins.ORIGINS,
    "Attack": attack_inputs.INPUTS,
    "HalfSelection": HALVES,
    "Attempt": ATTEMPTS,
}
"""Name in a step's phrase → the list of data that its words are a name of."""


TYPES: dict[str, Callable[[str], Any]] = {
    "Clients": clients,
    "Client": client,
    "Duration": duration,
    "Window": window,
    "Selection": selection,
    "Codes": codes,
    "Quoted": quoted,
    "Kind": kind,
    "Fields": fields,
    "Be": be,
    "Receive": receive,
    "Stay": stay,
    "Pinging": pinging,
    "Subscribing": subscribing,
    "Unsubscribing": unsubscribing,
    "Have": have,
    "Number": number,
    "Setting": setting,
    "TimeZone": time_zone,
    "Node": node,
    "Pace": pace,
    "Percentile": percentile,
    "Ping": ping,
    "Refusal": refusal,
    "Resources": resources,
    "AnyResources": any_resources,
    "Baseline": baseline,
    "Attack": attack,
    "Origin": origin,
    **{kind: _name_of(of) for kind, of in NAMED.items() if kind not in ("Attack", "Origin")},
}
"""Name in a step's phrase → converter."""

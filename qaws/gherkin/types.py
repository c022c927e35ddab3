"""The words that steps understand: clients, durations, selections, lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from qaws.clients.endings import ExpectedClose, Refusal
from qaws.protocol import origins
from qaws.protocol.market import Selection, selection_of

NAME = r"[A-Z][a-z]+"
CLIENTS = rf"(?:all |the |each of the )?[1-9]\d* clients|{NAME}(?:(?:, | and ){NAME})*"
DURATION = r"\d+(?:\.\d+)? (?:ms|seconds?|minutes)"
NUMBER = r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*"
PART = r"(?:sockets|sessions|subscriptions|files|threads)"
UNITS_MS = {"ms": 1.0, "second": 1e3, "seconds": 1e3, "minutes": 6e4}


def _pattern(
    expression: str, shown: str = ""
) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    """Give a converter the pattern that the step matcher looks for (parse library).

    Args:
        expression: the pattern; the words that fit it.
        shown: what the step catalogue shows in the place of the word's name.
    """

    def mark(converter: Callable[[str], Any]) -> Callable[[str], Any]:
        converter.pattern = expression  # type: ignore[attr-defined]
        converter.shown = shown  # type: ignore[attr-defined]
        converter.regex_group_count = re.compile(expression).groups  # type: ignore[attr-defined]
        return converter

    return mark


@_pattern(CLIENTS)
def clients(text: str) -> list[str]:
    """Return client names: "Alice", "Bob and Carol", "100 clients" → client 1 … client 100."""
    if count := re.search(r"\d+", text):
        return [f"client {number}" for number in range(1, int(count[0]) + 1)]
    return re.split(r", | and ", text)


@_pattern(rf"{NAME}|client \d+")
def client(text: str) -> str:
    """Return one client's name."""
    return text


@_pattern(DURATION)
def duration(text: str) -> float:
    """Return a duration in milliseconds: "200 ms", "5 seconds"."""
    number, unit = text.split(" ")
    return float(number) * UNITS_MS[unit]


@_pattern(rf"between \d+(?:\.\d+)? and {DURATION}", "between *low* and *high*")
def window(text: str) -> tuple[float, float]:
    """Return the two ends of a window in milliseconds: "between 2 and 4 seconds"."""
    low, high = text.removeprefix("between ").split(" and ")
    return duration(f"{low} {high.split(' ')[1]}"), duration(high)


SYMBOL = r'(?:[A-Z][A-Z0-9]+|"[^"]+")'
SYMBOLS = rf"{SYMBOL}(?:(?:, | and ){SYMBOL})*"


@_pattern(rf"instrument \d+|the {SYMBOL} underlying|{SYMBOLS}")
def selection(text: str) -> Selection:
    """Return what is subscribed to: "NIFTY", "instrument 256265", "the NIFTY underlying"."""
    return selection_of(text)


@_pattern(r"\d+(?: or \d+)*")
def codes(text: str) -> list[int]:
    """Return close codes: "1000 or 1001"."""
    return [int(code) for code in text.split(" or ")]


@_pattern(r'"[^"]+"(?: or "[^"]+")*')
def quoted(text: str) -> list[str]:
    """Return quoted texts: '"idle" or "timeout"'."""
    return re.findall(r'"([^"]+)"', text)


@_pattern(r"welcome|tick|option tick|underlying bar|error|pong|status")
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


@_pattern(r"stays?", "stay(s)")
def stay(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(NUMBER)
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
    "Number": number,
    "Setting": setting,
    "Node": node,
    "Pace": pace,
    "Percentile": percentile,
    "Ping": ping,
    "Refusal": refusal,
    "Resources": resources,
    "AnyResources": any_resources,
    "Baseline": baseline,
}
"""Name in a step's phrase → converter."""

"""The words that steps understand: clients, durations, selections, lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from qaws.behaviours import choices
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.protocol import origins
from qaws.protocol.market import Selection, selection_of

T = TypeVar("T")

NAME = r"[A-Z][a-z]+"
CLIENTS = rf"(?:all |the |each of the )?[1-9]\d* clients|{NAME}(?:(?:, | and ){NAME})*"
DURATION = r"\d+(?:\.\d+)? (?:ms|milliseconds|seconds?|minutes)"
NUMBER = r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*"
UNITS_MS = {"ms": 1.0, "milliseconds": 1.0, "second": 1e3, "seconds": 1e3, "minutes": 6e4}


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


@_pattern(r"instrument \d+|the [A-Z0-9]+ underlying|[A-Z][A-Z0-9]+(?:(?:, | and )[A-Z][A-Z0-9]+)*")
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


@_pattern(r"(?: to the second node)?", "[ to the second node]")
def to_node(text: str) -> str:
    """Return to which of two services a client connects: to the only one unless it says more."""
    return text.removeprefix(" to ") or "the service"


@_pattern(rf"(?:, which ticks every {DURATION})?", "[, which ticks every *duration*]")
def ticking(text: str) -> float | None:
    """Return how long it is from one tick to the next in milliseconds, None where nobody says."""
    return duration(text.removeprefix(", which ticks every ")) if text else None


@_pattern(
    rf"as fast as the service can|ten every {DURATION}",
    "(as fast as the service can / ten every *duration*)",
)
def pace(text: str) -> float | None:
    """Return a rate per second, None for as fast as can be: "ten every 1.5 seconds"."""
    return 1e4 / duration(text.removeprefix("ten every ")) if text.startswith("ten") else None


@_pattern(r"WebSocket ping|ping message", "(WebSocket ping / ping message)")
def ping(text: str) -> str:
    """Return a kind of ping: the protocol's or the dialect's."""
    return text


@_pattern(
    r'HTTP \d+(?:, or closed with \d+ and a reason containing "[^"]+")?',
    "HTTP *status*[, or closed with *code* and a reason containing *reason*]",
)
def refusal(text: str) -> Refusal:
    """Return how clients are refused: 'HTTP 401, or closed with 1008 and a reason containing …'."""
    status, *code = re.findall(r"\d+", text.partition(' and a reason containing "')[0])
    close = ExpectedClose([int(code[0])], quoted(text)) if code else None
    return Refusal(int(status), close)


@_pattern(rf"(?: to (?:{CLIENTS}))?", "[ to *clients*]")
def receivers(text: str) -> list[str] | None:
    """Return to whom ticks were delivered, None where nobody is named."""
    return clients(text.removeprefix(" to ")) if text else None


@_pattern(
    r"without a token|with a valid token(?: in the .+| from .+)?",
    "(without a token / with a valid token[ in the *carrier* / from *origin*])",
)
def showing(text: str) -> dict[str, Any]:
    """Return what a client shows at the door, as arguments of `lifecycle.connect`."""
    *_, location = text.partition("with a valid token in the ")
    *_, origin = text.partition("with a valid token from ")
    shown = {"location": location, "origin": origin, "token": text != "without a token"}
    return {name: value for name, value in shown.items() if value != ""}


@_pattern(rf"(?:when (?:{NAME}|client \d+) leaves, )?", "[when *client* leaves, ]")
def leaving(text: str) -> str | None:
    """Return who leaves, None where nobody does."""
    return text.removeprefix("when ").removesuffix(" leaves, ") or None


@_pattern(rf"(?: and reaches (?:{CLIENTS}))?", "[ and reaches *clients*]")
def reached(text: str) -> list[str]:
    """Return whom a tick has reached before the scenario goes on; nobody unless it says so."""
    return clients(text.removeprefix(" and reaches ")) if text else []


@_pattern(r"is|are", "is/are")
def be(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(r"receives?", "receive(s)")
def receive(text: str) -> str:
    """Return the verb; one phrase serves one client and many."""
    return text


@_pattern(NUMBER)
def number(text: str) -> int:
    """Return a whole number: "10,000"."""
    return int(text.replace(",", ""))


def _value(found: re.Match[str]) -> str:
    """Return the pattern of a value in a wording."""
    return f"(?:{DURATION if found[1] == 'duration' else NUMBER})"


def _shown(wordings: Sequence[str]) -> str:
    """Return how the step catalogue shows wordings: (one / of / these), or [these / or / none]."""
    first, *more = filter(None, wordings)
    text = " / ".join([first, *(wording.strip() for wording in more)])
    return f"[{text}]" if "" in wordings else f"({text})"


def one_of(wordings: Mapping[str, Callable[..., T]]) -> Callable[[str], Callable[..., T]]:
    """Return the converter of a blank that takes one of several wordings.

    Args:
        wordings: wording → the function that stands behind it. Where it says *duration* or *number*
            one is to stand, and the function gets it behind its other arguments, a duration in
            milliseconds.
    """
    patterns = [re.sub(r"\\\*(\w+)\\\*", _value, re.escape(wording)) for wording in wordings]

    @_pattern("|".join(patterns), _shown(list(wordings)))
    def convert(text: str) -> Callable[..., T]:
        fits = [re.fullmatch(pattern, text) is not None for pattern in patterns]
        act = list(wordings.values())[fits.index(True)]
        found = re.findall(f"({DURATION})|({NUMBER})", text)
        values = [duration(span) if span else number(count) for span, count in found]
        return lambda *words: act(*words, *values)

    return convert


TYPES: dict[str, Callable[[str], Any]] = {
    "Clients": clients,
    "Client": client,
    "Duration": duration,
    "Selection": selection,
    "Codes": codes,
    "Quoted": quoted,
    "Kind": kind,
    "Fields": fields,
    "Be": be,
    "Receive": receive,
    "Number": number,
    "Started": one_of(choices.STARTED),
    "Setting": setting,
    "Node": node,
    "ToNode": to_node,
    "Ticking": ticking,
    "Pace": pace,
    "Ping": ping,
    "Refusal": refusal,
    "Reached": reached,
    "Showing": showing,
    "Leaving": leaving,
    "Receivers": receivers,
    "Market": one_of(choices.MARKET),
    "Swarm": one_of(choices.SWARM),
    "LoadProfile": one_of(choices.DEMANDED),
    "Publish": one_of(choices.PUBLISHED),
    "Noted": one_of(choices.NOTED),
    "Back": one_of(choices.BACK),
    "Growth": one_of(choices.GROWTH),
    "Delivered": one_of(choices.DELIVERED),
    "Misdeed": one_of(choices.MISDEEDS),
    "Mishap": one_of(choices.MISHAPS),
    "Refused": one_of(choices.REFUSED),
    "Closed": one_of(choices.CLOSED),
    "Connected": one_of(choices.CONNECTED),
    "Alive": one_of(choices.ALIVE),
}
"""Name in a step's phrase → converter."""

"""What messages are, guessed from one of each: how it is known again, and where a tick has what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

Document = dict[str, Any]

MARKS = (
    *("type", "event", "ev", "e", "T", "channel", "method", "action", "op"),
    *("status", "state", "success", "ok", "msg"),
)
"""Members by which most services tell their messages apart, the most telling first."""
MOST_MARKS = 3
REFUSAL = re.compile(r"error|invalid|fail|reject|denied|refus|unauthor|not[_ ]auth", re.IGNORECASE)
SESSION = re.compile(r"session|conn(ection)?_?id|client_?id|socket_?id|^sid$|^client$", re.I)
VARYING = re.compile(r"id$|time|stamp|^ts$|^at$|^t$|^seq", re.IGNORECASE)
"""Members that differ from message to message, whatever it says."""
WORDS = ("message", "msg", "reason", "why", "description", "detail", "error")
INSTRUMENT = re.compile(r"instrument|token|^id$|^k$|^key$", re.IGNORECASE)
SYMBOL = re.compile(r"symbol|sym$|^s$|^S$|product|pair|ticker|channel|instrument|^k$", re.I)

NAMES: dict[str, tuple[str, ...]] = {
    "last_price": ("last_price", "ltp", "lastPrice", "last", "price", "p", "c"),
    "volume": ("volume", "vol", "qty", "quantity", "amount", "size", "q", "s", "v"),
    "oi": ("oi", "open_interest"),
    "bid": ("bid", "best_bid", "b"),
    "ask": ("ask", "best_ask", "a"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
}
"""The features' name of a member → what others call it."""
BAR = ("open", "high", "low", "close", "volume")
SEQUENCE = re.compile(r"^(seq\w*|sequence|n|trade_?id|t|i|q)$", re.IGNORECASE)
STAMPS = ("seq", "due_us")


@dataclass(slots=True)
class Heard:
    """Messages as they came: `several` is as in a dialect.

    Of `plain`, what is no object, `lists` are lists and `others` no JSON.
    """

    documents: list[Document] = field(default_factory=list)
    several: str = "no"
    plain: list[str] = field(default_factory=list)
    lists: list[list[Any]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def heard(texts: Sequence[str]) -> Heard:
    """Read messages, and how several of them stand in one."""
    found = Heard()
    for text in texts:
        for part, several in _parts(text):
            if isinstance(part, dict):
                found.documents.append(part)
                found.several = several if several != "no" else found.several
            else:
                found.plain.append(text)
                found.lists += [part] * isinstance(part, list)
                found.others += [text] * (part is text)
    return found


def _parts(text: str) -> Iterator[tuple[Any, str]]:
    try:
        whole = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            yield from ((json.loads(line), "lines") for line in lines)
        except ValueError:
            yield text, "no"
        return
    if isinstance(whole, list) and whole and all(isinstance(each, dict) for each in whole):
        yield from ((each, "array") for each in whole)
    else:
        yield whole, "no"


def is_refusal(document: Document) -> bool:
    """Return whether a message says that something was not done."""
    if document.get("success") is False or document.get("ok") is False:
        return True
    if document.get("error"):
        return True
    texts = [document.get(name) for name in (*MARKS, *WORDS)]
    return any(isinstance(text, str) and REFUSAL.search(text) for text in texts)


def is_alike(one: Document, other: Document) -> bool:
    """Return whether two messages say the same, but for ids, times, and what is long.

    So is told what a service answers to nonsense, in whatever words: an acknowledgement it is not.
    """
    if set(one) != set(other):
        return False
    telling = [
        name
        for name, value in one.items()
        if isinstance(value, bool) or (isinstance(value, str) and _is_word(value))
        if not VARYING.search(name)
    ]
    numbers = [
        name
        for name, value in one.items()
        if isinstance(value, int | float) and not VARYING.search(name)
    ]
    return all(one[name] == other[name] for name in (telling and [*telling, *numbers]) or one)


def pattern_of(document: Document, number: int | None = None) -> dict[str, Any]:
    """Return a pattern that knows such a message again.

    Args:
        document: the message.
        number: the id of the request that it answers.
    """
    pattern: dict[str, Any] = {}
    for name in MARKS:
        value = document.get(name)
        telling = isinstance(value, bool) or (isinstance(value, str) and _is_word(value))
        if telling and len(pattern) < MOST_MARKS:
            pattern[name] = value
    for name, value in document.items():
        if number is not None and not isinstance(value, bool) and value in (number, str(number)):
            pattern[name] = {"echo": True}
        elif value is None and name == "result":
            pattern[name] = {"null": True}
    if all(isinstance(value, dict) for value in pattern.values()):
        pattern |= _by_what_it_has(document)
    return pattern


def _by_what_it_has(document: Document) -> dict[str, Any]:
    for name, value in document.items():
        if isinstance(value, str) and re.fullmatch(r"[a-z_-]{1,12}", value):
            return {name: value}
    for name, value in document.items():
        if isinstance(value, dict) and value:
            return {f"{name}.{next(iter(value))}": {"absent": False}}
    names = [name for name, value in document.items() if isinstance(value, list | str)]
    return {name: {"absent": False} for name in names[:1]}


def _is_word(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z][\w.:-]{0,30}", text) is not None


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of each plain member; of a list its first element stands for all."""
    if isinstance(value, dict):
        for name, each in value.items():
            shown = name if re.fullmatch(r"[^.\[\]\"]+", name) else f'"{name}"'
            yield from leaves(each, f"{path}.{shown}" if path else shown)
    elif isinstance(value, list):
        if value:
            yield from leaves(value[0], f"{path}[*]")
    else:
        yield path, value


def name_of(path: str) -> str:
    """Return the last member of a path."""
    return re.split(r"[.\]]", path)[-1] or path


def session_in(welcome: Document) -> str:
    """Return where a welcome has the session's id, "" for nowhere."""
    for path, value in leaves(welcome):
        long_enough = isinstance(value, str | int) and len(str(value)) >= 6
        if long_enough and not isinstance(value, bool) and SESSION.search(path.split(".")[-1]):
            return path
        if long_enough and re.search(r"\.(client|sid)$", path):
            return path
    return ""


def words_in(error: Document) -> str:
    """Return where an error has its words, "" for nowhere."""
    texts = {path: value for path, value in leaves(error) if isinstance(value, str)}
    for word in WORDS:
        for path, value in texts.items():
            if name_of(path) == word and not (_is_word(value) and word == "msg"):
                return path
    return ""


# --- ticks ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tick:
    """A shape of a tick, as the table `[[dialect.tick]]` has it.

    Attributes:
        table: its keys.
        numbers: "text" where its price is text.
        doubts: key → what could not be seen.
    """

    table: dict[str, Any]
    numbers: str = "json"
    doubts: dict[str, str] = field(default_factory=dict)


def tick_of(
    document: Document, kind: str, symbol: str, instrument: Any, published: Mapping[str, Any] | None
) -> Tick | None:
    """Return the shape of a message that is a tick; None where it is none.

    Args:
        document: the message.
        kind: "option tick" or "underlying bar".
        symbol: what the service calls the symbol that it is of.
        instrument: what the service calls the instrument.
        published: what was published, in the words of `qa-ws`: of another tick it is none; None
            where it is not known, and members are told by their names.
    """
    there = dict(leaves(document))
    named = _named(there, symbol, instrument)
    places = _by_value(there, published) if published else _by_name(there, kind)
    fields = {name: path for name, path in places.items() if name not in STAMPS}
    priced = fields.get("last_price" if kind == "option tick" else "close")
    if not named or not priced:
        return None
    each = priced.rpartition("[*]")[0] + "[*]" if "[*]" in priced else ""
    tick = Tick({"kind": kind, "match": _match(document, symbol, priced)})
    if each:
        tick.table["each"] = each
    tick.table |= {key: _within(each, path) for key, path in named.items() if key != "prefix"}
    if named.get("prefix"):
        tick.table["symbol_prefix"] = named["prefix"]
    tick.numbers = "text" if isinstance(there[priced], str) else "json"
    _add_sequence(tick, there, places, each, is_known=published is not None)
    whole = _members(fields, published)
    if whole is not None:
        tick.table["members"] = _within(each, whole)
    else:
        tick.table["fields"] = {name: _within(each, path) for name, path in fields.items()}
        if published is None:
            tick.doubts["fields"] = "told by their names only"
    return tick


def _named(there: Mapping[str, Any], symbol: str, instrument: Any) -> dict[str, str]:
    """Return where a tick says what it is of: "symbol" with "prefix", "instrument"."""
    found: dict[str, str] = {}
    for path, value in there.items():
        is_it = str(value) == str(instrument) and not isinstance(value, bool)
        if is_it and INSTRUMENT.search(name_of(path)) and "instrument" not in found:
            found["instrument"] = path
        elif isinstance(value, str) and "symbol" not in found and SYMBOL.search(name_of(path)):
            if value == symbol:
                found["symbol"] = path
            elif re.search(rf"[.:@/]{re.escape(symbol)}$", value):
                found |= {"symbol": path, "prefix": value.removesuffix(symbol)}
    if not found:  # by its value alone, whatever it is called
        paths = [path for path, value in there.items() if value == symbol]
        found = {"symbol": paths[0]} if paths else {}
    return found


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _by_name(there: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Return the features' name → path, for members of usual names that have numbers."""
    found: dict[str, str] = {}
    wanted = BAR if kind == "underlying bar" else [n for n in NAMES if n not in BAR[:4]]
    for name in wanted:
        for alias in NAMES[name]:
            paths = [p for p, v in there.items() if name_of(p) == alias and _number(v) is not None]
            if paths and paths[0] not in found.values():
                found[name] = paths[0]
                break
    return found


def _by_value(there: Mapping[str, Any], published: Mapping[str, Any]) -> dict[str, str]:
    """Return the features' name → path, where a member has just what was published."""
    found: dict[str, str] = {}
    left = dict(there)
    for name, value in leaves(dict(published)):
        number = _number(value)
        if number is None or isinstance(value, str):
            continue
        fits = [p for p, v in left.items() if _number(v) == number]
        alike = [p for p in fits if name_of(p) == name_of(name) or p.endswith(name)]
        telling = len(str(number).strip("0.")) > 2  # a zero may stand anywhere
        chosen = alike[:1] or (fits if len(fits) == 1 and telling else [])
        if chosen:
            found[name] = chosen[0]
            del left[chosen[0]]
    found.pop("instrument_token", None)
    return found


def _members(fields: Mapping[str, str], published: Mapping[str, Any] | None) -> str | None:
    """Return where an object has all that was published, under the same names; None: nowhere."""
    if published is None:
        return None
    wanted = [
        name
        for name, value in leaves(dict(published))
        if _number(value) is not None and not isinstance(value, str)
    ]
    before = {
        fields[name][: -len(name)]
        for name in wanted
        if name in fields and fields[name].endswith(name)
    }
    complete = all(name in fields for name in wanted if name not in (*STAMPS, "instrument_token"))
    return before.pop().rstrip(".") if complete and len(before) == 1 else None


def _add_sequence(
    tick: Tick, there: Mapping[str, Any], places: Mapping[str, str], each: str, *, is_known: bool
) -> None:
    path = places.get("seq")
    if path is None and not is_known:
        path = next((p for p in there if SEQUENCE.match(name_of(p))), None)
        path = path if path not in places.values() else None
    if path is None:
        tick.doubts["sequence"] = "the number that the suite publishes was not seen in any member"
    elif not is_known:
        tick.doubts["sequence"] = "must be the number that the suite publishes with each tick"
    tick.table["sequence"] = _within(each, path or "seq")
    if due := places.get("due_us"):
        tick.table["due"] = _within(each, due)


def find_sequence(tick: Tick, pairs: Sequence[tuple[Document, Mapping[str, Any]]]) -> None:
    """Put into a shape the one member that was the number of each tick, where there is one.

    Args:
        tick: the shape.
        pairs: a message, and what was published; several, as a small number may stand anywhere.
    """
    left: set[str] | None = None
    for document, published in pairs:
        number = _number(published.get("seq"))
        fits = {path for path, value in leaves(document) if _number(value) == number}
        left = fits if left is None else left & fits
    if left and len(left) == 1:
        tick.table["sequence"] = _within(tick.table.get("each", ""), left.pop())
        tick.doubts.pop("sequence", None)


def _match(document: Document, symbol: str, priced: str) -> dict[str, Any]:
    pattern = {
        name: value
        for name, value in pattern_of(document).items()
        if value != symbol and symbol not in str(value)
    }
    data = document.get("data")
    inner = {
        f"data.{name}": value
        for name, value in pattern_of(data if isinstance(data, dict) else {}).items()
        if isinstance(value, str) and value != symbol
    }
    marks = {k: v for k, v in pattern.items() if not isinstance(v, dict)}
    return marks or inner or {priced.split("[")[0]: {"absent": False}}


def _within(each: str, path: str) -> str:
    """Return a path from one of several ticks; one that is outside begins with `$.`."""
    if not each:
        return path
    return path[len(each) :].lstrip(".") if path.startswith(each) else f"$.{path}"


def refusal_pattern(document: Document) -> dict[str, Any]:
    """Return a pattern that knows such a refusal again, whatever it is about."""
    for name in MARKS:
        value = document.get(name)
        if isinstance(value, str) and REFUSAL.search(value) and _is_word(value):
            return {name: value}
    for name in ("success", "ok"):
        if document.get(name) is False:
            return {name: False}
    return {"error": {"absent": False}} if document.get("error") else pattern_of(document)


def is_pong(document: Document) -> bool:
    """Return whether a message has the word pong in it, as a name or a value."""
    return any("pong" in f"{path} {value}".lower() for path, value in leaves(document)) or (
        "pong" in document
    )

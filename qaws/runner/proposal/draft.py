"""What is proposed: the table `[dialect]` that recognises what was seen, with its guesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from qaws.protocol.declared import Declared
from qaws.protocol.dialect_table import CHANNEL, DialectTable
from qaws.protocol.listing import Listing
from qaws.protocol.paths import Pattern
from qaws.protocol.templates import names_in
from qaws.runner.proposal import table
from qaws.runner.proposal.guess import (
    Document,
    pattern_of,
    refusal_pattern,
    session_in,
    words_in,
)
from qaws.runner.proposal.seen import FORMS, UNREAD, Answered, Names, Seen, shown
from qaws.runner.proposal.ways import Way, fits, ways

UNSEEN_TICK: dict[str, Any] = {
    "kind": "option tick",
    "match": {"type": "tick"},
    "symbol": "symbol",
    "sequence": "seq",
    "fields": {"last_price": "price"},
}

NO_TICK = "no tick came, so whether its ticks are as qa-ws has them was not seen"


@dataclass(slots=True)
class Draft:
    """A proposal.

    Attributes:
        dialect: "qa-ws" or a known one where all that was seen is its; "" otherwise.
        text: the table `[dialect]`; "" for `qa-ws`.
        place: where the token is shown.
        doubts: key → what is not certain about it.
        is_near: whether its clients say what those of `qa-ws` do, so that what differs may be a
            mistake of the service.
    """

    dialect: str
    text: str
    place: str
    doubts: dict[str, str] = field(default_factory=dict)
    is_near: bool = False


def draft_of(seen: Seen, name: str, names: Names) -> Draft | None:
    """Return what is proposed for a service; None where nothing of it was understood.

    Args:
        seen: what a search has seen.
        name: what the dialect is to be called.
        names: what was asked for.
    """
    if not seen.place or (seen.ping is None and seen.welcome is None):
        return None
    if whole := next((way for way in ways() if _is_all_of(way, seen)), None):
        if whole.name == "qa-ws":
            return Draft("qa-ws", "", seen.place)
        written: dict[str, Any] = {**whole.written, "name": name}
        if not any(tick.doubts for tick, _ in seen.ticks):  # it may have more than its like
            written["tick"] = [tick.table for tick, _ in seen.ticks]
        if malformed := _malformed(written["ping"]["say"]):
            written["malformed"] = {**malformed, **written.get("malformed", {})}
        return Draft(whole.name, table.text_of(written, {}), seen.place)
    if _is_qa_ws_but_for_ticks(seen):
        return Draft("qa-ws", "", seen.place, {"tick": NO_TICK})
    dialect, doubts = _guessed(seen, name)
    _pass_over(dialect, doubts, seen, names)
    asked = seen.asked.items()
    is_near = any(getattr(ways()[0].dialect.subscribe, f) == a.template for f, a in asked)
    return Draft("", table.text_of(dialect, doubts), seen.place, doubts, is_near)


def _is_all_of(way: Way, seen: Seen) -> bool:
    """Return whether everything that was seen is what a known dialect has, a tick among it."""
    ticks = bool(seen.ticks) and all(_is_tick_of(way, t.table, d) for t, d in seen.ticks)
    return ticks and _is_spoken(way, seen)


def _is_qa_ws_but_for_ticks(seen: Seen) -> bool:
    """Return whether all is `qa-ws`, and a lot was seen, where no tick came: the market is closed.

    What else came unasked may be a tick in words of its own.
    """
    asked = all(form in seen.asked for form in FORMS) and bool(seen.refusals)
    others = all(each.get("type") == "status" for each in seen.others)
    return not seen.ticks and asked and others and _is_spoken(ways()[0], seen)


def _is_spoken(way: Way, seen: Seen) -> bool:
    """Return whether all messages that were seen, but for ticks, are what a known dialect has."""
    dialect = way.dialect
    if dialect.several != seen.several or bool(dialect.open) != bool(seen.opening):
        return False
    if dialect.encoding.received != seen.received:
        return False
    if dialect.open and (seen.opening is None or dialect.open != seen.opening.dialect.open):
        return False
    if dialect.recognise.welcome and not (seen.welcome and way.welcomes(seen.welcome)):
        return False
    ping = seen.ping
    if not ping or not ping.answer or dialect.ping.say != ping.template:
        return False
    if not way.answers(ping.answer) or not seen.asked:
        return False
    for form in FORMS:
        asked, template = seen.asked.get(form), getattr(dialect.subscribe, form)
        if asked and (asked.template != template or not _acked(way, asked)):
            return False
    return all(fits(dialect.recognise.error, each) for each in seen.refusals)


def _acked(way: Way, asked: Answered) -> bool:
    return asked.answer is not None and fits(way.dialect.subscribe.ack, asked.answer)


def _is_tick_of(way: Way, guessed: Mapping[str, Any], document: Document) -> bool:
    """Return whether a tick is one of a way, and has its number where that says."""
    return any(
        each.kind == guessed["kind"]
        and Pattern(each.match).fits(document)
        and each.sequence == guessed["sequence"]
        for each in way.dialect.tick
    )


# --- guesses -------------------------------------------------------------------------------------


def _guessed(seen: Seen, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    doubts: dict[str, str] = {}
    dialect: dict[str, Any] = {"name": name}
    if seen.several != "no":
        dialect["several"] = seen.several
    if seen.received not in ("text", UNREAD):
        dialect["encoding"] = {"received": seen.received}
        doubts["encoding.received"] = f"seen: binary messages that are read as {seen.received}"
    if any(tick.numbers == "text" for tick, _ in seen.ticks):
        dialect["numbers"] = "text"
    if seen.opening:
        dialect["open"] = [
            each.model_dump(exclude_defaults=True) for each in seen.opening.dialect.open
        ]
    dialect["ping"] = _ping(seen, doubts)
    for verb, found in (("subscribe", seen.asked), ("unsubscribe", seen.ended)):
        dialect[verb] = _request(verb, found, seen, doubts)
    if any(CHANNEL in names_in(template) for template in dialect["unsubscribe"].values()):
        way = next(iter(seen.asked.values())).way
        dialect["channels"] = way.written["channels"]
        doubts["channels.given"] = f"GUESSED: as {way.name} gives out numbers"
    dialect["recognise"] = _recognised(seen, doubts)
    session = {
        "id": session_in(seen.welcome) if seen.welcome else "",
        "error_text": next(filter(None, map(words_in, seen.refusals)), ""),
    }
    dialect["session"] = {key: path for key, path in session.items() if path}
    dialect["tick"] = [tick.table for tick, _ in seen.ticks]
    for number, (tick, document) in enumerate(seen.ticks):
        doubts |= {f"tick[{number}].{key}": f"GUESSED: {why}" for key, why in tick.doubts.items()}
        doubts[f"tick[{number}].match"] = f"seen: {shown(document)}"
    if not any(tick["kind"] == "option tick" for tick in dialect["tick"]):
        dialect["tick"].append(UNSEEN_TICK)
        doubts[f"tick[{len(dialect['tick']) - 1}].kind"] = (
            "NOT SEEN: no tick came; say how yours look, or have some flow and try again"
        )
    if malformed := _malformed(dialect["ping"]["say"]):
        dialect["malformed"] = malformed
    return {key: value for key, value in dialect.items() if value}, doubts


def _ping(seen: Seen, doubts: dict[str, str]) -> dict[str, Any]:
    ping = seen.ping
    if ping is None or ping.answer is None:
        doubts["ping.say"] = "NOT SEEN: no ping that was tried was answered; say what yours is"
        return {"say": {"action": "ping"}, "answer": [{"type": "pong"}]}
    known = next((way for way in ways() if way.answers(ping.answer)), None)
    doubts["ping.answer"] = f"seen: {shown(ping.answer)}"
    if known:
        answer = [each for each in known.dialect.ping.answer if Pattern(each).fits(ping.answer)]
    else:
        answer = [pattern_of(ping.answer, ping.number)]
        doubts["ping.answer"] = f"GUESSED from {shown(ping.answer)}"
    return {"say": ping.template, "answer": answer}


def _request(
    verb: str, found: Mapping[Any, Answered], seen: Seen, doubts: dict[str, str]
) -> dict[str, Any]:
    """Return how something is asked for, as far as it was seen."""
    if not found:
        return _unseen_request(verb, seen, doubts)
    request: dict[str, Any] = {form: each.template for form, each in found.items()}
    acks: list[dict[str, Any]] = []
    for each in found.values():
        table_of_way = getattr(each.way.dialect, verb)
        if each.answer is None:
            continue
        known = [ack for ack in table_of_way.ack if Pattern(ack).fits(each.answer)]
        for ack in known or [pattern_of(each.answer, each.number)]:
            if ack not in acks:
                acks.append(ack)
        said = "seen" if known else "GUESSED from"
        doubts[f"{verb}.ack"] = f"{said}{':' * bool(known)} {shown(each.answer)}"
        if known and table_of_way.acks != "each request":
            request["acks"] = table_of_way.acks
        if table_of_way.one_by_one:
            request["one_by_one"] = True
    if acks:
        return {**request, "ack": acks}
    doubts[f"{verb}.acks"] = "GUESSED: nothing but ticks came behind it"
    return {**request, "acks": "never"}


def _unseen_request(verb: str, seen: Seen, doubts: dict[str, str]) -> dict[str, Any]:
    """Return a form that can be filled in, of the way that fits best so far."""
    if asked := next(iter(seen.asked.items()), None):
        form, each = asked
        of_way = getattr(each.way.dialect, verb)
        request = {form: getattr(of_way, form), "ack": of_way.ack, "acks": of_way.acks}
        doubts[f"{verb}.{form}"] = "NOT SEEN: what was tried was refused, or not answered"
        return {key: value for key, value in request.items() if value}
    doubts[f"{verb}.instruments"] = (
        f"NOT SEEN: nothing that was tried was acknowledged; say how your clients {verb}"
    )
    of_qa_ws = getattr(ways()[0].dialect, verb)
    return {**{form: getattr(of_qa_ws, form) for form in FORMS}, "ack": of_qa_ws.ack}


def _recognised(seen: Seen, doubts: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if seen.welcome:
        known = next((way for way in ways() if way.welcomes(seen.welcome)), None)
        patterns = known.dialect.recognise.welcome if known else []
        fitting = [each for each in patterns if Pattern(each).fits(seen.welcome)]
        found["welcome"] = fitting or [pattern_of(seen.welcome)]
        doubts["recognise.welcome"] = f"seen: {shown(seen.welcome)}"
    errors: list[dict[str, Any]] = []
    for each in seen.refusals:
        if not fits(errors, each):
            errors.append(refusal_pattern(each))
    if errors:
        found["error"] = errors
        doubts["recognise.error"] = f"seen: {shown(seen.refusals[0])}"
    return found


def _malformed(ping: Any) -> dict[str, Any]:
    """Return how an unknown action is spelled: a ping with another verb."""
    if not isinstance(ping, dict):
        return {}
    verbs = [key for key, value in ping.items() if value == "ping"]
    return {"an unknown action": {verbs[0]: "teleport"}} if verbs else {}


def _pass_over(dialect: dict[str, Any], doubts: dict[str, str], seen: Seen, names: Names) -> None:
    """Have the dialect pass over what else came and nothing in it recognises."""
    try:
        reading = Declared(DialectTable.model_validate(dialect), Listing({}), {})
    except (ValidationError, ValueError):
        return
    ignored: list[dict[str, Any]] = []
    for each in seen.others:
        said = list(reading._read([each], exactly=False))
        if any(one.message and one.message.get("type") == "unknown" for one in said):
            pattern = pattern_of(each)
            if pattern and pattern not in ignored and names.symbol not in str(pattern):
                ignored.append(pattern)
                doubts["recognise.ignore"] = f"GUESSED: came unasked: {shown(each)}"
    if ignored:
        dialect.setdefault("recognise", {})["ignore"] = ignored


def remarks(draft: Draft, wanting: Mapping[str, Sequence[str] | set[str]]) -> list[str]:
    """Return what a reader should look at, one sentence each."""
    found = [f"[dialect] {key}: {why}" for key, why in draft.doubts.items() if not _is_sure(why)]
    for name, of in wanting.items():
        if not any(draft.dialect == each for each in of):
            ways_ = ", ".join(sorted(of))
            found.append(
                f"--market {name}=…: without it what names {{{name}}} ({ways_}) was not tried"
            )
    return found


def _is_sure(why: str) -> bool:
    return why.startswith("seen:")

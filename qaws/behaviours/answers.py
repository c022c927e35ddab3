"""What a client is told besides ticks: one welcome, and one acknowledgement for each request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.raw_connection import RawConnection
from qaws.clients.subscriber import ACKS
from qaws.protocol.market import INSTRUMENTS
from qaws.testbed.testbed import Testbed

ACTIONS = {"subscribed": "subscribe", "unsubscribed": "unsubscribe"}
_TO = {"subscribe": "to subscribe to", "unsubscribe": "to unsubscribe from"}


def welcome_faults(testbed: Testbed, connections: Sequence[Connection]) -> list[str]:
    """Say whose welcome did not come once and first (docs/specification.md, section 1)."""
    findings = []
    for connection in connections:
        kinds = [testbed.dialect.kind(frame.message) for frame in connection.received()]
        if kinds.count("welcome") > 1:
            findings.append(f"{connection.name} was welcomed {kinds.count('welcome')} times")
        if kinds and testbed.dialect.welcomes and kinds[0] != "welcome":
            findings.append(f"the first message to {connection.name} was a {kinds[0]}")
    return findings


def pong_faults(testbed: Testbed, connections: Sequence[Connection]) -> list[str]:
    """Say who received a pong that answers the ping of another (RFC 6455, section 5.5.3).

    Pongs that nobody has asked for are lawful: what one has in it is another's only where another
    has pinged with just that, and the client itself has not.
    """
    pinged = {
        frame.text: other.name
        for other in testbed.scenario.connections.all
        for frame in other.log
        if frame.kind == "ping" and frame.direction == "→" and frame.text
    }
    return [
        f"{mine.name} received a pong with the payload of {pinged[frame.text]}'s ping"
        for mine in connections
        for frame in mine.log
        if frame.kind == "pong"
        and frame.direction == "←"
        and pinged.get(frame.text, mine.name) != mine.name
    ]


def acknowledgement_faults(testbed: Testbed, connections: Sequence[Connection]) -> list[str]:
    """Say who was told more often than it has asked that it holds something, or of something else.

    Or by totals, where it is told any, that it holds more or less than it does. Only where messages
    are those of `qa-ws`: elsewhere one request may have several answers. An acknowledgement need
    not say what it is about. What a hostile client has poured is not counted. Totals are looked at
    where nothing else is wrong: what a client holds follows from acknowledgements that are right.
    """
    if not testbed.dialect.is_plain:
        return []
    clients = [c for c in connections if not isinstance(c, RawConnection)]
    found = [each for client in clients for each in _of(client)]
    return found or [each for client in clients for each in _totals_faults(client)]


def _of(connection: Connection) -> list[str]:
    findings, requests = [], sent_by(connection)
    for kind in ACKS:
        asked = [r for r in requests if r.get("action") == ACTIONS[kind]]
        acks = [frame.message for frame in connection.received(kind)]
        if len(acks) > len(asked):
            findings.append(
                f"{connection.name} received {len(acks)} x {kind} and had sent {len(asked)} x "
                f"{ACTIONS[kind]}"
            )
        findings += [
            f"{connection.name} received the acknowledgement of {ack['selector']}"
            for ack in acks
            if isinstance(ack.get("selector"), dict)
            and not any(_covers(request, ack["selector"]) for request in requests)
        ]
    return findings or _misnamed(connection)


def _misnamed(connection: Connection) -> list[str]:
    """Say which acknowledgement names what another request of the client's had named."""
    before: list[dict[str, Any]] = []
    for request, answer in _answered(connection):
        named = answer.get("selector")
        if not isinstance(named, dict) or ACTIONS.get(answer["type"]) != request["action"]:
            named = {}  # which every request covers
        if not _covers(request, named) and any(_covers(each, named) for each in before):
            return [
                f"{connection.name} asked {_TO[request['action']]} {_in_words(request)}, and the "
                f"acknowledgement names {_in_words(named)}, which an earlier request of its own "
                "had named"
            ]
        before.append(request)
    return []


def _answered(connection: Connection) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield requests with their answers: those that were sent when no other was unanswered."""
    unanswered: list[dict[str, Any]] = []
    is_sure = True
    for frame in connection.log:
        if (request := _request(frame)) and request.get("action") in _TO:
            is_sure = not unanswered
            unanswered.append(request)
        elif unanswered and _is_answer(frame):
            request = unanswered.pop(0)
            if is_sure:
                yield request, frame.message


def _is_answer(frame: Frame) -> bool:
    is_object = frame.direction == "←" and isinstance(frame.message, dict)
    return is_object and frame.message.get("type") in (*ACKS, "error")


def _in_words(selector: dict[str, Any]) -> str:
    """Return what a request or an acknowledgement names, as features would call it."""
    match selector:
        case {"symbol": name, "type": "underlying"}:
            return f"the {name} underlying"
        case {"instruments": [*names]} | {"symbols": [*names]}:
            kind = "instruments" if "instruments" in selector else "symbols"
            return f"{kind if len(names) > 1 else kind[:-1]} {' and '.join(map(str, names))}"
    return json.dumps(selector, ensure_ascii=False)


def _totals_faults(connection: Connection) -> list[str]:
    """Say where the totals of an acknowledgement are not what its client holds from then on.

    What it holds follows from its acknowledgements, as long as each says what it is about. Where an
    error has come, something may have been granted in part, and totals are not held to anything.
    Only kinds that it has named are looked at: a service may count the instruments of a symbol.
    """
    if any(True for _ in connection.received("error")):
        return []
    held: set[tuple[str, Any]] = set()
    named: set[str] = set()
    acks = [f.message for f in connection.received() if f.message.get("type") in ACTIONS]
    for number, ack in enumerate(acks, 1):
        items = _items(ack.get("selector"))
        if items is None:
            break
        held = held | items if ack["type"] == "subscribed" else held - items
        named |= {kind for kind, _ in items}
        totals = ack.get("totals")
        kinds = Counter(kind for kind, _ in held)
        for kind in sorted(named):
            told = totals.get(kind, kinds[kind]) if isinstance(totals, dict) else kinds[kind]
            if told != kinds[kind]:
                return [
                    f"{connection.name} was told that it holds {told} {kind}, and by what its "
                    f"acknowledgements name it holds {kinds[kind]}, with number {number} of them, "
                    f"{ack['type']} {', '.join(sorted(str(name) for _, name in items))}"
                ]
    return []


def _items(selector: object) -> set[tuple[str, Any]] | None:
    """Return what a selector names, each with its kind as totals call it; None for nothing."""
    match selector:
        case {"instruments": [*names]}:
            # What never ticks a service need not know, nor count.
            known = all(name in INSTRUMENTS for name in names)
            return {("instruments", name) for name in names} if known else None
        case {"symbols": [*names]}:
            return {("symbols", name) for name in names}
        case {"symbol": str(name), "type": "underlying"}:
            return {("underlyings", name)}
    return None


def sent_by(connection: Connection) -> list[dict[str, Any]]:
    """Return the messages that a client has sent, as far as they are JSON objects."""
    return [request for frame in connection.log if (request := _request(frame))]


def _request(frame: Frame) -> dict[str, Any] | None:
    """Return the JSON object that a client has sent; None for none, and for an empty one."""
    if frame.direction != "→" or frame.kind != "text":
        return None
    try:
        message = json.loads(frame.text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and message else None


def _covers(request: dict[str, Any], selector: dict[str, Any]) -> bool:
    """Return whether a request names what an acknowledgement is about, in whatever order.

    Of a list it may be about a part: the rest was refused.
    """
    for name, value in selector.items():
        asked = request.get(name)
        if isinstance(value, list) and isinstance(asked, list):
            if not all(each in asked for each in value) or (asked and not value):
                return False
        elif value is not None and value != asked:
            return False
    return True

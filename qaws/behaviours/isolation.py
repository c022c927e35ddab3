"""What one client may not get from, nor do to, another: QA-WS-025.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from qaws.behaviours import answers, fences, lifecycle, mistakes
from qaws.behaviours.token_traces import traces
from qaws.clients.connection import Connection
from qaws.protocol.attempts import ATTEMPTS
from qaws.protocol.commands import Commands
from qaws.protocol.dialect import Dialect
from qaws.protocol.market import DUE_FIELD, SEQUENCE_FIELD, Market, instrument_of
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, Refuted

SYMBOL = "NIFTY"
FORGED_SEQUENCE = 1_000_000_000
"""The sequence number of a tick that only a client has sent: the feed never gets that far."""


MARK_BYTES = 8
MARKS = Key[dict[str, str]]("nobody has sent anything with a mark of its own")
"""Client → what stands in a message of its own, and in nobody else's."""


class Forger(NamedTuple):
    """Makes what the feed publishes, as a client would forge it."""

    dialect: Dialect
    market: Market

    def tick(self) -> Any:
        """Return an option tick."""
        return self._made(self.market.option_tick(instrument_of(SYMBOL)))

    def bar(self) -> Any:
        """Return a bar."""
        if not self.dialect.carries(("underlying_bar", SYMBOL, None)):
            raise NotVerified(f"the dialect {self.dialect.name} has no bars")
        return self._made(self.market.underlying_bar(SYMBOL))

    def _made(self, fields: dict[str, Any]) -> Any:
        due_us = time.time_ns() // 1000
        stamped = {**fields, SEQUENCE_FIELD: FORGED_SEQUENCE, DUE_FIELD: due_us}
        return json.loads(self.dialect.payload(stamped))

    def members(self) -> dict[str, Any]:
        """Return the members of an option tick; none where it is no object."""
        tick = self.tick()
        return tick if isinstance(tick, dict) else {}


def _publish(forger: Forger, action: str) -> str:
    """Return a command that the dialect has not, said as it says those that it has."""
    tick = forger.members()
    if Commands(forger.dialect).says_lists:
        return json.dumps([action, "ticker:options", forger.tick()])
    try:
        verb = Commands(forger.dialect).verb()
    except NotVerified:
        verb = "action"
    return json.dumps({"channel": "ticker:options", "data": tick, **tick, verb: action})


def _ping_with(forger: Forger) -> str:
    """Return a ping of the dialect that carries a tick besides, where pings are JSON."""
    if (commands := Commands(forger.dialect)).says_lists:
        return commands.ping(json.dumps(forger.members()).encode()[1:-1]).decode()
    ping = forger.dialect.ping()
    members = json.loads(ping) if ping.lstrip().startswith("{") else {}
    return json.dumps({**forger.members(), **members})


PUBLISHING: dict[str, Callable[[Forger], str]] = {
    "a tick": lambda forger: json.dumps(forger.tick()),
    "a bar": lambda forger: json.dumps(forger.bar()),
    "a tick inside a list": lambda forger: json.dumps([forger.tick()]),
    "a publish command with a tick": lambda forger: _publish(forger, "publish"),
    "a broadcast command with a tick": lambda forger: _publish(forger, "broadcast"),
    "a ping that carries a tick": lambda forger: _ping_with(forger),
    "a broker command": lambda forger: f"PUBLISH ticker:options {json.dumps(forger.tick())}",
}
"""What `features/data/attempts-to-publish.toml` calls an attempt → what goes over the wire."""


async def try_to_publish(testbed: Testbed, client: str, name: str) -> None:
    """Send what would be a tick if it came from the feed, and wait for an answer to a ping.

    Raises:
        Broken: there is no attempt of that name.
    """
    if ATTEMPTS.named(name).name not in PUBLISHING:
        raise Broken(f'{ATTEMPTS.place}: "{name}": nothing in {__name__} says how it is made')
    connection = testbed.scenario.connections.named(client)
    testbed.feed.others.own_words.add(str(FORGED_SEQUENCE))
    await connection.send(PUBLISHING[name](Forger(testbed.dialect, testbed.feed.market)))
    await _hear_all(testbed, [connection])


async def try_to_subscribe(testbed: Testbed, client: str, symbol: str) -> None:
    """Ask for ticks by a name that may not be a symbol, and wait for whatever is answered.

    Where requests are never acknowledged that is the pong to a ping behind it. The client is not
    taken to be entitled to anything by that.

    Raises:
        Refuted: nothing was answered.
    """
    connection = testbed.scenario.connections.named(client)
    request = connection.dialect.subscribe_to(symbol)
    asked = await connection.send(request)
    if not request.acks:
        await _hear_all(testbed, [connection])
        return
    answer = await connection.wait_for(
        lambda f: (
            lifecycle.is_kind(testbed, "subscribed")(f) or lifecycle.is_kind(testbed, "error")(f)
        ),
        asked,
        testbed.grace_s,
    )
    if answer is None:
        raise Refuted(f'{client} asked for "{symbol}" and got no answer: {connection.summary()}')


async def err_at_once(testbed: Testbed, clients: Sequence[str]) -> None:
    """Let clients send broken JSON at the same moment, each with a mark that nobody else has.

    Whether they get errors is not judged here (QA-WS-010): only that none has another's mark in it.

    Raises:
        Broken: one of them has not connected.
        NotVerified: the service has closed one for its mistake.
    """
    connections = testbed.scenario.connections.of(clients)
    marks = {connection.name: secrets.token_hex(MARK_BYTES) for connection in connections}
    testbed.scenario.stash.setdefault(MARKS, {}).update(marks)
    broken = testbed.dialect.malformed("broken JSON")
    sent = [await c.send(f"{broken} {marks[c.name]}") for c in connections]
    is_error = lifecycle.is_kind(testbed, "error")
    waits = map(lambda c, s: c.wait_for(is_error, s, testbed.grace_s), connections, sent)
    await asyncio.gather(*waits)
    for connection in connections:
        mistakes.require_forgiven(connection)


async def nothing_is_mixed_up(testbed: Testbed) -> None:
    """Require that no client has received what belongs to another.

    That is: the session id of another, any token, an answer to what it has not asked, or an
    acknowledgement of a selector that it has not named, or what another has sent in error. A pong
    comes first, behind which nothing older can come.
    """
    connections = [c for c in testbed.scenario.connections.all if c.is_welcomed]
    await _hear_all(testbed, [c for c in connections if c.is_open])
    tokens = [c.token for c in testbed.scenario.connections.all if c.token]
    findings = [f for c in connections for f in _not_its_own(testbed, c, connections, tokens)]
    testbed.scenario.checks.require(
        not findings,
        f"what belongs to others among what {len(connections)} clients received",
        "; ".join(findings[:3]) or "nothing",
        "nothing",
    )


def _not_its_own(
    testbed: Testbed, mine: Connection, all_: Sequence[Connection], tokens: Sequence[str]
) -> list[str]:
    """Say what a client has received that is not its own."""
    heard = "\n".join(
        f.whole for f in mine.log if f.direction == "←" and f.kind in ("text", "binary")
    )
    sent = [frame.text for frame in mine.log if frame.direction == "→" and frame.kind == "text"]
    kinds = [testbed.dialect.kind(frame.message) for frame in mine.received()]
    answered = sum(kinds.count(k) for k in ("subscribed", "unsubscribed", "error", "pong"))
    findings = [
        f"{mine.name} received the session id of {other.name}"
        for other in all_
        if other is not mine and other.session_id and other.session_id in heard
    ]
    findings += [f"{mine.name} received {trace}" for trace in traces(heard, tokens)]
    marks = testbed.scenario.stash.get(MARKS) or {}
    findings += [
        f"{mine.name} received what {other} had sent: {_around(heard, mark)}"
        for other, mark in marks.items()
        if other != mine.name and mark in heard
    ]
    if testbed.dialect.answers_once and answered > len(sent):
        findings.append(f"{mine.name} sent {len(sent)} messages and received {answered} answers")
    return findings + answers.acknowledgement_faults(testbed, [mine])


def _around(heard: str, mark: str) -> str:
    """Return the message in which a mark stands."""
    return next(line for line in heard.split("\n") if mark in line)[:200]


async def _hear_all(testbed: Testbed, connections: Sequence[Connection]) -> None:
    """Wait until clients have received everything that was sent to them before now.

    Raises:
        Refuted: one gets no pong.
    """

    async def hear(connection: Connection) -> None:
        asked = await connection.send(connection.dialect.ping())
        wait_s = fences.WELL_PAST * testbed.grace_s
        pong = await connection.wait_for(lifecycle.is_kind(testbed, "pong"), asked, wait_s)
        if pong is None:
            raise Refuted(f"{connection.name} got no pong: {connection.summary()}")

    await asyncio.gather(*(hear(connection) for connection in connections))

"""What the team's own publisher sends: QA-WS-123.

Its ticks are none of the suite's, so that no ledger knows them: the client that waits for them is
in nobody else's registry, and what it gets is held against what was heard at the broker. A tick of
the suite's follows, which shows that the client was served.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from qaws.behaviours import deliveries, lifecycle, persons
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import key_of
from qaws.oracle.ledger import Published
from qaws.protocol.exact import exact, first_difference
from qaws.protocol.market import Selection, chain_of
from qaws.runtime.process import ManagedProcess
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, Refuted

LOOK_EVERY_S = 0.05
SHOWN = 160
"""So many characters of a payload are shown."""


@dataclass(slots=True)
class Publishing:
    """What came of the publisher's ticks: `heard` at the broker, and at the client.

    `behind` is the tick of the suite's that followed them.
    """

    client: Connection
    selection: Selection
    heard: list[str]
    ran_s: float = 0.0
    behind: Published | None = None
    arrived: list[Frame] = field(default_factory=list)


PUBLISHING = Key[Publishing]("the team's own publisher has not been run in this scenario")


async def run(testbed: Testbed, client: str, selection: Selection, within_ms: float) -> None:
    """Subscribe a client, run the publisher until a tick of it has come, and end it.

    Raises:
        Broken: it cannot be started, ends with an error, or nobody can listen at the broker.
        NotVerified: the target has none.
        Refuted: the client was not welcomed, or its subscription not acknowledged.
    """
    connection = await _subscribed(testbed, client, selection)
    others = testbed.feed.others
    publishing = Publishing(connection, selection, await others.expect())
    testbed.scenario.stash[PUBLISHING] = publishing
    command = _command(testbed, selection)
    log = testbed.logs / "own-publisher.log"
    process = await asyncio.to_thread(ManagedProcess, "the team's own publisher", command, log)
    began_s, code = time.monotonic(), None
    try:
        over_s = began_s + within_ms / 1e3
        while time.monotonic() < over_s and not _theirs(testbed, connection):
            if code is None and (code := process.exit_code()) is not None:
                over_s = min(over_s, time.monotonic() + testbed.grace_s)
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        publishing.ran_s = time.monotonic() - began_s
        await asyncio.to_thread(process.stop)
    if code and not _theirs(testbed, connection):
        raise Broken(f"{process.name} ended with exit code {code}: {process.last_line()}")
    await others.settle()
    await others.leave()
    behind = publishing.behind = await testbed.feed.publish_fence(selection)
    await connection.wait_for(lambda f: key_of(f) == behind.key, None, testbed.grace_s)
    publishing.arrived = _theirs(testbed, connection)


async def _subscribed(testbed: Testbed, client: str, selection: Selection) -> Connection:
    """Connect and subscribe a client that no other step knows."""
    registry = testbed.new_registry()
    testbed.scenario.on_end.append(
        lambda: testbed.loop.call(testbed.goodbyes.say(registry), timeout_s=30)
    )
    tokens = await persons.tokens_of(testbed, [client])
    location = testbed.target.auth.token_locations[0]
    [connection] = await registry.connect([client], testbed.service, tokens, location)
    await lifecycle.settled(testbed, connection)
    lifecycle.require_welcomes(testbed, [connection])
    if await connection.subscribe(selection, testbed.grace_s) is None:
        raise Refuted(f"{client}'s subscription was not acknowledged: {connection.summary()}")
    return connection


def _command(testbed: Testbed, selection: Selection) -> list[str]:
    """Return what is started, with the service's own names for what it is to publish."""
    feed = testbed.target.feed
    if feed is None or not feed.own_publisher:
        raise NotVerified(f"{testbed.target.file}: [feed] has no own_publisher")
    _, symbol, instrument = selection.sample()
    own: int | str | None = instrument
    listed = testbed.target.market.get(symbol)
    if listed and listed.instruments and instrument is not None:
        own = listed.instruments[chain_of(symbol).index(instrument)]
    named = {"symbol": testbed.dialect.own_symbol(symbol), "instrument": str(own)}
    values = {**testbed.placeholders, **named}
    return [part.format(**values) for part in feed.own_publisher]


def _theirs(testbed: Testbed, connection: Connection) -> list[Frame]:
    """Return the option ticks that came and that the suite has not published."""
    ticks = [f for f in connection.received("tick") if not _is_own(testbed, f)]
    return [f for f in ticks if f.message and f.message.get("type") == "option_tick"]


def _is_own(testbed: Testbed, frame: Frame) -> bool:
    key = key_of(frame)
    return key is not None and testbed.ledger.find(key) is not None


# --- what must hold -------------------------------------------------------------------------------


async def reached(testbed: Testbed) -> None:
    """Require that an option tick of the publisher has reached the client, as it was published.

    Raises:
        NotVerified: nothing was heard of the publisher where the service listens, or what arrived
            cannot be held against it.
    """
    found, checks = testbed.scenario.stash[PUBLISHING], testbed.scenario.checks
    client, channel = found.client, testbed.feed.channels.of(*found.selection.sample())
    if client.breaches:
        deliveries.raise_breach(testbed, client)
    if not found.heard and not found.arrived:
        raise NotVerified(
            f"in {found.ran_s:.1f} s the team's own publisher has published nothing on {channel}; "
            f"[feed] own_publisher is to publish option ticks of {found.selection} there"
        )
    first = found.heard[0] if found.heard else ""
    shown = first[:SHOWN] + ("…" if len(first) > SHOWN else "")
    checks.require(
        bool(found.arrived),
        f"option ticks of the team's own publisher that reached {client.name}",
        f"{len(found.arrived)} of {len(found.heard)} that were heard on {channel}"
        + ("" if found.arrived else f" in {found.ran_s:.1f} s, the first {shown!r}"),
        "at least one",
    )
    with testbed.scenario.told_last():
        _require_comparable(testbed, found)
        altered = [said for frame in found.arrived if (said := _altered(found, frame))]
        checks.require(
            not altered,
            f"what {client.name} received of the team's own publisher",
            altered[0] if altered else "as it was published",
            "as it was published",
        )


def _require_comparable(testbed: Testbed, found: Publishing) -> None:
    """Require that what arrived can be held against what was published.

    Raises:
        NotVerified: nothing was heard, or clients receive it in other words.
    """
    why = ""
    if not found.heard:
        why = "nothing of it was heard where it was published"
    elif not testbed.dialect.is_plain:
        why = f"nothing says how the dialect {testbed.dialect.name} spells what it publishes"
    if why:
        raise NotVerified(
            f"ticks of the team's own publisher have reached {found.client.name}, and whether as "
            f"they were published nobody can tell: {why}"
        )


def _altered(found: Publishing, frame: Frame) -> str:
    """Say in what a tick differs from the published one that is most like it, "" for nothing."""
    if frame.text in found.heard:
        return ""
    got = exact(frame.text)
    published = [each for each in map(_read, found.heard) if each]
    most_alike = max(published, key=lambda each: _in_common(each, got), default=None)
    if most_alike is None:
        return f"a tick that it had not published: {frame.text[:SHOWN]}"
    said = first_difference(most_alike, got)
    return f"a tick with {said}" if said else ""


def _read(payload: str) -> dict[str, Any] | None:
    try:
        read = exact(payload)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _in_common(published: dict[str, Any], got: dict[str, Any]) -> int:
    return sum(name in got and got[name] == value for name, value in published.items())


async def was_served(testbed: Testbed) -> None:
    """Require that the tick which followed has reached the client, and none came twice."""
    found = testbed.scenario.stash[PUBLISHING]
    assert found.behind is not None
    key = found.behind.key
    came = sum(key_of(frame) == key for frame in found.client.received("tick"))
    testbed.scenario.checks.require(
        came == 1,
        f"the tick behind those of the team's own publisher, at {found.client.name}",
        f"came {came} times; {found.client.summary()}",
        "once",
    )

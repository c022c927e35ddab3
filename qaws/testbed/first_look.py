"""The first look: do target file and service speak of the same thing?

Before any scenario, a client with a good token connects, waits for its welcome, pings, subscribes,
receives a tick and a bar that were published for it, unsubscribes and leaves. A target file that is
about another service would otherwise turn into a hundred red rows that accuse this one.

Only what no single mistake of a service explains ends the run: nobody is let in, nothing is
understood, or nobody listens where ticks are published. Whatever else is off is a remark, and the
scenarios judge it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import Registry, key_of
from qaws.oracle.ledger import Published
from qaws.protocol.market import DUE_FIELD, Market, selection_of
from qaws.testbed import look_words
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, without_tokens

CLIENT = "the first client"
INSTRUMENT, BARS = selection_of("instrument 256265"), selection_of("the NIFTY underlying")
WITHIN_S = 2.0
"""How long a welcome or an answer may take before the look goes on without it."""
LAST_S = 2.5
"""How much longer anything at all may take before a service counts as one that understands nothing:
on a busy machine it may only be slow."""
HEARD_WITHIN_S = 4.0
"""How long the broker may count nobody who listens: a service may subscribe when a client does."""
AGAIN_S = 0.25
"""How long after a tick that nobody heard the next one is published."""
WHOLE_S = 60.0
"""When the look is given up, so that nothing can hang a run."""

KINDS = frozenset(
    {
        *("welcome", "pong", "subscribed", "unsubscribed", "error", "status"),
        *("option tick", "underlying bar"),
    }
)
"""What messages can be, in the words of the features."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the look: what it was, what was seen, whether that is as it should be."""

    what: str
    seen: str
    fits: bool = True


@dataclass(slots=True)
class FirstLook:
    """What was seen.

    Attributes:
        steps: in order.
        withheld: capabilities that the target names and does not give, with the reason.
    """

    steps: list[Step] = field(default_factory=list)
    withheld: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, seen: str, fits: bool = True) -> None:
        """Note a step."""
        self.steps.append(Step(what, without_tokens(seen), fits))

    @property
    def remarks(self) -> list[str]:
        """Return what is not as it should be, one sentence each."""
        return [f"{step.what}: {step.seen}" for step in self.steps if not step.fits]

    def as_dict(self) -> dict[str, Any]:
        """Return the whole as plain values."""
        return {"steps": [asdict(step) for step in self.steps], "withheld": dict(self.withheld)}


def look(
    testbed: Testbed, needs: Collection[str], found: FirstLook | None = None, *, whole: bool = False
) -> FirstLook:
    """Look at the scenario's service, with what the scenarios of this run need of the target.

    Args:
        testbed: its scenario's service runs.
        needs: capabilities; ticks are published only where one of them is "inject".
        found: takes what was seen, also where the run ends.
        whole: show a token in every place that the target names, not only until one is accepted.

    Raises:
        Broken: target file and service do not speak of the same thing; one line with what was seen
            and the key to look at.
    """
    found = FirstLook() if found is None else found
    wanted = testbed.target.capabilities.intersection(needs)
    registry = testbed.new_registry()
    limit_s = WHOLE_S * testbed.timeout_factor
    try:
        client = testbed.loop.call(_admitted(testbed, registry, found, whole), limit_s)
        if client is None:
            _require_other_cause(testbed, registry, found)
            return found
        testbed.loop.call(_spoken_to(testbed, client, found), limit_s)
        if "statistics" in wanted:
            _read_statistics(testbed, found)
        if client.is_open and "inject" in wanted:
            testbed.loop.call(_served(testbed, client, found), limit_s)
        if client.is_open:
            testbed.loop.call(_unsubscribed(testbed, client, found), limit_s)
    except TimeoutError:
        raise Broken(
            f"{testbed.target.file}: the first look did not end in {limit_s:g} s"
        ) from None
    finally:
        testbed.loop.call(registry.close(), 30)
    return found


# --- the handshake -------------------------------------------------------------------------------


async def _admitted(
    testbed: Testbed, registry: Registry, found: FirstLook, whole: bool
) -> Connection | None:
    """Show a good token in the places that the target names; return the first that is let in."""
    admitted: Connection | None = None
    for place in testbed.target.auth.token_locations:
        client = await _connected(testbed, registry, place)
        is_in = client.is_open or any(client.received("welcome"))
        found.note(f"handshake, token as {place}", look_words.of_handshake(client), is_in)
        admitted = admitted or (client if is_in else None)
        if admitted and not whole:
            break
    return admitted


async def _connected(testbed: Testbed, registry: Registry, place: str) -> Connection:
    """Connect, and wait until the client was welcomed, or its connection has ended."""
    (token,) = await testbed.tokens.for_clients(1)
    try:
        (client,) = await registry.connect([CLIENT], testbed.service, [token], place)
    except Broken as problem:
        raise look_words.unreachable(testbed, problem) from None
    if client.http_status == 101:
        welcomed = _is(testbed, "welcome")
        over_s = WITHIN_S * testbed.timeout_factor
        await client.wait_for(lambda f: welcomed(f) or f.kind in ("close", "end"), None, over_s)
    if any(client.received("welcome")):
        testbed.tokens.accepted = True
    return client


def _require_other_cause(testbed: Testbed, registry: Registry, found: FirstLook) -> None:
    """Raise `Broken` unless a service that lets nobody in would with a simpler key set.

    Then the keys that the target names are right, and the service takes another one of the set: it
    is for the scenarios to say so.
    """
    refused = look_words.refused_everywhere(testbed, registry.all)
    launch, kept = testbed.target.launch, testbed.service
    lone = testbed.tokens.write_lone_key_set()
    if lone is None or not (launch and launch.reads("jwks_file")):
        raise refused
    assert testbed.services
    try:
        other = testbed.use_service(placeholders={"jwks_file": str(lone)})
        again = testbed.new_registry()
        try:
            welcomed = testbed.loop.call(_admitted(testbed, again, FirstLook(), False), WHOLE_S)
        finally:
            testbed.loop.call(again.close(), 30)
            testbed.services.retire(other)
    except Broken:
        raise refused from None
    finally:
        testbed.scenario.service = kept
    if welcomed is None:
        raise refused
    testbed.tokens.accepted = False
    found.note("key set", "with a set of nothing but the right key a good token opens it", False)


# --- messages ------------------------------------------------------------------------------------


async def _spoken_to(testbed: Testbed, client: Connection, found: FirstLook) -> None:
    """Ping and subscribe; hold what comes against the dialect.

    Raises:
        Broken: the first message is none of the dialect's, or nothing that the client said was
            understood.
    """
    welcome = next(client.received("welcome"), None)
    first = next((f for f in client.log if _is_message(testbed, f)), None)
    if first and not welcome and not _is_known(testbed, first):
        raise look_words.foreign(testbed, first)
    if first and welcome and first is not welcome:
        _judge(testbed, found, "first message", first, fits=False)
    if welcome:
        _judge(testbed, found, "welcome", welcome)
        found.note("session id", client.session_id or "none", bool(client.session_id))
    else:
        found.note("welcome", f"none within {WITHIN_S:g} s: {client.summary()}", False)
    pinged = await _asked(testbed, client, found, "ping") if client.is_open else None
    acked = await _asked(testbed, client, found, "subscribe") if client.is_open else None
    if welcome is None and not client.holds() and not await _comes(testbed, client, "welcome"):
        raise look_words.nothing_opened(testbed, client, found.remarks)
    answers = ("pong", "subscribed", "error")
    is_dumb = client.is_open and pinged is None and acked is None
    if is_dumb and not await _comes(testbed, client, *answers):
        raise look_words.not_understood(testbed, client, found.remarks)
    if not client.is_open:
        found.note("connection", client.summary(), False)


async def _asked(testbed: Testbed, client: Connection, found: FirstLook, what: str) -> Frame | None:
    """Ping or subscribe; return the answer if the dialect knows it."""
    within_s = WITHIN_S * testbed.timeout_factor
    known = _is(testbed, "pong" if what == "ping" else "subscribed", "error")
    before = client.log[-1]
    if what == "ping":
        before = await client.send(testbed.dialect.ping())
        answer = await client.wait_for(known, before, within_s)
    else:
        await client.subscribe(INSTRUMENT, within_s)
        answer = await client.wait_for(known, before, 0)
    if answer:
        _judge(testbed, found, what, answer, testbed.dialect.kind(answer.message) != "error")
        return answer
    came = next((f for f in _behind(client, before) if _is_message(testbed, f)), None)
    seen = f"answered by {look_words.quoted(came)}" if came else f"no answer within {within_s:g} s"
    found.note(what, seen if client.is_open else client.summary(), False)
    return None


async def _comes(testbed: Testbed, client: Connection, *kinds: str) -> bool:
    """Return whether a message of one of these kinds has come after all, or comes yet."""
    factor = testbed.timeout_factor
    return await client.wait_for(_is(testbed, *kinds), None, LAST_S * factor) is not None


def _behind(client: Connection, entry: Frame) -> list[Frame]:
    place = next(i for i, frame in enumerate(client.log) if frame is entry)
    return client.log[place + 1 :]


def _judge(testbed: Testbed, found: FirstLook, what: str, frame: Frame, fits: bool = True) -> None:
    """Note a message, and what is wrong with it by the contract."""
    problem = testbed.contract.violation(frame.message)
    seen = look_words.quoted(frame)
    found.note(what, f"{seen}: {problem}" if problem else seen, fits and not problem)


def _is(testbed: Testbed, *kinds: str) -> Callable[[Frame], bool]:
    """Return a condition: the frame is a message of one of these kinds."""
    return lambda f: isinstance(f.message, dict) and testbed.dialect.kind(f.message) in kinds


def _is_message(testbed: Testbed, frame: Frame) -> bool:
    """Return whether a frame is a message of the service, heartbeats aside."""
    heartbeats = testbed.target.endpoint.heartbeats
    return (
        frame.direction == "←"
        and frame.kind in ("text", "binary")
        and not _is(testbed, *heartbeats)(frame)
    )


def _is_known(testbed: Testbed, frame: Frame) -> bool:
    return _is(testbed, *KINDS)(frame)


async def _unsubscribed(testbed: Testbed, client: Connection, found: FirstLook) -> None:
    """Unsubscribe, where a subscription was acknowledged."""
    before = client.log[-1]
    for selection in client.holds():
        if await client.unsubscribe(selection, WITHIN_S * testbed.timeout_factor) is None:
            found.note("unsubscribe", f"not acknowledged: {client.summary()}", False)
            return
    if ack := next(filter(_is(testbed, "unsubscribed"), _behind(client, before)), None):
        _judge(testbed, found, "unsubscribe", ack)


# --- ticks ---------------------------------------------------------------------------------------


async def _served(testbed: Testbed, client: Connection, found: FirstLook) -> None:
    """Publish an option tick and a bar for the client, and see whether they come.

    Raises:
        Broken: they do not, and the broker has counted nobody who listens where they are published.
    """
    if not client.holds():
        return
    market = Market()  # of its own: the values that scenarios publish stay the same
    await _published(testbed, client, found, market.tick(*INSTRUMENT.sample()))
    if await client.subscribe(BARS, WITHIN_S * testbed.timeout_factor) is None:
        found.note("subscribe to bars", f"not acknowledged: {client.summary()}", False)
        return
    await _published(testbed, client, found, market.tick(*BARS.sample()))


async def _published(
    testbed: Testbed, client: Connection, found: FirstLook, fields: dict[str, Any]
) -> None:
    """Publish until somebody hears it and it comes, or the time is over."""
    what = str(fields["type"]).replace("_", " ")
    factor, began_ns = testbed.timeout_factor, time.monotonic_ns()
    while True:
        tick = await testbed.feed.publish(fields, role="fence")
        within_s = WITHIN_S * factor if tick.heard_by else AGAIN_S
        came = await client.wait_for(_is(testbed, what), None, within_s)
        now_ns = time.monotonic_ns()
        waited_s = (now_ns - began_ns) / 1e9 - testbed.loop.stalls.between(began_ns, now_ns) / 1e3
        if came or tick.heard_by or waited_s > HEARD_WITHIN_S * factor:
            break
    if came:
        found.note(what, *_relayed(tick, came))
        return
    if not tick.heard_by:
        listened = await asyncio.to_thread(_listened_to, testbed)
        seen, is_alone = look_words.unheard(testbed, client, tick, listened)
        if not is_alone:
            raise Broken(seen)
        found.note(what, seen, False)
        return
    seen = f"not received within {within_s:g} s; the broker counted {tick.heard_by} who heard it"
    found.note(what, f"{seen}: {client.summary()}", False)


def _relayed(tick: Published, came: Frame) -> tuple[str, bool]:
    """Say how a tick came, and whether it bears what tells it from others."""
    key, due = key_of(came), json.loads(tick.text)[DUE_FIELD]
    took_ms = max(0.0, (came.at_ns - tick.sent_ns) / 1e6)
    seen = f"received after {took_ms:.1f} ms, "
    seen += f"number {key[1]}" if key else "without its number"
    is_due = came.message.get(DUE_FIELD) == due
    seen += ", with its due time" if is_due else ", without its due time"
    return seen, bool(key) and is_due


def _listened_to(testbed: Testbed) -> tuple[list[str], int]:
    """Return the channels that somebody listens to at the broker, and the number of patterns."""
    assert testbed.broker
    with testbed.broker.blocking_client() as client:
        channels = [name.decode("utf-8", "replace") for name in client.pubsub_channels()]
        return sorted(channels), int(client.pubsub_numpat())


# --- statistics ----------------------------------------------------------------------------------


def _read_statistics(testbed: Testbed, found: FirstLook) -> None:
    """Ask for the statistics while the client is connected.

    Raises:
        Broken: there are none where the target says, or not of the names that it says.
    """
    service = testbed.service
    try:
        seen = service.snapshot(("sessions", "subscriptions"))
    except Broken as problem:
        said = str(problem)
        if "HTTP Error 404" in said or "KeyError" in said:
            raise Broken(f"{testbed.target.file}: {said}") from None
        if ("HTTP Error 401" in said or "HTTP Error 403" in said) and (
            not service.statistics_headers()
        ):
            said = f"{said} (it has neither headers nor token)"
            found.withheld["statistics"] = said
        found.note("statistics", said, False)
    else:
        counts = f"{seen.sessions} connections, {seen.subscriptions} subscriptions"
        found.note("statistics", counts)

"""The first look at what is published, and at the statistics."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import key_of
from qaws.oracle.contents import difference
from qaws.oracle.ledger import Published
from qaws.protocol.market import DUE_FIELD, Market, Selection, selection_of
from qaws.sut.service import NO_SUCH_COUNT
from qaws.testbed import look_described, look_messages, look_words
from qaws.testbed.look_messages import quoted
from qaws.testbed.look_words import FirstLook, of_kind
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

INSTRUMENT, BARS = selection_of("instrument 256265"), selection_of("the NIFTY underlying")
SYMBOL = selection_of("NIFTY")
HEARD_WITHIN_S = 4.0
"""How long the broker may count nobody who listens: a service may subscribe when a client does."""
AGAIN_S = 0.25
"""How long after a tick that nobody heard the next one is published."""


def options(testbed: Testbed) -> Selection:
    """Return what the first client subscribes to."""
    return testbed.dialect.sayable(INSTRUMENT)


async def served(testbed: Testbed, client: Connection, found: FirstLook) -> None:
    """Publish an option tick and a bar for the client, and see whether they come.

    Raises:
        Broken: they do not, and nobody is known to listen where they are published.
    """
    if not client.holds():
        return
    if not testbed.feed.broker.is_own:
        await testbed.feed.others.listen()
        if deafness := testbed.feed.others.deafness:
            found.note("who else publishes", deafness, False)
    market = Market()  # of its own: the values that scenarios publish stay the same
    await _published(testbed, client, found, market.tick(*options(testbed).sample()))
    if not testbed.dialect.carries(BARS.sample()):
        return
    if await _is_subscribed(testbed, client, found, "subscribe to bars", BARS):
        await _published(testbed, client, found, market.tick(*BARS.sample()))


async def by_symbol(testbed: Testbed, client: Connection, found: FirstLook) -> None:
    """Subscribe to a symbol too, where the target file itself says how that is asked for.

    Raises:
        Broken: what it says may be wrong.
    """
    form = options(testbed).kind
    try:
        is_other = form != SYMBOL.kind == testbed.dialect.sayable(SYMBOL).kind
    except NotVerified:
        return
    if is_other and client.holds() and look_described.is_described(testbed):
        await _is_subscribed(testbed, client, found, "subscribe to a symbol", SYMBOL)


async def _is_subscribed(
    testbed: Testbed, client: Connection, found: FirstLook, what: str, selection: Selection
) -> bool:
    """Subscribe; note where that is not acknowledged."""
    before, within_s = client.log[-1], look_words.WITHIN_S * testbed.timeout_factor
    if await client.subscribe(selection, within_s) is not None:
        return True
    found.note(what, f"not acknowledged: {client.summary()}", False)
    look_described.require_understood(testbed, client, before, "subscribe", selection)
    return False


async def _published(
    testbed: Testbed, client: Connection, found: FirstLook, fields: dict[str, Any]
) -> None:
    """Publish until somebody hears it and it comes, or the time is over."""
    what = str(fields["type"]).replace("_", " ")
    factor, began_ns = testbed.timeout_factor, time.monotonic_ns()
    before, sent = client.log[-1], []
    while True:
        tick = await testbed.feed.publish(fields, role="fence")
        sent.append(tick)
        within_s = look_words.WITHIN_S * factor if tick.heard_by else AGAIN_S
        came = await client.wait_for(of_kind(testbed, what), None, within_s)
        now_ns = time.monotonic_ns()
        waited_s = (now_ns - began_ns) / 1e9 - testbed.loop.stalls.between(began_ns, now_ns) / 1e3
        if came or tick.heard_by or waited_s > HEARD_WITHIN_S * factor:
            break
    if came:
        found.note(what, *_relayed(testbed, client, _that_came(sent, came), came))
        return
    listened = None if tick.heard_by else await testbed.feed.listened_to()
    if look_words.is_heard(testbed, tick, listened):
        feed = testbed.target.feed
        is_posted = feed is not None and feed.url is not None
        counted = f"the broker counted {tick.heard_by} who heard it"
        counted = "it was answered with a 2xx" if is_posted else counted
        seen = counted if tick.heard_by else "somebody listens where it was published"
        seen = f"not received within {waited_s:.1f} s; {seen}"
        problems = (frame for frame in reversed(client.log) if frame.problem)
        strange = next((f"; what came {_is_wrong(frame)}" for frame in problems), "")
        found.note(what, f"{seen}: {client.summary()}{strange}", False)
        look_described.require_shape(testbed, client, before, what)
        return
    seen, is_alone = look_words.unheard(testbed, client, tick, listened)
    if not is_alone:
        raise Broken(seen)
    found.note(what, seen, False)


def _is_wrong(frame: Frame) -> str:
    """Say what is wrong with a message."""
    return f"is {quoted(frame)}" if look_messages.is_unread(frame) else frame.problem


def _that_came(sent: Sequence[Published], came: Frame) -> Published:
    """Return which of several ticks has come: the first may come when others have been published.

    It is told by its due time, and where it has none by its number.
    """
    key, message = key_of(came), came.message if isinstance(came.message, dict) else {}
    by_due = [t for t in sent if json.loads(t.text).get(DUE_FIELD) == message.get(DUE_FIELD, "")]
    by_number = [t for t in sent if key and t.sequence == key[1]]
    return (by_due or by_number or sent)[-1]


def _relayed(
    testbed: Testbed, client: Connection, tick: Published, came: Frame
) -> tuple[str, bool]:
    """Say how a tick came, and whether it is as published and bears what tells it from others.

    Raises:
        Broken: it bears another number than it was published with, so that no tick could be told.
    """
    key, due = key_of(came), json.loads(tick.text).get(DUE_FIELD)
    if key and key[1] != tick.sequence:
        raise Broken(_overwritten(testbed, tick, key[1]))
    took_ms = max(0.0, (came.at_ns - tick.sent_ns) / 1e6)
    seen = f"received after {took_ms:.1f} ms, "
    seen += f"number {key[1]}" if key else "without its number"
    differs = difference(tick, came.text, partial(client.exactly, came)) if key else ""
    if differs and DUE_FIELD not in differs:
        feed = testbed.target.feed
        is_templated = feed is not None and feed.option_payload is not None
        hint = "; look at [feed] …_payload, [[dialect.tick]] and [market]" if is_templated else ""
        return f"{seen}, with {differs}{hint}", False
    if due is None:
        return seen, bool(key)
    is_due = came.message.get(DUE_FIELD) == due
    if not is_due and DUE_FIELD in came.message:
        seen += f", with {came.message[DUE_FIELD]} over its due time {due}: latencies are unknown"
    else:
        seen += ", with its due time" if is_due else ", without its due time"
    return seen, bool(key) and is_due


def _overwritten(testbed: Testbed, tick: Published, number: int) -> str:
    """Say in one line that the service writes numbers of its own over those of the suite."""
    kind = "option_payload" if "option" in json.loads(tick.text)["type"] else "underlying_payload"
    return (
        f"{testbed.target.file}: {tick.symbol} was published with the number {tick.sequence} and "
        f"received with {number}: the service writes its own over the one by which the suite tells "
        f'ticks apart; give that a member that it leaves alone: [feed] {kind} "{{sequence}}", and '
        "sequence of [[dialect.tick]]"
    )


# --- statistics ----------------------------------------------------------------------------------


def read_statistics(testbed: Testbed, found: FirstLook) -> None:
    """Ask for the statistics while the client is connected.

    Raises:
        Broken: there are none where the target says, or not of the names that it says.
    """
    service = testbed.service
    try:
        seen = service.snapshot(("sessions", "subscriptions"))
    except Broken as problem:
        said = str(problem)
        if "HTTP Error 404" in said or NO_SUCH_COUNT in said:
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

"""The first look: do target file and service speak of the same thing?

Before any scenario, a client with a good token connects, waits for its welcome, pings, subscribes,
receives a tick and a bar that were published for it, unsubscribes and leaves. A target file that is
about another service would otherwise turn into a hundred red rows that accuse this one.

Only what no single mistake of a service explains ends the run: nobody is let in, nothing is
understood, or nobody listens where ticks are published. Whatever else is off is a remark, and the
scenarios judge it.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from qaws.clients.connection import OPENING, Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import Registry
from qaws.protocol.speech import CannotSign
from qaws.sut.service import DYING_S
from qaws.testbed import look_described, look_messages, look_ticks, look_words, unasked
from qaws.testbed.look_messages import quoted
from qaws.testbed.look_words import FirstLook, of_kind
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

CLIENT = "the first client"
LAST_S = 1.5
"""How much longer anything at all may take before a service counts as one that understands nothing:
on a busy machine it may only be slow."""
WHOLE_S = 60.0
"""When the look is given up, so that nothing can hang a run."""


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
    if testbed.target.auth.single_use and testbed.target.auth.token_variable:
        found.note("first look", "left out: the only token opens one session")
        return found
    try:
        _look(testbed, testbed.target.capabilities.intersection(needs), found, whole)
    except CannotSign as problem:
        raise Broken(f"{testbed.target.file}: {problem}") from None
    except Broken:
        if not (death := _death(testbed)):
            raise
        found.note("service", death, False)  # no matter of the target file
    return found


def _death(testbed: Testbed) -> str:
    """Say how the service has ended, "" where it lives; the next scenario gets another one."""
    time.sleep(DYING_S)
    try:
        testbed.service.require_alive()
    except Broken as death:
        assert testbed.services
        testbed.services.retire(testbed.service)
        testbed.scenario.service = None
        return str(death)
    return ""


def _look(testbed: Testbed, wanted: Collection[str], found: FirstLook, whole: bool) -> None:
    """Look, step by step.

    Raises:
        Broken: as `look`, or because the service has died.
    """
    registry = testbed.new_registry()
    limit_s = WHOLE_S * testbed.timeout_factor
    try:
        client = testbed.loop.call(_admitted(testbed, registry, found, whole), limit_s)
        if client is None:
            _require_other_cause(testbed, registry, found)
            return
        testbed.loop.call(_spoken_to(testbed, client, found), limit_s)
        if "statistics" in wanted:
            look_ticks.read_statistics(testbed, found)
        if client.is_open and "inject" in wanted:
            testbed.loop.call(look_ticks.served(testbed, client, found), limit_s)
        if client.is_open:
            testbed.loop.call(look_ticks.by_symbol(testbed, client, found), limit_s)
            testbed.loop.call(_unsubscribed(testbed, client, found), limit_s)
        if undeclared := unasked.among(testbed, [client]):
            raise undeclared
    except Broken as problem:
        raise look_messages.unsaid_socket_io(testbed, registry.all) or problem from None
    except TimeoutError:
        raise Broken(
            f"{testbed.target.file}: the first look did not end in {limit_s:g} s"
        ) from None
    finally:
        testbed.loop.call(registry.close(), 30)


# --- the handshake -------------------------------------------------------------------------------


async def _admitted(
    testbed: Testbed, registry: Registry, found: FirstLook, whole: bool
) -> Connection | None:
    """Show a good token in the places that the target names; return the first that is let in."""
    admitted: Connection | None = None
    for place in testbed.target.auth.token_locations:
        client = await _connected(testbed, registry, place)
        is_in = client.is_open or client.is_welcomed
        if asked := look_words.of_step(client):
            found.note("before the connection", asked, not client.turned_at)
        shown = look_words.named(testbed.target.auth, place)
        found.note(f"handshake, token as {shown}", look_words.of_handshake(client), is_in)
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
        welcomed = of_kind(testbed, look_words.greeting(testbed))
        over_s = look_words.WITHIN_S * testbed.timeout_factor
        await client.wait_for(lambda f: welcomed(f) or f.kind in ("close", "end"), None, over_s)
    if client.is_welcomed:
        testbed.tokens.accepted = True
    return client


def _require_other_cause(testbed: Testbed, registry: Registry, found: FirstLook) -> None:
    """Raise `Broken` unless a service that lets nobody in would with a simpler key set.

    Then the keys that the target names are right, and the service takes another one of the set: it
    is for the scenarios to say so.
    """
    refused = look_words.refused_everywhere(testbed, registry.all)
    launch, kept = testbed.target.launch, testbed.service
    lone = testbed.tokens.lone_key_set()
    if lone is None or not (launch and launch.reads_key_set):
        raise refused
    assert testbed.services
    try:
        other = testbed.use_service(placeholders=lone)
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
    welcome = next(client.received(look_words.greeting(testbed)), None)
    first = next((f for f in client.log if look_words.is_message(testbed, f)), None)
    if first and not welcome and not _is_known(testbed, first):
        raise look_words.foreign(testbed, first)
    if first and welcome and first is not welcome:
        _judge(testbed, found, "first message", first, fits=of_kind(testbed, OPENING)(first))
    if welcome:
        _judge(testbed, found, "welcome", welcome)
        if testbed.dialect.has_sessions:
            found.note("session id", client.session_id or "none", bool(client.session_id))
    else:
        found.note("welcome", f"none within {look_words.WITHIN_S:g} s: {client.summary()}", False)
    pinged = await _asked(testbed, client, found, "ping") if client.is_open else None
    acked = await _asked(testbed, client, found, "subscribe") if client.is_open else None
    if (
        welcome is None
        and not client.holds()
        and not await _comes(testbed, client, look_words.greeting(testbed))
    ):
        raise look_words.nothing_opened(testbed, client, found.remarks)
    answers = ("pong", "subscribed", "error")
    is_dumb = client.is_open and pinged is None and acked is None
    if is_dumb and not await _comes(testbed, client, *answers):
        raise look_words.not_understood(testbed, client, found.remarks)
    if not client.is_open:
        found.note("connection", client.summary(), False)


async def _asked(testbed: Testbed, client: Connection, found: FirstLook, what: str) -> Frame | None:
    """Ping or subscribe; return the answer if the dialect knows it."""
    within_s = look_words.WITHIN_S * testbed.timeout_factor
    if not any(client.received()):  # who has been silent so far is not waited for twice as long
        within_s /= 2
    known = of_kind(testbed, "pong" if what == "ping" else "subscribed", "error")
    before, selection = client.log[-1], None
    if what == "ping":
        before = await client.send(client.dialect.ping())
        answer = await client.wait_for(known, before, within_s)
    else:
        selection = look_ticks.options(testbed)
        await client.subscribe(selection, within_s)
        answer = await client.wait_for(known, before, 0)
    if answer:
        is_error = testbed.dialect.kind(answer.message) == "error"
        if is_error and what == "subscribe" and client.dialect.signs:
            raise look_words.not_taken_as_signed(testbed, answer)
        _judge(testbed, found, what, answer, not is_error)
        if is_error:
            look_described.require_understood(testbed, client, before, what, selection)
        return answer
    if what == "subscribe" and client.holds() and _is_silent(testbed, client):
        found.note(what, "not acknowledged, as the dialect has it; the ping behind it is answered")
        return None
    came = next(
        (f for f in look_words.behind(client, before) if look_words.is_message(testbed, f)), None
    )
    seen = f"answered by {quoted(came)}" if came else f"no answer within {within_s:g} s"
    found.note(what, seen if client.is_open else client.summary(), False)
    look_described.require_understood(testbed, client, before, what, selection)
    return None


def _is_silent(testbed: Testbed, client: Connection) -> bool:
    """Return whether subscriptions are not acknowledged in the dialect."""
    requests = client.dialect.subscribing(look_ticks.options(testbed))
    return all(request.acks == 0 for request in requests)


async def _comes(testbed: Testbed, client: Connection, *kinds: str) -> bool:
    """Return whether a message of one of these kinds has come after all, or comes yet."""
    factor = testbed.timeout_factor
    return await client.wait_for(of_kind(testbed, *kinds), None, LAST_S * factor) is not None


def _judge(testbed: Testbed, found: FirstLook, what: str, frame: Frame, fits: bool = True) -> None:
    """Note a message, and what is wrong with it by the contract."""
    problem = frame.problem
    seen = quoted(frame)
    found.note(what, f"{seen}: {problem}" if problem else seen, fits and not problem)


def _is_known(testbed: Testbed, frame: Frame) -> bool:
    return of_kind(testbed, *unasked.KNOWN)(frame)


async def _unsubscribed(testbed: Testbed, client: Connection, found: FirstLook) -> None:
    """Unsubscribe, where a subscription was acknowledged."""
    before, within_s = client.log[-1], look_words.WITHIN_S * testbed.timeout_factor
    for selection in client.holds():
        asked = client.log[-1]
        if await client.unsubscribe(selection, within_s) is None:
            found.note("unsubscribe", f"not acknowledged: {client.summary()}", False)
            look_described.require_understood(testbed, client, asked, "unsubscribe", selection)
            return
    if ack := next(
        filter(of_kind(testbed, "unsubscribed"), look_words.behind(client, before)), None
    ):
        _judge(testbed, found, "unsubscribe", ack)

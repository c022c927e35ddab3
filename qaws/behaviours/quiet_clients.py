"""What quiet clients must see, who are connected for the whole run: the sentences of QA-WS-124."""

from __future__ import annotations

import asyncio
import itertools
import time

from qaws.behaviours.background_load import tell
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.testbed.quiet_clients import WATCH, Watch
from qaws.testbed.stash import Key
from qaws.testbed.testbed import STEP_LIMIT_S, Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

STALLED_MS = 2000.0
"""A harness that stood still for so long at a time may have left pings unanswered."""

MINUTE_NS = 60 * 10**9

SEEN_UNTIL = Key[int]("no step has said for how long the quiet clients are to have been connected")


def take_up(testbed: Testbed) -> None:
    """Make the two clients and their service the scenario's own.

    Raises:
        NotVerified: there is no service of their own to be had.
        Refuted: it has not let them in.
    """
    watch = testbed.stash[WATCH]
    if isinstance(watch, Broken):
        raise NotVerified(f"no service could be kept apart for quiet clients: {watch}")
    if isinstance(watch, Exception):
        raise watch
    testbed.scenario.service = watch.service
    testbed.scenario.services.append((watch.service, 0))
    if watch.is_apart:  # what others publish is no tick of this scenario
        testbed.scenario.connections.all.extend(watch.clients.values())


def stay(testbed: Testbed, at_least_ms: float) -> None:
    """Do what `wait` does, also for longer than a step may take: somebody has said how long.

    Raises:
        Broken: it did not end in time, by what a step may take.
    """
    limit_s = at_least_ms / 1e3 + STEP_LIMIT_S * testbed.timeout_factor
    try:
        testbed.loop.call(wait(testbed, at_least_ms), limit_s)
    except TimeoutError:
        raise Broken(f"the step did not end within {limit_s:g} s; it was given up") from None


async def wait(testbed: Testbed, at_least_ms: float) -> None:
    """Wait until they have been connected for so long, or one has ended, or idleness is near."""
    watch = _watch(testbed)
    due_ns = watch.until_ns(watch.began_ns + int(at_least_ms * 1e6))
    remaining_s = (due_ns - time.monotonic_ns()) / 1e9
    if remaining_s > 1 and all(client.is_open for client in watch.clients.values()):
        tell(
            f"QA-WS-124 waits for {remaining_s:.0f} s: until then its quiet clients have been "
            f"connected for {(due_ns - watch.began_ns) / 1e9:.0f} s"
        )
    waits = [
        asyncio.create_task(client.wait_for(_is_end, None, max(0.0, remaining_s)))
        for client in watch.clients.values()
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
    until_ns = testbed.stash.get(SEEN_UNTIL) or 0
    if until_ns < due_ns:  # else an earlier scenario has looked, and has asked for pongs since
        until_ns = testbed.stash[SEEN_UNTIL] = watch.until_ns(time.monotonic_ns())
    for client in watch.clients.values():
        client.end_was_due = until_ns == watch.limit_ns and not _ended_before(client, until_ns)


async def neither_was_closed(testbed: Testbed) -> None:
    """Require that both have stayed open, from the beginning of the run until now.

    Raises:
        NotVerified: one was closed for a reason that may be right, and the target does not say.
    """
    watch, until_ns = _watch(testbed), testbed.stash[SEEN_UNTIL]
    for client in watch.clients.values():
        if not _ended_before(client, until_ns):
            lived_s = (until_ns - client.started_ns) / 1e9
            testbed.scenario.checks.require(
                True, f"connection of {client.name}", f"open for {lived_s:.1f} s", "open throughout"
            )
            continue
        _raise_excuse(testbed, watch, client)
        seen = f"{client.ending} after {client.lived_s():.1f} s"
        testbed.scenario.checks.require(
            False, f"connection of {client.name}", seen, "open throughout"
        )


def _raise_excuse(testbed: Testbed, watch: Watch, client: Connection) -> None:
    """Raise where the end of a quiet client's connection may not be the service's mistake."""
    ending = client.ending
    assert ending
    reason = ending.reason.lower()
    after = f"{client.name} was {ending} after {client.lived_s():.1f} s"
    if watch.idle_s is None and ending.code in (1000, 1001) and speaks_of_idleness(reason):
        raise NotVerified(
            f"{after}; if that is its idle timeout, say so in {testbed.target.file}: "
            "[endpoint] idle_timeout_s"
        )
    if "token expired" in reason and "mint" not in testbed.target.capabilities:
        raise NotVerified(f"{after}; give the suite a token that outlives the run")
    stalled = testbed.loop.stalls.longest_between(ending.at_ns - MINUTE_NS, ending.at_ns)
    if stalled >= STALLED_MS:
        raise Inconclusive(
            f"{after}, but the harness itself stood still for {stalled:.0f} ms at a time "
            "in the minute before, and may have left pings unanswered; run it again on a quieter "
            "machine"
        )


def speaks_of_idleness(reason: str) -> bool:
    """Return whether the reason of a close, in small letters, is an idle timeout's."""
    return "idle" in reason or "timeout" in reason


async def was_never_silent(testbed: Testbed, kind: str, at_most_ms: float) -> None:
    """Require that something came from the service to a client at least every so often.

    Pings count, and so does all else but an answer to a ping of the client's own.

    Args:
        testbed: the testbed.
        kind: "silent" or "subscribed".
        at_most_ms: the bound in milliseconds.

    Raises:
        NotVerified: the client was closed, or connected for less than that: nothing could be seen.
    """
    watch, until_ns = _watch(testbed), testbed.stash[SEEN_UNTIL]
    if kind not in watch.clients:
        raise Broken(f'"{kind}": there is no such quiet client; they are silent, or subscribed')
    client = watch.clients[kind]
    if _ended_before(client, until_ns):
        raise NotVerified(
            f"{client.name} was {client.ending} after {client.lived_s():.1f} s: what would have "
            "come since then is not known"
        )
    begin_ns, end_ns = longest_silence(client, until_ns)
    pings = sum(1 for f in client.log if (f.direction, f.kind) == ("←", "ping"))
    testbed.scenario.figures.append((f"pings of the service to {client.name}", f"{pings}"))
    watched_ms = (min(until_ns, _end_ns(client)) - client.started_ns) / 1e6
    if watched_ms <= at_most_ms:
        raise NotVerified(
            f"{client.name} was connected for {watched_ms / 1e3:.1f} s only: a silence of more "
            f"than {at_most_ms / 1e3:g} s could not be seen"
        )
    what = f"longest silence of the service to {client.name}, pings included"
    testbed.scenario.checks.at_most_ms(what, begin_ns, end_ns, at_most_ms)


def longest_silence(client: Connection, until_ns: int) -> tuple[int, int]:
    """Return beginning and end of the longest time in which nothing came, up to an instant.

    It counts from the answer to the handshake on. An answer to the client's own ping is none of
    the service's doing.
    """
    asked = {f.text for f in client.log if (f.direction, f.kind) == ("→", "ping")}
    heard = [
        f.at_ns
        for f in client.log
        if f.direction == "←"
        and f.at_ns <= until_ns
        and f.kind != "end"
        and not (f.kind == "pong" and f.text in asked)
    ]
    instants = [*(heard or [client.started_ns]), min(until_ns, _end_ns(client))]
    return max(itertools.pairwise(instants), key=lambda pair: pair[1] - pair[0])


def _ended_before(client: Connection, ns: int) -> bool:
    return client.ending is not None and client.ending.at_ns <= ns


def _end_ns(client: Connection) -> int:
    return client.ending.at_ns if client.ending else time.monotonic_ns()


def _watch(testbed: Testbed) -> Watch:
    watch = testbed.stash[WATCH]
    assert isinstance(watch, Watch)
    return watch


def _is_end(frame: Frame) -> bool:
    return frame.kind in ("close", "end")

"""Session ids: many of them, each its own, and none that can be guessed (QA-WS-025).

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter

from qaws.behaviours.background_load import address
from qaws.load.churn.short_lived import ShortLivedClient
from qaws.load.churn.tally import ContractTally
from qaws.load.subscriber.verifier import verifier_of
from qaws.measure.entropy import entropy_of
from qaws.measure.interference import WELCOME_MS
from qaws.testbed.stash import Key
from qaws.testbed.testbed import STEP_LIMIT_S, Testbed
from qaws.verdict import Broken, Inconclusive, Refuted

AT_ONCE = 30
"""So many short-lived clients are there at the same time, well below any connection limit."""

WELCOME_S = 15.0
"""How long a client waits for its welcome; how fast that comes is not the question here."""

PATIENCE_S = STEP_LIMIT_S - 20
"""How long all of them may take. A service that is no faster is not wrong; it only shows less."""

USED = (
    "; the token had opened a session before: a target whose service lets each open one only says "
    "so by [auth] single_use = true"
)
"""What a reader must know where clients take turns in showing tokens."""

UUID_4 = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}", re.IGNORECASE
)
OF_UUIDS = (
    "; each is a UUID of version 4, of whose 128 bits 122 are random (RFC 9562, section 5.4): "
    "take 16 random bytes as they are"
)
"""What a reader must know who thinks that a UUID is long enough."""

SYMBOL = "NIFTY"

SESSION_IDS = Key[list[str]](
    'no session id was recorded; "10,000 clients connect and disconnect, and …"'
)


async def collect(testbed: Testbed, clients: int) -> None:
    """Let clients connect and leave, some at a time, and note the session id of each.

    Raises:
        NotVerified: the dialect has no session ids.
        Refuted: one was not welcomed, or its welcome breaks the contract.
        Inconclusive: not all of them have come in the time that there is.
    """
    testbed.dialect.require_sessions()
    where = await asyncio.to_thread(address, testbed, SYMBOL, 2 * AT_ONCE, clients)
    tally = ContractTally(verifier_of(where.dialect))
    ids = testbed.scenario.stash[SESSION_IDS] = []
    waiting, patience_s = iter(range(1, clients + 1)), WELCOME_S * testbed.timeout_factor
    began = time.monotonic()

    async def come_and_go() -> None:
        for number in waiting:
            if time.monotonic() - began > PATIENCE_S:
                return
            client = ShortLivedClient(f"client {number}", where, tally)
            came_ns = time.monotonic_ns()
            try:
                await client.come()
                welcomed = await asyncio.wait_for(client.welcomed, patience_s)
            except TimeoutError:
                raise _in_vain(testbed, client.name, patience_s, came_ns) from None
            except OSError as problem:
                testbed.service.require_alive()
                raise Refuted(f"{client.name} could not connect: {problem}") from None
            if not welcomed or client.session_id is None:
                used = number > len(where.requests)
                raise Refuted(
                    f"{client.name} has a valid token but {client.summary()}{USED * used}"
                )
            ids.append(client.session_id)
            client.reset()
            await client.gone

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(come_and_go())
    except ExceptionGroup as group:  # what except* raises would be in a group again
        raise _first_of(group) from None
    if tally.sentences:
        raise Refuted(tally.sentences[0])
    rate = len(ids) / (time.monotonic() - began)
    if len(ids) < clients:
        raise Inconclusive(
            f"in {PATIENCE_S:g} s only {len(ids):,} of {clients:,} clients have come and gone "
            f"({rate:,.0f} per second); run it again on a quieter machine"
        )
    testbed.scenario.figures.append(
        ("session ids", f"{len(ids):,}, {rate:,.0f} connections per second")
    )


def _in_vain(testbed: Testbed, client: str, for_s: float, since_ns: int) -> Exception:
    """Return what to say of a client that waited in vain for its welcome."""
    beyond_ms, now_ns = for_s * 1e3 - WELCOME_MS, time.monotonic_ns()
    words = f"{client} waited {for_s:g} s in vain for its welcome"
    doubt = testbed.scenario.checks.explained(beyond_ms, since_ns, now_ns)
    return Inconclusive(f"{words}: {doubt}") if doubt else Refuted(words)


def _first_of(group: ExceptionGroup[Exception]) -> Exception:
    """Return what to say of clients that came to nothing: that the service has ended before all."""
    for kind in (Broken, Refuted):
        if found := group.subgroup(kind):
            return found.exceptions[0]
    return group.exceptions[0]


async def unguessable(testbed: Testbed, bits: int) -> None:
    """Require that the ids noted are unique, and hold at least so many bits of chance.

    Raises:
        Broken: none was noted.
    """
    ids = testbed.scenario.stash[SESSION_IDS]
    ((most, count),) = Counter(ids).most_common(1)
    testbed.scenario.checks.require(
        count == 1,
        f"different session ids among {len(ids):,}",
        f"{len(set(ids)):,}" + (f"; {most} came {count} times" if count > 1 else ""),
        f"{len(ids):,}",
    )
    found = entropy_of(ids)
    testbed.scenario.figures += [
        ("an id", ids[0]),
        ("bits position by position", f"{found.by_position:.1f}"),
        ("of which positions share", f"{found.shared:.1f}"),
        ("of which follow from the id before", f"{found.repeated:.1f}"),
    ]
    testbed.scenario.checks.require(
        round(found.bits, 1) >= bits,
        "random bits in a session id",
        f"{found.bits:.1f}, estimated from {len(ids):,}, such as {ids[0]}"
        + (OF_UUIDS if all(map(UUID_4.fullmatch, ids)) else ""),
        f"at least {bits}",
    )

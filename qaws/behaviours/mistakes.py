"""Malformed messages, once and again on one connection, and the answers to them (QA-WS-010).

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from qaws.behaviours import lifecycle
from qaws.behaviours.lifecycle import in_time, is_kind
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, Refuted


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What a client sent in error, in order, on which connection, and the errors that answered."""

    connection: Connection
    sent: list[Frame]
    answers: list[Frame] = field(default_factory=list)


SUBSCRIBE, UNSUBSCRIBE = '"action": "subscribe"', '"action": "unsubscribe"'
"""How `qa-ws` says that something is to begin, and to end."""

SYMBOLS = '"symbols": ['

CHANGES_EVERY_S = 0.3
"""How often a client subscribes and unsubscribes that goes on to do so: in the last second of a
token too, and far from a flood."""

MISTAKES = Key[dict[str, Mistakes]]("nobody has sent a malformed message yet")
"""The latest mistakes of each client."""


async def make(testbed: Testbed, client: str, name: str, times: int) -> None:
    """Send a malformed message so many times, each when the one before has been answered.

    One that is not answered for long is not waited for; the next is sent. Where it subscribes,
    one that unsubscribes goes before: what has no room in one has none in the other. There the
    symbols that the client holds stand in front of what is wrong: a message that gets an error
    takes nothing away.

    Args:
        testbed: the testbed.
        client: who sends it.
        name: of the message, in the words of the features.
        times: how often.

    Raises:
        Broken: no such message is known, or the client has not connected.
        NotVerified: the dialect does not say how it is spelled.
    """
    text = testbed.dialect.malformed(name)
    if testbed.dialect.is_plain and SUBSCRIBE in text:
        await _end_so(testbed, client, text.replace(SUBSCRIBE, UNSUBSCRIBE))
    await send(testbed, client, text, times)


async def keep_making(testbed: Testbed, client: str, name: str, every_ms: float) -> None:
    """Let a client send a malformed message every `every_ms` until the scenario ends.

    Whether they are answered is not judged here, and neither is a close at the first of them
    (QA-WS-010): then the client comes again, and pings.

    Raises:
        Broken: no such message is known, or the client has not connected.
        NotVerified: the dialect does not say how it is spelled.
    """
    connection = testbed.scenario.connections.named(client)
    text = testbed.dialect.malformed(name)
    first = await connection.send(text)
    await connection.wait_for(is_kind(testbed, "error"), first, testbed.grace_s)
    if not connection.is_open:
        testbed.scenario.leave_out(f"{name} again and again: {connection.summary()}")
        connection.end_was_due = True
        await lifecycle.be_pinging(testbed, client, every_ms)
        return

    async def chore() -> None:
        while connection.is_open:
            await asyncio.sleep(every_ms / 1e3)
            if connection.is_open:
                await connection.send(text)

    testbed.scenario.background.append(asyncio.get_running_loop().create_task(chore()))


async def _end_so(testbed: Testbed, client: str, text: str) -> None:
    """Send what ends a subscription in the same malformed way, and wait for whatever is answered.

    A service may answer that what nobody can have has ended, or that the half of it that it
    understood has: then its client asks for that again. What is judged is that its client is served
    as before.
    """
    connection = testbed.scenario.connections.named(client)
    held = [each for each in connection.holds() if each.kind == "symbols"]
    names = "".join(f"{json.dumps(each.symbols[0])}, " for each in held)
    sent = await connection.send(text.replace(SYMBOLS, f"{SYMBOLS}{names}"))
    ended = is_kind(testbed, "unsubscribed")
    kinds = (is_kind(testbed, "error"), ended)
    await connection.wait_for(lambda f: any(kind(f) for kind in kinds), sent, testbed.grace_s)
    if SYMBOLS in text and connection.is_open:
        ping = await connection.send(connection.dialect.ping())
        await connection.wait_for(is_kind(testbed, "pong"), ping, testbed.grace_s)
        for each in held if any(f.at_ns > sent.at_ns for f in connection.log if ended(f)) else []:
            await lifecycle.subscribe(testbed, [client], each)


async def make_one_and_go_on(testbed: Testbed, client: str, selection: Selection) -> None:
    """Send broken JSON, wait for its answer, and subscribe and unsubscribe as if nothing had been.

    Whether it is answered is not judged here (QA-WS-010). Until its connection is over the client
    goes on to subscribe and unsubscribe: no session may live longer for that.

    Raises:
        NotVerified: the service has closed its connection for the mistake.
        Refuted: one of the two requests was not acknowledged.
    """
    connection = testbed.scenario.connections.named(client)
    mistake = await connection.send(testbed.dialect.malformed("broken JSON"))
    await connection.wait_for(is_kind(testbed, "error"), mistake, testbed.grace_s)
    require_forgiven(connection)
    await lifecycle.subscribe(testbed, [client], selection)
    await lifecycle.unsubscribe(testbed, [client], selection)
    if testbed.dialect.is_plain:
        changing = _keep_changing(connection, testbed.dialect.sayable(selection))
        testbed.scenario.background.append(asyncio.get_running_loop().create_task(changing))


async def _keep_changing(connection: Connection, selection: Selection) -> None:
    """Subscribe and unsubscribe until the connection is over; nothing is held when it is."""
    said = connection.dialect
    while connection.is_open:
        for request in (*said.subscribing(selection), *said.unsubscribing(selection)):
            if connection.is_open:
                await connection.send(request)
        await asyncio.sleep(CHANGES_EVERY_S)


def require_forgiven(connection: Connection) -> None:
    """Raise `NotVerified` where a mistake cost a client its connection: QA-WS-010 judges that."""
    if not connection.is_open:
        raise NotVerified(
            f"{connection.name} sent broken JSON and is not connected any more: whether that may "
            "be is a matter of QA-WS-010"
        )


async def send(testbed: Testbed, client: str, text: str, times: int) -> None:
    """Do the same with a text of one's own that no service may take."""
    connection, sent = testbed.scenario.connections.named(client), list[Frame]()
    for number in range(1, times + 1):
        sent.append(await connection.send(text))
        if number < times:
            await connection.wait_for(is_kind(testbed, "error"), sent[-1], testbed.grace_s)
    testbed.scenario.stash.setdefault(MISTAKES, {})[client] = Mistakes(connection, sent)


async def answered(testbed: Testbed, client: str, within_ms: float) -> None:
    """Require an error for each mistake, one of its own, in time.

    Answers come in the order of the messages, so the nth mistake's is the first that follows it and
    has not answered an earlier one.

    Raises:
        Broken: the client has made no mistake.
    """
    mistakes = _of(testbed, client)
    connection, sent, used = mistakes.connection, mistakes.sent, mistakes.answers

    def is_new_error(frame: Frame) -> bool:
        return is_kind(testbed, "error")(frame) and not any(frame is each for each in used)

    wait_s = within_ms / 1e3 + testbed.grace_s
    for number, mistake in enumerate(sent, 1):
        what = f"error {number} of {len(sent)} to {client}"
        error = await connection.wait_for(is_new_error, mistake, wait_s)
        used += [error] if error else []
        at_ns = error.at_ns if error else None
        in_time(testbed, what, mistake.at_ns, at_ns, within_ms, connection)


async def worded(testbed: Testbed, client: str, text: str) -> None:
    """Require `text` in the message of each error that has answered a mistake.

    Raises:
        Broken: the client has made no mistake.
    """
    mistakes = _of(testbed, client)
    if not mistakes.answers:
        raise Refuted(f"no error has come to {client} that could have the right words")
    for number, error in enumerate(mistakes.answers, 1):
        what = f"message of error {number} of {len(mistakes.sent)} to {client}"
        message = str(error.message.get("message"))
        testbed.scenario.checks.require(
            text in message, what, f'"{message}"', f'one that contains "{text}"'
        )


def _of(testbed: Testbed, client: str) -> Mistakes:
    mistakes = testbed.scenario.stash[MISTAKES].get(client)
    if mistakes is None:
        raise Broken(f"{client} has sent nothing yet that must be answered with an error")
    return mistakes

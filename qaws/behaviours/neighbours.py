"""What one client does in vain, which must change nothing for others: QA-WS-119.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from qaws.auth.forgeries import forged
from qaws.behaviours import entitlements, leaving, lifecycle, mistakes, publishing, tokens
from qaws.clients.frame_log import Frame
from qaws.oracle.ledger import Entitlement
from qaws.protocol.attempts import HALVES
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

FORGERY = "an untrusted key under the right kid"

ANSWERS = Key[tuple[str, list[Frame]]]("nobody has subscribed to a half-valid selection")


async def authenticate_again(testbed: Testbed, client: str, times: int, kind: str) -> None:
    """Let a client present a second token on its open connection, so many times.

    Raises:
        Broken: there is no such token, or the target lets nobody mint.
    """
    token = await _token(testbed, client, kind)
    message = {"action": "authenticate", "token": token}
    await mistakes.send(testbed, client, json.dumps(message), times)


async def connect_again(testbed: Testbed, client: str, kind: str, selection: Selection) -> None:
    """Let a client open a second connection; if it is welcomed, it is served there and leaves.

    Raises:
        Broken: there is no such token, or the target lets nobody mint.
        Refuted: what is permitted was not granted.
    """
    name, token = f"{client} again", await _token(testbed, client, kind)
    opened = await lifecycle.connect(testbed, [name], token, which=kind)
    if kind == "a forged token":
        return
    lifecycle.require_welcomes(testbed, opened)
    await lifecycle.subscribe(testbed, [name], selection)
    await publishing.publish(testbed, selection, "option_tick")
    await lifecycle.unsubscribe(testbed, [name], selection)
    await leaving.end_connection(testbed, name, "a clean close")


async def _token(testbed: Testbed, client: str, kind: str) -> str:
    same = testbed.scenario.connections.named(client).token
    if kind == "the same token" and same:
        return same
    if kind == "another valid token":
        return testbed.tokens.valid()
    if kind == "a forged token":
        return forged(FORGERY, await tokens.forger(testbed))
    known = "the same token, another valid token, a forged token"
    raise Broken(f'no token "{kind}" to authenticate with again; known are {known}')


async def subscribe_half(testbed: Testbed, client: str, name: str) -> None:
    """Let a client subscribe to what is valid in part, and collect all that is answered.

    It is taken to hold what an acknowledgement names, and nothing where none came. An
    acknowledgement that names nothing leaves open which half it is about.

    Raises:
        Broken: there is no half-valid selection of that name.
        NotVerified: the target speaks another dialect.
        Refuted: nothing was answered.
    """
    row = HALVES.named(name)
    testbed.dialect.require_qa_ws("a half-valid selection")
    valid = row.holds.selection
    connection = testbed.scenario.connections.named(client)
    asked = await connection.send(json.dumps({"action": "subscribe", **row.sends}))
    is_answer = entitlements.is_answer(testbed)
    if not await connection.wait_for(is_answer, asked, testbed.grace_s):
        raise Refuted(f"{client} subscribed to {name} and got no answer: {connection.summary()}")
    ping = await connection.send(connection.dialect.ping())
    await connection.wait_for(_is_pong(testbed), ping, testbed.grace_s)
    answers = [f for f in connection.log if f.at_ns >= asked.at_ns and is_answer(f)]
    for ack in answers:
        if testbed.dialect.kind(ack.message) == "subscribed":
            named = ack.message.get("selector")
            held_ns = ack.at_ns if named else sys.maxsize
            if named is None or _names(named, valid):
                connection.entitlements.append(Entitlement(valid, asked.at_ns, held_ns))
    testbed.scenario.stash[ANSWERS] = name, answers


def _is_pong(testbed: Testbed) -> Callable[[Frame], bool]:
    return lifecycle.is_kind(testbed, "pong")


def _names(selector: Any, valid: Selection) -> bool:
    """Return whether an acknowledgement's selector has the valid half in it."""
    if not isinstance(selector, dict):
        return False
    named = [*selector.get("instruments", []), *selector.get("symbols", [])]
    return any(each in named for each in (*valid.instruments, *valid.symbols))


async def half_was_refused(testbed: Testbed, client: str) -> None:
    """Require an error in answer to a half-valid subscription; an acknowledgement may come too."""
    name, answers = testbed.scenario.stash[ANSWERS]
    kinds = [testbed.dialect.kind(frame.message) for frame in answers]
    testbed.scenario.checks.require(
        "error" in kinds,
        f"answers to {client}, who subscribed to {name}",
        "; ".join(frame.text[:200] for frame in answers),
        "an error, and an acknowledgement of what it holds nevertheless, if anything",
    )

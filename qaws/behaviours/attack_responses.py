"""What a hostile client must get for its attack: each response of QA-WS-024 has a judge."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable

from qaws.behaviours import deviations, lifecycle
from qaws.behaviours.attacks import ATTACK, DROP_S, Attacker, left_unread
from qaws.clients.endings import ExpectedClose
from qaws.clients.frame_log import Frame
from qaws.clients.raw_connection import RawConnection
from qaws.measure.pace import KEPT
from qaws.oracle.stack_traces import telling, trace_in
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified

TELLS = "tells how the service is made"
"""What an error must not do: it would be of use to an attacker."""

READ = 10_000
"""Characters of an error that are looked at."""

NAMED = 8
"""Inputs that a sentence names of those that got another response too."""

LONGEST_ERROR = 500
"""Characters of an error: what was sent is not to be sent back."""

Judge = Callable[[Testbed, RawConnection], Awaitable[str | Inconclusive | None]]
"""Waits for the response to a client; returns None if it is right, else what came instead, or why
nobody can say."""

AN_ERROR_OR = "an error or "
CLOSE = r'a close with code (\d+)(?: and the reason "(.+)")?'

Finding = str | Inconclusive | NotVerified | None


class Telling(str):
    """What is wrong with an error that tells an attacker too much; nothing behind it mends it."""

    __slots__ = ()


async def met_with(testbed: Testbed, response: str) -> None:
    """Require that every hostile client got the response that its attack deserves.

    A response shows something only where the attack was what its name says: the client was there, a
    flood reached its rate, a handshake that stalls was held. One that is wrong is told first; that
    one shows nothing is told behind all else that the attack may have done.

    Raises:
        Broken: there is no such response.
        Refuted: one of them got another; each has its own check.
    """
    attack = testbed.scenario.stash[ATTACK]
    judge, allowed = _judge(response), _as_declared(testbed, response)
    findings = await asyncio.gather(*(_find(testbed, judge, each) for each in attack.attackers))
    found = sorted(zip(attack.attackers, findings, strict=True), key=lambda pair: _rank(*pair))
    wrong = [attacker.what for attacker, finding in found if isinstance(finding, str)]
    for attacker, finding in found:
        with testbed.scenario.told_last():
            _require_pace(testbed, attacker)
            if isinstance(finding, Exception):
                raise finding
            testbed.scenario.checks.require(
                finding is None,
                f"response to {attack.attack}: {attacker.what}",
                finding + _others(wrong, len(found))
                if finding
                else attacker.client.summary() + _after(attacker),
                _allowed(attacker, allowed),
            )


def _others(wrong: list[str], count: int) -> str:
    """Return which inputs besides the first got another response too; "" where none did."""
    if not (others := wrong[1:]):
        return ""
    rest = len(others) - NAMED
    named = "; ".join(others[:NAMED]) + (f"; and {rest} others" if rest > 0 else "")
    return f" (and {len(others)} more of {count} got another response: {named})"


def _as_declared(testbed: Testbed, response: str) -> str:
    """Return a response in words, with the close that the target declares in place of its own."""
    if not (found := re.search(CLOSE, response)):
        return response
    expected = _close_of(found)
    instead = deviations.expected_of(testbed, expected)
    if instead is expected:
        return response
    return f"{response[: found.start()]}a close with {instead}, as the target declares"


def _close_of(found: re.Match[str]) -> ExpectedClose:
    return ExpectedClose([int(found[1])], [found[2]] if found[2] else [])


def _allowed(attacker: Attacker, response: str) -> str:
    if attacker.answer_in:
        return f"nothing that {TELLS}; whether it is answered, and how, {attacker.answer_in} judges"
    return f"{response}, or an acknowledgement" if attacker.may_be_taken else response


def _rank(attacker: Attacker, finding: Finding) -> int:
    """Return when a finding is told: what is right, what is wrong, and then what shows nothing."""
    if isinstance(finding, Exception) or (attacker.pace and not attacker.pace.is_kept):
        return 2
    return 0 if finding is None else 1


def _require_pace(testbed: Testbed, attacker: Attacker) -> None:
    """Require that a flood went out at its rate, which is the harness's affair.

    A service that reads no faster does not slow it down: what is not read waits on the way.
    """
    if pace := attacker.pace:
        testbed.scenario.checks.at_least(
            f"pace of the flood of {attacker.what} ({pace.sent:,} in {pace.lasted_s:.2f} s)",
            pace.reached_per_s,
            KEPT * pace.per_second,
            "per second",
            "that is how fast the harness wrote: run it again on a quieter machine",
        )


def _after(attacker: Attacker) -> str:
    client, ending = attacker.client, attacker.client.ending
    return f" after {(ending.at_ns - client.started_ns) / 1e9:.1f} s" if ending else ""


async def _find(testbed: Testbed, judge: Judge, attacker: Attacker) -> Finding:
    """Judge one response; a right one shows nothing where the attack was not what it is called."""
    what, client = attacker.what, attacker.client
    if attacker.gone:
        return NotVerified(
            f"{client.name} was not connected any more when it was to attack ({what}): it had seen "
            f"{attacker.gone}; so nothing shows how the service answers that"
        )
    if attacker.answer_in:
        await _answered(testbed, client)
        return _tells(testbed, client)
    found = await (_taken_or(judge) if attacker.may_be_taken else judge)(testbed, client)
    if isinstance(found, str):
        found += left_unread(attacker)
    if found is None and attacker.stalls and attacker.held_ns is None:
        return NotVerified(
            f"the handshake of {client.name} ({what}) was not held until it could stall: "
            f"{client.summary()}{_after(attacker)}; so nothing shows what a stalled one does"
        )
    return found


def _judge(response: str) -> Judge:
    if response == "an error":
        return _error
    if found := re.fullmatch(CLOSE, response.removeprefix(AN_ERROR_OR)):
        close = _closed_as(_close_of(found))
        return _either(_error, close) if response.startswith(AN_ERROR_OR) else close
    if found := re.fullmatch(r"disconnection within (\d+) seconds?", response):
        return _ended_within(int(found[1]))
    raise Broken(
        f'no response "{response}"; known are: an error, a close with code 1009, a close with code '
        '1008 and the reason "…", an error or a close …, disconnection within 10 seconds'
    )


def _closed_as(expected: ExpectedClose) -> Judge:
    async def judge(testbed: Testbed, client: RawConnection) -> str | None:
        await client.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
        ending = client.ending
        declared = deviations.expected_of(testbed, expected)
        if ending is None or not client.ended_by_service or not declared.fits_ending(ending):
            return client.summary()
        told = telling(ending.reason)
        return f"{client.summary()}; its reason {TELLS}, by {told}" if told else None

    return judge


async def _answered(testbed: Testbed, client: RawConnection) -> Frame | None:
    """Wait for an error, or for the end of the connection; None where neither came in time."""
    is_error = lifecycle.is_kind(testbed, "error")
    return await client.wait_for(lambda f: f.kind == "end" or is_error(f), None, testbed.grace_s)


def _tells(testbed: Testbed, client: RawConnection) -> Telling | None:
    """Say what of that which a client was told tells how the service is made; None for nothing.

    Of an error's words that is a stack trace or any other internal, of all else that came but for
    ticks a stack trace: a member "code" may well be called ParseError.
    """
    is_error = lifecycle.is_kind(testbed, "error")
    for frame in client.log:
        said = frame.message if isinstance(frame.message, dict) else {}
        if (
            frame.direction == "→"
            or frame.kind not in ("text", "binary")
            or testbed.dialect.is_tick(said)
        ):
            continue
        words = str(said.get("message"))[:READ] if is_error(frame) else ""
        if told := telling(words) or trace_in(_texts_of(frame.text)) or trace_in(frame.raw):
            return Telling(f"{'an error' if words else 'a message'} that {TELLS}, by {told}")
    if client.ending and (told := telling(client.ending.reason)):
        return Telling(f"{client.summary()}; its reason {TELLS}, by {told}")
    return None


def _texts_of(text: str) -> str:
    """Return all texts that a message has, member by member; what is no JSON as it is."""
    try:
        parts = [json.loads(text[:READ])]
    except (ValueError, RecursionError):
        return text[:READ]
    texts: list[str] = []
    while parts:
        part = parts.pop(0)
        texts += [part] if isinstance(part, str) else []
        nested = part.values() if isinstance(part, dict) else part
        parts[:0] = nested if isinstance(part, dict | list) else []
    return "\n".join(texts)


async def _error(testbed: Testbed, client: RawConnection) -> str | None:
    """Wait for an error that tells no secrets; behind it, the connection must still be of use."""
    error = await _answered(testbed, client)
    if told := _tells(testbed, client):
        return told
    if error is None or error.kind == "end":
        return client.summary()
    words = str(error.message.get("message"))
    if len(words) > LONGEST_ERROR:  # its wording is a clause of QA-WS-010, and of no other test
        return Telling(f"an error of {len(words):,} characters: {words[:100]!r}")
    return await _of_use(testbed, client, "an error")


async def _of_use(testbed: Testbed, client: RawConnection, answer: str) -> str | None:
    """Require that a connection is still of use behind an answer."""
    asked = await client.send(client.dialect.ping())
    if not await client.wait_for(lifecycle.is_kind(testbed, "pong"), asked, testbed.grace_s):
        return f"{answer}, but no pong behind it: {client.summary()}"
    return None


def _taken_or(other: Judge) -> Judge:
    """Take an acknowledgement as well, behind which the connection must still be of use."""

    async def judge(testbed: Testbed, client: RawConnection) -> str | Inconclusive | None:
        is_error, is_ack = (lifecycle.is_kind(testbed, k) for k in ("error", "subscribed"))
        answer = await client.wait_for(
            lambda f: f.kind == "end" or is_error(f) or is_ack(f), None, testbed.grace_s
        )
        if answer is None or not is_ack(answer):
            return await other(testbed, client)
        return _tells(testbed, client) or await _of_use(testbed, client, "an acknowledgement")

    return judge


def _either(one: Judge, other: Judge) -> Judge:
    async def judge(testbed: Testbed, client: RawConnection) -> str | Inconclusive | None:
        wrong = await one(testbed, client)
        if wrong is None or isinstance(wrong, Telling):
            return wrong
        return await other(testbed, client)

    return judge


def _still_up(client: RawConnection) -> str:
    """Say that a connection takes what is sent, and whether the service has ended its own side."""
    ended = next((frame for frame in client.log if frame.kind == "eof"), None)
    if ended is None:
        return "; its network connection is still up, and takes what is sent"
    after_s = (ended.at_ns - client.started_ns) / 1e9
    return (
        f"; the service ended its own side after {after_s:.2f} s, and still holds the network "
        "connection and takes what is sent: it has to close the socket altogether"
    )


def _ended_within(seconds: float) -> Judge:
    async def judge(testbed: Testbed, client: RawConnection) -> str | Inconclusive | None:
        def remaining() -> float:
            spent_s = (time.monotonic_ns() - client.started_ns) / 1e9
            return max(0.0, seconds + testbed.grace_s - spent_s)

        await client.wait_for(lambda f: f.kind in ("eof", "end"), None, remaining())
        while not client.is_over and remaining():
            client.pour(b"\0")  # is refused once the service has left altogether
            await client.wait_for(lambda f: f.kind == "end", None, DROP_S)
        harmless = client.asked_in or not any(client.received()) or client.ended_by_service
        if client.cut_ns is None:
            return client.summary() + ("" if client.is_open else _still_up(client))
        if not harmless or (client.http_status or 0) >= 500:
            return client.summary()
        late_s = (client.cut_ns - client.started_ns) / 1e9 - seconds
        if late_s <= 0:
            return None
        said = f"{client.summary()}; cut off {late_s + seconds:.1f} s after it came"
        checks, life_ns = testbed.scenario.checks, (client.started_ns, client.cut_ns)
        doubt = checks.explained(late_s * 1e3, *life_ns)
        return Inconclusive(f"{said}, but {doubt}") if doubt else said

    return judge

"""Canaries: tokens that are looked for wherever they should not be (QA-WS-025).

Every `async` function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit

from qaws.auth.forgeries import KINDS
from qaws.behaviours import lifecycle
from qaws.behaviours.tokens import forger, response_of
from qaws.clients.address import credentials
from qaws.clients.connection import Connection
from qaws.protocol.dialect import MALFORMED
from qaws.sut.service import http_url, open_url
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

CHUNK = 16
"""Characters of a token that betray it, wherever it was cut."""

MOST_CHUNKS = 40
"""Of one part of a token, so many chunks are looked for, from its beginning."""

VARIED = 6
"""A chunk of fewer different characters could turn up by chance."""

ANSWER_S = 5.0
"""How long a plain HTTP request may take to be answered."""

GOOD = "a good token"

NOWHERE = "/nowhere"
"""A path that no service has."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A token that was shown to the service: what it was, and the marker in its payload."""

    what: str
    token: str
    marker: str


@dataclass(slots=True)
class CanaryTokens:
    """The canaries of a scenario, and what was said over HTTP: place → text."""

    canaries: list[Canary]
    answers: dict[str, str]


CANARIES = Key[CanaryTokens]("no token was shown that could be looked for")


# --- looking for them -----------------------------------------------------------------------------


def traces(text: str, tokens: Sequence[str], markers: Sequence[str] = ()) -> list[str]:
    """Return in which ways a text betrays tokens, the worst first; the tokens are not repeated.

    URL-encoding hides nothing.
    """
    texts = {text, unquote(text)}
    found = set()
    for number, token in enumerate(tokens):
        for name, needle in _needles(token, markers[number] if markers else ""):
            if any(needle in each for each in texts):
                found.add(name)
                break
    return sorted(found, key=lambda name: ("whole" not in name, "says" not in name, name))


def _needles(token: str, marker: str) -> Iterator[tuple[str, str]]:
    """Yield what betrays a token, the greatest betrayal first, with a name for it."""
    if _telling(token):
        yield "a whole token", token
        yield "a whole token", quote(token, safe="")
    if marker:
        yield "what a token says", marker
    parts = token.split(".")
    names = ["the header", "the payload", "the signature"] if len(parts) == 3 else []
    for place, part in enumerate(parts):
        name = names[place] if names else "a part"
        if _telling(part):
            yield f"{name} of a token", part
        if place == 0 and names:
            continue  # a piece of a header is the same in all tokens
        for start in range(0, min(len(part), MOST_CHUNKS * CHUNK), CHUNK):
            if _telling(chunk := part[start : start + CHUNK]):
                yield f"a piece of {name} of a token", chunk


def _telling(text: str) -> bool:
    return len(text) >= CHUNK and len(set(text)) >= VARIED


# --- showing them ---------------------------------------------------------------------------------


async def show_canaries(testbed: Testbed) -> None:
    """Show tokens of every kind in every way that the target knows, and some where none belong.

    Good ones are used: their clients send malformed messages, and are cut off in the end.

    Raises:
        Refuted: a good one was not accepted.
    """
    canaries = testbed.scenario.stash[CANARIES] = CanaryTokens([], {})
    token_locations = testbed.target.auth.token_locations
    kinds = [*KINDS, GOOD, GOOD]
    shown = []
    for location in token_locations:
        for kind in kinds:
            canary = await _canary(testbed, kind)
            canaries.canaries.append(canary)
            name = f"client {len(canaries.canaries)}"
            shown.append(lifecycle.connect(testbed, [name], canary.token, location=location))
    opened = [connection for (connection,) in await asyncio.gather(*shown)]
    good = [c for c, each in zip(opened, canaries.canaries, strict=True) if each.what == GOOD]
    lifecycle.require_welcomes(testbed, good)
    await asyncio.gather(*(_misbehave(testbed, connection) for connection in good))
    await _ask_over_http(testbed, canaries)


async def _canary(testbed: Testbed, kind: str) -> Canary:
    marker = f"canary-{secrets.token_hex(12)}"
    workshop = await forger(testbed, marker)
    token = KINDS[kind](workshop) if kind in KINDS else workshop.good()
    if kind.endswith("garbage"):
        token = marker + token
    return Canary(kind, token, marker)


async def _misbehave(testbed: Testbed, connection: Connection) -> None:
    """Send everything that could make a service stumble, and cut the connection."""
    for text in MALFORMED.values():
        await connection.send(text)
    await connection.send(testbed.dialect.ping())
    await connection.wait_for(
        lambda f: lifecycle.is_kind(testbed, "pong")(f) or f.kind == "close", None, testbed.grace_s
    )
    await connection.reset()


async def _ask_over_http(testbed: Testbed, canaries: CanaryTokens) -> None:
    """Show a token where a plain HTTP request goes to, and note what is answered."""
    target, url = testbed.target, testbed.service.url
    paths = {NOWHERE, urlsplit(url).path}
    if target.statistics:
        paths.add(target.statistics.path)
    if target.launch and target.launch.ready_path:
        paths.add(target.launch.ready_path)
    for path in sorted(paths):
        canary = await _canary(testbed, GOOD)
        canaries.canaries.append(canary)
        parameter = target.auth.query_parameter
        address, _ = credentials(http_url(url, path), canary.token, "query parameter", parameter)
        answer = await asyncio.to_thread(_answer, address)
        canaries.answers[f"the answer to a request for {path}"] = answer


def _answer(url: str) -> str:
    """Return head and body of an HTTP answer, whatever its status."""
    try:
        with open_url(url, ANSWER_S) as answer:
            return f"{answer.headers}{answer.read().decode('utf-8', 'replace')}"
    except HTTPError as refusal:
        with refusal:
            return f"{refusal.headers}{refusal.read().decode('utf-8', 'replace')}"
    except (OSError, HTTPException) as problem:
        return f"no answer: {problem}"


# --- then -----------------------------------------------------------------------------------------


async def nowhere_to_be_found(testbed: Testbed) -> None:
    """Require that no canary is betrayed by what the service wrote or said.

    Raises:
        Broken: no canary was shown, or the service's output cannot be seen.
    """
    canaries = testbed.scenario.stash[CANARIES]
    places = {**canaries.answers, **_said(testbed.scenario.connections.all)}
    for service, mark in testbed.scenario.services:
        if service.process is None:
            raise Broken(f"{testbed.target.file}: without [launch] nobody sees what it writes")
        places["the service's output"] = service.process.read_log()[mark:]
    tokens = [canary.token for canary in canaries.canaries]
    markers = [canary.marker for canary in canaries.canaries]
    findings = [
        f"{place} has {trace}"
        for place, text in places.items()
        for trace in traces(text, tokens, markers)
    ]
    length = sum(map(len, places.values()))
    testbed.scenario.figures.append(
        ("searched", f"{length:,} characters in {len(places)} places for {len(tokens)} tokens")
    )
    testbed.scenario.checks.require(
        not findings,
        f"traces of {len(tokens)} tokens in what the service wrote and said",
        "; ".join(findings[:3]) or f"none in {length:,} characters",
        "none",
    )


def _said(connections: Sequence[Connection]) -> dict[str, str]:
    """Return all that clients were told, of one kind each: place → text."""
    closes = [c.ending.reason for c in connections if c.ending]
    answers = [response_of(c) for c in connections if c.refusal]
    messages = [f.text for c in connections for f in c.log if f.direction == "←"]
    return {
        "a close's reason": "\n".join(closes),
        "the answer to a handshake": "\n".join(answers),
        "a message to a client": "\n".join(messages),
    }

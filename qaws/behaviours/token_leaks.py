"""Canaries: tokens that are looked for wherever they should not be (QA-WS-025).

A place that was never written to shows nothing, nor does a canary that nobody took notice of. So
each canary must have caused a line somewhere: a reason, an answer, an error; or, where its client
was told nothing, a growth of a log that was at rest before the canary was shown.

Every `async` function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit

from qaws.auth.forgeries import kinds
from qaws.behaviours import lifecycle, service_logs
from qaws.behaviours.rejections import told
from qaws.behaviours.service_logs import OUTPUT
from qaws.behaviours.token_traces import traces
from qaws.behaviours.tokens import forger
from qaws.clients.connection import Connection
from qaws.protocol.credentials import credentials
from qaws.protocol.malformed import MESSAGES
from qaws.sut.log_files import LogPlace
from qaws.sut.service import http_url, open_url
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

ANSWER_S = 5.0
"""How long a plain HTTP request may take to be answered."""

REST_S = 0.3
"""A log that was not written to for so long is at rest: what comes then has a cause."""

LINE_S = 1.0
"""How long a line may take to be written once its cause is there."""

SECOND_LOOKS_S = 30.0
"""How long, in all, canaries that nobody answered are shown again, one by one."""

SHOWN = 3
"""How many canaries a sentence names."""

GOOD = "a good token"
REASON = "a close's reason"
HANDSHAKE = "the answer to a handshake"
MESSAGE = "a message to a client"
STATISTICS = "the answer to whoever may read the statistics"

NOWHERE = "/nowhere"
"""A path that no service has."""


@dataclass(slots=True)
class Canary:
    """A token that was shown to the service: what it was, and the marker in its payload.

    `where` is the place in a handshake, or the path of a plain request, in which it was shown;
    `line` the place in which it has caused a line, "" for none.
    """

    what: str
    token: str
    marker: str
    where: str
    line: str = ""

    @property
    def name(self) -> str:
        """Return what it was, and where it was shown."""
        path = self.where.startswith("/")
        return f"{self.what} in {'a plain HTTP request for ' if path else ''}{self.where}"


@dataclass(slots=True)
class CanaryTokens:
    """The canaries of a scenario, what was said over HTTP (place → text), and the logs.

    `last_shown_s` is when the last one had been shown (`time.monotonic()`).
    """

    logs: list[LogPlace]
    canaries: list[Canary] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    last_shown_s: float = 0.0


CANARIES = Key[CanaryTokens]("no token was shown that could be looked for")


# --- showing them ---------------------------------------------------------------------------------


def log_all_from(testbed: Testbed, level: str) -> None:
    """Let the service run with a log level.

    Raises:
        NotVerified: the target has no setting for it, or the service does not start with it.
    """
    try:
        testbed.use_service({"log level": level})
    except (Broken, NotVerified) as problem:
        said = f"{problem}; so nothing shows what the service writes at {level}"
        if "[settings]" not in said:  # else it says so itself
            said += f': name in [settings] a variable for the "log level" that can be {level}'
        raise NotVerified(said) from None


async def show_canaries(testbed: Testbed) -> None:
    """Show tokens of every kind in every way that the target knows, and some where none belong.

    Those that open something are used: their clients send malformed messages, and are cut off in
    the end, when plain requests have been answered. Those that were not answered are shown again,
    one by one, while the logs are watched.

    Raises:
        Refuted: a good one was not accepted.
        NotVerified: a log cannot be read.
    """
    with _readable_logs(testbed):
        canaries = testbed.scenario.stash[CANARIES] = CanaryTokens(
            service_logs.places(testbed, testbed.service)
        )
    testbed.scenario.on_end += [place.close for place in canaries.logs]
    for location in testbed.target.auth.token_locations:
        for kind in [*kinds(), GOOD, GOOD]:
            with contextlib.suppress(NotVerified):  # a kind that these tokens have not
                canaries.canaries.append(await _canary(testbed, kind, location))
    shown = [*canaries.canaries]
    opened = await asyncio.gather(*(_show(testbed, canary) for canary in shown))
    testbed.service.require_alive()
    lifecycle.require_welcomes(
        testbed, [c for c, each in zip(opened, shown, strict=True) if each.what == GOOD]
    )
    await _ask_over_http(testbed, canaries)
    await asyncio.gather(*(each.reset() for each in opened))
    with _readable_logs(testbed):
        await _look_again(testbed, canaries)
    canaries.last_shown_s = time.monotonic()


@contextlib.contextmanager
def _readable_logs(testbed: Testbed) -> Iterator[None]:
    """Say so where a log cannot be read."""
    try:
        yield
    except OSError as problem:
        raise NotVerified(
            f"{testbed.target.file}: [launch] log_files: {problem.filename}: {problem.strerror}; "
            "let the suite read it"
        ) from None


async def _canary(testbed: Testbed, kind: str, where: str) -> Canary:
    marker = f"canary-{secrets.token_hex(12)}"
    workshop = await forger(testbed, marker)
    makers = kinds()
    token = makers[kind](workshop) if kind in makers else workshop.good()
    if kind.endswith("garbage"):
        token = marker + token
    credentials("", token, where, "")  # which says whether a client can show it there
    return Canary(kind, token, marker, where)


async def _show(testbed: Testbed, canary: Canary) -> Connection:
    """Show a canary in a handshake, use what it opens, and note in which place it was answered."""
    name = f"client {len(testbed.scenario.connections.all) + 1}"
    (connection,) = await lifecycle.connect(
        testbed, [name], canary.token, location=canary.where, may_be_gone=True
    )
    if connection.is_welcomed:
        await _misbehave(testbed, connection)
    if connection.refusal:
        canary.line = HANDSHAKE
    elif any(connection.received("error")):
        canary.line = MESSAGE
    elif connection.ending and connection.ending.reason and connection.ended_by_service:
        canary.line = REASON
    return connection


async def _show_and_cut(testbed: Testbed, canary: Canary) -> None:
    """Do so, and cut the connection."""
    await (await _show(testbed, canary)).reset()


async def _misbehave(testbed: Testbed, connection: Connection) -> None:
    """Send everything that could make a service stumble."""
    for name in MESSAGES.rows:
        with contextlib.suppress(NotVerified):  # one that this dialect has no words for
            await connection.send(testbed.dialect.malformed(name))
    await connection.send(connection.dialect.ping())
    await connection.wait_for(
        lambda f: lifecycle.is_kind(testbed, "pong")(f) or f.kind == "close", None, testbed.grace_s
    )


async def _ask_over_http(testbed: Testbed, canaries: CanaryTokens) -> None:
    """Show a token where a plain HTTP request goes to, and note what is answered."""
    target, url = testbed.target, testbed.service.url
    paths = {NOWHERE, urlsplit(url).path}
    if target.statistics:
        paths.add(target.statistics.path)
    if target.launch and target.launch.ready_path:
        paths.add(target.launch.ready_path)
    for path in sorted(paths):
        canary = await _canary(testbed, GOOD, path)
        canaries.canaries.append(canary)
        if answer := await _asked(testbed, canary):
            canary.line = f"the answer to a request for {path}"
            canaries.answers[canary.line] = answer
    if target.statistics:
        where, headers = http_url(url, target.statistics.path), testbed.service.statistics_headers()
        authority = target.endpoint.authority
        canaries.answers[STATISTICS] = await asyncio.to_thread(_answer, where, authority, headers)


async def _asked(testbed: Testbed, canary: Canary) -> str:
    """Ask for the path of a canary; return the answer, "" for none."""
    url, parameter = testbed.service.url, testbed.target.auth.query_parameter
    where = http_url(url, canary.where)
    address, _ = credentials(where, canary.token, "query parameter", parameter)
    return await asyncio.to_thread(_answer, address, testbed.target.endpoint.authority)


def _answer(url: str, authority: str, headers: Mapping[str, str] | None = None) -> str:
    """Return head and body of an HTTP answer, whatever its status; "" where none came."""
    try:
        with open_url(url, ANSWER_S, headers, authority) as answer:
            return f"{answer.headers}{answer.read().decode('utf-8', 'replace')}"
    except HTTPError as refusal:
        with refusal:
            return f"{refusal.headers}{refusal.read().decode('utf-8', 'replace')}"
    except (OSError, HTTPException):
        return ""


async def _look_again(testbed: Testbed, canaries: CanaryTokens) -> None:
    """Show those that nobody answered once more, each while the logs are at rest."""
    deadline = time.monotonic() + SECOND_LOOKS_S
    for canary in [each for each in canaries.canaries if not each.line]:
        resting = await _rest(canaries.logs, deadline)
        if time.monotonic() >= deadline:
            return
        present = _asked if canary.where.startswith("/") else _show_and_cut
        showing = asyncio.ensure_future(present(testbed, canary))
        try:
            canary.line = await _grown(resting, canary)
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)


async def _rest(logs: Sequence[LogPlace], deadline: float) -> Mapping[str, tuple[LogPlace, object]]:
    """Wait until nothing is written; return by name the logs, and how they are then.

    At the deadline those that do not rest are left out.
    """
    before = {place.name: (place, place.state()) for place in logs}
    while True:
        await asyncio.sleep(REST_S)
        after = {place.name: (place, place.state()) for place in logs}
        if after == before or time.monotonic() >= deadline:
            return {name: each for name, each in after.items() if each == before[name]}
        before = after


async def _grown(resting: Mapping[str, tuple[LogPlace, object]], canary: Canary) -> str:
    """Return in which of the logs something has been written; "" for none within LINE_S."""
    until = time.monotonic() + LINE_S
    while time.monotonic() < until:
        for name, (place, state) in resting.items():
            if place.state() != state:
                return name
        if canary.line:
            break
        await asyncio.sleep(0.01)
    return canary.line


# --- then -----------------------------------------------------------------------------------------


async def nowhere_to_be_found(testbed: Testbed) -> None:
    """Require that no canary is betrayed by what the service wrote or said.

    Logs that are written by a queue or in batches lag behind: they are read once the last canary
    has had the time that a line may take.

    Raises:
        Broken: no canary was shown.
        NotVerified: a canary has caused no line anywhere, or a log was not written to.
    """
    canaries = testbed.scenario.stash[CANARIES]
    # No later line shows that an earlier one is not still to come: many loggers keep no order.
    await asyncio.sleep(max(0.0, canaries.last_shown_s + LINE_S - time.monotonic()))
    with _readable_logs(testbed):
        logs = {place.name: place.written() for place in canaries.logs}
    places = {**canaries.answers, **_said(testbed.scenario.connections.all), **logs}
    tokens = [canary.token for canary in canaries.canaries]
    markers = [canary.marker for canary in canaries.canaries]
    findings = [
        f"{place} has {trace}"
        for place, text in places.items()
        for trace in traces(text, tokens, markers)
    ]
    length = sum(map(len, places.values()))
    testbed.scenario.figures += [
        ("searched", f"{length:,} characters in {len(places)} places for {len(tokens)} tokens"),
        *((f"written to {place}", f"{len(text):,} characters") for place, text in logs.items()),
        *_lines(canaries.canaries),
    ]
    testbed.scenario.checks.require(
        not findings,
        f"traces of {len(tokens)} tokens in what the service wrote and said",
        "; ".join(findings[:SHOWN]) or f"none in {length:,} characters",
        "none",
    )
    _require_written(testbed, canaries, logs)
    _require_lines(canaries.canaries)


def _lines(canaries: Sequence[Canary]) -> list[tuple[str, str]]:
    """Say for each place which canaries have caused a line there, so that it can be checked."""
    by_place: dict[str, list[str]] = {}
    for canary in canaries:
        by_place.setdefault(canary.line or "nowhere", []).append(canary.name)
    return [
        (f"tokens that caused a line in {place}", f"{len(shown)}: {'; '.join(shown)}")
        for place, shown in by_place.items()
    ]


def _require_written(testbed: Testbed, canaries: CanaryTokens, logs: Mapping[str, str]) -> None:
    """Make sure that the service has written wherever it logs while the canaries were shown.

    A service whose log files are named may write nothing to its output.
    """
    named = canaries.logs[1:]
    for place in named or canaries.logs:
        if logs[place.name]:
            continue
        if place.name == OUTPUT:
            raise NotVerified(
                "the service wrote nothing to its output while tokens were shown to it, so nothing "
                "shows that none would appear in its log: let it write at once, or name the files "
                f"that it logs to in [launch] log_files of {testbed.target.file}"
            )
        seen = "was not written to" if place.is_there else "is not there"
        raise NotVerified(
            f"{testbed.target.file}: [launch] log_files: {place.pattern} {seen} while tokens were "
            "shown, so nothing shows that none would appear in it"
        )


def _require_lines(canaries: Sequence[Canary]) -> None:
    """Make sure that each canary was seen to cause a line."""
    silent = [canary.name for canary in canaries if not canary.line]
    if silent:
        more = f" and {len(silent) - SHOWN} more" if len(silent) > SHOWN else ""
        raise NotVerified(
            f"{len(silent)} of {len(canaries)} tokens caused no line anywhere, so nothing shows "
            f"that they would not appear in one: {'; '.join(silent[:SHOWN])}{more}"
        )


def _said(connections: Sequence[Connection]) -> dict[str, str]:
    """Return all that clients were told, of one kind each: place → text."""
    closes = [c.ending.reason for c in connections if c.ending]
    answers = ["\n".join(told(c).values()) for c in connections if c.refusal]
    answers += [c.upgraded_with for c in connections]
    messages = [f.whole for c in connections for f in c.log if f.direction == "←"]
    return {
        REASON: "\n".join(closes),
        HANDSHAKE: "\n".join(answers),
        MESSAGE: "\n".join(messages),
    }

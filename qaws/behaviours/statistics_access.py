"""Who may read the service's statistics: QA-WS-120.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.error import HTTPError
from urllib.parse import quote

from qaws.auth.forgeries import forged
from qaws.behaviours import tokens
from qaws.sut.service import http_url, open_url
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

ANSWER_S = 5.0
FORGED = {
    "an expired token": "expired an hour ago",
    "a forged token": "an untrusted key under the right kid",
}
"""What features call a stranger's token → its kind in QA-WS-021."""

ANSWERS = Key[list[tuple[str, int, str]]]("no stranger has asked for the statistics")
"""For each request: how the stranger asked, the status, and all that was answered."""


async def ask_as_stranger(testbed: Testbed, shown: str) -> None:
    """Ask for the statistics as somebody who may not see them; a token is shown in both places.

    Raises:
        Broken: the target has no statistics, nobody answers there, or such credentials are unknown.
    """
    section, url = testbed.target.statistics, testbed.service.url
    if section is None:
        raise Broken(f"{testbed.target.file}: has no [statistics]")
    address = http_url(url, section.path)
    asked = [(address, headers) for headers in await _headers(testbed, shown)]
    if token := next((h["Authorization"] for _, h in asked if shown in FORGED), None):
        joint = "&" if "?" in section.path else "?"
        parameter = testbed.target.auth.query_parameter
        asked.append((f"{address}{joint}{parameter}={quote(token.partition(' ')[2])}", {}))
    answers, trusted = (
        testbed.scenario.stash.setdefault(ANSWERS, []),
        testbed.target.endpoint.authority,
    )
    for where, headers in asked:
        answers.append((shown, *await asyncio.to_thread(_answer, where, headers, trusted)))


async def _headers(testbed: Testbed, shown: str) -> list[dict[str, str]]:
    if shown == "no credentials":
        return [{}]
    if shown == "wrong credentials":
        right = testbed.service.statistics_headers() or {"Authorization": "Bearer stranger"}
        return [{name: _other(value) for name, value in right.items()}]
    if shown in FORGED:
        token = forged(FORGED[shown], await tokens.forger(testbed))
        return [{"Authorization": f"Bearer {token}"}]
    known = ", ".join(["no credentials", "wrong credentials", *FORGED])
    raise Broken(f'no credentials "{shown}" of a stranger; known are {known}')


def _other(value: str) -> str:
    """Return a value of the same form that opens nothing: its last letters are others."""
    return value[:-4] + "".join("x" if letter != "x" else "y" for letter in value[-4:])


def _answer(url: str, headers: Mapping[str, str], authority: str) -> tuple[int, str]:
    """Return status, and head and body of an HTTP answer.

    Raises:
        Broken: nobody answers there.
    """
    try:
        try:
            with open_url(url, ANSWER_S, headers, authority) as answer:
                return answer.status, f"{answer.headers}{answer.read().decode('utf-8', 'replace')}"
        except HTTPError as refusal:
            with refusal:
                text = refusal.read().decode("utf-8", "replace")
                return refusal.code, f"{refusal.headers}{text}"
    except OSError as problem:
        raise Broken(f"{url.partition('?')[0]}: no answer: {problem}") from None


async def stranger_learned_nothing(testbed: Testbed, codes: list[int]) -> None:
    """Require that each request of a stranger was refused with one of these, and told no count."""
    section = testbed.target.statistics
    assert section
    for shown, status, text in testbed.scenario.stash[ANSWERS]:
        testbed.scenario.checks.require(
            status in codes,
            f"answer to a stranger with {shown} who asks for the statistics",
            f"HTTP {status}",
            "HTTP " + " or ".join(map(str, codes)),
        )
        told = [name for name in (section.connections, section.subscriptions) if name in text]
        testbed.scenario.checks.require(
            not told,
            f"what a stranger with {shown} is told nevertheless",
            f"{' and '.join(told)}: {text[-200:]}" if told else "no count",
            "no count",
        )


async def operator_reads(testbed: Testbed) -> None:
    """Require that the statistics can be read with the credentials that the target file has.

    Raises:
        Broken: they cannot.
    """
    seen = await asyncio.to_thread(testbed.service.snapshot, ("sessions", "subscriptions"))
    testbed.scenario.checks.require(
        seen.sessions is not None, "statistics for whoever has the credentials", str(seen), "counts"
    )

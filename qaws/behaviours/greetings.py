"""Whether clients are welcomed as they should be, and get a session of their own: QA-WS-003, 005.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

from collections.abc import Iterable

from qaws.behaviours import lifecycle
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified


async def welcomed(
    testbed: Testbed, client: str, within_ms: float, fields: Iterable[tuple[str, str]]
) -> None:
    """Require a welcome, first of all messages, in time, with the given fields.

    That it comes once is judged behind the fence at the scenario's end: a second one may be on its
    way still.

    Args:
        testbed: the testbed.
        client: who.
        within_ms: the bound in milliseconds, from the begin of the handshake.
        fields: name and value of fields; "any text" stands for a non-empty string.

    Raises:
        NotVerified: the dialect has no welcome, or no session ids.
    """
    if not testbed.dialect.welcomes:
        raise NotVerified(f"the dialect {testbed.dialect.name} has no welcome")
    connection = testbed.scenario.connections.named(client)
    wait_s = within_ms / 1e3 + testbed.grace_s
    welcome = await connection.wait_for(lifecycle.is_kind(testbed, "welcome"), None, wait_s)
    at = welcome.at_ns if welcome else None
    lifecycle.in_time(
        testbed, f"welcome of {client}", connection.started_ns, at, within_ms, connection
    )
    assert welcome is not None
    spelled = "" if testbed.dialect.name == "qa-ws" else f", spelled {welcome.text[:120]}"
    for name, wanted in fields:
        if name == "session_id":
            testbed.dialect.require_sessions()
        value = welcome.message.get(name)
        ok = (isinstance(value, str) and value != "") if wanted == "any text" else value == wanted
        said = f"{value!r}{spelled}"
        testbed.scenario.checks.require(ok, f"{name} in {client}'s welcome", said, wanted)
    first = next(connection.received())
    testbed.scenario.checks.require(
        first is welcome,
        f"first message to {client}",
        f"a {testbed.dialect.kind(first.message)}",
        "the welcome",
    )


async def new_session(testbed: Testbed, client: str) -> None:
    """Require that a client that came back has another session id than before."""
    testbed.dialect.require_sessions()
    before = testbed.scenario.connections.earlier(client).session_id
    after = testbed.scenario.connections.named(client).session_id
    testbed.scenario.checks.require(
        after is not None and after != before,
        f"session id of {client} after reconnecting",
        str(after),
        f"any but the former one, {before}",
    )

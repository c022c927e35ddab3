"""Whose mistake it may be where a team has described the dialect itself.

Of `qa-ws` the suite knows that what it says is right: an error in answer to a good subscription is
the service's mistake, for the scenarios to judge. What a target file describes nobody has seen work
yet. Where the first good word of each kind is answered by an error, or what comes fits nothing that
is described, the description is as likely to be wrong: the run ends, with the key to look at.
"""

from __future__ import annotations

from collections.abc import Collection

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.protocol.market import Selection
from qaws.testbed import look_messages, look_words, unasked
from qaws.testbed.look_messages import quoted
from qaws.testbed.look_words import of_kind
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

EXPECTED = {"ping": "pong", "subscribe": "subscribed", "unsubscribe": "unsubscribed"}


def is_described(testbed: Testbed) -> bool:
    """Return whether the target file itself says how the service speaks."""
    return not isinstance(testbed.target.dialect, str)


def require_understood(
    testbed: Testbed,
    client: Connection,
    before: Frame,
    which: str,
    selection: Selection | None = None,
) -> None:
    """Raise `Broken` where what came in answer tells that the description may be wrong.

    Args:
        testbed: the run's.
        client: who asked.
        before: the entry of its log behind which answers are.
        which: what was asked for without success: "ping", "subscribe" or "unsubscribe".
        selection: what was to be subscribed to or given up.

    Raises:
        Broken: it was answered by an error, or by what fits no answer that is described.
    """
    if not is_described(testbed):
        return
    came = look_words.behind(client, before)
    table, target = f"[dialect.{which}]", testbed.target
    form = testbed.dialect.sayable(selection).kind if selection else "say"
    asked = f"{which} {selection}" if selection else which
    if refusal := next(filter(of_kind(testbed, "error"), came), None):
        market = ", [market]" if selection else ""
        raise Broken(
            f"{target.file}: a good message ({asked}) was answered by an error, "
            f"{quoted(refusal)}; look at {table} {form}{market}, [dialect.recognise] "
            "error; where these are right the service refuses what it should take"
        )
    others = unasked.ANSWERS - {EXPECTED[which]}
    if strange := next((each for each in came if _is_strange(testbed, each, others)), None):
        if look_messages.is_unread(strange):
            raise Broken(
                f"{target.file}: behind a good message ({asked}) came {quoted(strange)}; "
                f"look at {look_messages.key_of(strange)}"
            )
        key = "ack" if selection else "answer"
        raise Broken(
            f"{target.file}: a good message ({asked}) was answered by {quoted(strange)}"
            f", {_taken_for(testbed, strange, table, key)}; look at {table} {key}, or name in "
            "[dialect.recognise] ignore what comes of its own accord"
        )


def require_shape(testbed: Testbed, client: Connection, before: Frame, what: str) -> None:
    """Raise `Broken` where a tick that was published and heard came in a shape that none fits."""
    if not is_described(testbed):
        return
    came = [frame for frame in look_words.behind(client, before) if _is_unknown(testbed, frame)]
    if unread := next(filter(look_messages.is_unread, came), None):
        raise Broken(
            f"{testbed.target.file}: no {what} came to who had subscribed to it, but "
            f"{quoted(unread)}; look at {look_messages.key_of(unread)}"
        )
    if came:
        raise Broken(
            f"{testbed.target.file}: no {what} came to who had subscribed to it, but "
            f"{quoted(came[0])}, which fits no [[dialect.tick]]; "
            "look at [[dialect.tick]] match, each, or name in [dialect.recognise] ignore what "
            "comes of its own accord"
        )


def _is_unknown(testbed: Testbed, frame: Frame) -> bool:
    """Return whether a message is none that the dialect knows."""
    return look_words.is_message(testbed, frame) and not of_kind(testbed, *unasked.KNOWN)(frame)


def _is_strange(testbed: Testbed, frame: Frame, others: Collection[str]) -> bool:
    """Return whether a message is none that is known, or an answer to something else."""
    return of_kind(testbed, *others)(frame) or _is_unknown(testbed, frame)


def _taken_for(testbed: Testbed, frame: Frame, table: str, key: str) -> str:
    """Say what the dialect makes of a message."""
    kind = testbed.dialect.kind(frame.message) if isinstance(frame.message, dict) else ""
    if kind in unasked.ANSWERS:
        return f"which the dialect takes for the answer '{kind}'"
    return f"which fits no {table} {key}"

"""Messages that a service sends of its own accord, and that its dialect does not know.

A heartbeat every so many seconds meets the scenarios that happen to last so long, and no other.
Whether target file and service speak of the same thing must not hang on that: the run ends with the
first one, and says which key is to name it.
"""

from __future__ import annotations

from collections.abc import Iterable

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.testbed import look_words
from qaws.testbed.quiet_clients import WATCH, Watch
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

ANSWERS = frozenset({"pong", "subscribed", "unsubscribed", "error"})
KNOWN = ANSWERS | {"welcome", "status", "option tick", "underlying bar", "opening"}
"""What messages can be, in the words of the features."""


def of_a_scenario(testbed: Testbed) -> Broken | None:
    """Look through what the scenario's clients, and those of the whole run, have received."""
    watch = testbed.stash.get(WATCH)
    quiet = watch.clients.values() if isinstance(watch, Watch) else ()
    return among(testbed, [*quiet, *testbed.scenario.connections.all])


def among(testbed: Testbed, connections: Iterable[Connection]) -> Broken | None:
    """Return what to say of the first such message to one of these clients; None without one."""
    for connection in connections:
        if frame := first_unasked(testbed, connection):
            return look_words.undeclared(testbed, connection.name, frame)
    return None


def first_unasked(testbed: Testbed, connection: Connection) -> Frame | None:
    """Return the first message of an unknown type that answers nothing and is no tick.

    The client had been let in, and had an answer to all that it had sent. Where it had asked for
    ticks, what names a symbol may be one that is spelled wrongly; in other dialects than `qa-ws`
    anything may. There, what comes ahead of a welcome answers nothing either: a client that is
    welcomed in the end has said what it should.
    """
    due, is_in, wants_ticks = 0, False, False
    comes_in = not testbed.dialect.is_plain and connection.is_welcomed
    for frame in connection.log:
        if frame.direction == "→":
            due += frame.kind == "text"
            continue
        if not isinstance(frame.message, dict):
            continue
        kind = testbed.dialect.kind(frame.message)
        if kind in KNOWN or not frame.problem:
            due -= kind in ANSWERS and due > 0
            if kind == "welcome" and comes_in and not is_in:
                due = 0  # it answers all that opened the session
            is_in = is_in or kind in (*ANSWERS, "welcome")
            wants_ticks = wants_ticks or kind == "subscribed"
        elif (comes_in and not is_in) or (
            is_in and not due and not (wants_ticks and _may_be_tick(testbed, frame))
        ):
            return frame
    return None


def _may_be_tick(testbed: Testbed, frame: Frame) -> bool:
    return not testbed.dialect.is_plain or "symbol" in frame.message

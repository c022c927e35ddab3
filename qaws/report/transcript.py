"""Wire transcripts: what one connection sent and received, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.protocol.market import SEQUENCE_FIELD
from qaws.verdict import readable

LINE_LIMIT = 1200
"""Characters of a message that a line shows before it is cut."""

FRAME_LIMIT = 400
"""Frames of one connection that a transcript shows: the first and the last half of it."""


def transcript(connection: Connection, origin_ns: int, *, brief: bool = False) -> str:
    """Write a connection's log as text; what nobody could see of it is spelled out.

    Args:
        connection: whose.
        origin_ns: the instant that the times are counted from (monotonic).
        brief: show kind and length of messages instead of the messages themselves.
    """
    head = f"{connection.name} · session {connection.session_id or 'none'} · {_end(connection)}"
    lines = [_line(frame, origin_ns, brief) for frame in connection.log]
    if (over := len(lines) - FRAME_LIMIT) > 0:
        half = FRAME_LIMIT // 2
        lines[half:-half] = [f"        … {over} frames are left out here …"]
    lines += [f"  BREACH  {breach}" for breach in connection.breaches]
    return "\n".join([*map(_one_line, [head, *lines]), ""])


def _one_line(text: str) -> str:
    """Return a text in which nothing ends the line, so that no client or service can add one."""
    return readable(text).replace("\n", "\\n").replace("\r", "\\r")


def group_transcript(connections: Sequence[Connection], origin_ns: int) -> str:
    """Write the logs of a group: the first three whole, the others briefly."""
    return "\n".join(
        transcript(connection, origin_ns, brief=index >= 3)
        for index, connection in enumerate(connections)
    )


def _end(connection: Connection) -> str:
    if connection.ending is None and connection.turned_at:
        return connection.summary()
    return str(connection.ending or connection.http_error or "still open")


def _line(frame: Frame, origin_ns: int, brief: bool) -> str:
    at_ms = (frame.at_ns - origin_ns) / 1e6
    code = f" {frame.code}" if frame.code is not None else ""
    return (
        f"{at_ms:12.3f} ms {frame.direction} {frame.kind:<9}{code} {_text(frame, brief)}".rstrip()
    )


def _text(frame: Frame, brief: bool) -> str:
    if brief and isinstance(frame.message, dict):
        kind, symbol = frame.message.get("type"), frame.message.get("symbol", "")
        number = frame.message.get(SEQUENCE_FIELD)
        which = f" {symbol} #{number}" if number is not None else ""
        return f"{kind}{which} ({len(frame.text)} characters)"
    text = frame.text if frame.text.isprintable() else ascii(frame.text)[1:-1]
    if len(text) > LINE_LIMIT:
        return f"{text[:LINE_LIMIT]} … ({len(text)} characters)"
    return text or ("(an empty message)" if frame.kind == "text" else "")

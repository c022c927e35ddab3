"""A message as the first look shows it: what it says, or why nobody reads it and which key helps.

What a target file says of the encoding may be wrong, or missing. Then no pattern is worth a look.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

import msgspec

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.protocol.joined import several_texts
from qaws.protocol.socketio import OPENS
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, without_tokens

SHOWN_CHARS = 120
OPENING_CHARS = 40
"""So much of the packet that opens a session of Socket.IO is shown."""
DECODED = ("is a text of ", "is a text, where ", "is a binary message of ")
"""How the problem of a message begins that `[dialect.encoding]` does not make anything of."""
SOCKET_IO = "socket.io"
ENGINE = {"EIO": "4", "transport": "websocket"}
"""What a service behind Socket.IO's path wants in the query."""


def quoted(frame: Frame) -> str:
    """Return a message as far as it is shown, with what keeps it from being read."""
    problem = without_tokens(frame.problem)
    if frame.kind == "binary":
        is_told = problem.startswith(DECODED)
        size = f"a binary message of {len(frame.text)} characters"
        return problem.removeprefix("is ") if is_told else size
    text = " ".join(without_tokens(frame.text).split())
    shown = text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
    return f"{shown}, {problem.removeprefix('is ')}" if is_unread(frame) else shown


def is_unread(frame: Frame) -> bool:
    """Return whether a message came of which nobody knows what it says, for how it is encoded."""
    if frame.direction != "←" or frame.message is not None or not frame.problem:
        return False
    if frame.kind == "binary" or frame.problem.startswith(DECODED):
        return True
    return frame.kind == "text" and not _is_json(frame.text)


def key_of(frame: Frame) -> str:
    """Return the key that says how such a message is read."""
    if frame.kind == "binary":
        return "[dialect.encoding] received"
    return "[dialect] several" if several_texts(frame.text) else "[dialect.encoding] texts"


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def unsaid_socket_io(testbed: Testbed, clients: Iterable[Connection]) -> Broken | None:
    """Return what to say where the service speaks Socket.IO and the target file does not say so.

    None where it does, where a file of the team's own reads texts, or where nothing tells.
    """
    encoding = testbed.dialect.encoding
    if encoding.texts != "json":
        return None
    lacking = ["texts"] if encoding.sent.endswith(".py") else ["texts", "sent"]
    came = (f.raw or f.text for each in clients for f in each.log if f.direction == "←")
    opening = next(filter(OPENS.match, came), None)
    if opening is None:
        return None
    shown = without_tokens(opening)[:OPENING_CHARS]
    keys = " and ".join(f'{key} = "{SOCKET_IO}"' for key in lacking)
    return Broken(
        f"{testbed.target.file}: what came is Socket.IO, {shown}…; [dialect.encoding] {keys} "
        f"{'are' if len(lacking) > 1 else 'is'} missing (docs/dialects.md, Socket.IO)"
    )


def lacks_engine(url: str) -> str:
    """Say what an address with Socket.IO's path lacks, "" where it lacks nothing of the kind."""
    parts = urlsplit(url)
    given = parse_qs(parts.query)
    if f"/{SOCKET_IO}" not in parts.path or not ENGINE.keys() - given.keys():
        return ""
    wanted = "&".join(f"{name}={value}" for name, value in ENGINE.items())
    return f"a service that speaks Socket.IO, as this path says, wants ?{wanted} there"

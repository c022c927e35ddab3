"""Start what a target file names, look how it speaks, and propose its dialect."""

from __future__ import annotations

import os
from pathlib import Path

from qaws.protocol.encoding import BUILT_IN
from qaws.protocol.socketio import OPENS
from qaws.runner.first_service import start_first
from qaws.runner.proposal.draft import NO_TICK, Draft, draft_of, remarks
from qaws.runner.proposal.search import Say, Search
from qaws.runner.proposal.seen import SHOWN, UNREAD, Names, shown
from qaws.runtime.timeout_factor import timeout_factor_of
from qaws.sut.target import Target
from qaws.sut.target_file import read_target
from qaws.testbed.look_messages import lacks_engine
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, without_tokens

HIDDEN = "…"
"""Stands where a service repeats the token."""

TURNED_AWAY = (
    "nobody was let in, so nothing else was tried: look at [endpoint] url, and at [auth]: is the "
    "token good, and is it shown where your clients show it?"
)
NOTHING_ASKED = (
    "; nothing was asked over HTTP before: where it wants that, say so with --before-connect FILE"
)


UNREADABLE = (
    f"binary messages came that are none of {', '.join(BUILT_IN)}: write a file with a function "
    'decode(message), and name it in [dialect.encoding]: received = "ticks.py"'
)
OTHER_TEXTS = (
    "texts came that are not JSON: write a file with the functions decode(message) and "
    'encode(message), and name it in [dialect.encoding]: texts = "ticks.py", sent = "ticks.py"'
)
SOCKET_IO = (
    'that is Socket.IO: say so in [dialect.encoding]: texts = "socket.io", sent = "socket.io"; '
    "docs/dialects.md describes such a service"
)
ONE_WAY = (
    "what was tried was said in texts: if your clients send binary messages, say so in "
    '[dialect.encoding]: sent = "{sent}"'
)
ONE_TOKEN = "the only token opens one session, so nothing was tried to see how the service speaks"
NO_WAY = "nothing that was tried was understood: docs/dialects.md says how to describe it"


class NotUnderstood(Broken):
    """Nothing of what the service says was understood; the text says what came, and the way out."""


LISTS = (
    "nothing is guessed of such: docs/dialects.md says how a pattern knows them, "
    '{ "[0]" = "tick" }, and how a template is one'
)


def propose(file: Path, names: Names, say: Say) -> Draft:
    """Propose a dialect.

    Args:
        file: a target file; its dialect is not regarded.
        names: what the service calls NIFTY.
        say: takes what was seen, line by line.

    Raises:
        NotUnderstood: nothing of what the service says was understood.
        Broken: the service does not start, or a part of the file cannot be used.
    """
    target = read_target(file)
    if target.auth.single_use and target.auth.token_variable:
        raise NotUnderstood(f"{file}: {ONE_TOKEN}")  # the probe needs it
    folder = Path(os.environ.get("QAWS_REPORTS") or "reports") / "probe"
    testbed = Testbed(target, folder, timeout_factor_of(), is_dialect_known=False)
    try:
        start_first(testbed)
        say("How it speaks")
        search = Search(testbed, names, lambda line: say(line.replace(search.token, HIDDEN)))
        seen = search.run()
    finally:
        testbed.stop()
    for each in seen.lists[:1]:
        said = f"  messages are JSON lists, in whole or in part: {shown(each)}"
        say(said.replace(search.token, HIDDEN))
        say(f"  {LISTS}")
    if seen.received == UNREAD:
        say(f"  {UNREADABLE}")
    elif seen.received != "text" and seen.ping is None:
        sent = "msgpack" if seen.received == "msgpack" else "binary"
        say(f"  {ONE_WAY.format(sent=sent)}")
    draft = draft_of(seen, target.name, names)
    if draft is None:
        why = _not_understood(search, target, lambda line: say(line.replace(search.token, HIDDEN)))
        raise NotUnderstood(f"{file}: {why}".replace(search.token, HIDDEN))
    known = f"as {draft.dialect} does, in all that was seen" if draft.dialect else ""
    say(f"  it speaks {known or 'in a way of its own; [dialect] is proposed in the file'}")
    if draft.dialect == "qa-ws" and draft.doubts:
        say(f"  {NO_TICK}: the scenarios will tell, once some flow ([feed])")
    if draft.is_near:
        say("  in part as qa-ws: if that is what it should speak, say --dialect qa-ws")
    draft.text = draft.text.replace(search.token, HIDDEN)
    draft.text = without_tokens(draft.text) if target.before_connect else draft.text
    if draft.dialect != "qa-ws":
        lines = remarks(draft, {} if seen.ticks else seen.wanting)
        for line in lines:
            say(f"  look at {line}")
        if any("NOT SEEN" in line or "GUESSED" in line for line in lines):
            say(f"  say in {file} what is NOT SEEN, check what is GUESSED, then: qaws probe {file}")
    return draft


def _not_understood(search: Search, target: Target, say: Say) -> str:
    """Say why there is no proposal, and return the most telling of it."""
    seen = search.seen
    if search.is_turned_away:
        why = f"{TURNED_AWAY}{'' if target.before_connect else NOTHING_ASKED}"
        if not target.before_connect and (lacking := lacks_engine(target.endpoint.url)):
            why = f"nobody was let in: look at [endpoint] url: {lacking}"
        say(f"  {why}")
        return why
    why = UNREADABLE if seen.received == UNREAD else NO_WAY
    if first := next(iter(seen.other_texts), None):
        shown_text, hint = without_tokens(first)[:SHOWN], OTHER_TEXTS
        if OPENS.match(first):
            hint = SOCKET_IO
        say(f"  a text that is not JSON: {shown_text}")
        say(f"  {hint}")
        why = f"a text that is not JSON came, {shown_text}: {hint}"
    say(f"  {NO_WAY}")
    return why

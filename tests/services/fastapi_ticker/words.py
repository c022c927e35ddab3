"""In which words the service speaks: docs/specification.md, section 1, or the source plan's own.

In the source plan clients name instruments as `tokens`, and a tick is in `data`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from tests.services.fastapi_ticker.messages import Command, Invalid, Key, Tick, parse, read, tick


class QaWs:
    """docs/specification.md, section 1."""

    tells_status = True
    refuses_in_words = True

    def welcome(self, session_id: str) -> dict[str, Any]:
        """Return the first message to a client."""
        return {"type": "connection", "status": "connected", "session_id": session_id}

    def parse(self, text: str) -> Command:
        """Return the command in a message."""
        return parse(text)

    def acknowledgement(
        self, command: Command, changed: Collection[Key], held: Collection[Key]
    ) -> dict[str, Any]:
        """Return what a client is told that has asked for something, or for it no more."""
        kinds = [kind for kind, _ in held]
        totals = {name: kinds.count(name[:-1]) for name in ("instruments", "symbols")}
        return {
            "type": f"{command.action}d",
            "selector": command.selector,
            "totals": {**totals, "underlyings": kinds.count("underlying")},
        }

    def tick(self, payload: bytes) -> Tick:
        """Return a tick of the feed."""
        return tick(payload)


class Plan(QaWs):
    """The source plan's own service."""

    tells_status = False
    refuses_in_words = False

    def welcome(self, session_id: str) -> dict[str, Any]:
        """Return the first message to a client."""
        return {"type": "connected", "connection_id": session_id, "user": {"id": 7}}

    def parse(self, text: str) -> Command:
        """Return the command in a message: what has no tokens names none."""
        message = read(text)
        action, tokens = message.get("action"), message.get("tokens", [])
        if action == "ping":
            return Command("ping")
        if action not in ("subscribe", "unsubscribe") or not isinstance(tokens, list):
            raise Invalid("the action is unknown, or its tokens are no list")
        if not all(type(token) is int for token in tokens):
            raise Invalid("tokens are integers")
        return Command(action, tuple(("instrument", token) for token in tokens))

    def acknowledgement(
        self, command: Command, changed: Collection[Key], held: Collection[Key]
    ) -> dict[str, Any]:
        """Return what has changed by a command, and how much is held now."""
        tokens = [token for _, token in changed]
        return {"type": f"{command.action}d", "tokens": tokens, "total": len(held)}

    def tick(self, payload: bytes) -> Tick:
        """Return a tick of the feed; only what has an instrument is one."""
        found = tick(payload)
        if found.instrument is None:
            raise Invalid("it has no instrument")
        text = json.dumps({"type": "tick", "data": json.loads(found.text)})
        return Tick(text, found.symbol, (("instrument", found.instrument),), found.instrument)


WORDS = {"qa-ws": QaWs, "plan": Plan}

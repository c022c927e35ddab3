"""Dialects: how a service spells what the features speak of.

`QaWs` is docs/specification.md, section 1.
"""

from __future__ import annotations

import json
from typing import Any

from qaws.protocol.market import Selection
from qaws.verdict import Broken

MALFORMED: dict[str, str] = {
    "broken JSON": "{ invalid json",
    "an empty message": "",
    "a JSON array": '["subscribe", "NIFTY"]',
    "a JSON number": "42",
    "null": "null",
    "an unknown action": '{"action": "teleport"}',
    "no action": '{"symbols": ["NIFTY"]}',
    "instruments that are not integers": '{"action": "subscribe", "instruments": ["256265", 1.5]}',
    "a NaN": '{"action": "subscribe", "instruments": [NaN]}',
    "a symbol that is not text": '{"action": "subscribe", "symbols": [42]}',
}
"""What a feature file calls a malformed message → what goes over the wire."""


def malformed(name: str) -> str:
    """Return the text of a malformed message by its name in the features.

    Raises:
        Broken: there is none of that name.
    """
    try:
        return MALFORMED[name]
    except KeyError:
        raise Broken(f'no malformed message "{name}"; known are {", ".join(MALFORMED)}') from None


class QaWs:
    """The qa-ws dialect."""

    name = "qa-ws"

    def ping(self) -> str:
        """Return the message that asks for a pong."""
        return '{"action":"ping"}'

    def subscribe(self, selection: Selection) -> str:
        """Return the message that subscribes to a selection."""
        return self._command("subscribe", selection)

    def unsubscribe(self, selection: Selection) -> str:
        """Return the message that ends a subscription."""
        return self._command("unsubscribe", selection)

    def kind(self, message: dict[str, Any]) -> str:
        """Return what a received message is, in the words of the features."""
        kind = message.get("type")
        return {
            "connection": "welcome",
            "option_tick": "option tick",
            "underlying_bar": "underlying bar",
        }.get(str(kind), str(kind))

    def is_tick(self, message: dict[str, Any]) -> bool:
        """Return whether a received message is a tick."""
        return message.get("type") in ("option_tick", "underlying_bar")

    def _command(self, action: str, selection: Selection) -> str:
        command: dict[str, Any] = {"action": action}
        if selection.kind == "instruments":
            command["instruments"] = list(selection.instruments)
        elif selection.kind == "symbols":
            command["symbols"] = list(selection.symbols)
        else:
            command |= {"symbol": selection.symbols[0], "type": "underlying"}
        return json.dumps(command)

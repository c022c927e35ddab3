"""The message contract: is this frame one that the dialect allows?

The contract is an AsyncAPI document in `qaws/protocol/contracts/`, compiled once into one validator
per message type: 5 to 15 microseconds a frame, so that every frame of every client can be checked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import fastjsonschema
import yaml

Validator = Callable[[Any], Any]


class Contract:
    """What a service may send in one dialect."""

    def __init__(self, dialect: str) -> None:
        """Compile the contract of a dialect.

        Args:
            dialect: the name of a document in `contracts/`, and behind it, between blanks, the
                types of heartbeats that the service sends of its own accord and nobody looks into.
        """
        dialect, *heartbeats = dialect.split()
        self._heartbeats = frozenset(heartbeats)
        self._validators = _validators(dialect)

    def violation(self, message: Any) -> str | None:
        """Say what is wrong with a decoded message, or return None when nothing is.

        Args:
            message: a JSON value, as decoded from one text frame.
        """
        if not isinstance(message, dict):
            return f"is a JSON {type(message).__name__}, not an object"
        kind = message.get("type")
        if isinstance(kind, str) and kind in self._heartbeats:
            return None
        validator = self._validators.get(kind) if isinstance(kind, str) else None
        if validator is None:
            known = ", ".join(sorted(self._validators))
            return f"has the type {kind!r}; known are {known}, and what [endpoint] heartbeats names"
        try:
            validator(message)
        except fastjsonschema.JsonSchemaValueException as problem:
            return f"{kind}: {problem.message.removeprefix('data.')}"
        return None


@cache
def _validators(dialect: str) -> dict[str, Validator]:
    """Return type of message → what validates one; compiled once in a process."""
    source = resources.files("qaws.protocol.contracts") / f"{dialect}.asyncapi.yaml"
    document = yaml.safe_load(source.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    validators = {}
    for reference in document["operations"]["toClient"]["messages"]:
        name = reference["$ref"].rsplit("/", 1)[1]
        payload = document["components"]["messages"][name]["payload"]
        schema = {**payload, "components": {"schemas": schemas}}
        validators[payload["properties"]["type"]["const"]] = fastjsonschema.compile(schema)
    return validators

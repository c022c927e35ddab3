"""The message contract: is this frame one that the dialect allows?

The contract is an AsyncAPI document in `qaws/protocol/contracts/`, compiled once into one validator
per message type: 5 to 15 microseconds a frame, so that every frame of every client can be checked.
A message that is right is known as such in one, by a type made of the same schema (`typed`); what
does not fit that type is judged, and put into words, by the validator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import fastjsonschema
import msgspec
import yaml

from qaws.protocol.typed import typed

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
        self._validators, self._types = _compiled(dialect)

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
            if kind in self._types:
                msgspec.convert(message, self._types[kind])
                return None
        except (msgspec.ValidationError, OverflowError, ValueError):
            pass  # the validator has the last word, and the sentence
        try:
            validator(message)
        except fastjsonschema.JsonSchemaValueException as problem:
            return f"{kind}: {problem.message.removeprefix('data.')}"
        return None


@cache
def _compiled(dialect: str) -> tuple[dict[str, Validator], dict[str, Any]]:
    """Return type of message → what validates one, and → what one that is right fits.

    Compiled once in a process.
    """
    source = resources.files("qaws.protocol.contracts") / f"{dialect}.asyncapi.yaml"
    document = yaml.safe_load(source.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    validators, types = {}, {}
    for reference in document["operations"]["toClient"]["messages"]:
        name = reference["$ref"].rsplit("/", 1)[1]
        payload = document["components"]["messages"][name]["payload"]
        schema = {**payload, "components": {"schemas": schemas}}
        kind = payload["properties"]["type"]["const"]
        validators[kind] = fastjsonschema.compile(schema)
        if (found := typed(payload)) is not None:
            types[kind] = found
    return validators, types

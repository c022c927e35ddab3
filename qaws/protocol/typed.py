"""A JSON Schema as a type: whatever can be converted to the type, the schema allows.

The converse need not hold: a value that the type refuses may still be right. So there is a type
only where each word of the schema is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from typing import Annotated, Any, Literal

import msgspec

_WORDS = {
    "object": {"type", "required", "properties"},
    "string": {"type", "minLength"},
    "integer": {"type", "minimum", "maximum"},
    "number": {"type", "minimum", "maximum"},
}


def typed(schema: Mapping[str, Any]) -> Any:
    """Return the type of what a schema allows; None where it says what is not known here."""
    if schema.keys() in ({"const"}, {"enum"}):
        values = schema.get("enum", [schema.get("const")])
        return Literal[tuple(values)] if all(type(value) is str for value in values) else None
    kind = schema.get("type")
    if not isinstance(kind, str) or not schema.keys() <= _WORDS.get(kind, set()):
        return None
    if kind == "object":
        return _object(schema.get("properties", {}), schema.get("required", []))
    if kind == "string":
        return Annotated[str, msgspec.Meta(min_length=schema.get("minLength"))]
    bounds = msgspec.Meta(ge=schema.get("minimum"), le=schema.get("maximum"))
    return Annotated[int, bounds] if kind == "integer" else Annotated[float, bounds]


def _object(properties: Mapping[str, Any], required: list[str]) -> Any:
    fields: list[Any] = []
    if not set(required) <= properties.keys():
        return None
    for name, schema in properties.items():
        found = typed(schema)
        is_name = name.isidentifier() and not (iskeyword(name) or name.startswith("_"))
        if found is None or not is_name:
            return None
        if name in required:
            fields.append((name, found))
        else:
            fields.append((name, found | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct("Allowed", fields, kw_only=True)

"""The JSON Schema of target files: an editor completes their keys and marks what does not fit.

It is made from the sections themselves, so that it knows what the suite knows. What only a run can
tell (a placeholder, a key that goes with another) it leaves to the suite.
"""

from __future__ import annotations

import json
from typing import Any

from qaws.sut.target import Target

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def target_schema() -> dict[str, Any]:
    """Return the schema of a target file, as a JSON Schema document."""
    schema = Target.model_json_schema()
    schema["properties"].pop("file")  # where the file is: nothing that stands in it
    settings = schema["properties"]["settings"]  # "LIMIT" is short for { variable = "LIMIT" }
    settings["additionalProperties"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Setting"}]}
    described = schema.pop("$defs")
    take = described["BeforeConnect"]["properties"]["take"]  # "a.b" is short for { member = "a.b" }
    take["additionalProperties"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Take"}]}
    refused = described["BeforeConnect"]["properties"]["refused_when"]  # one is short for a list
    refused["anyOf"] = [refused["items"], {"type": refused.pop("type"), "items": refused["items"]}]
    del refused["items"]
    step = {"$ref": "#/$defs/BeforeConnect"}  # a table is short for a list of it
    before = schema["properties"]["before_connect"]
    before["anyOf"] = [step, {"type": before.pop("type"), "items": before.pop("items")}]
    return {
        "$schema": DIALECT,
        "title": "A target file of the acceptance suite",
        "description": "What the suite knows of one service: docs/targets.md.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
        "$defs": {name: _tidy(part) for name, part in sorted(described.items())},
    }


def _tidy(part: dict[str, Any]) -> dict[str, Any]:
    """Put the lines of a description together, as an editor shows them."""
    if "description" in part:
        part["description"] = " ".join(part["description"].split())
    return part


def schema_page() -> str:
    """Return docs/target.schema.json."""
    return json.dumps(target_schema(), indent=1, ensure_ascii=False) + "\n"

"""What a dialect that the target file describes expects, as the file has it, beside what came."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from qaws.protocol.dialect_table import DialectTable
from qaws.verdict import Broken

SHOWN_CHARS = 160


def foreign_to(file: Path | None, dialect: DialectTable, message: str) -> Broken:
    """Return what to say where the first message is none of the dialect's.

    Args:
        file: the target file.
        dialect: what it describes.
        message: what came, as it is shown.
    """
    recognise = dialect.recognise
    said = f"{file}: the first message is {message}"
    if not recognise.welcome:
        return Broken(
            f"{said}, of which [dialect.recognise] says nothing; put it into welcome there, if "
            "every session begins with it, or into ignore"
        )
    expected = " or ".join(map(as_toml, recognise.welcome))
    shown = expected if len(expected) <= SHOWN_CHARS else f"{expected[:SHOWN_CHARS]}…"
    return Broken(
        f"{said}, and [dialect.recognise] expects welcome = {shown}; look at it, or put into "
        "ignore there what comes before the welcome"
    )


def as_toml(value: Any) -> str:
    """Return a value as a target file has it."""
    if isinstance(value, dict):
        members = (f"{_key(name)} = {as_toml(each)}" for name, each in value.items())
        return f"{{ {', '.join(members)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False, default=str)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)

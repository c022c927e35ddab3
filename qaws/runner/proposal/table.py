"""A table `[dialect]` as text, with a comment where it was guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def inline(value: Any) -> str:
    """Return a value as TOML, on one line.

    Raises:
        ValueError: there is a null in it, which TOML does not have.
    """
    if value is None:
        raise ValueError("TOML has no null")
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key(k)} = {inline(v)}' for k, v in value.items())} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, str) and "\\" in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """Return a key as TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def text_of(dialect: Mapping[str, Any], doubts: Mapping[str, str]) -> str:
    """Return a dialect as the table of a target file.

    Args:
        dialect: as `DialectTable` takes it.
        doubts: path of a key, such as "ping.answer" or "tick[0].sequence" → what is not certain.
    """
    return "\n".join(_lines("dialect", dialect, doubts, "")).strip() + "\n"


def _lines(
    name: str, table: Mapping[str, Any], doubts: Mapping[str, str], path: str
) -> Iterator[str]:
    """Yield a table: plain keys first, then the tables in it that have headings of their own."""
    yield from (["", f"[{name}]"] if not path.endswith("]") else [])
    later: list[tuple[str, Any]] = []
    for each, value in table.items():
        where = f"{path}.{each}" if path else each
        if _has_heading(path, each, value):
            later.append((each, value))
            continue
        if doubt := doubts.get(where):
            yield f"# {doubt}"
        yield f"{key(each)} = {inline(value)}"
    for each, value in later:
        where = f"{path}.{each}" if path else each
        if isinstance(value, Mapping):
            if doubt := doubts.get(where):
                yield from ("", f"# {doubt}")
            yield from _lines(f"{name}.{key(each)}", value, doubts, where)
            continue
        for number, one in enumerate(value):
            yield from ("", f"[[{name}.{key(each)}]]")
            yield from _lines(f"{name}.{key(each)}", one, doubts, f"{where}[{number}]")


def _has_heading(path: str, name: str, value: Any) -> bool:
    """Return whether something is written as a table of its own: what a dialect is made of is."""
    if path:
        return False
    if isinstance(value, Mapping):
        return True
    return name in ("open", "answers", "tick") and isinstance(value, Sequence)

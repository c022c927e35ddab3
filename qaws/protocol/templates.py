"""Templates: what a client or a publisher says, with names in place of what differs.

A template is a value of TOML. A text that is exactly `"{name}"` becomes the value with its type;
`{name}` inside a longer text becomes text, and `{name:text}` is text wherever it stands. A table
`{ each = "items", is = … }` becomes a list with one element for each item of a selection; with
`with = ","` one text. `"{null}"` is null, for which TOML has no word. A template that is itself a
text is sent as it is; any other as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

Names = Mapping[str, Any]

_NAME = re.compile(r"\{([A-Za-z_][\w.]*)(:text)?\}")
NULL = "null"
"""The name of what is null, unless somebody else has it."""

SURROGATES = "surrogatepass"
"""Half a character goes out as it is: a service is to see it."""

_LIST = ({"each", "is"}, {"each", "is", "with"})


def said(template: Any, names: Names, items: Sequence[Names] = ()) -> str:
    """Return the text that a template says.

    Args:
        template: the template.
        names: name → value; `a.b` finds `b` in the value of `a`.
        items: the names of each item of a selection, besides.
    """
    value = filled(template, names, items)
    return value if isinstance(template, str) else json.dumps(value, ensure_ascii=False)


def filled(template: Any, names: Names, items: Sequence[Names] = ()) -> Any:
    """Return a template with its names replaced."""
    if isinstance(template, str):
        return _text(template, names)
    if isinstance(template, Mapping):
        if set(template) in _LIST and template["each"] == "items":
            each = [filled(template["is"], {**names, **item}) for item in items]
            return template["with"].join(map(_plain, each)) if "with" in template else each
        return {key: filled(value, names, items) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, names, items) for value in template]
    return template


def names_in(template: Any) -> Iterator[str]:
    """Yield the names that a template has, each up to its first dot."""
    yield from (path.partition(".")[0] for path in paths_in(template))


def paths_in(template: Any) -> Iterator[str]:
    """Yield the names that a template has, in full: `greeks.delta`."""
    if isinstance(template, str):
        for found in _NAME.finditer(template):
            yield found[1]
    elif isinstance(template, Mapping | list):
        for value in template.values() if isinstance(template, Mapping) else template:
            yield from paths_in(value)


def require_known(template: Any, known: Collection[str]) -> None:
    """Raise `ValueError` where a template has a name that nobody fills in."""
    for name in names_in(template):
        if name not in known and name != NULL:
            shown = ", ".join(f"{{{each}}}" for each in sorted(known))
            raise ValueError(f"{{{name}}}: nothing is known of that name; known are {shown}")


def in_bytes(template: Any, names: Names, items: Sequence[Names] = ()) -> bytes:
    """Return a template in UTF-8 with its names replaced; in a text a value of bytes stands so."""
    if not isinstance(template, str):
        return _plain(filled(template, names, items)).encode("utf-8", SURROGATES)
    found, at = b"", 0
    for name in _NAME.finditer(template):
        value = _value(name[1], names)
        found += template[at : name.start()].encode()
        found += value if isinstance(value, bytes) else _plain(value).encode("utf-8", SURROGATES)
        at = name.end()
    return found + template[at:].encode()


def _text(template: str, names: Names) -> Any:
    whole = _NAME.fullmatch(template)
    if whole and not whole[2]:
        return _value(whole[1], names)
    return _NAME.sub(lambda found: _plain(_value(found[1], names)), template)


def _value(name: str, names: Names) -> Any:
    first, *rest = name.split(".")
    if first == NULL and first not in names:
        return None
    value = names[first]
    for member in rest:
        value = value[member]
    return value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""JSON texts with half a surrogate pair, which decoders refuse and the grammar allows."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_ESCAPES = re.compile(
    rb"\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def without_lone_surrogates(data: bytes) -> bytes:
    """Return a JSON text with U+FFFD for each escape that is half of a surrogate pair.

    RFC 8259 allows such an escape (section 8.2) and calls what receivers make of it unpredictable.
    A service that quotes what a client has sent may send one; it is JSON all the same.
    """
    return _ESCAPES.sub(lambda found: rb"\ufffd" if found["lone"] else found[0], data)


def decoded(data: bytes) -> Any:
    """Decode JSON; half a surrogate pair becomes U+FFFD.

    Raises:
        msgspec.DecodeError: it is no JSON.
        RecursionError: it is nested too deeply for this process.
    """
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return msgspec.json.decode(without_lone_surrogates(data))

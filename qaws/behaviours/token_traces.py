"""What betrays a token in a text, whole or in parts, however it is written there (QA-WS-025)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

CHUNK = 16
"""Characters of a token that betray it, wherever it was cut."""

MOST_CHUNKS = 40
"""Of one part of a token, so many chunks are looked for, from its beginning."""

VARIED = 6
"""A chunk of fewer different characters could turn up by chance."""

ENCODED_BYTES = 48
"""So much of a token, from its beginning, is looked for in hexadecimal digits and in base64."""


def traces(text: str, tokens: Sequence[str], markers: Sequence[str] = ()) -> list[str]:
    """Return in which ways a text betrays tokens, the worst first; the tokens are not repeated.

    Neither does URL-encoding hide one, once or twice, nor the other alphabet of base64, nor that
    it is spread over lines, nor hexadecimal digits, nor base64 around it.
    """
    texts = _readings(text)
    found = set()
    for number, token in enumerate(tokens):
        for name, needle in _needles(token, markers[number] if markers else ""):
            if any(needle in each for each in texts):
                found.add(name)
                break
    return sorted(found, key=lambda name: ("whole" not in name, "says" not in name, name))


def _readings(text: str) -> list[str]:
    """Return a text as it stands, and in the ways in which it may be meant, each once."""
    once = unquote(text)
    plain = [text, once, unquote(once)]
    joined = ["".join(each.split()) for each in plain]
    readings = [*plain, *joined]
    readings += [each.replace("+", "-").replace("/", "_") for each in readings]
    return list(dict.fromkeys(readings))


def _needles(token: str, marker: str) -> Iterator[tuple[str, str]]:
    """Yield what betrays a token, the greatest betrayal first, with a name for it."""
    if _telling(token):
        yield "a whole token", token
        for encoded in _encoded(token):
            yield "an encoded token", encoded
    if marker:
        yield "what a token says", marker
    parts = token.split(".")
    names = ["the header", "the payload", "the signature"] if len(parts) == 3 else []
    for place, part in enumerate(parts):
        name = names[place] if names else "a part"
        if _telling(part):
            yield f"{name} of a token", part
        if place == 0 and names:
            continue  # a piece of a header is the same in all tokens
        for start in range(0, min(len(part), MOST_CHUNKS * CHUNK), CHUNK):
            if _telling(chunk := part[start : start + CHUNK]):
                yield f"a piece of {name} of a token", chunk
    for encoded in _encoded(marker):
        yield "what a token says, encoded", encoded


def _encoded(secret: str) -> Iterator[str]:
    """Yield the end of the beginning of a secret in hexadecimal digits, and in base64.

    Only of the secret's own: what all tokens begin with is left out. In base64 a text looks
    different at each of three offsets; what its neighbours have a part in is cut off.
    """
    # The header is the same for many; the payload's own begins behind the first point.
    own = secret.partition(".")[2] or secret
    data = own[:ENCODED_BYTES].encode()
    if not _telling(own):
        return
    yield data.hex()
    yield data.hex().upper()
    for offset in range(3):
        whole = base64.urlsafe_b64encode(b"\0" * offset + data).decode().rstrip("=")
        yield whole[(offset * 8 + 5) // 6 : (offset + len(data)) * 8 // 6]


def _telling(text: str) -> bool:
    return len(text) >= CHUNK and len(set(text)) >= VARIED

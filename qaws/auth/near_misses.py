"""Tokens that are nearly right: QA-WS-021; `features/data/near-misses.toml` names them all.

Each is a good token, of whatever kind, that was altered in one place. So they need no key of the
suite's, and are all that there is to try of an API key.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable

from qaws.protocol.rows import Row, RowList
from qaws.verdict import Broken, NotVerified

BASE64URL = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
HEXADECIMAL = re.compile(r"[0-9a-f-]+|[0-9A-F-]+")


class NearMiss(Row):
    """A good token that was altered; code says how."""


NEAR_MISSES = RowList("near-misses", "altered token", NearMiss)


def altered(token: str, how: str) -> str:
    """Return a good token after it was altered in the way that features name.

    Raises:
        Broken: nothing is called so, or nothing says how it is made.
        NotVerified: what comes of it may be as good as the token itself.
    """
    name = NEAR_MISSES.named(how).name
    if name not in RECIPES:
        raise Broken(f'{NEAR_MISSES.place}: "{name}": nothing in {__name__} says how it is made')
    found = RECIPES[name](token)
    if found == token:
        raise NotVerified(f"the token is the same with {name}")
    if found.casefold() == token.casefold() and HEXADECIMAL.fullmatch(token):
        raise NotVerified("the token has hexadecimal digits only, which may be read in either case")
    return found


def _other(character: str, token: str) -> str:
    """Return a character that might stand in its place and decodes to something else.

    The first bit of the six of base64url: the last ones of a token may be nobody's (RFC 4648,
    section 3.5), and a decoder that passes over them has not taken a wrong token.
    """
    if HEXADECIMAL.fullmatch(token) and character != "-":
        digits = "0123456789abcdef" if token == token.lower() else "0123456789ABCDEF"
        return digits[(digits.index(character) + 8) % 16]
    if character in BASE64URL:
        return BASE64URL[BASE64URL.index(character) ^ 32]
    return "x"


def _with_other(token: str, place: int) -> str:
    return token[:place] + _other(token[place], token) + token[place + 1 :]


RECIPES: dict[str, Callable[[str], str]] = {
    "another first character": lambda token: _with_other(token, 0),
    "another character in the middle": lambda token: _with_other(token, len(token) // 2),
    "another last character": lambda token: _with_other(token, len(token) - 1),
    "the last character missing": lambda token: token[:-1],
    "a character more": lambda token: token + _other(token[-1], token),
    "capitals and small letters exchanged": str.swapcase,
    "nothing in its place": lambda token: "",
}
"""Name → what is made of a good token."""


def other_case(name: str) -> str:
    """Return the name of an issuer or an audience with capitals and small letters exchanged.

    Raises:
        NotVerified: it has no letters, so that a token with it is as good as any.
    """
    if (other := name.swapcase()) == name:
        raise NotVerified(f'"{name}" has no letters that could be capitals or small ones')
    return other

"""How a client shows its token in the request that opens a connection."""

from __future__ import annotations

import base64
import json
import re
from typing import Literal
from urllib.parse import quote

from qaws.verdict import NotVerified

Location = Literal[
    "query parameter",
    "Authorization header",
    "header",
    "cookie",
    "subprotocol",
    "basic authentication",
    "first message",
]
SUBPROTOCOL_HEADER = "Sec-WebSocket-Protocol"
TOKEN = "{token}"
OF_TOKEN = ("token", "subject", "user", "password")
"""Placeholders that a client without a token has nothing for: what names them is left out."""
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def credentials(
    url: str, token: str | None, location: Location | str, carrier: str
) -> tuple[str, dict[str, str]]:
    """Return URL and headers that carry a token the way a target wants it.

    Args:
        url: the endpoint.
        token: None for no credentials at all; for basic authentication `user:password`, or a user
            without one (RFC 7617).
        location: where; a "first message" comes later.
        carrier: name of the query parameter, header or cookie; the list of subprotocols with
            `{token}` in it.

    Raises:
        NotVerified: no client can show this token there.
    """
    if token is None or location == "first message":
        return url, {}
    if location == "query parameter":
        return f"{url}{'&' if '?' in url else '?'}{carrier}={quote(token, safe='')}", {}
    return url, dict([_header(token, location, carrier)])


def _header(token: str, location: str, carrier: str) -> tuple[str, str]:
    if location == "Authorization header":
        return "Authorization", f"Bearer {token}"
    if location == "basic authentication":
        pair = token if ":" in token else f"{token}:"
        return "Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"
    if location == "cookie":
        return "Cookie", f"{carrier}={token}"
    if location == "subprotocol":
        if not NAME.fullmatch(token):
            raise NotVerified(
                "this token has characters that no subprotocol may have (RFC 9110, section 5.6.2), "
                "so that no client can offer it"
            )
        return SUBPROTOCOL_HEADER, carrier.replace(TOKEN, token)
    return carrier, token


def offered(headers: dict[str, str]) -> list[str]:
    """Return the subprotocols that a request offers, of which the answer may choose one."""
    names = headers.get(SUBPROTOCOL_HEADER, "").split(",")
    return [name.strip() for name in names if name.strip()]


def of_token(token: str | None) -> dict[str, str]:
    """Return what a token gives: itself, the subject of a JWT, and what stands about a colon."""
    if token is None:
        return dict.fromkeys(OF_TOKEN, "")
    user, _, password = token.partition(":")
    return {"token": token, "subject": _subject(token), "user": user, "password": password}


def _subject(token: str) -> str:
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sub"])
    except (ValueError, LookupError, TypeError, RecursionError):  # forged ones are of any shape
        return ""

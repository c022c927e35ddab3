"""Which web pages may open a connection: the Origin of the handshake against an allow-list.

A page of any site can make a visitor's browser connect here, and the browser then says whose page
it is (RFC 6455, sections 4.2.2 and 10.2). The policy:

* without an allow-list every origin is let in: nothing but the token speaks for a client, and no
  browser adds it by itself, as it would a cookie;
* with one, an Origin is let in only if it equals an entry byte for byte. Browsers write scheme and
  host in lower case, leave out the default port, and add no path (RFC 6454, section 6.2), so what
  differs was not written by the browser of a listed page;
* no Origin at all is let in: only browsers send it, and they always do;
* two Origins are refused, even if both are listed: nobody can say which one counts.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

ORIGIN_NOT_ALLOWED = "origin not allowed"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class OriginPolicy:
    """Whom the Origin header lets in."""

    def __init__(self, allowed: Iterable[str] | None) -> None:
        self._allowed = None if allowed is None else frozenset(allowed)

    def admits(self, origins: Sequence[str]) -> bool:
        """Tell whether a handshake with these Origin headers may go on."""
        if self._allowed is None or not origins:
            return True
        return len(origins) == 1 and origins[0] in self._allowed


def check_origin(text: str) -> str:
    """Return an origin for the allow-list, if it is written the way browsers write it.

    Raises:
        ValueError: it is not, so that it would never match; the message says what is wrong.
    """
    parts = urlsplit(text)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{text} is not of the form https://host or https://host:port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port  # raises ValueError
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    written = f"{parts.scheme}://{host}{shown}"
    if "*" in text or not text.isascii() or text != written:
        raise ValueError(f"{text} is not what a browser sends, no wildcard, path or default port")
    return text

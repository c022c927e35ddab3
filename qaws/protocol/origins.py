"""Origins: which page a browser says it comes from (RFC 6454), by the names in the features."""

from __future__ import annotations

import re

from qaws.verdict import Broken

LISTED = {
    "the trading desk": "https://desk.example",
    "the chart server": "https://charts.example:8443",
}
"""What may stand on an allow-list: what a feature file calls an origin → how browsers write it."""

FOREIGN: dict[str, tuple[str, ...]] = {
    "another site": ("https://rogue.test",),
    "a host that ends like a listed one": ("https://evildesk.example",),
    "a host that begins like a listed one": ("https://desk.example.rogue.test",),
    "a host that contains a listed one": ("https://rogue.desk.example.test",),
    "a listed origin in another one's query": ("https://rogue.test/?https://desk.example",),
    "a subdomain of a listed host": ("https://blog.desk.example",),
    "a parent domain of a listed host": ("https://example",),
    "a listed host over plain HTTP": ("http://desk.example",),
    "a listed host on another port": ("https://desk.example:8443",),
    "a listed host without its port": ("https://charts.example",),
    "a listed host with its default port spelled out": ("https://desk.example:443",),
    "an opaque origin (null)": ("null",),
    "an empty origin": ("",),
    "two origins, the listed one first": ("https://desk.example", "https://rogue.test"),
    "two origins, the listed one last": ("https://rogue.test", "https://desk.example"),
    "two listed origins": ("https://desk.example", "https://charts.example:8443"),
    "two origins in one header": ("https://desk.example https://rogue.test",),
    "a listed host in capitals": ("https://DESK.example",),
    "a listed origin with its scheme in capitals": ("HTTPS://desk.example",),
    "a listed host with a trailing dot": ("https://desk.example.",),
    "a listed origin with a trailing slash": ("https://desk.example/",),
    "a listed origin with a path": ("https://desk.example/embedded",),
    "a listed host as the user name": ("https://desk.example@rogue.test",),
    "a wildcard": ("*",),
    "a wildcard instead of the host": ("https://*.example",),
    "an IP address instead of a name": ("https://127.0.0.1",),
    "an IDN homograph (punycode)": ("https://xn--dsk-rdd.example",),
}
"""What a feature file calls a foreign origin → the Origin headers that are sent."""

NONE = "no page"
"""A client that is not a browser: it sends no Origin."""


def allow_list(names: str) -> str:
    """Return the value of the setting "allow-list": a comma list.

    Args:
        names: origins, as the features call them: "the trading desk and the chart server".

    Raises:
        Broken: one of them cannot be listed.
    """
    listed = re.split(r", | and ", names)
    if strange := [name for name in listed if name not in LISTED]:
        raise Broken(f'no origin "{strange[0]}" to be listed; known are {", ".join(LISTED)}')
    return ",".join(LISTED[name] for name in listed)


def headers(name: str) -> list[tuple[str, str]]:
    """Return the headers that a client sends which comes from an origin.

    Args:
        name: the origin, as the features call it.

    Raises:
        Broken: there is none of that name.
    """
    known = {NONE: (), **{name: (value,) for name, value in LISTED.items()}, **FOREIGN}
    if name not in known:
        raise Broken(f'no origin "{name}"; known are {", ".join(known)}')
    return [("Origin", value) for value in known[name]]

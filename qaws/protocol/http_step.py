"""The HTTP request that a client makes before it connects, and what its answer is good for.

Many services want one: it shows a key or a token, and is answered with a ticket, a cookie, or the
very address to connect to. Nothing here touches the network: who asks is handed in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fnmatch import fnmatch
from http.cookies import CookieError, SimpleCookie
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from qaws.protocol import paths
from qaws.protocol.templates import filled, names_in
from qaws.verdict import Broken, NotVerified, without_tokens

PLACE = "[before_connect]"
OF_TOKEN = ("token", "subject", "user", "password")
"""Placeholders that a client without a token has nothing for: what names them is left out."""
CLIENT = "client"
EXCERPT = 60

Asked = Callable[
    [str, str, Mapping[str, str], bytes | None, float],
    Awaitable[tuple[int, str, list[tuple[str, str]], bytes]],
]
"""Who asks: takes method, URL, headers, body, and how many seconds it may take; returns status, its
phrase, headers and body. It follows no redirect. Raises `OSError` where no answer comes, a
`ConnectionResetError` where somebody took the connection and cut it."""


class StepBroken(Broken):
    """The step does not work; the text says why, and the way out."""


class Taken(msgspec.Struct, frozen=True):
    """Where a value stands in an answer: a JSON member by its path, a header, or a cookie."""

    where: Literal["member", "header", "cookie"]
    name: str

    def __str__(self) -> str:
        return f'{self.where} "{self.name}"'


class HttpStep(msgspec.Struct, frozen=True, kw_only=True):
    """The step as a target has it, with its secrets; it goes to load workers as it is.

    Attributes:
        file: the target file, for sentences.
        url: absolute, or a path on the service's host.
        body: what is sent as JSON; None for no such body.
        form: what is sent as a form; None for none.
        status: the right statuses; any other but a 2xx turns the client away.
        take: name → where its value stands in the answer.
        show: what is shown where the token would be; "" for nothing.
        connect_to: where the client connects; "" for the target's own address.
        connect_headers: further headers of the handshake.
        hosts: hosts to which `connect_to` may lead, besides the service's own.
        secrets: name → value of what variables hold.
    """

    file: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None
    form: dict[str, str] | None = None
    status: tuple[int, ...] = (200, 201)
    take: dict[str, Taken] = {}
    show: str = "{token}"
    connect_to: str = ""
    connect_headers: dict[str, str] = {}
    hosts: tuple[str, ...] = ()
    within_s: float = 10.0
    secrets: dict[str, str] = {}

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{self.method} {parts._replace(query='').geturl()}"

    def broken(self, problem: str) -> Broken:
        """Return what to say where the step itself does not work."""
        return StepBroken(f"{self.file}: {PLACE} {self}: {self.redacted(problem)}")

    def redacted(self, text: str, *more: str | None) -> str:
        """Return a text without secrets, tokens and what else is named."""
        for secret in sorted({*self.secrets.values(), *filter(None, more)}, key=len, reverse=True):
            for spelled in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
                text = text.replace(spelled, "(hidden)") if spelled else text
        return without_tokens(text)


class Way(msgspec.Struct, frozen=True):
    """How a client goes on: to which address, with which headers, and showing what.

    `taken` is what the answer gave, by name: secrets, but for addresses.
    """

    url: str
    headers: dict[str, str]
    shown: str | None
    taken: dict[str, str] = {}

    @property
    def secrets(self) -> list[str]:
        """Return what of it nobody is to read."""
        return [value for value in self.taken.values() if value and "://" not in value]


class TurnedAway(msgspec.Struct, frozen=True):
    """An answer by which the step gave a client nothing."""

    status: int
    phrase: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def location(self) -> str | None:
        """Return where it points to, None where that is nowhere."""
        return next((v for n, v in self.headers if n.lower() == "location"), None)


async def passed(
    step: HttpStep, asked: Asked, service_url: str, token: str | None, client: str
) -> Way | TurnedAway:
    """Ask, and return how the client goes on; what the answer gives is good for it alone.

    Args:
        step: the target's.
        asked: who asks.
        service_url: where clients connect; a path is one of that host.
        token: what the client would show; None: what names it is left out.
        client: the client's name.

    Raises:
        Broken: the answer has a good status that nobody has named; or the right one, and not what
            is to be taken from it; or it leads to a host that nobody has named.
        NotVerified: no request can carry this token there.
        OSError: as `asked`.
    """
    names = {**step.secrets, **_of(token), CLIENT: client}
    lacks = () if token is not None else OF_TOKEN
    url = _address(step, service_url, names, lacks)
    headers = {n: str(filled(v, names)) for n, v in step.headers.items() if not _has(v, lacks)}
    data = _data(step, headers, names, lacks)
    try:
        status, phrase, given, body = await asked(step.method, url, headers, data, step.within_s)
    except OSError:  # first: a certificate that is not trusted is a ValueError too
        raise
    except UnicodeError:
        raise _unsayable(step) from None
    except ValueError as problem:
        if token is None or "header" not in str(problem).lower():
            raise step.broken(str(problem)) from None
        raise _unsayable(step) from None
    if status not in step.status and 200 <= status < 300:
        right = ", ".join(map(str, step.status))
        raise step.broken(f"status = [{right}]: the answer has {status}; if that is right, name it")
    if status not in step.status:
        return TurnedAway(status, phrase, given, body)
    found = {name: _found(step, name, at, given, body) for name, at in step.take.items()}
    url, further, shown = _way(step, service_url, {**names, **found}, lacks)
    return Way(url, further, shown, found)


def _unsayable(step: HttpStep) -> NotVerified:
    return NotVerified(
        f"this token has characters that no header may have, so that no client can show it at "
        f"{step} (RFC 9110, section 5.5)"
    )


def _of(token: str | None) -> dict[str, str]:
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


def _has(template: Any, names: Sequence[str]) -> bool:
    return any(name in names for name in names_in(template))


def _without(template: Any, names: Sequence[str]) -> Any:
    """Return a template without the texts that have one of these names."""
    if isinstance(template, Mapping):
        kept = [key for key, value in template.items() if not _says(value, names)]
        return {key: _without(template[key], names) for key in kept}
    if isinstance(template, list):
        return [_without(each, names) for each in template if not _says(each, names)]
    return template


def _says(value: Any, names: Sequence[str]) -> bool:
    """Return whether a text has one of these names; tables and lists are looked into."""
    return isinstance(value, str) and _has(value, names)


def _quoted(text: str, names: Mapping[str, str]) -> str:
    """Fill in a part of a URL; a value that stands first is the address itself."""
    first = next(iter(names_in(text)), "")
    plain = {first: names[first]} if first and text.startswith(f"{{{first}}}") else {}
    head, rest = ("{" + first + "}", text.removeprefix("{" + first + "}")) if plain else ("", text)
    said = str(filled(rest, {name: quote(value, safe="") for name, value in names.items()}))
    return str(filled(head, plain)) + said if plain else said


def _address(
    step: HttpStep, service_url: str, names: Mapping[str, str], lacks: Sequence[str]
) -> str:
    path, mark, query = step.url.partition("?")
    kept = "&".join(part for part in query.split("&") if not _has(part, lacks))
    url = _quoted(path + (mark + kept if kept else ""), names)
    if not url.startswith("/"):
        return url
    parts = urlsplit(service_url)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}{url}"


def _data(
    step: HttpStep, headers: dict[str, str], names: Mapping[str, str], lacks: Sequence[str]
) -> bytes | None:
    """Return the body, and set its type unless the target does."""
    if step.form is not None:
        form, kind = _without(step.form, lacks), "application/x-www-form-urlencoded"
        data = urlencode({name: str(filled(text, names)) for name, text in form.items()}).encode()
    elif step.body is not None:
        body, kind = filled(_without(step.body, lacks), names), "application/json"
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    else:
        return b"" if step.method in ("POST", "PUT") else None
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    return data


def _found(
    step: HttpStep, name: str, at: Taken, headers: Sequence[tuple[str, str]], body: bytes
) -> str:
    """Return what an answer has for a name.

    Raises:
        Broken: it has nothing there, or nothing that is text or a number.
    """
    key = f"take.{name} = {at}"
    if at.where == "header":
        value: Any = next((v for n, v in headers if n.lower() == at.name.lower()), None)
    elif at.where == "cookie":
        value = _cookie(at.name, headers)
    else:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            kind = next((v for n, v in headers if n.lower() == "content-type"), "no Content-Type")
            raise step.broken(
                f"{key}: the answer is not JSON, but {len(body)} bytes of {kind}; look at url, or "
                "take a header or a cookie"
            ) from None
        value = paths.Path(at.name).get(answer)
        if value is paths.MISSING:
            has = ", ".join(answer) if isinstance(answer, dict) else f"a {type(answer).__name__}"
            raise step.broken(f"{key}: the answer has no such member; it has {has or 'none'}")
    if value is None or isinstance(value, bool | dict | list):
        wrong = f"has no such {at.where}" if value is None else "has no text or number there"
        raise step.broken(f"{key}: the answer {wrong}; look at take.{name}")
    return str(value)


def _cookie(name: str, headers: Sequence[tuple[str, str]]) -> str | None:
    for each, value in headers:
        if each.lower() == "set-cookie":
            jar = SimpleCookie()
            try:
                jar.load(value)
            except CookieError:
                continue
            if name in jar:
                return jar[name].coded_value
    return None


def _way(
    step: HttpStep, service_url: str, names: Mapping[str, str], lacks: Sequence[str]
) -> tuple[str, dict[str, str], str | None]:
    shown = None if not step.show or _has(step.show, lacks) else str(filled(step.show, names))
    headers = step.connect_headers.items()
    further = {name: str(filled(text, names)) for name, text in headers if not _has(text, lacks)}
    if not step.connect_to:
        return service_url, further, shown
    url = _quoted(step.connect_to, {**names, "url": service_url})
    own, there = urlsplit(service_url), urlsplit(url)
    key = f"connect_to = {step.connect_to!r}"
    bare = there._replace(query="", fragment="").geturl()
    if there.scheme not in ("ws", "wss") or not there.hostname:
        raise step.broken(
            f"{key}: leads to {bare[:EXCERPT]!r}, which is no ws:// or wss:// address"
        )
    if own.scheme == "wss" and there.scheme == "ws":
        raise step.broken(f"{key}: leads from wss:// to {bare}, where nothing is encrypted")
    if there.hostname != own.hostname and not any(fnmatch(there.hostname, h) for h in step.hosts):
        raise step.broken(
            f"{key}: leads to {bare}, another host than {own.hostname}; if that is right, name "
            f'it: hosts = ["{there.hostname}"]'
        )
    return url, further, shown

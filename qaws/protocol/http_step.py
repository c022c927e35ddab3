"""The HTTP requests that a client makes before it connects, and what their answers are good for.

Many services want one: it shows a key or a token, and is answered with a ticket, a cookie, or the
very address to connect to. Some want two in a row, or a signature. Nothing here touches the
network: who asks is handed in.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from qaws.protocol.credentials import OF_TOKEN, of_token
from qaws.protocol.http_answer import Answer, NotThere, Taken
from qaws.protocol.private_keys import NoKey
from qaws.protocol.signing import EXPIRES_IN_S, Signature, lacking, signed, texts, times
from qaws.protocol.templates import SURROGATES, filled, names_in
from qaws.verdict import Broken, NotVerified, without_tokens

PLACE = "[before_connect]"
CLIENT = "client"
OF_REQUEST = ("method", "host", "path", "query", "body")
"""What of a request may be signed, as it is sent: `query` without its question mark, `body` as
text. What names a signature is left out of both."""
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


class HttpStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step as a target has it, with its secrets; it goes to load workers as it is.

    Attributes:
        file: the target file, for sentences.
        number: which of several it is, from 1 on; 0: there is no other.
        url: absolute, or a path on the service's host; "": nothing is asked, only signed.
        body: what is sent as JSON; None for no such body.
        form: what is sent as a form; None for none.
        status: the right statuses; any other but a 2xx turns the client away.
        refused_when: patterns of bodies that turn it away all the same.
        take: name → where its value stands in the answer.
        sign: name → what is signed, in order.
        expires_in_s: how much later than now is what `{expires_s}` and `{expires_ms}` name.
        show: what is shown where the token would be; "" for nothing. This and what follows counts
            in the last step only.
        connect_to: where the client connects; "" for the target's own address.
        connect_headers: further headers of the handshake.
        hosts: hosts to which `connect_to` may lead, besides the service's own.
        secrets: name → value of what variables hold.
    """

    file: str
    number: int = 0
    method: str = "POST"
    url: str = ""
    headers: dict[str, str] = {}
    body: Any = None
    form: dict[str, str] | None = None
    status: tuple[int, ...] = (200, 201)
    refused_when: tuple[dict[str, Any], ...] = ()
    take: dict[str, Taken] = {}
    sign: dict[str, Signature] = {}
    expires_in_s: float = EXPIRES_IN_S
    show: str = "{token}"
    connect_to: str = ""
    connect_headers: dict[str, str] = {}
    hosts: tuple[str, ...] = ()
    within_s: float = 10.0
    secrets: dict[str, str] = {}

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        where = f"{self.method} {parts._replace(query='').geturl()}" if self.url else "signing"
        return f"step {self.number}, {where}" if self.number else where

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

    `taken` is what the answers gave, by name; `secrets` are what of that, and of what was signed,
    nobody is to read: all but addresses.
    """

    url: str
    headers: dict[str, str]
    shown: str | None
    taken: dict[str, str] = {}
    secrets: list[str] = []


class TurnedAway(msgspec.Struct, frozen=True):
    """An answer by which a step gave a client nothing.

    `by_words`: its status is right, and its body says what `refused_when` names.
    """

    status: int
    phrase: str
    headers: list[tuple[str, str]]
    body: bytes
    by_words: bool = False

    @property
    def location(self) -> str | None:
        """Return where it points to, None where that is nowhere."""
        return next((v for n, v in self.headers if n.lower() == "location"), None)


class Passage:
    """One client's way through the steps: what it has, and what it was given so far.

    What the answers give is good for this client alone.
    """

    def __init__(self, service_url: str, token: str | None, client: str) -> None:
        """Begin.

        Args:
            service_url: where clients connect; a path is one of that host.
            token: what the client would show; None: what names it is left out.
            client: the client's name.
        """
        self._service_url = service_url
        self._names: dict[str, Any] = {**of_token(token), CLIENT: client}
        self._token = token
        self._lacks: tuple[str, ...] = () if token is not None else OF_TOKEN
        self.taken: dict[str, str] = {}
        self._hidden: list[str] = []

    @property
    def secrets(self) -> list[str]:
        """Return what of what was taken and signed nobody is to read."""
        return [v for v in (*self.taken.values(), *self._hidden) if v and "://" not in v]

    async def take(self, step: HttpStep, asked: Asked) -> TurnedAway | None:
        """Take the next step; return what turned the client away, None where it may go on.

        Raises:
            Broken: the answer has a good status that nobody has named; or the right one, and not
                what is to be taken from it; a secret is not of the form that a key must have.
            NotVerified: no request can carry this token there.
            OSError: as `asked`.
        """
        self._names |= step.secrets
        request = self._signed(step)
        if not step.url:
            return None
        try:
            status, phrase, given, body = await asked(*request, step.within_s)
        except OSError:  # first: a certificate that is not trusted is a ValueError too
            raise
        except UnicodeError:
            raise _unsayable(step) from None
        except ValueError as problem:
            if self._token is None or "header" not in str(problem).lower():
                raise step.broken(str(problem)) from None
            raise _unsayable(step) from None
        if status not in step.status and 200 <= status < 300:
            right = ", ".join(map(str, step.status))
            raise step.broken(
                f"status = [{right}]: the answer has {status}; if that is right, name it"
            )
        if status not in step.status:
            return TurnedAway(status, phrase, given, body)
        answer = Answer(given, body)
        if answer.refuses(step.refused_when):
            self._spare(step, answer)
            return TurnedAway(status, phrase, given, body, by_words=True)
        for name, at in step.take.items():
            try:
                self.taken[name] = answer.value(at)
            except NotThere as problem:
                raise step.broken(f"take.{name} = {at}: {problem}; look at take.{name}") from None
        self._names |= self.taken
        return None

    def _spare(self, step: HttpStep, answer: Answer) -> None:
        """Keep secret what a refusal has where a ticket would be: the pattern may be wrong."""
        for at in step.take.values():
            with suppress(NotThere):
                self._hidden.append(answer.value(at))

    def _signed(self, step: HttpStep) -> tuple[str, str, dict[str, str], bytes | None]:
        """Make the signatures; return method, URL, headers and body of the request.

        Where nothing is asked it is the handshake's, without headers and body.
        """
        names = {**self._names, **times(step.expires_in_s), **dict.fromkeys(step.sign, "")}
        cannot = lacking(step.sign, self._lacks)
        if step.sign:
            # What is signed is the request without what names a signature.
            method, url, _, data = self._request(step, names, [*self._lacks, *step.sign])
            parts = urlsplit(url)
            names |= {"method": method, "host": parts.netloc, "path": parts.path or "/"}
            names |= {"query": parts.query, "body": (data or b"").decode("utf-8", SURROGATES)}
            able = {name: each for name, each in step.sign.items() if name not in cannot}
            try:
                made = signed(able, names)
            except NoKey as problem:
                of_key = {*names_in([each.key for each in able.values()])}
                if of_key & {*OF_TOKEN}:
                    raise NotVerified(f"{step}: {problem}: nobody could sign with it") from None
                raise step.broken(f"{problem}; look at its key and key_encoding") from None
            names |= made
            self._hidden += texts(made.values())
        self._names, self._lacks = names, (*self._lacks, *cannot)
        return self._request(step, names, self._lacks)

    def _request(
        self, step: HttpStep, names: Mapping[str, Any], lacks: Sequence[str]
    ) -> tuple[str, str, dict[str, str], bytes | None]:
        if not step.url:
            return "GET", self._service_url, {}, None
        url = _address(step, self._service_url, names, lacks)
        headers = {n: str(filled(v, names)) for n, v in step.headers.items() if not _has(v, lacks)}
        return step.method, url, headers, _data(step, headers, names, lacks)

    def way(self, step: HttpStep) -> Way:
        """Return how the client goes on behind the last step.

        Raises:
            Broken: it leads to a host that nobody has named.
        """
        url, further, shown = _way(step, self._service_url, self._names, self._lacks)
        return Way(url, further, shown, self.taken, self.secrets)


async def passed(
    steps: Iterable[HttpStep], asked: Asked, service_url: str, token: str | None, client: str
) -> Way | TurnedAway:
    """Take all steps, and return how the client goes on; arguments and errors are `Passage`'s."""
    passage, last = Passage(service_url, token, client), None
    for step in steps:
        if away := await passage.take(step, asked):
            return away
        last = step
    assert last
    return passage.way(last)


def _unsayable(step: HttpStep) -> NotVerified:
    return NotVerified(
        f"this token has characters that no header may have, so that no client can show it at "
        f"{step} (RFC 9110, section 5.5)"
    )


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


def _quoted(text: str, names: Mapping[str, Any]) -> str:
    """Fill in a part of a URL; a value that stands first is the address itself."""
    first = next(iter(names_in(text)), "")
    plain = {first: names[first]} if first and text.startswith(f"{{{first}}}") else {}
    head, rest = ("{" + first + "}", text.removeprefix("{" + first + "}")) if plain else ("", text)
    said = str(filled(rest, {name: quote(str(value), safe="") for name, value in names.items()}))
    return str(filled(head, plain)) + said if plain else said


def _address(
    step: HttpStep, service_url: str, names: Mapping[str, Any], lacks: Sequence[str]
) -> str:
    path, mark, query = step.url.partition("?")
    kept = "&".join(part for part in query.split("&") if not _has(part, lacks))
    url = _quoted(path + (mark + kept if kept else ""), names)
    if not url.startswith("/"):
        return url
    parts = urlsplit(service_url)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}{url}"


def _data(
    step: HttpStep, headers: dict[str, str], names: Mapping[str, Any], lacks: Sequence[str]
) -> bytes | None:
    """Return the body, and set its type unless the target does."""
    if step.form is not None:
        form, kind = _without(step.form, lacks), "application/x-www-form-urlencoded"
        data = urlencode({name: str(filled(text, names)) for name, text in form.items()}).encode()
    elif step.body is not None:
        body, kind = filled(_without(step.body, lacks), names), "application/json"
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", SURROGATES)
    else:
        return b"" if step.method in ("POST", "PUT") else None
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    return data


def _way(
    step: HttpStep, service_url: str, names: Mapping[str, Any], lacks: Sequence[str]
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

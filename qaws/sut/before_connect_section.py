"""The tables of a target file that say what a client asks over HTTP before it connects."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from qaws.protocol import paths
from qaws.protocol.credentials import OF_TOKEN
from qaws.protocol.http_answer import Taken
from qaws.protocol.http_step import CLIENT, OF_REQUEST, PLACE, HttpStep
from qaws.protocol.sign_table import (
    Name,
    Sign,
    raw,
    require,
    require_names,
    require_no_items,
    require_signable,
    signatures,
)
from qaws.protocol.signing import EXPIRES_IN_S, TIMES
from qaws.protocol.templates import names_in
from qaws.sut.section import Section
from qaws.verdict import Broken, hidden

URL = "url"
RESERVED = (*OF_TOKEN, CLIENT, URL, *OF_REQUEST, *sorted(TIMES))
ASKED = ("url", "headers", "body", "form")
"""What of a step is the request."""
LAST = ("show", "connect_to", "connect_headers", "hosts")
"""What counts behind the last step only: how the client goes on."""
OF_ANSWER = ("headers", "body", "form", "status", "refused_when", "take")
"""What there can only be where something is asked."""


class Take(Section):
    """Where a value stands in the answer: in a JSON member, by its path, a header, or a cookie.

    With `body = true` the whole body is the value. `each` leads to tables, of which the first that
    fits `match` has the member.
    """

    member: Name | None = None
    each: Name | None = None
    match: dict[str, Any] | None = None
    header: Name | None = None
    cookie: Name | None = None
    body: bool = False

    @model_validator(mode="after")
    def _one(self) -> Take:
        given = [name for name in ("member", "header", "cookie", "body") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                "needs exactly one of member, header, cookie, body = true; it has "
                f"{', '.join(given) or 'none'}"
            )
        if bool(self.each) != bool(self.match) or (self.each and not self.member):
            raise ValueError("each, match and member go together: give all three, or member alone")
        for path in filter(None, (self.member, self.each)):
            paths.Path(path)
        if self.match:
            paths.Pattern(self.match)
        return self

    @property
    def taken(self) -> Taken:
        """Return the same as a step has it."""
        if self.member:
            return Taken("member", self.member, self.each or "", self.match or {})
        if self.body:
            return Taken("body")
        return Taken("header", self.header) if self.header else Taken("cookie", self.cookie or "")


class BeforeConnect(Section):
    """A request that each client makes before each connection, and what its answer is good for.

    A `url` that is a path is one of the service itself. `headers`, `body` (sent as JSON) and `form`
    may contain `{token}`, `{subject}`, `{user}` and `{password}` (what stands about the colon of a
    token), `{client}`, instants such as `{now_ms}`, what `secrets` names: name → the environment
    variable that has it, or `secret_files`: name → the file, what an earlier step took, and what
    `sign` names: name → what is signed, with what key. `expires_in_s` says how much later than now
    `{expires_ms}` is. An answer whose
    `status` is neither named nor a 2xx turns the client away, and so does one of the right status
    whose body fits a pattern of `refused_when`. `take` names values of the answer, which later
    steps may name. Behind the last step they are filled into `show` (what is shown where the token
    would be), `connect_headers` and `connect_to` (the address; also `{url}`, that of [endpoint]).
    `hosts` are those to which it may lead, besides the service's own; `within_s` is how long the
    answer may take. Without a `url` nothing is asked: then `{method}`, `{path}` and the like are
    those of the handshake, whose headers and address may bear what was signed.
    """

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: str | None = Field(
        default=None,
        pattern="^(https?://|/)",
        description="an address that begins http:// or https://, or a path that begins with /",
    )
    headers: dict[str, str] = Field(default={})
    body: Any = None
    form: dict[str, str] | None = None
    secrets: dict[str, Name] = Field(default={})
    secret_files: dict[str, Name] = Field(default={})
    sign: dict[str, Sign] = Field(default={})
    expires_in_s: float = Field(default=EXPIRES_IN_S, gt=0, le=86400)
    status: list[Annotated[int, Field(ge=200, le=599)]] = Field(default=[200, 201], min_length=1)
    refused_when: list[dict[str, Any]] = Field(default=[])
    take: dict[str, Take] = Field(default={})
    show: str = "{token}"
    connect_to: str | None = Field(default=None, min_length=1)
    connect_headers: dict[str, str] = Field(default={})
    hosts: list[Name] = Field(default=[])
    within_s: float = Field(default=10, gt=0, le=60)

    @field_validator("take", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """Let a member be just its path."""
        if not isinstance(value, dict):
            return value
        return {k: {"member": v} if isinstance(v, str) else v for k, v in value.items()}

    @field_validator("refused_when", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        """Let one pattern stand for a list of it."""
        return [value] if isinstance(value, dict) else value

    @field_validator("refused_when")
    @classmethod
    def _are_patterns(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for pattern in value:
            paths.Pattern(pattern)
        return value

    @model_validator(mode="after")
    def _fits(self) -> BeforeConnect:
        if self.body is not None and self.form is not None:
            raise ValueError("body and form do not go together; give one")
        if self.method == "GET" and (self.body is not None or self.form is not None):
            raise ValueError('a GET has no body or form; put it into url, or say method = "POST"')
        if self.url is None and (given := [k for k in OF_ANSWER if k in self.model_fields_set]):
            raise ValueError(f"url is missing, and there is no {given[0]} where nothing is asked")
        if self.url is None and not self.sign:
            raise ValueError("url is missing; give it, or sign for what only signs a handshake")
        tables = ("secrets", "secret_files", "sign", "take")
        require_names([name for key in tables for name in getattr(self, key)], RESERVED)
        require_no_items(self.sign)
        for key, other in combinations(tables, 2):
            if both := {*getattr(self, key)} & {*getattr(self, other)}:
                raise ValueError(f'"{min(both)}" is a name of {key} and of {other}; rename one')
        return self

    @property
    def templates(self) -> Iterator[tuple[str, Any]]:
        """Yield key and template of what it says, signatures left out."""
        yield from ((key, getattr(self, key)) for key in (*ASKED, *LAST[:-1]))

    def step(self, file: Path, number: int = 0) -> HttpStep:
        """Return the step with its secrets; `number` is which of several it is, from 1 on.

        Raises:
            Broken: a variable that has one is not set.
        """
        place = f"{PLACE} step {number}, " if number else f"{PLACE} "
        return HttpStep(
            file=str(file),
            number=number,
            method=self.method,
            url=self.url or "",
            headers=self.headers,
            body=self.body,
            form=self.form,
            status=tuple(self.status),
            refused_when=tuple(self.refused_when),
            take={name: each.taken for name, each in self.take.items()},
            sign=signatures(self.sign),
            expires_in_s=self.expires_in_s,
            show=self.show,
            connect_to=self.connect_to or "",
            connect_headers=self.connect_headers,
            hosts=tuple(self.hosts),
            within_s=self.within_s,
            secrets=read_secrets(file, place, self.secrets, self.secret_files),
        )


def require_fitting(steps: Sequence[BeforeConnect]) -> None:
    """Require that steps name what is known, and that the service sees the token.

    Raises:
        ValueError: something does not fit; the text begins with the step, where there are several.
    """
    known = {*OF_TOKEN, CLIENT}
    named: dict[str, str] = {}
    seen: set[str] = set()
    for number, step in enumerate(steps, start=1):
        place = f"step {number}, " if len(steps) > 1 else ""
        try:
            _require_own_names(step, number, named)
            known |= step.secrets.keys() | step.secret_files.keys()
            _require_known(step, known, is_last=number == len(steps))
            seen |= _names_of(step, is_last=number == len(steps))
            known |= step.take.keys()
        except ValueError as problem:
            raise ValueError(f"{place}{problem}") from None
    if steps and not seen & {"token", "password"}:
        raise ValueError(
            "{token} stands nowhere, so that the service would never see it; put it into "
            "headers, body, form, url, show or connect_to"
        )
    _require_use(steps)


def _require_own_names(step: BeforeConnect, number: int, named: dict[str, str]) -> None:
    """Require that no two steps call different values the same; note those of this one."""
    own = {name: f"secrets.{name} = {variable!r}" for name, variable in step.secrets.items()}
    own |= {name: f"secret_files.{name} = {path!r}" for name, path in step.secret_files.items()}
    own |= {name: f"{number}: sign.{name}" for name in step.sign}
    own |= {name: f"{number}: take.{name}" for name in step.take}
    for name, what in own.items():
        if named.setdefault(name, what) != what:
            raise ValueError(f'"{name}" is the name of another value in an earlier step; rename it')


def _require_known(step: BeforeConnect, known: set[str], *, is_last: bool) -> None:
    further = [key for key in LAST if key in step.model_fields_set]
    if further and not is_last:
        raise ValueError(f"{further[0]}: says how the client goes on; put it into the last step")
    require_signable(step.sign, known, {*known, *TIMES, *OF_REQUEST})
    said = {*known, *TIMES, *step.sign} - raw(step.sign)
    path = (step.url or "").partition("?")[0]
    if within := [name for name in names_in(path) if name in step.sign]:
        raise ValueError(f"url: {{{within[0]}}} stands before the ?; a signature goes behind it")
    for key, template in step.templates:
        if key in ASKED:
            require(key, template, said)
        elif is_last:
            further_names = {URL} if key == "connect_to" else set()
            require(key, template, {*said, *step.take, *further_names})


def _names_of(step: BeforeConnect, *, is_last: bool) -> set[str]:
    """Return what a step names in what it says; how a client goes on is the last step's to say."""
    signed = [name for each in step.sign.values() for name in each.names]
    templates = [each for key, each in step.templates if key in ASKED or is_last]
    return {*names_in(templates), *signed}


def _require_use(steps: Sequence[BeforeConnect]) -> None:
    """Require that what is taken and signed is named somewhere."""
    for number, step in enumerate(steps, start=1):
        place = f"step {number}, " if len(steps) > 1 else ""
        used = set().union(*(_names_of(e, is_last=e is steps[-1]) for e in steps[number - 1 :]))
        for key, table in (("take", step.take), ("sign", step.sign)):
            if unused := [name for name in table if name not in used]:
                raise ValueError(
                    f"{place}{key}.{unused[0]} is used nowhere; put {{{unused[0]}}} into show, "
                    "connect_to, connect_headers or "
                    + ("a later step" if key == "take" else "what is asked")
                )


def read_secrets(
    file: Path,
    place: str,
    table: Mapping[str, str],
    files: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Return name → value of what variables and files hold, which no sentence shows from now on.

    Args:
        file: the target file, for sentences.
        place: where it has the tables, likewise.
        table: name → variable.
        files: name → file, relative to where the suite is started.

    Raises:
        Broken: a variable is not set, or a file cannot be read or is empty.
    """
    found = {}
    for name, variable in table.items():
        if not (value := os.environ.get(variable, "").strip()):
            raise Broken(
                f"{file}: {place}secrets.{name} = {variable!r}: is not set; export {variable}=…"
            )
        found[name] = hidden(value)
    for name, path in files.items():
        try:
            value = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else "is no text"
            raise Broken(f"{file}: {place}secret_files.{name} = {path!r}: {why}") from None
        if not value:
            raise Broken(f"{file}: {place}secret_files.{name} = {path!r}: is empty")
        found[name] = hidden(value)
    return found

"""The table of a target file that says what a client asks over HTTP before it connects."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from qaws.protocol import paths
from qaws.protocol.http_step import CLIENT, OF_TOKEN, PLACE, HttpStep, Taken
from qaws.protocol.templates import names_in, require_known
from qaws.sut.section import Section
from qaws.verdict import Broken, hidden

URL = "url"
RESERVED = (*OF_TOKEN, CLIENT, URL, "null")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
Name = Annotated[str, Field(min_length=1)]


class Take(Section):
    """Where a value stands in the answer: in a JSON member, by its path, a header, or a cookie."""

    member: Name | None = None
    header: Name | None = None
    cookie: Name | None = None

    @model_validator(mode="after")
    def _one(self) -> Take:
        given = [name for name in ("member", "header", "cookie") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                f"needs exactly one of member, header, cookie; it has {', '.join(given) or 'none'}"
            )
        if self.member:
            paths.Path(self.member)
        return self

    @property
    def taken(self) -> Taken:
        """Return the same as a step has it."""
        if self.member:
            return Taken("member", self.member)
        return Taken("header", self.header) if self.header else Taken("cookie", self.cookie or "")


class BeforeConnect(Section):
    """A request that each client makes before each connection, and what its answer is good for.

    A `url` that is a path is one of the service itself. `headers`, `body` (sent as JSON) and `form`
    may contain `{token}`, `{subject}`, `{user}` and `{password}` (what stands about the colon of a
    token), `{client}`, and what `secrets` names: name → the environment variable that has it. An
    answer whose `status` is neither named nor a 2xx turns the client away. `take` names values of
    the answer, which are filled into `show` (what is shown where the token would be),
    `connect_headers` and `connect_to` (the address; also `{url}`, that of [endpoint]). `hosts` are
    those to which it may lead, besides the service's own; `within_s` is how long the answer may
    take.
    """

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: str = Field(
        pattern="^(https?://|/)",
        description="an address that begins http:// or https://, or a path that begins with /",
    )
    headers: dict[str, str] = Field(default={})
    body: Any = None
    form: dict[str, str] | None = None
    secrets: dict[str, Name] = Field(default={})
    status: list[Annotated[int, Field(ge=200, le=599)]] = Field(default=[200, 201], min_length=1)
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

    @model_validator(mode="after")
    def _fits(self) -> BeforeConnect:
        if self.body is not None and self.form is not None:
            raise ValueError("body and form do not go together; give one")
        if self.method == "GET" and (self.body is not None or self.form is not None):
            raise ValueError('a GET has no body or form; put it into url, or say method = "POST"')
        for name in (*self.secrets, *self.take):
            if not _NAME.fullmatch(name) or name in RESERVED:
                raise ValueError(
                    f'"{name}" cannot be the name of a value: small letters, digits and _, and not '
                    f"{', '.join(RESERVED)}"
                )
        if both := self.secrets.keys() & self.take.keys():
            raise ValueError(f'"{min(both)}" is a name of secrets and of take; rename one')
        self._require_names()
        return self

    def _require_names(self) -> None:
        known = {*OF_TOKEN, CLIENT, *self.secrets}
        asked = {"url": self.url, "headers": self.headers, "body": self.body, "form": self.form}
        used = {"show": self.show, "connect_headers": self.connect_headers}
        for key, template in asked.items():
            _require(key, template, known)
        for key, template in used.items():
            _require(key, template, {*known, *self.take})
        _require("connect_to", self.connect_to, {*known, *self.take, URL})
        named = {n for t in (*asked.values(), *used.values(), self.connect_to) for n in names_in(t)}
        if not named & {"token", "password"}:
            raise ValueError(
                "{token} stands nowhere, so that the service would never see it; put it into "
                "headers, body, form, url, show or connect_to"
            )
        if unused := [name for name in self.take if name not in named]:
            raise ValueError(
                f"take.{unused[0]} is used nowhere; put {{{unused[0]}}} into show, connect_to or "
                "connect_headers"
            )

    def step(self, file: Path) -> HttpStep:
        """Return the step with its secrets.

        Raises:
            Broken: a variable that has one is not set.
        """
        return HttpStep(
            file=str(file),
            method=self.method,
            url=self.url,
            headers=self.headers,
            body=self.body,
            form=self.form,
            status=tuple(self.status),
            take={name: each.taken for name, each in self.take.items()},
            show=self.show,
            connect_to=self.connect_to or "",
            connect_headers=self.connect_headers,
            hosts=tuple(self.hosts),
            within_s=self.within_s,
            secrets={name: _read(file, name, each) for name, each in self.secrets.items()},
        )


def _require(key: str, template: Any, known: Collection[str]) -> None:
    try:
        require_known(template, known)
    except ValueError as problem:
        raise ValueError(f"{key}: {problem}") from None


def _read(file: Path, name: str, variable: str) -> str:
    if not (value := os.environ.get(variable, "").strip()):
        raise Broken(
            f"{file}: {PLACE} secrets.{name} = {variable!r}: is not set; export {variable}=…"
        )
    return hidden(value)

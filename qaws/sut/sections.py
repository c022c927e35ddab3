"""The tables of a target file, but for what it says of itself: see `qaws.sut.target`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    field_validator,
    model_validator,
)

from qaws.protocol.credentials import TOKEN, Location
from qaws.runtime.trust import read_authority, with_own
from qaws.sut.section import AuthorityFile, Section


class Endpoint(Section):
    """Where clients connect. `{port}` stands for the port that the service listens on.

    `idle_timeout_s`: after how many seconds the service closes a client that says nothing, where
    nobody has set another time; None where that is not known. `heartbeats`: types of messages that
    the service sends of its own accord, so that a line is seen to live. `ca_file`: certificates in
    PEM, the authorities that alone are trusted over TLS; None for those of the system.
    `generate_certificate`: the suite makes an authority for each run, which alone is trusted, and a
    certificate that the service shows. `client_certificate`, `client_key`: what clients show of
    themselves, in PEM, and its private key where that is in another file.
    `generate_client_certificate`: the suite makes both for each run, signed by its authority.
    `behind_proxy`: what answers at the url is a reverse proxy.
    """

    url: str = Field(pattern=r"^wss?://", description="an address that begins ws:// or wss://")
    ca_file: AuthorityFile = None
    generate_certificate: bool = False
    client_certificate: Path | None = None
    client_key: Path | None = None
    generate_client_certificate: bool = False
    behind_proxy: bool = False
    idle_timeout_s: float | None = Field(default=None, gt=0)
    heartbeats: list[Annotated[str, Field(pattern=r"^\S+$")]] = []

    @field_validator("url")
    @classmethod
    def _has_a_host(cls, value: str) -> str:
        try:
            host = urlsplit(value).hostname
        except ValueError as problem:
            raise ValueError(f"is no address: {problem}") from None
        if not host:
            raise ValueError("names no host; write one, as in ws://127.0.0.1:8080/ws")
        return value

    @model_validator(mode="after")
    def _one_authority(self) -> Endpoint:
        if self.generate_certificate and self.ca_file:
            raise ValueError("ca_file and generate_certificate do not go together; give one")
        if self.generate_certificate and not self.is_secure:
            raise ValueError("generate_certificate is for a url that begins wss://")
        return self

    @model_validator(mode="after")
    def _one_certificate(self) -> Endpoint:
        given, made = self.client_certificate, self.generate_client_certificate
        if (given or made) and not self.is_secure:
            raise ValueError("a certificate of the client is for a url that begins wss://")
        if given and made:
            raise ValueError(
                "client_certificate and generate_client_certificate do not go together; give one"
            )
        if self.client_key and not given:
            raise ValueError("client_key is the key of no certificate; give client_certificate")
        try:
            with_own("", given, self.client_key)
        except ValueError as problem:
            raise ValueError(f"client_certificate {given} {problem}") from None
        return self

    @property
    def is_secure(self) -> bool:
        """Return whether clients come over TLS."""
        return self.url.startswith("wss:")

    @property
    def is_private(self) -> bool:
        """Return whether they come over TLS and trust an authority that is named here."""
        return self.is_secure and (self.generate_certificate or self.ca_file is not None)

    @property
    def authority(self) -> str:
        """Return what `client_context` takes: whom clients trust, and what they show."""
        return with_own(read_authority(self.ca_file), self.client_certificate, self.client_key)

    @property
    def shows_own(self) -> bool:
        """Return whether clients show a certificate of their own."""
        return self.client_certificate is not None or self.generate_client_certificate

    def secured(self, ca_file: Path) -> Endpoint:
        """Return the same over TLS, where that authority is trusted and no other."""
        url = self.url.replace("ws:", "wss:", 1) if self.url.startswith("ws:") else self.url
        return self.model_copy(update={"url": url, "ca_file": ca_file})


DEVIABLE = ("server shutdown", "slow consumer", "token expired", "rate limit exceeded")
"""Reasons of closes that are the specification's own, so that a target may declare others."""
OF_THE_PLAN = ("Authentication required", "max connections", "idle", "timeout")
"""Reasons that the source plan fixes."""
RESERVED_CODES = (1004, 1005, 1006, 1015)
"""Codes that no close frame may have (RFC 6455, section 7.4.1)."""


class Deviation(Section):
    """How the service closes a connection where the features name another code and reason.

    `reason`: what its reason contains; "" for any.
    """

    code: int
    reason: str = ""

    def __str__(self) -> str:
        words = f' and a reason containing "{self.reason}"' if self.reason else ""
        return f"a close with {self.code}{words}"

    @field_validator("code")
    @classmethod
    def _may_be_sent(cls, value: int) -> int:
        if value in RESERVED_CODES or not (1000 <= value <= 1014 or 3000 <= value <= 4999):
            raise ValueError(
                f"{value} is no code that a close frame may have: 1000 to 1003, 1007 to 1014, or "
                "3000 to 4999"
            )
        return value


FIRST_MESSAGE = "first message"
TOKEN_LOCATIONS: tuple[str, ...] = get_args(Location)
"""Where a client can show its token."""


Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "HS256", "HS384", "HS512",
]  # fmt: skip
"""How tokens are signed (RFC 7518, section 3.1; RFC 8037, section 3.1)."""
OF_KEYS = ("generate_key", "key_file", "secret_variable")
SOURCES = (*OF_KEYS, "token_file", "token_command", "token_variable")
"""Where tokens can come from; the first three make them, the others have them."""


class Auth(Section):
    """How a client shows who it is, and where the tokens come from.

    `scheme`: what a token is. An API key is opaque: it has no signature, no claims and no expiry.
    `header`, `cookie`: the one that has the token, as it is, where `token_locations` names it.
    `subprotocol`: the list that is offered, with the token in the place of `{token}`.
    `token_file`: one token a line; they are shown in turn.
    `first_message_within_s`: how long a client may stay silent that has to say who it is; then the
    service closes it. `one_person`: all clients have the same subject; otherwise each connection
    has one of its own.
    `single_use`: a token opens one session only. `leeway_s`: by how much the service lets clocks
    differ, for `exp`, `nbf` and `iat` (RFC 7519, section 4.1.4), and so also how long a session
    outlives the expiry of its token. `key_set`: whether the suite serves the key set too, and how;
    on `key_set_port` where the service fixes the address, on any free one where it is told.
    """

    scheme: Literal["jwt", "api-key"] = "jwt"
    # "carriers" is its old name
    token_locations: list[Location] = Field(
        default=["query parameter"],
        min_length=1,
        validation_alias=AliasChoices("token_locations", "carriers"),
    )
    header: str = Field(
        default="X-Api-Key",
        pattern="^[A-Za-z0-9_-]+$",
        description="the name of a header, such as X-Api-Key",
    )
    cookie: str = Field(
        default="token", pattern="^[A-Za-z0-9_.-]+$", description="the name of a cookie"
    )
    subprotocol: str = Field(
        default=f"bearer, {TOKEN}",
        pattern=r"^([A-Za-z0-9_.-]+, )*([A-Za-z0-9_.-]*\{token\})(, [A-Za-z0-9_.-]+)*$",
        description="a list of subprotocols with {token} in it, such as bearer, {token}",
    )
    query_parameter: str = "token"
    first_message_within_s: float = Field(default=15, gt=0, le=120)
    algorithm: Algorithm = "RS256"
    issuer: str | None = None
    audience: str | None = None
    subject: str = "qa-client"
    one_person: bool = False
    single_use: bool = False
    leeway_s: float = Field(default=0, ge=0, le=600)
    key_id: str = "qaws-1"
    entitlement_claim: str | None = Field(default=None, min_length=1)
    entitlement_shape: Literal["list", "words"] = "list"
    generate_key: bool = False
    key_set: Literal["file", "http", "https"] = "file"
    key_set_port: int = Field(default=0, ge=0, le=65535)
    key_set_path: str = Field(default="/jwks.json", pattern=r"^/[^?#]*$")
    key_file: Path | None = None
    secret_variable: str | None = Field(default=None, min_length=1)
    token_file: Path | None = None
    token_command: list[str] | None = None
    token_variable: str | None = None

    @property
    def is_served(self) -> bool:
        """Return whether the suite serves the key set."""
        return self.key_set != "file"

    @property
    def mints(self) -> bool:
        """Return whether the suite can sign tokens."""
        return bool(self.generate_key or self.key_file or self.secret_variable)

    @property
    def has_secret(self) -> bool:
        """Return whether tokens bear an HMAC, so that who checks them knows how to sign them."""
        return self.algorithm.startswith("HS")

    @property
    def in_first_message(self) -> bool:
        """Return whether clients show their token in the first message by default."""
        return self.token_locations[0] == FIRST_MESSAGE

    def carrier(self, location: str) -> str:
        """Return what has the token in a location, as `credentials` wants it; or ""."""
        return {
            "query parameter": self.query_parameter,
            "header": self.header,
            "cookie": self.cookie,
            "subprotocol": self.subprotocol,
        }.get(location, "")

    @model_validator(mode="after")
    def _one_source(self) -> Auth:
        given = [name for name in SOURCES if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                f"needs exactly one of {', '.join(SOURCES)}; it has {', '.join(given) or 'none'}"
            )
        if self.scheme == "api-key" and self.mints:
            raise ValueError(
                f'scheme = "api-key" does not go with {given[0]}: nobody signs API keys; give '
                f"{', '.join(SOURCES[len(OF_KEYS) : -1])} or {SOURCES[-1]}"
            )
        if self.secret_variable and not self.has_secret:
            raise ValueError(f"secret_variable is for HS256, HS384 and HS512, not {self.algorithm}")
        if self.is_served and self.has_secret:
            raise ValueError(f"{self.algorithm} has a secret, and no key set: leave out key_set")
        if self.is_served and not (self.generate_key or self.key_file):
            raise ValueError(
                f'key_set = "{self.key_set}" needs generate_key or key_file: without a key there '
                "is no key set to serve"
            )
        return self


class Statistics(Section):
    """Where the service tells how many connections and subscriptions it holds.

    `headers` and, where `token` is true, a valid token as `Authorization: Bearer …` open it.
    """

    path: str
    headers: dict[str, str] = {}
    token: bool = False
    connections: str = "active_connections"
    subscriptions: str = "total_subscriptions"


class Version(Section):
    """How to ask which version, build or commit of the service is tested.

    `command` prints it. `path` answers with it: in the header that `header` names, in the member of
    a JSON object that `field` names (`build.commit` for one within another), or as its first line.
    `header` alone is that of the endpoint's own answer to a plain request.
    """

    command: list[str] = []
    path: str | None = Field(
        default=None, pattern="^/", description="a path that begins with /, such as /version"
    )
    header: str | None = Field(default=None, min_length=1)
    field: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Version:
        if bool(self.command) == bool(self.path or self.header):
            raise ValueError("needs a command, or a path or a header, and not both")
        if self.field and (self.header or not self.path):
            raise ValueError("field is a member of what path answers, and needs no header")
        return self


class Coverage(Section):
    """Which of a Python service's lines the criteria of coverage are about.

    `routes` is its source file, relative to `[launch] directory`. `functions` says where one of the
    source plan's functions is: in another file ("ticker/feed.py:Feed.on_tick"), or there under
    another name (":serve"). Those that it leaves out are in `routes` under the plan's name.
    `exempt` says instead why nothing can be measured: a service in another language, or one that
    runs elsewhere. The sheet shows the reason, and the criteria hold no signature back.
    """

    routes: str | None = Field(default=None, min_length=1)
    exempt: str | None = Field(default=None, min_length=1)
    functions: dict[str, Annotated[str, Field(pattern=r"^[^:]*:[^:]+$")]] = {}

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Coverage:
        if (self.routes is None) == (self.exempt is None):
            raise ValueError(
                'needs routes (the source file of a Python service), or exempt = "why nothing can '
                'be measured", and not both'
            )
        if self.exempt is not None and self.functions:
            raise ValueError("exempt leaves nothing for functions to say")
        return self


class Demo(Section):
    """What `make demo` starts beside broker and service, so that ticks flow."""

    generator: list[str] = Field(min_length=1)


class Grants(Section):
    """What the suite may do beyond talking to the service.

    `outage`: cut and stop the broker. One that the suite did not start is stopped and started by
    the two commands.
    """

    outage: bool = False
    stop_broker: list[str] = []
    start_broker: list[str] = []

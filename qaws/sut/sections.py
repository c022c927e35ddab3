"""The tables of a target file, but for what it says of itself: see `qaws.sut.target`."""

from __future__ import annotations

import functools
import json
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from qaws.runtime.trust import read_authority

PLACEHOLDERS = {
    "python": "the interpreter that runs the suite",
    "port": "a port that the suite found free",
    "broker_url": "the feed's broker",
    "jwks_file": "a file with the public keys that belong to the minted tokens",
    "folder": "a scratch folder of this run",
}
"""What a `{…}` in the launch command or environment may name."""

LAUNCH_PLACEHOLDERS = {**PLACEHOLDERS, "arguments": "those of the settings that a scenario changes"}
"""What it may name besides; without it these arguments go to the end of the command."""


class Section(BaseModel):
    """A table of a target file: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Endpoint(Section):
    """Where clients connect. `{port}` stands for the port that the service listens on.

    `idle_timeout_s`: after how many seconds the service closes a client that says nothing, where
    nobody has set another time; None where that is not known. `heartbeats`: types of messages that
    the service sends of its own accord, so that a line is seen to live. `ca_file`: certificates in
    PEM, the authorities that alone are trusted over TLS; None for those of the system.
    """

    url: str = Field(pattern=r"^wss?://", description="an address that begins ws:// or wss://")
    ca_file: Path | None = None
    idle_timeout_s: float | None = Field(default=None, gt=0)
    heartbeats: list[Annotated[str, Field(pattern=r"^\S+$")]] = []

    @field_validator("ca_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        try:
            read_authority(value)
        except ValueError as problem:
            raise ValueError(f"{value} {problem}") from None
        return value

    @functools.cached_property
    def authority(self) -> str:
        """Return the certificates of `ca_file`, "" for those that the system trusts."""
        return read_authority(self.ca_file)


FIRST_MESSAGE = "first message"
TOKEN_LOCATIONS = ("query parameter", "Authorization header", FIRST_MESSAGE)
"""Where a client can show its token."""


class Auth(Section):
    """How a client shows who it is, and where the tokens come from.

    `first_message_within_s`: how long a client may stay silent that has to say who it is; then the
    service closes it. `one_person`: all clients have the same subject; otherwise each connection
    has one of its own.
    `single_use`: a token opens one session only. `leeway_s`: by how much the service lets clocks
    differ, for `exp`, `nbf` and `iat` (RFC 7519, section 4.1.4), and so also how long a session
    outlives the expiry of its token.
    """

    # "carriers" is its old name
    token_locations: list[Literal["query parameter", "Authorization header", "first message"]] = (
        Field(
            default=["query parameter"],
            min_length=1,
            validation_alias=AliasChoices("token_locations", "carriers"),
        )
    )
    query_parameter: str = "token"
    first_message_within_s: float = Field(default=15, gt=0, le=120)
    algorithm: Literal["RS256", "ES256"] = "RS256"
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
    key_file: Path | None = None
    token_command: list[str] | None = None
    token_variable: str | None = None

    @property
    def in_first_message(self) -> bool:
        """Return whether clients show their token in the first message by default."""
        return self.token_locations[0] == FIRST_MESSAGE

    @model_validator(mode="after")
    def _one_source(self) -> Auth:
        given = [
            name
            for name in ("generate_key", "key_file", "token_command", "token_variable")
            if getattr(self, name)
        ]
        if len(given) != 1:
            raise ValueError(
                "needs exactly one of generate_key, key_file, token_command, token_variable; "
                f"it has {', '.join(given) or 'none'}"
            )
        return self


class Launch(Section):
    """How the service is started. Without this section the suite only talks to a running one.

    `log_files` are where it logs besides its output, patterns allowed; relative to `directory`.
    """

    command: list[str] = Field(min_length=1)
    environment: dict[str, str] = {}
    directory: Path = Path()
    ready_log: str | None = None
    ready_path: str | None = None
    ready_within_s: float = Field(default=15, gt=0)
    stop_within_s: float = Field(default=10, gt=0)
    log_files: list[str] = []

    @field_validator("log_files")
    @classmethod
    def _known_placeholders(cls, value: list[str]) -> list[str]:
        for text in value:
            try:
                text.format(**dict.fromkeys(PLACEHOLDERS, ""))
            except (KeyError, IndexError, ValueError, AttributeError):
                known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
                raise ValueError(f"{text!r}: known placeholders are {known}") from None
            if not text:
                raise ValueError("has an empty name; name a file, such as logs/service.log")
        return value

    def reads(self, placeholder: str) -> bool:
        """Return whether the service is told of what a placeholder stands for."""
        texts = [*self.command, *self.environment.values()]
        return any(f"{{{placeholder}}}" in text for text in texts)

    @model_validator(mode="after")
    def _known_when_ready(self) -> Launch:
        if not self.ready_log and not self.ready_path:
            raise ValueError(
                "needs ready_log (a pattern of a line that the service writes) or ready_path "
                "(a path that answers 200)"
            )
        return self


class Setting(Section):
    """What changes a setting that the features name in words: a variable, or an argument.

    `argument` is one or more arguments of the command, in which `{value}` stands for the value.
    `values` has the service's own words for those of the features: DEBUG → debug. `factor` turns
    the features' unit (seconds, counts) into the service's: 1000 for milliseconds. `join` says how
    a list is written: "json" for a JSON list, else what stands between its items.
    """

    variable: str | None = Field(default=None, min_length=1)
    argument: str | list[str] | None = None
    factor: float = 1
    values: dict[str, str] = {}
    join: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Setting:
        if (self.variable is None) == (self.argument is None):
            raise ValueError("needs a variable or an argument, and not both")
        parts = self._parts()
        try:
            spoken = [part.format(value="\0") for part in parts]
        except (KeyError, IndexError, ValueError, AttributeError):
            raise ValueError(f"argument {parts}: the only placeholder is {{value}}") from None
        if parts and not any("\0" in part for part in spoken):
            raise ValueError(f"argument {parts}: has no {{value}} in it")
        return self

    def _parts(self) -> list[str]:
        return [self.argument] if isinstance(self.argument, str) else list(self.argument or [])

    def text(self, value: str) -> str:
        """Return what the service is told for a value of the features."""
        if value in self.values:
            return self.values[value]
        if self.join is not None:
            items = value.split(",")
            return json.dumps(items) if self.join == "json" else self.join.join(items)
        if self.factor == 1:
            return value
        scaled = float(value) * self.factor
        return str(int(scaled)) if scaled.is_integer() else str(scaled)

    def arguments(self, value: str) -> list[str]:
        """Return what is added to the command for a value of the features; nothing for most."""
        return [part.format(value=self.text(value)) for part in self._parts()]


FeedKind = Literal["redis", "redis-streams", "nats", "zeromq", "command"]
KIND_BY_SCHEME: dict[str, FeedKind] = {
    "redis": "redis",
    "rediss": "redis",
    "nats": "nats",
    "tls": "nats",
    "zmq+tcp": "zeromq",
}
"""What speaks at an address, where nothing else is said."""


class Feed(Section):
    """What feeds the service, so that the suite can publish ticks.

    `kind` says what it speaks, where the address of `broker` does not. `command` is the team's own
    publisher, which takes one payload a line. `binds` tells who listens where there is no broker:
    the suite, or the service. `field` is that of a stream's entry which has the payload.
    `inject_allowed`: the suite may publish on a broker that is not of this machine. The payloads
    are templates of what is published; where there is none it is a tick of `qa-ws`.
    """

    kind: FeedKind | None = None
    broker: str | None = Field(
        default=None,
        pattern=r"^(embedded|(rediss?|nats|tls|zmq\+tcp)://.+)$",
        description='"embedded", or an address: redis://…, nats://… or zmq+tcp://…',
    )
    command: list[str] = []
    binds: Literal["suite", "service"] = "suite"
    field: str = Field(default="data", min_length=1)
    inject_allowed: bool = False
    options_channel: str = "ticker:options"
    underlying_channel: str = "ticker:underlying"
    option_payload: Any = None
    underlying_payload: Any = None

    @property
    def speaks(self) -> FeedKind:
        """Return its kind."""
        if self.command:
            return "command"
        scheme = (self.broker or "").partition("://")[0]
        return self.kind or KIND_BY_SCHEME.get(scheme, "redis")

    @property
    def is_near(self) -> bool:
        """Return whether what is published stays on this machine, as far as can be known."""
        if self.broker == "embedded" and not self.command:
            return True
        try:
            host = urlsplit(self.broker or "").hostname or ""
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    @model_validator(mode="after")
    def _one_source(self) -> Feed:
        if not self.broker and not self.command:
            raise ValueError('needs a broker ("embedded", or an address), or a command')
        if self.kind == "command" and not self.command:
            raise ValueError('kind = "command" needs the command: command = ["./publish", "-"]')
        if self.command and self.kind not in (None, "command"):
            raise ValueError(f'kind = "{self.kind}" and a command do not go together')
        spoken = KIND_BY_SCHEME.get((self.broker or "").partition("://")[0])
        fits = (None, spoken, "redis-streams" if spoken == "redis" else spoken)
        if spoken and not self.command and self.kind not in fits:
            raise ValueError(f'kind = "{self.kind}" does not fit an address of {spoken}')
        if self.command and self.broker == "embedded":
            raise ValueError('a command has a broker of its own: broker = "embedded" is not for it')
        if self.binds == "service" and (self.speaks != "zeromq" or self.broker == "embedded"):
            raise ValueError('binds = "service" is for the zmq+tcp:// address of a service')
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


Deviable = Literal["server shutdown", "token expired", "slow consumer", "rate limit exceeded"]
"""Reasons of closes that the source plan does not fix, in the words of the specification."""


class Deviation(Section):
    """How the service closes instead: by another code, with another reason, or both."""

    code: int | None = Field(default=None, ge=1000, le=4999)
    reason: str | None = Field(
        default=None, pattern=r'^[^"]+$', description='words without a " in them'
    )

    @model_validator(mode="after")
    def _something(self) -> Deviation:
        if self.code is None and self.reason is None:
            raise ValueError("says neither code nor reason")
        return self


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

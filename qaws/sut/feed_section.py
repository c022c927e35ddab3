"""The table of a target file that says what feeds the service."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from qaws.protocol.paths import Pattern
from qaws.protocol.sign_table import Name
from qaws.protocol.templates import names_in, require_known
from qaws.sut.kafka_settings import flat, require_settings
from qaws.sut.section import AuthorityFile, Section

FeedKind = Literal[
    "redis", "redis-streams", "nats", "mqtt", "kafka", "zeromq", "websocket", "http", "command"
]
KIND_BY_SCHEME: dict[str, FeedKind] = {
    "redis": "redis",
    "rediss": "redis",
    "nats": "nats",
    "tls": "nats",
    "mqtt": "mqtt",
    "mqtts": "mqtt",
    "kafka": "kafka",
    "zmq+tcp": "zeromq",
    "ws": "websocket",
}
"""What speaks at an address, where nothing else is said."""


CHANNEL_NAMES = {
    "options_channel": ("symbol", "instrument"),
    "underlying_channel": ("symbol",),
    "options_key": ("symbol", "instrument"),
    "underlying_key": ("symbol",),
}
"""What a `{…}` in a channel, or in the key of a record, may name, besides the further keys that all
of `[market]` has."""

TOPICS = {"options_channel": "ticker.options", "underlying_channel": "ticker.underlying"}
"""The channels over Kafka where the file names none: a topic has no colon in its name."""
TOPIC, TEMPLATED = re.compile(r"[A-Za-z0-9._-]{1,249}"), re.compile(r"\{[^}]*\}")

PUBLISHER_PLACEHOLDERS = ("python", "broker_url", "folder", "instrument", "symbol")
"""What a `{…}` in the command of the team's own publisher may name."""

OF_HTTP = ("method", "headers", "content_type")
OF_EXCHANGE = ("greeting", "answers")
OVER_TLS = ("rediss://", "tls://", "mqtts://")
OF_KAFKA = ("options_key", "underlying_key", "partitions", "client")
CHANNEL, PORT = "channel", "port"
"""What a `{…}` in the URL of a feed over HTTP may name, besides its secrets."""


class Answer(Section):
    """What the exchange that the suite plays says to a message of the service.

    `when` is a pattern that the message fits, `say` a template in which `{name}` is the message's
    own member; without it nothing is said. `listens`: ticks are sent from then on; where no answer
    has it, they are from the connection on.
    """

    when: dict[str, Any]
    say: Any = None
    listens: bool = False

    @field_validator("when")
    @classmethod
    def _is_a_pattern(cls, value: dict[str, Any]) -> dict[str, Any]:
        Pattern(value)
        return value


class Feed(Section):
    """What feeds the service, so that the suite can publish ticks.

    `kind` says what it speaks, where the address of `broker` does not. `command` is the team's own
    publisher, which takes one payload a line. `binds` tells who listens where there is no broker:
    the suite, or the service. `field` is that of a stream's entry which has the payload. `url` is
    where each tick is taken over HTTP, by `method` with `headers`; one that is a path, or has the
    `{port}` in it, is one of the service itself. `secrets` is name → the environment variable that
    has it, and `{channel}` the tick's channel. `greeting` is what the exchange that the suite plays
    says first to a service which connects by WebSocket, and `answers` what to its messages.
    Over Kafka `options_key` and `underlying_key` are the keys of records, and `partitions` is how
    many each topic of an embedded broker has; `client` is how clients encrypt and sign in there, in
    librdkafka's words. The address of a broker and `client` may name `secrets` too. `ca_file`:
    certificates in PEM, the authorities that are trusted over TLS to a broker.
    `inject_allowed`: the suite may publish on a broker that is not of this machine. `own_publisher`
    is a program of the team that publishes option ticks as in production. The channels may name
    the symbol or the instrument, and the payloads are templates of what is published; where there
    is none it is a tick of `qa-ws`.
    """

    kind: FeedKind | None = None
    broker: str | None = Field(
        default=None,
        pattern=r"^(embedded|(rediss?|nats|tls|mqtts?|kafka|zmq\+tcp|ws)://.+)$",
        description='"embedded", or an address: redis://…, nats://…, mqtt://…, kafka://…, '
        "zmq+tcp://…, ws://…",
    )
    command: list[str] = []
    url: str | None = Field(
        default=None,
        pattern="^(https?://.|/)",
        description="an address that begins http:// or https://, or a path that begins with /",
    )
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    headers: dict[str, str] = {}
    content_type: str = Field(default="application/json", min_length=1)
    secrets: dict[str, Name] = {}
    greeting: Any = None
    answers: list[Answer] = []
    binds: Literal["suite", "service"] = "suite"
    field: str = Field(default="data", min_length=1)
    inject_allowed: bool = False
    own_publisher: list[str] = []
    options_channel: str = "ticker:options"
    underlying_channel: str = "ticker:underlying"
    options_key: str = "{symbol}"
    underlying_key: str = "{symbol}"
    partitions: int = Field(default=1, ge=1, le=100)
    ca_file: AuthorityFile = None
    client: dict[str, Any] = {}
    option_payload: Any = None
    underlying_payload: Any = None

    @property
    def has_channel_per_instrument(self) -> bool:
        """Return whether option ticks of one symbol are published on several channels."""
        return "instrument" in names_in(self.options_channel)

    def check_channels(self, further: Collection[str]) -> None:
        """Raise `ValueError` where a channel has a name that nobody fills in.

        Args:
            further: the keys that all symbols of `[market]` have besides their names.
        """
        for key, names in CHANNEL_NAMES.items():
            try:
                require_known(getattr(self, key), {*names, *further})
            except ValueError as problem:
                raise ValueError(f"{key}: {problem}") from None

    @property
    def used_secrets(self) -> dict[str, str]:
        """Return those of `secrets` that are named where it is said how the feed is reached."""
        if self.url:
            return self.secrets
        client = {} if self.broker == "embedded" else self.client
        named = {*names_in(self.broker or ""), *names_in(client)}
        return {name: variable for name, variable in self.secrets.items() if name in named}

    @property
    def speaks(self) -> FeedKind:
        """Return its kind."""
        if self.command:
            return "command"
        if self.url:
            return "http"
        scheme = (self.broker or "").partition("://")[0]
        return self.kind or KIND_BY_SCHEME.get(scheme, "redis")

    @property
    def is_parted(self) -> bool:
        """Return whether the feed promises an order within a channel, or a key of it, only."""
        channels = {self.options_channel, self.underlying_channel}
        paths = self.speaks == "websocket" and any(each.startswith("/") for each in channels)
        several = len(channels) > 1 or any(_is_split(each) for each in channels)
        return self.speaks == "kafka" or ((self.speaks == "redis-streams" or paths) and several)

    @property
    def is_pulled(self) -> bool:
        """Return whether ticks come as answers only: a question that is lost costs those too."""
        return self.speaks in ("kafka", "redis-streams")

    @property
    def is_ours(self) -> bool:
        """Return whether the suite starts what feeds the service, and may end it."""
        return self.broker == "embedded" or self.speaks == "websocket"

    @property
    def is_of_service(self) -> bool:
        """Return whether each service takes its ticks itself, at an address of its own."""
        url = self.url or ""
        return url.startswith("/") or PORT in names_in(url)

    @property
    def is_apart(self) -> bool:
        """Return whether a service that is started hears nothing that is meant for another."""
        return self.broker == "embedded" or self.is_of_service

    def is_near(self, endpoint: str = "") -> bool:
        """Return whether what is published stays on this machine, as far as can be known.

        Args:
            endpoint: where clients come, and the ticks too where the service takes them itself.
        """
        if self.broker == "embedded" and not self.command:
            return True
        path = self.url is not None and self.url.startswith("/")
        try:
            host = urlsplit(endpoint if path else self.url or self.broker or "").hostname or ""
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    @model_validator(mode="before")
    @classmethod
    def _with_topics(cls, given: Any) -> Any:
        """Let channels that the file does not name be topics where the feed is Kafka."""
        if not isinstance(given, dict):
            return given
        is_kafka = given.get("kind") == "kafka" or str(given.get("broker")).startswith("kafka://")
        return {**TOPICS, **given} if is_kafka else given

    @field_validator("client")
    @classmethod
    def _by_whole_names(cls, value: dict[str, Any]) -> dict[str, Any]:
        return dict(flat(value))

    @field_validator("own_publisher")
    @classmethod
    def _known_placeholders(cls, value: list[str]) -> list[str]:
        for text in value:
            try:
                text.format(**dict.fromkeys(PUBLISHER_PLACEHOLDERS, ""))
            except (KeyError, IndexError, ValueError, AttributeError):
                known = ", ".join(f"{{{name}}}" for name in PUBLISHER_PLACEHOLDERS)
                raise ValueError(f"{text!r}: known placeholders are {known}") from None
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Feed:
        if self.url or self.kind == "http":
            return self._over_http()
        if not self.broker and not self.command:
            raise ValueError('needs a broker ("embedded", or an address), a command, or a url')
        if given := [key for key in OF_HTTP if key in self.model_fields_set]:
            raise ValueError(f'{given[0]} is for ticks that are taken over HTTP: kind = "http"')
        given = [key for key in OF_EXCHANGE if key in self.model_fields_set]
        if given and self.speaks != "websocket":
            raise ValueError(f'{given[0]} is of an exchange: kind = "websocket"')
        given = [key for key in OF_KAFKA if key in self.model_fields_set]
        if given and self.speaks != "kafka":
            raise ValueError(f'{given[0]} is of Kafka: kind = "kafka"')
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
        self._require_own_exchange()
        self._require_topics()
        self._require_secrets()
        if self.binds == "service" and (self.speaks != "zeromq" or self.broker == "embedded"):
            raise ValueError('binds = "service" is for the zmq+tcp:// address of a service')
        return self

    def _over_http(self) -> Feed:
        if not self.url:
            raise ValueError('kind = "http" needs the url at which ticks are taken: url = "/ticks"')
        if self.kind not in (None, "http") or self.broker or self.command:
            other = f'kind = "{self.kind}"' if self.kind else "a broker or a command"
            raise ValueError(f"a url is for ticks that are taken over HTTP, and not for {other}")
        reserved = {CHANNEL, PORT} & self.secrets.keys()
        if reserved:
            raise ValueError(f'secrets: "{min(reserved)}" is a name of the suite\'s; rename it')
        require_known(self.url, {CHANNEL, PORT, *self.secrets})
        require_known(self.headers, {CHANNEL, *self.secrets})
        return self

    def _require_topics(self) -> None:
        """Require what Kafka can have: names of topics, keys, and an address without a user."""
        if self.speaks != "kafka":
            return
        for key in TOPICS:
            if not TOPIC.fullmatch(TEMPLATED.sub("x", getattr(self, key))):
                raise ValueError(
                    f'{key} = "{getattr(self, key)}": a topic has letters, digits, ".", "_" and '
                    '"-" in its name, and no others'
                )
        for key in OF_KAFKA[:2]:
            if not getattr(self, key):
                raise ValueError(
                    f'{key} = "": records without a key go to any partition, in no order; give '
                    'them one, or leave it out: "{symbol}"'
                )
        if self.broker != "embedded" and "@" in urlsplit(self.broker or "").netloc:
            raise ValueError(
                "the address of a Kafka broker has no user: client says who signs in, as in "
                'client = { "security.protocol" = "SASL_SSL", "sasl.mechanism" = "PLAIN", … }'
            )
        require_settings(self.client, self.secrets)

    def _require_secrets(self) -> None:
        """Require that what the address of a broker names is a secret.

        Beside the embedded broker all that opens another one may stand: it is not used then.
        """
        if self.broker == "embedded":
            return
        if self.ca_file and not (self.broker or "").startswith(OVER_TLS):
            other = "; over Kafka it is ssl.ca.location in client" * (self.speaks == "kafka")
            raise ValueError(
                f"ca_file is for an address that begins {' or '.join(OVER_TLS)}{other}"
            )
        for name in names_in(self.broker or ""):
            if name not in self.secrets:
                known = ", ".join(f"{{{each}}}" for each in sorted(self.secrets)) or "none"
                raise ValueError(
                    f"broker: {{{name}}}: is no name of [feed] secrets, which has {known}; a brace "
                    "of a password is %7B"
                )

    def _require_own_exchange(self) -> None:
        """Require an address of this machine where the suite is to listen itself."""
        if self.speaks != "websocket" or self.broker == "embedded":
            return
        try:
            has_port = urlsplit(self.broker or "").port is not None
        except ValueError:
            has_port = False
        if not (has_port and self.is_near()):
            raise ValueError(
                f'broker = "{self.broker}": the suite is the exchange, on this machine: say '
                '"embedded", or the address that the service knows, as ws://127.0.0.1:9001'
            )


def _is_split(channel: str) -> bool:
    return next(names_in(channel), None) is not None

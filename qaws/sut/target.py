"""The target file: everything the suite knows about one service under test.

One TOML file per service (`targets/reference.toml` is the model). Each value can be overridden:
the file is weakest, then an environment variable `QAWS_AUTH__ISSUER=…`, then `-D auth.issuer=…` on
the command line. What a target offers follows from what its file says: see `Target.capabilities`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote, urlsplit

from pydantic import Field, field_validator

from qaws.protocol.dialect_table import DialectTable, Market
from qaws.protocol.http_step import HttpStep
from qaws.protocol.market import LEVELS
from qaws.protocol.templates import filled
from qaws.sut.before_connect_section import BeforeConnect, read_secrets, require_fitting
from qaws.sut.feed_section import Feed, FeedKind
from qaws.sut.kafka_settings import is_encrypted
from qaws.sut.launch_sections import TIME_ZONE, Launch, Proxy, Setting
from qaws.sut.revocation_section import Revocation
from qaws.sut.section import Section
from qaws.sut.sections import (
    DEVIABLE,
    OF_THE_PLAN,
    Auth,
    Coverage,
    Demo,
    Deviation,
    Endpoint,
    Grants,
    Statistics,
    Version,
)
from qaws.verdict import Broken, NotVerified, hidden

CERTIFICATE_SETTINGS = {
    "certificate": "certificate_file",
    "certificate key": "certificate_key_file",
}
"""The settings by which a service is told its certificate → what they are set to."""

ALIKE = 0.85
"""How alike two names of settings are that are meant to be one; 1 is equal (difflib)."""

_NO_LOAD = {"swarm": "load publishes over Redis, NATS, MQTT, Kafka and WebSocket only"}
_NO_BROKER = dict.fromkeys(
    ("outage", "relay"), "between suite and service there is no broker that could be stopped or cut"
)
LACKS: dict[FeedKind, dict[str, str]] = {
    "redis": {},
    "redis-streams": {},
    "nats": {},
    "mqtt": {},
    "kafka": {},
    "zeromq": _NO_LOAD
    | _NO_BROKER
    | {"own-publisher": "over ZeroMQ nobody but who subscribes hears what somebody publishes"},
    "websocket": {"own-publisher": "the suite is the exchange, and nobody else publishes there"},
    "http": _NO_LOAD
    | dict.fromkeys(_NO_BROKER, "over HTTP there is no broker that could be stopped or cut")
    | {"own-publisher": "what somebody posts to the service is heard by nobody else"},
    "command": _NO_LOAD
    | dict.fromkeys(_NO_BROKER, "the broker behind the command of [feed] is not in our hands")
    | {"own-publisher": "the command of [feed] publishes all ticks of the suite already"},
}
"""What a kind of feed cannot do for the suite: capability → why."""

Agreement = Literal[
    "large integers",
    "key ids",
    "private statistics",
    "pings within 60 s",
    "token types",
    "audience lists",
    "issue times",
    "required claims",
    "finite expiries",
    "deep nesting",
    "silent pongs",
    "failure codes",
    "counted control frames",
    "few headers",
    "long messages",
    "repeated members",
    "checked payloads",
    "origins as text",
    "outage told to newcomers",
]
"""What the specification only agrees on (section 7), so that a team may decline it."""


class Target(Section):
    """One service under test, as its target file describes it.

    `declines`: agreements that the team does not hold its service to; what rests on them is then
    not verified. `deviations`: reason of a close in the features → how the service closes instead.
    """

    name: str
    dialect: DialectTable | Literal["qa-ws"]
    market: Market = Field(default={})
    declines: list[Agreement] = Field(default=[])
    deviations: dict[str, Deviation] = Field(default={})
    endpoint: Endpoint
    auth: Auth
    before_connect: list[BeforeConnect] = Field(default=[])
    revocation: Revocation | None = None
    launch: Launch | None = None
    proxy: Proxy | None = None
    settings: dict[str, Setting] = Field(default={})
    feed: Feed | None = None
    statistics: Statistics | None = None
    grants: Grants = Grants()
    demo: Demo | None = None
    version: Version | None = None
    coverage: Coverage | None = None
    file: Path = Path()

    @field_validator("settings", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """Let a setting be just the name of its variable."""
        if not isinstance(value, dict):
            return value
        return {k: {"variable": v} if isinstance(v, str) else v for k, v in value.items()}

    @field_validator("before_connect", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        """Let one step be a table."""
        return [value] if isinstance(value, dict | BeforeConnect) else value

    @field_validator("before_connect")
    @classmethod
    def _fit(cls, value: list[BeforeConnect]) -> list[BeforeConnect]:
        require_fitting(value)
        return value

    @field_validator("dialect", mode="before")
    @classmethod
    def _known_dialect(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "qa-ws":
            raise ValueError(
                f'"{value}" is not known; "qa-ws" is, or describe your own in a table [dialect]: '
                "docs/dialects.md"
            )
        return value

    @field_validator("deviations")
    @classmethod
    def _are_open(cls, value: dict[str, Deviation]) -> dict[str, Deviation]:
        for reason in value:
            if reason not in DEVIABLE:
                why = "is fixed by the source plan" if reason in OF_THE_PLAN else "is not known"
                known = ", ".join(f'"{each}"' for each in DEVIABLE)
                raise ValueError(f'"{reason}" {why}; what may be declared otherwise is {known}')
        return value

    @field_validator("market")
    @classmethod
    def _known_symbols(cls, value: Market) -> Market:
        if unknown := [name for name in value if name not in LEVELS]:
            known = ", ".join(LEVELS)
            raise ValueError(f'"{unknown[0]}" is no symbol of the features; they have {known}')
        if value and "NIFTY" not in value:
            raise ValueError("NIFTY is missing, which nearly all features are about")
        return value

    @property
    def steps(self) -> tuple[HttpStep, ...]:
        """Return what each client asks over HTTP before it connects, in order.

        Raises:
            Broken: a variable with one of its secrets is not set.
        """
        several = len(self.before_connect) > 1
        numbered = enumerate(self.before_connect, start=1)
        return tuple(each.step(self.file, number * several) for number, each in numbered)

    def require_secrets(self) -> None:
        """Raise `Broken` where a variable with a secret of its steps or its feed is not set."""
        _ = self.steps, self.feed_secrets

    @property
    def feed_secrets(self) -> dict[str, str]:
        """Return what opens its feed: name → value.

        Raises:
            Broken: a variable that has one is not set.
        """
        return read_secrets(self.file, "[feed] ", self.feed.used_secrets if self.feed else {})

    @property
    def broker_address(self) -> str:
        """Return the address of its broker, or "embedded", with its secrets; "": there is none.

        Raises:
            Broken: a variable that has a secret is not set.
        """
        found = self.feed_secrets.items()
        secrets = {name: hidden(quote(value, safe="")) for name, value in found}
        return str(filled(self.feed.broker or "", secrets)) if self.feed else ""

    @property
    def speaks(self) -> str:
        """Return the name of its dialect."""
        return self.dialect if isinstance(self.dialect, str) else self.dialect.name

    @property
    def is_plain(self) -> bool:
        """Return whether it speaks `qa-ws` with the features' own names, word for word."""
        return self.dialect == "qa-ws" and not self.market and not self.feed_payloads

    @property
    def feed_payloads(self) -> dict[str, Any]:
        """Return kind of tick → the template of what is published, where there is one."""
        if self.feed is None:
            return {}
        given = {
            "option_tick": self.feed.option_payload,
            "underlying_bar": self.feed.underlying_payload,
        }
        return {kind: template for kind, template in given.items() if template is not None}

    @property
    def spoken(self) -> str:
        """Return the dialect with the heartbeats of this service, as `Contract` wants it."""
        return " ".join([self.speaks, *self.endpoint.heartbeats])

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what this target lets the suite do; a scenario names its needs by tag."""
        offers = {
            "mint": self.auth.mints,
            "launch": self.launch is not None,
            "configure": self.launch is not None and bool(self.settings),
            "inject": self.feed is not None,
            "observe": self.launch is not None,
            "statistics": self.statistics is not None,
            "entitlements": self.auth.entitlement_claim is not None and self.auth.mints,
            "rotation": self.auth.generate_key
            and self.launch is not None
            and (self.launch.reads_key_set or self.auth.is_served),
            "revocation": self.revocation is not None,
            "revocation-of-one-token": self.revocation is not None
            and self.revocation.of == "token",
            "revocation-of-sessions": self.revocation is not None
            and self.revocation.sessions is not None,
            "user-limit": "user limit" in self.settings and self.launch is not None,
            "token-reuse": not self.auth.single_use,
            "outage": self.feed is not None and (self.grants.outage or self.feed.is_ours),
            "relay": self._can_be_relayed,
            "own-publisher": self.feed is not None and bool(self.feed.own_publisher),
            "swarm": True,
            "tls": self.endpoint.is_private
            or (self.launch is not None and {*CERTIFICATE_SETTINGS} <= self.settings.keys()),
            "proxy": self.endpoint.behind_proxy
            or (self.launch is not None and self.proxy is not None),
            "announcements": isinstance(self.dialect, str) or self.dialect.announces,
        }
        offers |= {a.replace(" ", "-"): a not in self.declines for a in get_args(Agreement)}
        offered = frozenset(name for name, is_offered in offers.items() if is_offered)
        return offered - self.withheld.keys()

    @property
    def may_publish(self) -> bool:
        """Return whether there is a feed, and the suite may publish there.

        Ticks that are made up are an incident where others take them for real.
        """
        feed = self.feed
        return feed is not None and (feed.is_near(self.endpoint.url) or feed.inject_allowed)

    @property
    def withheld(self) -> dict[str, str]:
        """Return what its feed or its tokens do not let the suite do: capability → why."""
        found = self._not_to_be_revoked | self._not_of_secrets
        if self.auth.scheme == "api-key":
            why = 'an API key has no signature, no claims and no expiry: [auth] scheme = "api-key"'
            found |= dict.fromkeys(("mint", "entitlements", "rotation"), f"{self.file}: {why}")
        if self.feed is None:
            return found
        found |= LACKS[self.feed.speaks]
        if self.feed.broker != "embedded" and is_encrypted(self.feed.client):
            why = "what goes to the broker over TLS nobody between can read, slow down or cut"
            found["relay"] = f"{self.file}: [feed] client: {why}"
        if not self.may_publish:
            where = "where the command of [feed] publishes" if self.feed.command else "the broker"
            where = "who takes ticks at [feed] url" if self.feed.url else where
            found["inject"] = (
                f"{self.file}: {where} is not known to be of this machine alone, and ticks that "
                "are made up could be taken for real; if they may be published there, say [feed] "
                "inject_allowed = true"
            )
        return found

    @property
    def _not_of_secrets(self) -> dict[str, str]:
        """Say what there is no such thing as where tokens bear an HMAC."""
        if not self.auth.has_secret:
            return {}
        why = f"{self.file}: [auth] algorithm {self.auth.algorithm}: there is one secret, and no "
        return {"key-ids": f"{why}key is chosen by its id", "rotation": f"{why}key set"}

    @property
    def _not_to_be_revoked(self) -> dict[str, str]:
        """Say why no token may be revoked where all clients would lose theirs with it."""
        auth, revocation = self.auth, self.revocation
        if revocation is None:
            return {}
        if auth.token_variable:
            why = "the one token of [auth] token_variable"
        elif auth.token_file:
            why = "the tokens of [auth] token_file, over and over"
        elif auth.one_person and (revocation.of == "person" or not auth.mints):
            why = "a token of the one person that [auth] one_person speaks of"
        else:
            return {}
        return {"revocation": f"{self.file}: all clients show {why}: revoked, nobody could go on"}

    @property
    def _can_be_relayed(self) -> bool:
        """Return whether the suite says where the service finds its broker, and it is this machine.

        Where a broker elsewhere is reached from, a container say, a relay here need not be.
        """
        if self.launch is None or self.feed is None:
            return False
        parts = urlsplit(self.feed.broker or "")
        is_plain = parts.scheme in ("redis", "nats", "mqtt", "kafka", "ws")
        here = is_plain and parts.hostname in ("127.0.0.1", "localhost")
        told = [*self.launch.command, *self.launch.environment.values()]
        return (self.feed.broker == "embedded" or here) and any("{broker_url}" in t for t in told)

    @property
    def idle_timeout_s(self) -> float | None:
        """Return the idle timeout of a service with the target's own settings, None: not known."""
        setting = self.settings.get("idle timeout")
        variable = setting.variable if setting else None
        if setting and variable and self.launch and variable in self.launch.environment:
            try:
                return float(self.launch.environment[variable]) / setting.factor
            except ValueError:
                return self.endpoint.idle_timeout_s
        return self.endpoint.idle_timeout_s

    def setting(self, name: str) -> Setting:
        """Return what changes a setting that a feature file names in words.

        Raises:
            NotVerified: the target file has no such setting.
            Broken: it has one that is spelled nearly so: a slip, here or in the features.
        """
        try:
            return self.settings[name]
        except KeyError:
            for near in difflib.get_close_matches(name, self.settings, n=1, cutoff=ALIKE):
                raise Broken(
                    f'no setting "{name}"; did you mean "{near}"? {self.file} has it'
                ) from None
            if name == TIME_ZONE:
                return Setting(variable="TZ")
            known = ", ".join(f'"{each}"' for each in self.settings) or "none"
            raise NotVerified(
                f'{self.file}: [settings] has no "{name}" (it has {known}); '
                "add the environment variable that sets it"
            ) from None

    def environment_for(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return variable → text for settings: name in the features' words → value.

        Raises:
            NotVerified: the target file has no such setting.
        """
        chosen = [(self.setting(name), value) for name, value in settings.items()]
        return {each.variable: each.text(value) for each, value in chosen if each.variable}

    def arguments_for(self, settings: Mapping[str, str]) -> list[str]:
        """Return what is added to the command for settings.

        Raises:
            NotVerified: the target file has no such setting.
        """
        return [a for name, value in settings.items() for a in self.setting(name).arguments(value)]

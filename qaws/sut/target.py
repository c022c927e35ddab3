"""The target file: everything the suite knows about one service under test.

One TOML file per service (`targets/reference.toml` is the model). Each value can be overridden:
the file is weakest, then an environment variable `QAWS_AUTH__ISSUER=…`, then `-D auth.issuer=…` on
the command line. What a target offers follows from what its file says: see `Target.capabilities`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from qaws.verdict import Broken

ENVIRONMENT_PREFIX = "QAWS_"
PLACEHOLDERS = {
    "python": "the interpreter that runs the suite",
    "port": "a port that the suite found free",
    "broker_url": "the feed's broker",
    "jwks_file": "a file with the public keys that belong to the minted tokens",
    "folder": "a scratch folder of this run",
}
"""What a `{…}` in the launch command or environment may name."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Endpoint(_Section):
    """Where clients connect. `{port}` stands for the port that the service listens on.

    `idle_timeout_s`: after how many seconds the service closes a client that says nothing, where
    nobody has set another time; None where that is not known.
    """

    url: str = Field(pattern=r"^wss?://", description="an address that begins ws:// or wss://")
    idle_timeout_s: float | None = Field(default=None, gt=0)


class Auth(_Section):
    """How a client shows who it is, and where the tokens come from."""

    token_locations: list[Literal["query parameter", "Authorization header"]] = Field(
        default=["query parameter"],
        min_length=1,
        validation_alias=AliasChoices("token_locations", "carriers"),  # the latter is its old name
    )
    query_parameter: str = "token"
    algorithm: Literal["RS256", "ES256"] = "RS256"
    issuer: str | None = None
    audience: str | None = None
    subject: str = "qa-client"
    key_id: str = "qaws-1"
    generate_key: bool = False
    key_file: Path | None = None
    token_command: list[str] | None = None
    token_variable: str | None = None

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


class Launch(_Section):
    """How the service is started. Without this section the suite only talks to a running one."""

    command: list[str] = Field(min_length=1)
    environment: dict[str, str] = {}
    directory: Path = Path()
    ready_log: str | None = None
    ready_path: str | None = None
    ready_within_s: float = Field(default=15, gt=0)
    stop_within_s: float = Field(default=10, gt=0)

    @model_validator(mode="after")
    def _known_when_ready(self) -> Launch:
        if not self.ready_log and not self.ready_path:
            raise ValueError(
                "needs ready_log (a pattern of a line that the service writes) or ready_path "
                "(a path that answers 200)"
            )
        return self


class Setting(_Section):
    """The environment variable behind a setting that the features name in words.

    `factor` turns the features' unit (seconds, counts) into the variable's: 1000 for milliseconds.
    """

    variable: str = Field(min_length=1)
    factor: float = 1

    def text(self, value: str) -> str:
        """Return what the variable is set to for a value of the features."""
        if self.factor == 1:
            return value
        scaled = float(value) * self.factor
        return str(int(scaled)) if scaled.is_integer() else str(scaled)


class Feed(_Section):
    """The broker that feeds the service, so that the suite can publish ticks."""

    broker: str = Field(
        pattern=r"^(embedded|rediss?://.+)$", description='"embedded" or a redis:// address'
    )
    options_channel: str = "ticker:options"
    underlying_channel: str = "ticker:underlying"


class Statistics(_Section):
    """Where the service tells how many connections and subscriptions it holds."""

    path: str
    connections: str = "active_connections"
    subscriptions: str = "total_subscriptions"


class Demo(_Section):
    """What `make demo` starts beside broker and service, so that ticks flow."""

    generator: list[str] = Field(min_length=1)


class Grants(_Section):
    """What the suite may do beyond talking to the service.

    `outage`: cut and stop the broker. One that the suite did not start is stopped and started by
    the two commands.
    """

    outage: bool = False
    stop_broker: list[str] = []
    start_broker: list[str] = []


Agreement = Literal["large integers", "key ids", "pings within 60 s"]
"""What the specification only agrees on (section 7), so that a team may decline it."""


class Target(_Section):
    """One service under test, as its target file describes it.

    `declines`: agreements that the team does not hold its service to; what rests on them is then
    not verified.
    """

    name: str
    dialect: Literal["qa-ws"]
    declines: list[Agreement] = []
    endpoint: Endpoint
    auth: Auth
    launch: Launch | None = None
    settings: dict[str, Setting] = {}
    feed: Feed | None = None
    statistics: Statistics | None = None
    grants: Grants = Grants()
    demo: Demo | None = None
    file: Path = Path()

    @field_validator("settings", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """Let a setting be just the name of its variable."""
        if not isinstance(value, dict):
            return value
        return {k: {"variable": v} if isinstance(v, str) else v for k, v in value.items()}

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what this target lets the suite do; a scenario names its needs by tag."""
        offers = {
            "mint": self.auth.generate_key or self.auth.key_file is not None,
            "launch": self.launch is not None,
            "configure": self.launch is not None and bool(self.settings),
            "inject": self.feed is not None,
            "observe": self.launch is not None,
            "statistics": self.statistics is not None,
            "outage": self.feed is not None
            and (self.grants.outage or self.feed.broker == "embedded"),
        }
        offers |= {a.replace(" ", "-"): a not in self.declines for a in get_args(Agreement)}
        return frozenset(name for name, offered in offers.items() if offered)

    @property
    def idle_timeout_s(self) -> float | None:
        """Return the idle timeout of a service with the target's own settings, None: not known."""
        setting = self.settings.get("idle timeout")
        if setting and self.launch and setting.variable in self.launch.environment:
            try:
                return float(self.launch.environment[setting.variable]) / setting.factor
            except ValueError:
                return self.endpoint.idle_timeout_s
        return self.endpoint.idle_timeout_s

    def environment_for(self, setting: str, value: str) -> tuple[str, str]:
        """Return variable and text for a setting that a feature file names in words.

        Raises:
            Broken: the target file has no such setting.
        """
        try:
            found = self.settings[setting]
        except KeyError:
            known = ", ".join(f'"{name}"' for name in self.settings) or "none"
            raise Broken(
                f'{self.file}: [settings] has no "{setting}" (it has {known}); '
                "add the environment variable that sets it"
            ) from None
        return found.variable, found.text(value)


def read_target(
    file: Path,
    overrides: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """Read a target file and apply overrides.

    Args:
        file: path of the TOML file.
        overrides: dotted key → text, as from `-D feed.broker=redis://…`; keys without a dot are
            not about the target and are ignored.
        environment: variables; `QAWS_FEED__BROKER` overrides `feed.broker`.

    Raises:
        Broken: the file is missing, is not TOML, has an unknown key or a bad value. The message is
            one line that names the file, the key, the value and the way out.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = sorted(path.name for path in file.parent.glob("*.toml")) if file.parent else []
        there = f"{file.parent} has {', '.join(near)}" if near else f"{file.parent} has no target"
        raise Broken(f"{file}: no such target file; {there}; choose with -D target=FILE") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise Broken(f"{file}: cannot be read: {problem}") from None
    except tomllib.TOMLDecodeError as problem:
        raise Broken(f"{file}: is not TOML: {problem}") from None

    for key, text in environment.items():
        if key.startswith(ENVIRONMENT_PREFIX) and "__" in key:
            dotted = key.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
            _override(data, dotted, text, f"{key}={text}")
    for dotted, text in (overrides or {}).items():
        if "." in dotted:
            _override(data, dotted, text, f"-D {dotted}={text}")
    try:
        target = Target.model_validate({**data, "file": file})
    except ValidationError as problem:
        raise Broken(f"{file}: {_first_problem(problem)}") from None
    _check_placeholders(target)
    _check_ready_log(target)
    _check_grants(target)
    return target


def _override(data: dict[str, Any], dotted: str, text: str, shown: str) -> None:
    section, _, key = dotted.partition(".")
    fields = _model_of(section)
    if fields is None or key not in fields.model_fields:
        known = [f"{s}.{k}" for s, m in _SECTIONS.items() for k in m.model_fields]
        raise Broken(f"{shown}: no such key in a target file{_did_you_mean(dotted, known)}")
    wants_list = "list" in str(fields.model_fields[key].annotation)
    table = data.setdefault(section, {})
    if isinstance(table, dict):  # what is none is found by the validation
        table[key] = text.split() if wants_list else text


_SECTIONS: dict[str, type[_Section]] = {
    "endpoint": Endpoint,
    "auth": Auth,
    "launch": Launch,
    "feed": Feed,
    "statistics": Statistics,
    "grants": Grants,
    "demo": Demo,
}


def _model_of(section: str) -> type[_Section] | None:
    return _SECTIONS.get(section)


def _first_problem(problem: ValidationError) -> str:
    """Say the first problem of a validation in one line, in the words of the file."""
    error = problem.errors()[0]
    path = [str(part) for part in error["loc"]]
    place = f"[{path[0]}] {'.'.join(path[1:])}".strip() if len(path) > 1 else path[0]
    if path and path[0] in _SECTIONS and len(path) == 1:
        place = f"[{path[0]}]"
    if error["type"] == "extra_forbidden":
        sections: dict[str, type[_Section]] = {**_SECTIONS, "settings": Setting}
        owner = sections.get(path[0]) if len(path) > 1 else Target
        known = list(owner.model_fields) if owner else []
        known = [name for name in known if name != "file"]
        return f"{place}: unknown key{_did_you_mean(path[-1], known)}"
    if error["type"] == "missing":
        return f"{place} is missing"
    reason = error["msg"].removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":
        reason = f"must be {_SECTIONS[path[0]].model_fields[path[1]].description}"
    # What stands before an @ may be a password, also in an address that is none.
    value = re.sub(r"[^'/@\s]*@", "***@", repr(error["input"]))
    shown = "" if error["type"] == "value_error" else f" = {value}"
    return f"{place}{shown}: {reason[0].lower()}{reason[1:]}"


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _check_placeholders(target: Target) -> None:
    _require_placeholders(target, "[endpoint] url", target.endpoint.url, ["port"])
    for text in target.demo.generator if target.demo else []:
        _require_placeholders(target, "[demo]", text, PLACEHOLDERS)
    if target.launch is None:
        if "{port}" in target.endpoint.url:
            raise Broken(f"{target.file}: [endpoint] url: {{port}} needs a [launch] section")
        return
    told = "(?P<port>" in (target.launch.ready_log or "")
    texts = [*target.launch.command, *target.launch.environment.values()]
    for text in texts:
        _require_placeholders(target, "[launch]", text, PLACEHOLDERS)
    if "{port}" in target.endpoint.url and not told and not any("{port}" in t for t in texts):
        raise Broken(
            f"{target.file}: [endpoint] url has {{port}}, but nothing tells the port: put {{port}} "
            "into the launch section, or a group (?P<port>...) into ready_log"
        )


def _require_placeholders(target: Target, place: str, text: str, known: Iterable[str]) -> None:
    names = list(known)
    try:
        text.format(**dict.fromkeys(names, ""))
    except (KeyError, IndexError, ValueError, AttributeError):
        raise Broken(
            f"{target.file}: {place} {text!r}: known placeholders are "
            + ", ".join(f"{{{name}}}" for name in names)
        ) from None


def _check_ready_log(target: Target) -> None:
    pattern = target.launch.ready_log if target.launch else None
    try:
        re.compile(pattern or "")
    except re.error as problem:
        raise Broken(
            f"{target.file}: [launch] ready_log = {pattern!r}: is no regular expression: {problem}"
        ) from None


def _check_grants(target: Target) -> None:
    """Require the means to stop a broker where the suite may stop one that it did not start."""
    grants = target.grants
    if grants.outage and target.feed and target.feed.broker != "embedded":
        lacking = [name for name in ("stop_broker", "start_broker") if not getattr(grants, name)]
        if lacking:
            raise Broken(
                f"{target.file}: [grants] outage = true: needs {' and '.join(lacking)}, the "
                'commands for a broker that the suite did not start, or broker = "embedded"'
            )

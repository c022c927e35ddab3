"""The tables of a target file that say how service and proxy are started, and set."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from qaws.sut.section import Section

PLACEHOLDERS = {
    "python": "the interpreter that runs the suite",
    "port": "a port that the suite found free",
    "broker_url": "the feed's broker",
    "jwks_file": "a file with the public keys that belong to the minted tokens",
    "jwks_url": "where the suite serves them, with [auth] key_set",
    "secret": "what tokens are signed with, where [auth] algorithm is HS256, HS384 or HS512",
    "ca_file": "the authority of this run, in PEM",
    "certificate_file": "a certificate for the url's host that it has signed, in PEM",
    "certificate_key_file": "that certificate's private key, in PEM",
    "folder": "a scratch folder of this run",
}
"""What a `{…}` in the launch command or environment may name."""

PROXY_PLACEHOLDERS = {**PLACEHOLDERS, "proxy_port": "the port at which clients are to come"}
LAUNCH_PLACEHOLDERS = {**PLACEHOLDERS, "arguments": "those of the settings that a scenario changes"}
"""What it may name besides; without it these arguments go to the end of the command."""


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

    @property
    def reads_key_set(self) -> bool:
        """Return whether the service is told where the key set is."""
        return self.reads("jwks_file") or self.reads("jwks_url")

    @model_validator(mode="after")
    def _known_when_ready(self) -> Launch:
        if not self.ready_log and not self.ready_path:
            raise ValueError(
                "needs ready_log (a pattern of a line that the service writes) or ready_path "
                "(a path that answers 200)"
            )
        return self


class Proxy(Section):
    """How a reverse proxy of the team's is put in front of a service that was launched.

    `{proxy_port}` is where clients are to come, `{port}` where the service listens. `for_all`: all
    clients go through it; without it only those of scenarios that are about a proxy.
    """

    command: list[str] = Field(min_length=1)
    environment: dict[str, str] = {}
    for_all: bool = False
    ready_within_s: float = Field(default=10, gt=0)


TIME_ZONE = "time zone"
"""The setting that a service has without naming it: most programs go by the variable TZ."""

SETTINGS = (
    "idle timeout",
    "connection limit",
    "user limit",
    "keepalive",
    "allow-list",
    "log level",
    "certificate",
    "certificate key",
    TIME_ZONE,
)
"""What the features of the suite call what they change."""


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

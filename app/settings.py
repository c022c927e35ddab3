"""Settings from the environment: ``TICKER_…`` variables, all checked before the start."""

import difflib
import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis.asyncio.connection import parse_url

from app.logs import redact
from app.origins import check_origin

PREFIX = "TICKER_"

ASYMMETRIC_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    | {"ES256", "ES256K", "ES384", "ES512", "EdDSA"}
)
"""Signatures made with a private key. HMAC and ``none`` are left out on purpose: whoever can
check an HMAC can forge it, and the keys of a JWKS are public (RFC 8725, section 3.1)."""


class Settings(BaseSettings):
    """Everything that can be configured. Each description says what a good value looks like."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = Field(
        default="127.0.0.1", min_length=1, description="an address or host name to listen on"
    )
    port: int = Field(
        default=8765, ge=0, le=65535, description="a TCP port from 0 to 65535 (0: any free one)"
    )
    certificate: str | None = Field(
        default=None,
        min_length=1,
        description="a PEM file with the certificate and its chain (not set: no TLS)",
    )
    certificate_key: str | None = Field(
        default=None,
        min_length=1,
        description="the PEM file of the certificate's private key (not set: in the same file)",
    )
    client_authority: str | None = Field(
        default=None,
        min_length=1,
        description="a PEM file of those who sign clients' certificates (not set: none is asked)",
    )
    feed_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        description="a URL such as redis://host:6379/0 (also rediss://, unix://)",
    )
    feed_pattern: str = Field(
        default="ticker:*", min_length=1, description="a Redis channel pattern such as ticker:*"
    )
    jwks: str = Field(
        min_length=1, description="the path or http(s) URL of the JSON Web Key Set of the issuer"
    )
    algorithms: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("RS256",),
        min_length=1,
        description="a comma list out of " + ", ".join(sorted(ASYMMETRIC_ALGORITHMS)),
    )
    issuer: str = Field(min_length=1, description="the exact iss claim of accepted tokens")
    audience: str = Field(min_length=1, description="the exact aud claim of accepted tokens")
    entitlement_claim: str | None = Field(
        default=None,
        min_length=1,
        description="the claim that lists the symbols a client may see (not set: all see all)",
    )
    revoked_tokens: str | None = Field(
        default=None,
        min_length=1,
        description="a file with the jti of revoked tokens, one a line (not set: none is)",
    )
    stats_token: str | None = Field(
        default=None,
        min_length=1,
        description="the bearer token that opens /ws/stats (not set: open to all)",
    )
    allowed_origins: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        default=None,
        min_length=1,
        description="a comma list of origins such as https://desk.example (not set: any)",
    )
    idle_timeout_s: float = Field(
        default=300.0, gt=0, allow_inf_nan=False, description="seconds, more than 0"
    )
    keepalive_s: float = Field(
        default=20.0,
        gt=0,
        allow_inf_nan=False,
        description="seconds between pings to a client, and for its answer, more than 0",
    )
    max_connections: int = Field(
        default=1000, ge=1, description="how many clients may be connected at once, 1 or more"
    )
    max_connections_per_user: int | None = Field(
        default=None,
        ge=1,
        description="how many of them may have tokens of the same subject (not set: all)",
    )
    flush_ms: float = Field(
        default=4.0,
        ge=0,
        le=1000,
        description="milliseconds for which ticks are gathered into one write, 0 to 1000",
    )
    max_unsent_bytes: int = Field(
        default=4 * 1024 * 1024,
        ge=1024,
        description="bytes that may wait for one client before it is evicted, 1024 or more",
    )
    max_message_bytes: int = Field(
        default=64 * 1024, ge=128, description="bytes of a client's message, 128 or more"
    )
    max_frames_per_s: float = Field(
        default=300.0,
        ge=1,
        allow_inf_nan=False,
        description="frames per second from a client in the long run, twice as many at once",
    )
    max_subscriptions: int = Field(
        default=5000, ge=1, description="instruments and symbols that a client may hold, 1 or more"
    )
    compression: bool = Field(
        default=True, description="true or false: agree to compression where a client offers it"
    )
    shutdown_grace_s: float = Field(
        default=3.0, gt=0, le=3600, description="seconds in which clients may leave, more than 0"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="one of DEBUG, INFO, WARNING, ERROR"
    )

    log_file: str | None = Field(
        default=None, min_length=1, description="a file to log to, besides stderr (not set: none)"
    )

    @field_validator("algorithms", "allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("algorithms")
    @classmethod
    def _refuse_weak_algorithms(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in ASYMMETRIC_ALGORITHMS:
                raise ValueError(f"{name} is not an accepted signature algorithm")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return value and tuple(map(check_origin, value))

    @field_validator("feed_url")
    @classmethod
    def _check_feed_url(cls, value: str) -> str:
        parse_url(value)  # raises ValueError
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_log_level(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class SettingsError(Exception):
    """The environment does not describe a service. ``problems`` has one line for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings() -> Settings:
    """Read the settings from the process's environment.

    Raises:
        SettingsError: with one line per problem, naming the variable, its value, and the way out.
    """
    given = {
        name.upper().removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.upper().startswith(PREFIX)
    }
    problems = [_unknown(name, given) for name in given if name not in Settings.model_fields]
    try:
        settings = Settings.model_validate({})
    except ValidationError as error:
        problems += [_invalid(dict(problem), given) for problem in error.errors()]
    if problems:
        raise SettingsError(problems)
    return settings


def _unknown(name: str, given: Mapping[str, str]) -> str:
    nearest = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0)[0]
    return (
        f"{PREFIX}{name.upper()}={redact(given[name])}: unknown setting; "
        f"did you mean {PREFIX}{nearest.upper()}?"
    )


def _invalid(problem: Mapping[str, Any], given: Mapping[str, str]) -> str:
    name = str(problem["loc"][0])
    variable, wanted = PREFIX + name.upper(), Settings.model_fields[name].description
    if name not in given:
        return f"{variable} is not set; give {wanted}"
    why = str(problem["msg"]).removeprefix("Value error, ")
    return f"{variable}={redact(given[name])}: {why}; give {wanted}"

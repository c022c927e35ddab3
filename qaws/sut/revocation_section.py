"""The table of a target file that says how a token is revoked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from qaws.sut.section import Section

TOKEN_PLACEHOLDERS = {
    "token": "the token itself",
    "sha256": "its SHA-256 in hexadecimal digits",
    "jti": "its `jti`",
    "sub": "its `sub`, who it belongs to",
    "exp": "its `exp`, in seconds since 1970",
    "ttl_s": "for how many seconds it would still be good, 1 at least",
}
"""What a `{…}` in `[revocation]` may name besides the placeholders of `[launch]`."""

WAYS = ("command", "url", "file", "redis")


class Revocation(Section):
    """How a token is revoked, in one of four ways.

    `command` is run. `url` is asked with `method`, `headers` and, if there is one, `form`; it is
    RFC 7009's request where nothing else is said, and a path is one of the service itself;
    `authorization_variable` names the variable that has the Authorization header. `file` gets
    `line` as one more line. `redis` is a command for the Redis at `redis_url`, or for the feed's
    broker. `of` says what is revoked: that token, or all tokens of its person. `sessions` says what
    becomes of those that the token has opened; None where that is not known.
    """

    command: list[str] = Field(default=[])
    url: str | None = Field(
        default=None,
        pattern="^(https?://|/)",
        description="an address that begins http:// or https://, or a path that begins with /",
    )
    method: Literal["POST", "PUT", "DELETE"] = "POST"
    headers: dict[str, str] = Field(default={})
    authorization_variable: str | None = Field(default=None, min_length=1)
    form: dict[str, str] | None = None
    file: Path | None = None
    line: str = "{jti}"
    redis: list[str] = Field(default=[])
    redis_url: str | None = Field(
        default=None, pattern="^rediss?://", description="an address that begins redis://"
    )
    of: Literal["token", "person"] = "token"
    sessions: Literal["end", "go on"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Revocation:
        given = [name for name in WAYS if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                f"needs exactly one of {', '.join(WAYS)}; it has {', '.join(given) or 'none'}"
            )
        return self

    @property
    def texts(self) -> list[str]:
        """Return everything that may contain placeholders."""
        parts = [*self.command, self.url, *self.headers.values(), *(self.form or {}).values()]
        parts += [str(self.file or ""), self.line, *self.redis, self.redis_url]
        return [part for part in parts if part]

"""Tells whoever must know that a token is no longer good, in the way that the target names."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import jwt
import redis

from qaws.runtime.http_client import opener
from qaws.runtime.trust import problem_in_words
from qaws.sut.revocation_section import Revocation
from qaws.sut.service import http_url
from qaws.verdict import Broken

ALLOWANCE_S = 20.0
"""How long to revoke a token may take."""

RFC_7009 = {"token": "{token}", "token_type_hint": "access_token"}
"""What is asked where the target does not say (RFC 7009, section 2.1)."""


class Revoker:
    """Revokes tokens in the one way that a target has."""

    def __init__(
        self, section: Revocation, places: Mapping[str, str], service_url: str, authority: str
    ) -> None:
        """Prepare; nothing is revoked yet.

        Args:
            section: the target's [revocation].
            places: values of the placeholders that are not about the token.
            service_url: where clients connect; a path is one of that host.
            authority: whom to trust over TLS, as `client_context` takes it.
        """
        self._section = section
        self._places = dict(places)
        self._service_url, self._authority = service_url, authority

    def revoke(self, token: str) -> None:
        """Revoke a token; it has been taken note of when this returns.

        Raises:
            Broken: it could not be done; the sentence does not show the token.
        """
        values = {**self._places, **_of(token)}
        try:
            self._revoke(values)
        except Broken as problem:
            raise Broken(str(problem).replace(token, "(the token)")) from None

    def _revoke(self, values: Mapping[str, str]) -> None:
        section = self._section
        if section.command:
            self._run([_filled(text, values) for text in section.command])
        elif section.file:
            self._append(Path(_filled(str(section.file), values)), _filled(section.line, values))
        elif section.redis:
            self._tell_redis(values)
        else:
            self._ask(values)

    def _run(self, command: list[str]) -> None:
        shown = " ".join(self._section.command)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=ALLOWANCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise Broken(f"[revocation] command {shown!r}: took over {ALLOWANCE_S:g} s") from None
        except OSError as problem:
            raise Broken(f"[revocation] command {shown!r}: {problem.strerror}") from None
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise Broken(f"[revocation] command {shown!r}: exit code {done.returncode}: {said}")

    def _append(self, file: Path, line: str) -> None:
        try:
            with file.open("a", encoding="utf-8") as opened:
                opened.write(f"{line}\n")
        except OSError as problem:
            raise Broken(f"[revocation] file {file}: {problem.strerror}") from None

    def _tell_redis(self, values: Mapping[str, str]) -> None:
        url = _filled(self._section.redis_url or "{broker_url}", values)
        place = f"[revocation] redis {' '.join(self._section.redis)!r}"
        if not url.startswith(("redis://", "rediss://")):
            raise Broken(f"{place}: the feed has no Redis; name one in [revocation] redis_url")
        words = [_filled(text, values) for text in self._section.redis]
        try:
            with redis.Redis.from_url(
                url, socket_timeout=ALLOWANCE_S, socket_connect_timeout=ALLOWANCE_S
            ) as server:
                server.execute_command(*words)
        except redis.RedisError as problem:
            raise Broken(f"{place}: {problem}") from None

    def _ask(self, values: Mapping[str, str]) -> None:
        section = self._section
        url = _filled(section.url or "", {k: urllib.parse.quote(v, "") for k, v in values.items()})
        if url.startswith("/"):
            url = http_url(self._service_url, url)
        form = RFC_7009 if section.form is None and section.method == "POST" else section.form
        filled = {name: _filled(text, values) for name, text in (form or {}).items()}
        data = urllib.parse.urlencode(filled).encode() if filled else None
        headers = {name: _filled(text, values) for name, text in section.headers.items()}
        if name := section.authorization_variable:
            if not (said := os.environ.get(name, "").strip()):
                raise Broken(f"[revocation] authorization_variable {name}: is not set")
            headers["Authorization"] = said
        request = urllib.request.Request(url, data, headers, method=section.method)
        place = f"[revocation] {section.method} {section.url}"
        try:
            with opener(url, self._authority).open(request, timeout=ALLOWANCE_S):
                return
        except urllib.error.HTTPError as answer:
            raise Broken(f"{place}: HTTP {answer.code} {answer.reason}; 2xx is wanted") from None
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "reason", problem)
            words = problem_in_words(reason) if isinstance(reason, BaseException) else None
            raise Broken(f"{place}: {words or reason}") from None


def _of(token: str) -> dict[str, str]:
    """Return what a token says of itself, as far as it does: placeholder → value."""
    values = {"token": token, "sha256": hashlib.sha256(token.encode()).hexdigest()}
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return values
    values |= {name: str(claims[name]) for name in ("jti", "sub", "exp") if name in claims}
    if isinstance(exp := claims.get("exp"), int | float):
        values["ttl_s"] = str(max(1, int(exp - time.time())))
    return values


def _filled(text: str, values: Mapping[str, str]) -> str:
    try:
        return text.format(**values)
    except KeyError as missing:
        raise Broken(
            f"[revocation] {text!r}: this token has no {missing}; {{token}} and {{sha256}} are of "
            "every token"
        ) from None

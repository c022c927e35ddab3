"""Who may connect: verification of JSON Web Tokens (RFC 7519) against pinned keys."""

import json
import math
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from websockets.datastructures import Headers

MAX_TOKEN_CHARS = 8192
"""A longer token is refused unread. Tokens of a few claims have less than a thousand."""
JWKS_TIMEOUT_S = 10.0
MAX_JWKS_BYTES = 1024 * 1024

_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""A signed token: three parts in base64url and nothing else (RFC 7515, sections 3.1 and 5.2)."""


class AuthenticationError(Exception):
    """A token was not accepted. It never says why: that would help only an attacker."""

    def __init__(self) -> None:
        super().__init__("Authentication required")


class JwksError(Exception):
    """The key set could not be used. The message names the source and the reason."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an accepted token says: its subject, and when it expires (seconds since 1970)."""

    sub: str
    exp: float


def bearer_token(path: str, headers: Headers) -> str | None:
    """Find the token of a handshake request: ``?token=…`` or ``Authorization: Bearer …``.

    A request that carries several tokens is ambiguous, and counts as carrying none.
    """
    tokens = parse_qs(urlsplit(path).query).get("token", [])
    for field in headers.get_all("Authorization"):
        scheme, _, credentials = field.partition(" ")
        tokens.append(credentials.strip() if scheme.lower() == "bearer" else "")
    return tokens[0] if len(tokens) == 1 and tokens[0] else None


class TokenVerifier:
    """Checks tokens against the keys, algorithms, issuer and audience of one configuration."""

    def __init__(
        self,
        keys: Mapping[str, jwt.PyJWK],
        *,
        algorithms: Iterable[str],
        issuer: str,
        audience: str,
    ) -> None:
        self._keys = dict(keys)
        self._algorithms = list(algorithms)
        self._issuer = issuer
        self._audience = audience

    def verify(self, token: str | None) -> Claims:
        """Return the claims of a good token.

        The algorithm comes from the configuration and the key, never from the token (RFC 8725,
        section 3.1), and the key from the configuration alone: nothing that a header points at is
        followed. Issuer and audience are compared whole; ``exp`` and ``sub`` are required.

        Raises:
            AuthenticationError: for every other token, and for none at all.
        """
        if not token or len(token) > MAX_TOKEN_CHARS or not _COMPACT.fullmatch(token):
            raise AuthenticationError
        try:
            key = self._key_for(jwt.get_unverified_header(token))
            payload = jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                issuer=self._issuer,
                audience=self._audience,
                options={"require": ["exp", "sub", "iss", "aud"], "strict_aud": True},
            )
            return Claims(sub=_text(payload["sub"]), exp=_seconds(payload["exp"]))
        except Exception:
            # Whatever goes wrong with a hostile token, it is not accepted. Without "from None" the
            # reason would hang on the exception, and reach a log.
            raise AuthenticationError from None

    def _key_for(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise ValueError("typ")
        if "crit" in header:
            raise ValueError("no extension is understood here (RFC 7515, section 4.1.11)")
        return self._keys[header["kid"]]


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("not a text")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a NumericDate (RFC 7519, section 2)")
    return float(value)


def load_keys(source: str, algorithms: Iterable[str]) -> dict[str, jwt.PyJWK]:
    """Read a JSON Web Key Set (RFC 7517) from a path or an http(s) URL: keys by their ``kid``.

    Keys for other algorithms, keys without ``kid`` and secret (``oct``) keys are left out. The
    set is read once: after a rotation of keys the service is restarted.

    Raises:
        JwksError: the source cannot be read, is not a key set, or has no key that fits.
    """
    wanted = set(algorithms)
    try:
        entries = json.loads(_read(source))["keys"]
        keys = {jwk["kid"]: jwt.PyJWK(jwk) for jwk in entries if _fits(jwk, wanted)}
    except urllib.error.HTTPError as error:
        raise JwksError(f"{source}: cannot be read: HTTP {error.code}") from None
    except OSError as error:
        reason = error.strerror or getattr(error, "reason", None) or error
        raise JwksError(f"{source}: cannot be read: {reason}") from None
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise JwksError(f"{source}: not a JSON Web Key Set ({error!r})") from None
    keys = {kid: key for kid, key in keys.items() if key.algorithm_name in wanted}
    if not keys:
        names = ", ".join(sorted(wanted))
        raise JwksError(f"{source}: has no public key with a kid for {names}")
    return keys


def _fits(jwk: Mapping[str, Any], algorithms: set[str]) -> bool:
    return (
        isinstance(jwk.get("kid"), str)
        and jwk.get("kty") != "oct"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", next(iter(algorithms))) in algorithms
    )


def _read(source: str) -> bytes:
    if not source.startswith(("http://", "https://")):
        return Path(source).read_bytes()
    with urllib.request.urlopen(source, timeout=JWKS_TIMEOUT_S) as response:
        body: bytes = response.read(MAX_JWKS_BYTES)
        return body

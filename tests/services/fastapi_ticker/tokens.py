"""Who may come in: JSON Web Tokens of one issuer, checked with PyJWT.

They are signed with a key of the issuer's file of keys, or with a secret that both know.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

log = logging.getLogger("ticker.tokens")

ALGORITHMS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
]
OF_SECRET = "HS256"
LONGEST = 8000
"""Characters of a token; servers cut off a line that is longer."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who has shown a token: `symbols` are all that it may see, None for no such limit."""

    subject: str
    expires_at: float
    symbols: frozenset[str] | None


class Refused(Exception):
    """A token that opens nothing. Its words are for the log, and hold nothing of the token."""


class Tokens:
    """Checks tokens. The file with the keys is read again whenever it has changed."""

    def __init__(
        self, path: str, issuer: str, audience: str, symbols_claim: str, secret: str = ""
    ) -> None:
        self._secret = secret
        self._path, self._issuer, self._audience = Path(path), issuer, audience
        self._symbols_claim = symbols_claim
        self._version: tuple[int, int, int] | None = None
        self._keys: dict[str, jwt.PyJWK] = {}

    def bearer(self, token: str) -> Bearer:
        """Return who bears a token.

        Raises:
            Refused: it is not valid, whatever is wrong with it.
        """
        if len(token) > LONGEST:
            raise Refused("too long")
        try:
            return self._bearer(token)
        except Refused:
            raise
        except Exception as problem:  # what a token contains makes parsers fail in any way
            raise Refused(type(problem).__name__) from None

    def _bearer(self, token: str) -> Bearer:
        header = jwt.get_unverified_header(token)
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise Refused("typ is not JWT")
        if "crit" in header:
            raise Refused("crit names an extension")
        key = self._secret or self._key(header)
        claims = jwt.decode(
            token,
            key,
            algorithms=[OF_SECRET if isinstance(key, str) else key.algorithm_name],
            issuer=self._issuer,
            audience=self._audience,
            options={"require": ["exp", "sub", "iss", "aud"], "strict_aud": True},
        )
        for name in ("exp", "nbf", "iat"):
            if name in claims and not _is_instant(claims[name]):
                raise Refused(f"{name} is not a number")
        if not isinstance(claims["iss"], str):
            raise Refused("iss is not text")
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise Refused("sub is not a name")
        return Bearer(claims["sub"], float(claims["exp"]), self._symbols(claims))

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        kid = header.get("kid")
        if not isinstance(kid, str) or kid not in self._current_keys():
            raise Refused("no such key")
        key = self._keys[kid]
        if header.get("alg") != key.algorithm_name:
            raise Refused("alg is not the key's")
        return key

    def _symbols(self, claims: dict[str, Any]) -> frozenset[str] | None:
        granted = claims.get(self._symbols_claim)
        if granted is None:
            return None
        if not isinstance(granted, list) or not all(isinstance(s, str) for s in granted):
            raise Refused("the claim of symbols is no list of names")
        return frozenset(granted)

    def _current_keys(self) -> dict[str, jwt.PyJWK]:
        stat = self._path.stat()
        version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if version != self._version:
            self._keys = _signing_keys(json.loads(self._path.read_text("utf-8")))
            self._version = version
            log.info("%d signing keys read", len(self._keys))
        return self._keys


def _signing_keys(key_set: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    """Return the keys that may sign tokens; others in the set are nobody's mistake."""
    found = {}
    for jwk in key_set["keys"]:
        kid, use = jwk.get("kid"), jwk.get("use", "sig")
        if not isinstance(kid, str) or use != "sig":
            continue
        try:
            key = jwt.PyJWK.from_dict(jwk)
        except jwt.PyJWTError:
            continue
        if key.algorithm_name in ALGORITHMS:
            found[kid] = key
    return found


def _is_instant(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)

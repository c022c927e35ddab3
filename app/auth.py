"""Who may connect: verification of JSON Web Tokens (RFC 7519) against pinned keys."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from websockets.datastructures import Headers

from app.jwks import KeySet
from app.revocation import Denylist

MAX_TOKEN_CHARS = 8192
"""A longer token is refused unread. Tokens of a few claims have less than a thousand."""

_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""A signed token: three parts in base64url and nothing else (RFC 7515, sections 3.1 and 5.2)."""


class AuthenticationError(Exception):
    """A token was not accepted. It never says why: that would help only an attacker."""

    def __init__(self) -> None:
        super().__init__("Authentication required")


@dataclass(frozen=True, slots=True)
class Claims:
    """What an accepted token says.

    ``exp`` is when it expires (seconds since 1970), ``symbols`` what its bearer may see; None for
    everything. ``jti`` is the token's own id, None where its issuer gives none.
    """

    sub: str
    exp: float
    symbols: frozenset[str] | None = None
    jti: str | None = None


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
        keys: KeySet,
        *,
        algorithms: Iterable[str],
        issuer: str,
        audience: str,
        entitlement_claim: str | None = None,
        revoked: Denylist | None = None,
    ) -> None:
        self._keys = keys
        self._algorithms = list(algorithms)
        self._issuer = issuer
        self._audience = audience
        self._entitlement_claim = entitlement_claim
        self.revoked = revoked

    def verify(self, token: str | None) -> Claims:
        """Return the claims of a good token.

        The algorithm comes from the configuration and the key, never from the token (RFC 8725,
        section 3.1), and the key from the configuration alone: nothing that a header points at is
        followed. Issuer and audience are compared whole; ``exp`` and ``sub`` are required. A token
        that was revoked is no better than one that was never good.

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
            if self.is_revoked(payload.get("jti")):
                raise ValueError("revoked")
            return Claims(
                sub=_text(payload["sub"]),
                exp=_seconds(payload["exp"]),
                symbols=self._symbols(payload),
                jti=payload.get("jti"),
            )
        except Exception:
            # Whatever goes wrong with a hostile token, it is not accepted. Without "from None" the
            # reason would hang on the exception, and reach a log.
            raise AuthenticationError from None

    def is_revoked(self, jti: str | None) -> bool:
        """Tell whether the token of this id was revoked."""
        return self.revoked is not None and self.revoked.has(jti)

    def _symbols(self, payload: Mapping[str, Any]) -> frozenset[str] | None:
        """Return what the bearer may see; a claim that is no list of texts makes a bad token."""
        if self._entitlement_claim is None or self._entitlement_claim not in payload:
            return None
        symbols = payload[self._entitlement_claim]
        if not isinstance(symbols, list):
            raise ValueError("not a list")
        return frozenset(map(_text, symbols))

    def _key_for(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise ValueError("typ")
        if "crit" in header:
            raise ValueError("no extension is understood here (RFC 7515, section 4.1.11)")
        return self._keys.find(header.get("kid"))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("not a text")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a NumericDate (RFC 7519, section 2)")
    return float(value)

"""Tokens that a service must refuse: QA-WS-021; `features/data/forged-tokens.toml` names them all.

Each kind takes a sound token and spoils exactly one thing, so that only a service that checks this
very thing refuses it. Where a forger would need a key, it is the suite's own, or a stranger's: one
that the service has never heard of.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import Field

from qaws.auth.callback_server import CallbackServer
from qaws.auth.key_set import (
    SigningKey,
    decoy_key_id,
    encryption_key,
    encryption_key_id,
    is_hmac,
    public_half,
    public_jwk,
)
from qaws.auth.near_misses import other_case
from qaws.auth.strangers import (
    CERTIFICATE_PAGE,
    KEY_SET_PAGE,
    STRANGE_KEY_ID,
    certificate,
    stranger,
)
from qaws.auth.tokens import Tokens
from qaws.protocol.rows import Row, RowList
from qaws.verdict import Broken, NotVerified

LONG = 100_000
"""Characters of a token that is meant to be too long."""
OTHER_ALGORITHM = {
    "RS256": "RS512",
    "RS384": "RS256",
    "RS512": "RS256",
    "PS256": "RS256",
    "PS384": "RS384",
    "PS512": "RS512",
    "ES256": "ES512",
    "ES384": "ES256",
    "ES512": "ES256",
    "HS256": "HS512",
    "HS384": "HS512",
    "HS512": "HS256",
}
"""What a key could sign with, too, where nobody has agreed on it."""
DEEP = 2_500
"""How deep a payload is nested that is meant to be too deep, in a token of less than 8 KiB."""


class Forger:
    """Makes tokens, good ones and bad ones, for one service.

    A `marker` goes into every payload, so that a token can be recognised wherever it turns up.
    """

    def __init__(self, tokens: Tokens, callbacks: CallbackServer, marker: str = "") -> None:
        self._tokens = tokens
        self._marker = marker
        self.callbacks = callbacks
        self.key = tokens.key
        self.algorithm = tokens.algorithm
        self.stranger = stranger(tokens.algorithm)
        self.now = int(time.time())
        """Seconds since 1970, as the claims count them."""
        self.leeway = math.ceil(tokens.leeway_s)
        """By how many seconds the service lets clocks differ."""

    # --- the parts of a token -------------------------------------------------------------------

    def header(self, **changed: Any) -> dict[str, Any]:
        """Return the usual header; `changed` replace its members, None leaves one out."""
        usual = {"alg": self.algorithm, "typ": "JWT", "kid": self._tokens.key_id}
        return {name: value for name, value in {**usual, **changed}.items() if value is not None}

    def payload(self, **changed: Any) -> bytes:
        """Return the usual claims as JSON; `changed` replace them, None leaves one out."""
        marker = {"jti": self._marker} if self._marker else {}
        return json.dumps(self._tokens.claims(**marker, **changed)).encode()

    @property
    def issuer(self) -> str:
        """Return the issuer that the service trusts."""
        return self._named("issuer", "iss")

    @property
    def audience(self) -> str:
        """Return the audience that the service belongs to."""
        return self._named("audience", "aud")

    def _named(self, setting: str, claim: str) -> str:
        if claim not in (claims := self._tokens.claims()):
            raise Broken(f"[auth] has no {setting}, so that no token can have a wrong one; add it")
        return str(claims[claim])

    # --- whole tokens ---------------------------------------------------------------------------

    def good(self, **claims: Any) -> str:
        """Return a token with a good signature; `claims` are what may be wrong with it."""
        return self.sealed(self.header(), self.payload(**claims))

    def headed(self, **header: Any) -> str:
        """Return a token with a good signature over a header that is not the usual one."""
        return self.sealed(self.header(**header), self.payload())

    def strange(self, **header: Any) -> str:
        """Return a token that a stranger has signed; the header may speak for the stranger."""
        return self.sealed(self.header(**header), self.payload(), self.stranger)

    def sealed(self, header: dict[str, Any], payload: bytes, key: SigningKey | None = None) -> str:
        """Return header and payload, signed with the suite's key or another."""
        signed = body(header, payload)
        signature = jwt.get_algorithm_by_name(self.algorithm).sign(signed.encode(), key or self.key)
        return f"{signed}.{segment(signature)}"

    def hmac(self, secret: bytes, **header: Any) -> str:
        """Return a token with an HMAC in the place of a signature (RFC 7518, section 3.2)."""
        algorithm = self.algorithm if is_hmac(self.algorithm) else "HS256"
        signed = body(self.header(alg=algorithm, **header), self.payload())
        signature = jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), secret)
        return f"{signed}.{segment(signature)}"

    def unsigned(self, algorithm: str) -> str:
        """Return a token that says to be unsecured (RFC 7519, section 6)."""
        return f"{body(self.header(alg=algorithm), self.payload())}."

    def parts(self, **claims: Any) -> tuple[str, str, str]:
        """Return header, payload and signature of a good token."""
        header, payload, signature = self.good(**claims).split(".")
        return header, payload, signature


def segment(data: bytes) -> str:
    """Return base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def body(header: dict[str, Any], payload: bytes) -> str:
    """Return what is signed: header and payload (RFC 7515, section 5.1)."""
    return f"{segment(json.dumps(header).encode())}.{segment(payload)}"


# --- kinds that take more than a line -----------------------------------------------------------


def _public_pem(forger: Forger) -> bytes:
    public = public_half(forger.key, forger.algorithm)
    pem: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def _public_jwk(forger: Forger) -> bytes:
    public_half(forger.key, forger.algorithm)
    return json.dumps(public_jwk(forger.key, forger.algorithm, forger.header()["kid"])).encode()


def _other_algorithm(forger: Forger) -> str:
    """Sign with the right key in a way that was not agreed on (RFC 8725, section 3.1)."""
    if (other := OTHER_ALGORITHM.get(forger.algorithm)) is None:
        raise NotVerified(f"[auth] algorithm {forger.algorithm}: its keys sign in no other way")
    header = body(forger.header(alg=other), forger.payload())
    signature = jwt.get_algorithm_by_name(other).sign(header.encode(), forger.key)
    return f"{header}.{segment(signature)}"


def _one_bit(forger: Forger) -> str:
    header, payload, signature = forger.parts()
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[len(raw) // 2] ^= 1
    return f"{header}.{payload}.{segment(bytes(raw))}"


def _zeros(forger: Forger) -> str:
    header, payload, signature = forger.parts()
    return f"{header}.{payload}.{'A' * len(signature)}"


def _spoiled(part: int, spoil: Callable[[str], str]) -> Callable[[Forger], str]:
    """Return a kind: a good token of which one part is spoiled."""

    def make(forger: Forger) -> str:
        parts = list(forger.parts())
        parts[part] = spoil(parts[part])
        return ".".join(parts)

    return make


def _swapped(part: int) -> Callable[[Forger], str]:
    """Return a kind: a good token of which one part is that of another good token."""

    def make(forger: Forger) -> str:
        parts = list(forger.parts())
        other = forger.sealed({**forger.header(), "cty": "other"}, forger.payload(sub="mallory"))
        parts[part] = other.split(".")[part]
        return ".".join(parts)

    return make


def _own_jwk(forger: Forger) -> str:
    return forger.strange(jwk=public_jwk(forger.stranger, forger.algorithm, STRANGE_KEY_ID))


def _own_certificate(forger: Forger) -> str:
    der = certificate(forger.algorithm).public_bytes(Encoding.DER)
    return forger.strange(x5c=[base64.b64encode(der).decode()])


def _certificate_elsewhere(forger: Forger) -> str:
    certificate(forger.algorithm)
    return forger.strange(x5u=forger.callbacks.url(CERTIFICATE_PAGE))


def _key_for_encryption(forger: Forger) -> str:
    """Sign with a key of the set that is not for signatures (RFC 7517, section 4.2)."""
    header = forger.header(kid=encryption_key_id(forger.header()["kid"]))
    return forger.sealed(header, forger.payload(), encryption_key(forger.algorithm))


def _nested(forger: Forger) -> str:
    deep = b'{"deep":' + b"[" * DEEP + b"]" * DEEP + b"," + forger.payload()[1:]
    return forger.sealed(forger.header(), deep)


def _at_infinity(forger: Forger) -> str:
    """Give an expiry that is a JSON number, but too large for a float."""
    payload = forger.payload(exp=math.inf).replace(b"Infinity", b"1e999")
    return forger.sealed(forger.header(), payload)


def _json_form(forger: Forger) -> str:
    """Return the token in the other serialisation of RFC 7515, section 7.2.2."""
    header, payload, signature = forger.parts()
    return json.dumps({"protected": header, "payload": payload, "signature": signature})


RECIPES: dict[str, Callable[[Forger], str]] = {
    # The algorithm is the token's own choice.
    "algorithm none": lambda f: f.unsigned("none"),
    "algorithm None": lambda f: f.unsigned("None"),
    "algorithm NONE": lambda f: f.unsigned("NONE"),
    "algorithm nOnE": lambda f: f.unsigned("nOnE"),
    "the right key with another algorithm": _other_algorithm,
    "an HMAC with the public key": lambda f: f.hmac(_public_pem(f)),
    "an HMAC with the public key's JWK": lambda f: f.hmac(_public_jwk(f)),
    "an HMAC with an empty key": lambda f: f.hmac(b""),
    # The signature does not belong to what is signed.
    "no signature": lambda f: ".".join((*f.parts()[:2], "")),
    "only two parts": lambda f: ".".join(f.parts()[:2]),
    "a truncated signature": _spoiled(2, lambda signature: signature[:-8]),
    "a signature with one bit flipped": _one_bit,
    "an all-zero signature": _zeros,
    "a signature with illegal characters": _spoiled(2, lambda s: f"{s[:20]}!!{s[20:40]}~~{s[40:]}"),
    "the signature of another token": _swapped(2),
    "the payload of another token": _swapped(1),
    "the header of another token": _swapped(0),
    # The key set has other keys too.
    "the right key under another kid": lambda f: f.headed(kid=decoy_key_id(f.header()["kid"])),
    "the set's key for encryption": _key_for_encryption,
    # The header brings a key, or says where to look for one.
    "its own key in jwk": _own_jwk,
    "its own key set at a jku URL": lambda f: f.strange(
        jku=f.callbacks.url(KEY_SET_PAGE), kid=STRANGE_KEY_ID
    ),
    "its own certificate in x5c": _own_certificate,
    "its own certificate at an x5u URL": _certificate_elsewhere,
    "a kid that traverses to an empty file": lambda f: f.hmac(b"", kid=f"{'../' * 6}dev/null"),
    "a kid with an SQL injection": lambda f: f.hmac(b"secret", kid="x' UNION SELECT 'secret' -- "),
    # The claims.
    "an expiry as a numeric string": lambda f: f.good(exp=str(f.now + 3600)),
    "an infinite expiry": _at_infinity,
    "a prefix of the issuer": lambda f: f.good(iss=f.issuer[:-1]),
    "a prefix of the audience": lambda f: f.good(aud=f.audience[:-1]),
    "the issuer in letters of the other case": lambda f: f.good(iss=other_case(f.issuer)),
    "the audience in letters of the other case": lambda f: f.good(aud=other_case(f.audience)),
    # What is no token at all.
    "an empty token": lambda _: "",
    "garbage": lambda f: f"garbage-{f.now}",
    "only two dots": lambda f: "..",
    "five parts, as if encrypted": lambda f: ".".join((*f.parts(), *f.parts()[:2])),
    "the JSON serialization of a token": _json_form,
    "a payload that is a list": lambda f: f.sealed(f.header(), b"[" + f.payload() + b"]"),
    "a payload nested too deeply": _nested,
    "100 kB of claims": lambda f: f.good(filler="x" * (LONG * 3 // 4)),
    "100 kB of garbage": lambda f: "x" * LONG,
}
"""Kinds that take more than other claims or another header: their names in the data file → how each
is made."""


class BadToken(Row):
    """A kind of bad token: a sound one with other members, or one that is made by code.

    Attributes:
        claims: members that replace the usual claims, or come on top. `{issuer}` and `{audience}`
            in a text are those that the service trusts.
        seconds: claims that are times, in seconds from now; one that is to be out of time is so by
            the leeway of the target, too.
        without: claims that are left out.
        header, header_without: likewise of the header; `{kid}` is the id of the right key.
        stranger: whether it is signed by somebody whom no service trusts.
    """

    claims: dict[str, Any] = Field(default={})
    seconds: dict[str, int] = Field(default={})
    without: list[str] = Field(default=[])
    header: dict[str, Any] = Field(default={})
    header_without: list[str] = Field(default=[])
    stranger: bool = False

    @property
    def is_spelled(self) -> bool:
        """Return whether the row itself says what is wrong with the token."""
        spelled = self.claims or self.seconds or self.without or self.header or self.header_without
        return bool(spelled) or self.stranger

    def made(self, forger: Forger) -> str:
        """Return such a token, of which the row says what is wrong with it."""
        claims = {**_filled(self.claims, forger), **dict.fromkeys(self.without)}
        for name, seconds in self.seconds.items():
            if (seconds < 0) == (name == "exp"):
                seconds += forger.leeway if seconds > 0 else -forger.leeway
            claims[name] = forger.now + seconds
        header = {**_filled(self.header, forger), **dict.fromkeys(self.header_without)}
        key = forger.stranger if self.stranger else None
        return forger.sealed(forger.header(**header), forger.payload(**claims), key)


def _filled(value: Any, forger: Forger) -> Any:
    """Return a value with what stands for parts of good tokens put in, at any depth."""
    if isinstance(value, dict):
        return {name: _filled(each, forger) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, forger) for each in value]
    if not isinstance(value, str):
        return value
    places: dict[str, Callable[[], str]] = {
        "{issuer}": lambda: forger.issuer,
        "{audience}": lambda: forger.audience,
        "{kid}": lambda: str(forger.header()["kid"]),
    }
    for place, what in places.items():
        if place in value:
            value = value.replace(place, what())
    return value


TOKENS = RowList("forged-tokens", "forged token", BadToken)


def kinds() -> dict[str, Callable[[Forger], str]]:
    """Return how each kind of bad token is made, by its name in the features.

    Raises:
        Broken: the data file is not as it should be, or has a row that neither it nor code makes.
    """
    return {name: _maker(row) for name, row in TOKENS.rows.items()}


def _maker(row: BadToken) -> Callable[[Forger], str]:
    if row.is_spelled:
        return row.made
    if row.name not in RECIPES:
        raise Broken(
            f'{TOKENS.place}: "{row.name}": nothing says how it is made; give it claims, seconds, '
            "without, header or stranger, or a recipe in qaws/auth/forgeries.py"
        )
    return RECIPES[row.name]


CLOCKS = (
    "expired an hour ago",
    "expired five seconds ago",
    "not yet valid",
    "issued in the future",
)
"""Kinds that are good tokens for a service whose clock is off, or that lets clocks differ."""


def forged(kind: str, forger: Forger) -> str:
    """Return a bad token by its name in the features.

    Raises:
        Broken: there is none of that name.
    """
    return _maker(TOKENS.named(kind))(forger)

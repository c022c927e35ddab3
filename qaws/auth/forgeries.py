"""Tokens that a service must refuse: QA-WS-021. A new kind is one entry in `KINDS`.

Each kind takes a sound token and spoils exactly one thing, so that only a service that checks this
very thing refuses it. Where a forger would need a key, it is the suite's own, or a stranger's: one
that the service has never heard of.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from qaws.auth.callback_server import CallbackServer
from qaws.auth.key_set import (
    PrivateKey,
    decoy_key_id,
    encryption_key,
    encryption_key_id,
    new_key,
    public_jwk,
)
from qaws.auth.tokens import Tokens
from qaws.verdict import Broken

KEY_SET_PAGE = "/keys.json"
CERTIFICATE_PAGE = "/certificate.pem"
STRANGE_KEY_ID = "strange-1"
LONG = 100_000
"""Characters of a token that is meant to be too long."""
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

    def sealed(self, header: dict[str, Any], payload: bytes, key: PrivateKey | None = None) -> str:
        """Return header and payload, signed with the suite's key or another."""
        signed = body(header, payload)
        signature = jwt.get_algorithm_by_name(self.algorithm).sign(signed.encode(), key or self.key)
        return f"{signed}.{segment(signature)}"

    def hmac(self, secret: bytes, **header: Any) -> str:
        """Return a token with an HMAC in the place of a signature (RFC 7518, section 3.2)."""
        signed = body(self.header(alg="HS256", **header), self.payload())
        return f"{signed}.{segment(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"

    def unsigned(self, algorithm: str) -> str:
        """Return a token that says to be unsecured (RFC 7519, section 6)."""
        return f"{body(self.header(alg=algorithm), self.payload())}."

    def parts(self, **claims: Any) -> tuple[str, str, str]:
        """Return header, payload and signature of a good token."""
        header, payload, signature = self.good(**claims).split(".")
        return header, payload, signature


def stranger(algorithm: str) -> PrivateKey:
    """Return the key of somebody whom no service trusts."""
    return _strange_key(algorithm)


_strange_key = cache(new_key)  # an RSA key takes a tenth of a second


def callback_server_for(algorithm: str) -> CallbackServer:
    """Return a callback server with the stranger's key set and certificate."""
    key = stranger(algorithm)
    certificate = _certificate(algorithm).public_bytes(Encoding.PEM)
    keys = {"keys": [public_jwk(key, algorithm, STRANGE_KEY_ID)]}
    return CallbackServer({KEY_SET_PAGE: json.dumps(keys).encode(), CERTIFICATE_PAGE: certificate})


@cache
def _certificate(algorithm: str) -> x509.Certificate:
    """Return a certificate that the stranger has signed for himself."""
    key = stranger(algorithm)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def segment(data: bytes) -> str:
    """Return base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def body(header: dict[str, Any], payload: bytes) -> str:
    """Return what is signed: header and payload (RFC 7515, section 5.1)."""
    return f"{segment(json.dumps(header).encode())}.{segment(payload)}"


# --- kinds that take more than a line -----------------------------------------------------------


def _public_pem(forger: Forger) -> bytes:
    public = forger.key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _public_jwk(forger: Forger) -> bytes:
    return json.dumps(public_jwk(forger.key, forger.algorithm, forger.header()["kid"])).encode()


def _other_algorithm(forger: Forger) -> str:
    """Sign with the right key in a way that was not agreed on (RFC 8725, section 3.1)."""
    other = {"RS256": "RS512", "ES256": "ES512"}[forger.algorithm]
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
    der = _certificate(forger.algorithm).public_bytes(Encoding.DER)
    return forger.strange(x5c=[base64.b64encode(der).decode()])


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


KINDS: dict[str, Callable[[Forger], str]] = {
    # The algorithm is the token's own choice.
    "algorithm none": lambda f: f.unsigned("none"),
    "algorithm None": lambda f: f.unsigned("None"),
    "algorithm NONE": lambda f: f.unsigned("NONE"),
    "algorithm nOnE": lambda f: f.unsigned("nOnE"),
    "algorithm none over a good signature": lambda f: f.headed(alg="none"),
    "no algorithm": lambda f: f.headed(alg=None),
    "an unknown algorithm": lambda f: f.headed(alg="XS256"),
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
    "an untrusted key under the right kid": lambda f: f.strange(),
    # The key set has other keys too.
    "the right key under another kid": lambda f: f.headed(kid=decoy_key_id(f.header()["kid"])),
    "the set's key for encryption": _key_for_encryption,
    # The header brings a key, or says where to look for one.
    "its own key in jwk": _own_jwk,
    "its own key set at a jku URL": lambda f: f.strange(
        jku=f.callbacks.url(KEY_SET_PAGE), kid=STRANGE_KEY_ID
    ),
    "its own certificate in x5c": _own_certificate,
    "its own certificate at an x5u URL": lambda f: f.strange(x5u=f.callbacks.url(CERTIFICATE_PAGE)),
    "an unknown kid": lambda f: f.strange(kid=STRANGE_KEY_ID),
    "an empty kid": lambda f: f.strange(kid=""),
    "no kid": lambda f: f.strange(kid=None),
    "a kid that is a list": lambda f: f.strange(kid=[f.header()["kid"]]),
    "a kid that traverses to an empty file": lambda f: f.hmac(
        b"", kid="../../../../../../dev/null"
    ),
    "a kid with an SQL injection": lambda f: f.hmac(b"secret", kid="x' UNION SELECT 'secret' -- "),
    "an unknown crit": lambda f: f.headed(crit=["qaws-unheard-of"], **{"qaws-unheard-of": True}),
    "an empty crit": lambda f: f.headed(crit=[]),
    "a wrong typ": lambda f: f.headed(typ="logout+jwt"),
    # The claims are not for now, not from there, not for here, or about nobody.
    "expired an hour ago": lambda f: f.good(iat=f.now - 7200, exp=f.now - 3600 - f.leeway),
    "expired five seconds ago": lambda f: f.good(iat=f.now - 7200, exp=f.now - 5 - f.leeway),
    "not yet valid": lambda f: f.good(nbf=f.now + 600 + f.leeway),
    "issued in the future": lambda f: f.good(iat=f.now + 600 + f.leeway),
    "no expiry": lambda f: f.good(exp=None),
    "an expiry in words": lambda f: f.good(exp="tomorrow"),
    "an expiry as a numeric string": lambda f: f.good(exp=str(f.now + 3600)),
    "an infinite expiry": _at_infinity,
    "no issuer": lambda f: f.good(iss=None),
    "a wrong issuer": lambda f: f.good(iss=f"not-{f.issuer}"),
    "a prefix of the issuer": lambda f: f.good(iss=f.issuer[:-1]),
    "the issuer with a suffix": lambda f: f.good(iss=f"{f.issuer}.example"),
    "the issuer in a list": lambda f: f.good(iss=[f.issuer]),
    "no audience": lambda f: f.good(aud=None),
    "a wrong audience": lambda f: f.good(aud=f"un{f.audience}"),
    "a prefix of the audience": lambda f: f.good(aud=f.audience[:-1]),
    "the audience with a suffix": lambda f: f.good(aud=f"{f.audience}-admin"),
    "the audience inside a longer text": lambda f: f.good(aud=f"not-{f.audience}-at-all"),
    "the audience in a list": lambda f: f.good(aud=[f.audience]),
    "no subject": lambda f: f.good(sub=None),
    "an empty subject": lambda f: f.good(sub=""),
    "a subject that is a number": lambda f: f.good(sub=42),
    # What is no token at all.
    "garbage": lambda f: f"garbage-{f.now}",
    "only two dots": lambda f: "..",
    "five parts, as if encrypted": lambda f: ".".join((*f.parts(), *f.parts()[:2])),
    "the JSON serialization of a token": _json_form,
    "a payload that is a list": lambda f: f.sealed(f.header(), b"[" + f.payload() + b"]"),
    "a payload nested too deeply": _nested,
    "100 kB of claims": lambda f: f.good(filler="x" * (LONG * 3 // 4)),
    "100 kB of garbage": lambda f: "x" * LONG,
}
"""What a feature file calls a bad token → how it is made."""


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
    try:
        make = KINDS[kind]
    except KeyError:
        raise Broken(f'no forged token "{kind}"; known are {", ".join(KINDS)}') from None
    return make(forger)

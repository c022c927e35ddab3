"""Keys of clients that sign, made for one run, and what a service requires of what is signed.

The service knows the public halves alone. It is written from the RFCs, and not from what signs.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

PROVES, ASKS, LEAVES = "DESK_PROVES", "DESK_ASKS", "DESK_LEAVES"
"""Variables of the private keys that answer a challenge, subscribe, and unsubscribe; that of the
public half has `_PUBLIC` behind its name."""
KEY_ID = "desk-1"
WINDOW_S = 5.0
LONGEST_S = 30
"""So far off may an instant be, and so long may a JWT be good."""


class Unproven(ValueError):
    """Something is not signed as it should be; the text says what is wrong."""


def new_keys() -> dict[str, str]:
    """Return variable → PEM of new keys, both halves of each."""
    keys: dict[str, Any] = {
        PROVES: ed25519.Ed25519PrivateKey.generate(),
        ASKS: ec.generate_private_key(ec.SECP256R1()),
        LEAVES: rsa.generate_private_key(65537, 2048),
    }
    found = {}
    for name, key in keys.items():
        found[name] = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        found[f"{name}_PUBLIC"] = pem.decode()
    return found


def _public(name: str) -> Any:
    return load_pem_public_key(os.environ[f"{name}_PUBLIC"].encode())


def _unwritten(text: Any, *, urlsafe: bool = False) -> bytes:
    """Return bytes of base64, which must be written in the one right way."""
    if not isinstance(text, str):
        raise Unproven("no text where a signature is expected")
    try:
        if not urlsafe:
            found = base64.b64decode(text, validate=True)
            again = base64.b64encode(found).decode()
        else:
            found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            again = base64.urlsafe_b64encode(found).decode().rstrip("=")
    except (ValueError, binascii.Error):
        raise Unproven("a signature that is no base64") from None
    if again != text:
        raise Unproven("base64 that is written in another way")
    return found


def require_proof(token: str, challenge: str, shown: Any) -> None:
    """Require Ed25519 over challenge and token, a line each, in base64.

    Raises:
        Unproven: it is not that.
    """
    try:
        _public(PROVES).verify(_unwritten(shown), f"{challenge}\n{token}".encode())
    except (InvalidSignature, UnicodeEncodeError):
        raise Unproven("the challenge is not signed with the desk's key") from None


def require_fresh_jwt(shown: Any, seen: set[str]) -> None:
    """Require a JWT of ES256 that nobody has shown before.

    Raises:
        Unproven: it is not that.
    """
    parts = shown.split(".") if isinstance(shown, str) else []
    if len(parts) != 3:
        raise Unproven("no JWT")
    try:
        header, claims = (json.loads(_unwritten(each, urlsafe=True)) for each in parts[:2])
        alg, kid, nonce = header["alg"], header["kid"], header["nonce"]
        begins, ends, issuer = claims["nbf"], claims["exp"], claims["iss"]
        if (alg, kid, issuer) != ("ES256", KEY_ID, "desk") or not isinstance(nonce, str):
            raise Unproven("a JWT of another key, algorithm or issuer")
        now = time.time()
        if not (begins - WINDOW_S <= now < ends and ends - begins <= LONGEST_S):
            raise Unproven("a JWT of another time")
    except (ValueError, KeyError, TypeError) as problem:
        raise Unproven(f"a JWT that cannot be read: {type(problem).__name__}") from None
    written = _unwritten(parts[2], urlsafe=True)
    if len(written) != 64:
        raise Unproven("an ES256 signature has 64 bytes")
    der = encode_dss_signature(int.from_bytes(written[:32]), int.from_bytes(written[32:]))
    try:
        _public(ASKS).verify(der, f"{parts[0]}.{parts[1]}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Unproven("the JWT is not signed with the desk's key") from None
    if nonce in seen:
        raise Unproven("a nonce that was shown before")
    seen.add(nonce)


def require_signed_leave(at_ms: Any, names: str, challenge: str, shown: Any) -> None:
    """Require RSASSA-PSS with SHA-512 over an instant, the names and the challenge.

    Raises:
        Unproven: it is not that.
    """
    if type(at_ms) is not int or abs(time.time() - at_ms / 1000) > WINDOW_S:
        raise Unproven("it was signed at another time")
    try:
        _public(LEAVES).verify(
            _unwritten(shown),
            f"{at_ms}unsubscribe{names}{challenge}".encode(),
            padding.PSS(padding.MGF1(hashes.SHA512()), 64),
            hashes.SHA512(),
        )
    except (InvalidSignature, UnicodeEncodeError):
        raise Unproven("what ends a subscription is not signed with the desk's key") from None

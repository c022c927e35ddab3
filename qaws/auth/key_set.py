"""Keys that tokens are signed with, and the key set in which a service finds them (RFC 7517)."""

from __future__ import annotations

import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from qaws.verdict import Broken, NotVerified

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
SigningKey = PrivateKey | bytes
"""What signs a token; the secret of an HMAC is bytes."""

CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ES256": ec.SECP256R1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}
SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""How long a secret must be at least (RFC 7518, section 3.2)."""


def is_hmac(algorithm: str) -> bool:
    """Return whether who can check a token could sign one too: a secret, and no key set."""
    return algorithm in SECRET_BYTES


def public_half(key: SigningKey, algorithm: str) -> Any:
    """Return the public half of a key.

    Raises:
        NotVerified: it is the secret of an HMAC.
    """
    if isinstance(key, bytes):
        raise NotVerified(f"[auth] algorithm {algorithm}: a secret has no public half")
    return key.public_key()


def public_jwk(key: SigningKey, algorithm: str, key_id: str, **changed: Any) -> dict[str, Any]:
    """Return a key as a JSON Web Key (RFC 7517) for who checks signatures.

    That is its public half, or, of an HMAC, the secret itself; `changed` replace members.
    """
    checking = key if isinstance(key, bytes) else key.public_key()
    public = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(checking))
    public.pop(
        "key_ops", None
    )  # says no more than `use`; to have both is discouraged (section 4.3)
    return {**public, "kid": key_id, "alg": algorithm, "use": "sig", **changed}


def published_key_set(key: SigningKey, algorithm: str, key_id: str) -> dict[str, Any]:
    """Return the JSON Web Key Set that a service verifies the suite's tokens with.

    The right key stands where it does in sets of real issuers: among others. Before it come a
    signing key of which nobody has the private half, a key for encryption, and one of a kind that
    nobody knows, which is to be ignored (RFC 7517, section 5); after it another signing key. So a
    service that takes the first key, or the last, lets nobody in. A secret is never published.
    """
    if is_hmac(algorithm):
        return {"keys": []}
    older, newer = _decoys(algorithm)
    encryption = "RSA-OAEP" if algorithm[:2] in ("RS", "PS") else "ECDH-ES"
    return {
        "keys": [
            {**older, "kid": decoy_key_id(key_id)},
            public_jwk(
                encryption_key(algorithm),
                algorithm,
                encryption_key_id(key_id),
                use="enc",
                alg=encryption,
            ),
            {"kty": "qaws-unheard-of", "kid": f"{key_id}-unheard-of", "use": "sig", "pub": "AAAA"},
            public_jwk(key, algorithm, key_id),
            {**newer, "kid": f"{key_id}-newer"},
        ]
    }


def decoy_key_id(key_id: str) -> str:
    """Return the `kid` of the signing key that comes first in the set."""
    return f"{key_id}-older"


def encryption_key_id(key_id: str) -> str:
    """Return the `kid` of the set's key for encryption."""
    return f"{key_id}-encryption"


@cache
def encryption_key(algorithm: str) -> SigningKey:
    """Return the key that the set offers for encryption: who decrypts with it must not sign.

    Raises:
        NotVerified: there is no key set.
    """
    if is_hmac(algorithm):
        raise NotVerified(f"[auth] algorithm {algorithm}: there is a secret, and no key set")
    return new_key(algorithm)


@cache
def _decoys(algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two sound keys, whose private halves are forgotten at once."""
    return (
        public_jwk(new_key(algorithm), algorithm, "decoy"),
        public_jwk(new_key(algorithm), algorithm, "decoy"),
    )


_made_before: dict[str, SigningKey] = {}
"""Algorithm → the key that each process that is forked from this one signs with."""


def preload(algorithm: str) -> None:
    """Make the keys that all runs may share which are forked from this process."""
    encryption_key(algorithm)
    _decoys(algorithm)
    _made_before[algorithm] = new_key(algorithm)


def first_key(algorithm: str) -> SigningKey:
    """Return the key that was made beforehand, but only once; else a new one."""
    return _made_before.pop(algorithm, None) or new_key(algorithm)


def new_key(algorithm: str) -> SigningKey:
    """Return a new private key, or a new secret, for an algorithm.

    A secret is made of letters and digits, so that it is the same as a variable and in a file.
    """
    if is_hmac(algorithm):
        return secrets.token_hex(SECRET_BYTES[algorithm]).encode()
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def load_key(file: Path, algorithm: str) -> SigningKey:
    """Read a private key for an algorithm from a PEM file; of an HMAC the secret, as it stands.

    Raises:
        Broken: it is missing, or of the wrong kind.
    """
    if is_hmac(algorithm):
        try:
            return strong_enough(file.read_bytes().rstrip(b"\r\n"), algorithm, f"key_file {file}")
        except OSError as problem:
            raise Broken(f"[auth] key_file {file}: {problem.strerror}") from None
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as problem:
        raise Broken(
            f"[auth] key_file {file}: is no readable PEM private key without password: {problem}"
        ) from None
    if isinstance(key, PrivateKey) and _fits(key, algorithm):
        return key
    raise Broken(f"[auth] key_file {file}: is not a key for {algorithm}")


def strong_enough(secret: bytes, algorithm: str, source: str) -> bytes:
    """Return a secret that is no shorter than it must be (RFC 7518, section 3.2).

    Raises:
        Broken: it is shorter; the sentence does not show it.
    """
    if len(secret) < SECRET_BYTES[algorithm]:
        raise Broken(
            f"[auth] {source}: a secret of {len(secret)} bytes; {algorithm} needs "
            f"{SECRET_BYTES[algorithm]} at least (RFC 7518, section 3.2)"
        )
    return secret


def _fits(key: PrivateKey, algorithm: str) -> bool:
    if algorithm in CURVES:
        return isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(
            key.curve, CURVES[algorithm]
        )
    wanted = ed25519.Ed25519PrivateKey if algorithm == "EdDSA" else rsa.RSAPrivateKey
    return isinstance(key, wanted)

"""Keys that tokens are signed with, and the key set in which a service finds them (RFC 7517)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from qaws.verdict import Broken

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def public_jwk(key: PrivateKey, algorithm: str, key_id: str, **changed: Any) -> dict[str, Any]:
    """Return the public half of a key as a JSON Web Key (RFC 7517); `changed` replace members."""
    public = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
    public.pop(
        "key_ops", None
    )  # says no more than `use`; to have both is discouraged (section 4.3)
    return {**public, "kid": key_id, "alg": algorithm, "use": "sig", **changed}


def published_key_set(key: PrivateKey, algorithm: str, key_id: str) -> dict[str, Any]:
    """Return the JSON Web Key Set that a service verifies the suite's tokens with.

    The right key stands where it does in sets of real issuers: among others. Before it come a
    signing key of which nobody has the private half, a key for encryption, and one of a kind that
    nobody knows, which is to be ignored (RFC 7517, section 5); after it another signing key. So a
    service that takes the first key, or the last, lets nobody in.
    """
    older, newer = _decoys(algorithm)
    encryption = {"RS256": "RSA-OAEP", "ES256": "ECDH-ES"}[algorithm]
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
def encryption_key(algorithm: str) -> PrivateKey:
    """Return the key that the set offers for encryption: who decrypts with it must not sign."""
    return new_key(algorithm)


@cache
def _decoys(algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two sound keys, whose private halves are forgotten at once."""
    return (
        public_jwk(new_key(algorithm), algorithm, "decoy"),
        public_jwk(new_key(algorithm), algorithm, "decoy"),
    )


def preload(algorithm: str) -> None:
    """Make the keys that need not be a run's own."""
    encryption_key(algorithm)
    _decoys(algorithm)


def new_key(algorithm: str) -> PrivateKey:
    """Return a new private key for an algorithm."""
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def load_key(file: Path, algorithm: str) -> PrivateKey:
    """Read a private key for an algorithm from a PEM file.

    Raises:
        Broken: it is missing, or of the wrong kind.
    """
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as problem:
        raise Broken(
            f"[auth] key_file {file}: is no readable PEM private key without password: {problem}"
        ) from None
    wanted = ec.EllipticCurvePrivateKey if algorithm == "ES256" else rsa.RSAPrivateKey
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) or not isinstance(
        key, wanted
    ):
        raise Broken(f"[auth] key_file {file}: is not a key for {algorithm}")
    return key

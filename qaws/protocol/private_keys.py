"""Signatures by a private key: Ed25519, ECDSA and RSA (RFC 8032, FIPS 186-5, RFC 8017)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

KeyEncoding = Literal["text", "hex", "base64"]
Hash = Literal["sha256", "sha384", "sha512"]
Algorithm = Literal["hmac", "ed25519", "ecdsa", "ecdsa-der", "rsa-pkcs1v15", "rsa-pss"]
"""`ecdsa` writes r and s behind each other (RFC 7518, section 3.4), `ecdsa-der` as ASN.1."""

NAMES = {
    "hmac": "HS",
    "ecdsa": "ES",
    "rsa-pkcs1v15": "RS",
    "rsa-pss": "PS",
}
"""Algorithm → what a JWT calls it, before the bits of the hash (RFC 7518, section 3.1)."""
BITS = {"sha256": 256, "sha384": 384, "sha512": 521}
"""Hash → bits of the curve that a JWT goes with it (RFC 7518, section 3.4)."""
KEPT = 256
"""So many keys are kept, read: to read one of RSA takes longer than to sign with it."""
SEED_BYTES = 32

Signing = Callable[[bytes], bytes]


class NoKey(ValueError):
    """What is to be a key is not written as the target says."""


def key_bytes(written: bytes, encoding: KeyEncoding) -> bytes:
    """Return a key as bytes.

    Raises:
        NoKey: it is not written so.
    """
    if encoding == "text":
        return written
    try:
        if encoding == "hex":
            return binascii.unhexlify(written.strip())
        urlsafe = written.strip().replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        return base64.b64decode(urlsafe + b"=" * (-len(urlsafe) % 4), validate=True)
    except ValueError:
        raise NoKey(f"what is to be the key is no {encoding}") from None


def jwt_name(algorithm: Algorithm, hash_: Hash) -> str:
    """Return what a JWT calls an algorithm."""
    return "EdDSA" if algorithm == "ed25519" else f"{NAMES[algorithm]}{hash_[3:]}"


@lru_cache(maxsize=KEPT)
def signing(
    written: bytes, encoding: KeyEncoding, algorithm: Algorithm, hash_: Hash, *, for_jwt: bool
) -> Signing:
    """Return what signs with a key.

    Args:
        written: the key: PEM where its encoding is "text", in which a backslash and an n may stand
            for the end of a line; else PKCS #8 or what OpenSSL wrote before that, in DER, or the 32
            bytes of Ed25519 alone, behind which its public key may stand.
        encoding: how it is written.
        algorithm: any but "hmac".
        hash_: of what is signed; Ed25519 has its own.
        for_jwt: whether the curve must be the one that a JWT has with that hash.

    Raises:
        NoKey: it is no such key.
    """
    # This loads for a tenth of a second, and most clients sign nothing.
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    key = _read(written, encoding, algorithm)
    chosen: hashes.HashAlgorithm = getattr(hashes, hash_.upper())()
    if algorithm == "ed25519" and isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    if algorithm == "rsa-pkcs1v15" and isinstance(key, rsa.RSAPrivateKey):
        return lambda said: key.sign(said, padding.PKCS1v15(), chosen)
    if algorithm == "rsa-pss" and isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
        return lambda said: key.sign(said, pss, chosen)
    if algorithm in ("ecdsa", "ecdsa-der") and isinstance(key, ec.EllipticCurvePrivateKey):
        curve = key.curve
        if for_jwt and not (curve.name.startswith("secp") and curve.name.endswith("r1")):
            raise NoKey(f"the key is of the curve {curve.name}, which no JWT is signed with")
        if for_jwt and curve.key_size != BITS[hash_]:
            raise NoKey(f"the key is of the curve {curve.name}, and {hash_} goes with another")
        size = (curve.key_size + 7) // 8

        def sign(said: bytes) -> bytes:
            der = key.sign(said, ec.ECDSA(chosen))
            if algorithm == "ecdsa-der":
                return der
            r, s = decode_dss_signature(der)
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        return sign
    raise NoKey(f"what is to be the key is none of {algorithm}")


def _read(written: bytes, encoding: KeyEncoding, algorithm: Algorithm) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        load_der_private_key,
        load_pem_private_key,
    )

    data = key_bytes(written, encoding)
    try:
        if encoding == "text":
            return load_pem_private_key(data.replace(rb"\n", b"\n"), None)
        if algorithm == "ed25519" and len(data) in (SEED_BYTES, 2 * SEED_BYTES):
            key = Ed25519PrivateKey.from_private_bytes(data[:SEED_BYTES])
            if data[SEED_BYTES:] not in (b"", key.public_key().public_bytes_raw()):
                raise NoKey("the second half of the key is not its public key")
            return key
        return load_der_private_key(data, None)
    except NoKey:
        raise
    except (ValueError, TypeError, UnsupportedAlgorithm):
        form = "PEM" if encoding == "text" else "private key in DER"
        raise NoKey(f"what is to be the key is no {form} without a password") from None

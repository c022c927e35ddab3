"""Somebody whom no service trusts: a key, a key set and a certificate of his own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from qaws.auth.callback_server import CallbackServer
from qaws.auth.key_set import SigningKey, is_hmac, new_key, public_jwk
from qaws.verdict import NotVerified

KEY_SET_PAGE = "/keys.json"
CERTIFICATE_PAGE = "/certificate.pem"
STRANGE_KEY_ID = "strange-1"


def stranger(algorithm: str) -> SigningKey:
    """Return the key of somebody whom no service trusts."""
    return _strange_key(algorithm)


_strange_key = cache(new_key)  # an RSA key takes a tenth of a second


def callback_server_for(algorithm: str) -> CallbackServer:
    """Return a callback server with the stranger's key set and certificate."""
    keys = {"keys": [public_jwk(stranger(algorithm), algorithm, STRANGE_KEY_ID)]}
    pages = {KEY_SET_PAGE: json.dumps(keys).encode()}
    if not is_hmac(algorithm):
        pages[CERTIFICATE_PAGE] = certificate(algorithm).public_bytes(Encoding.PEM)
    return CallbackServer(pages)


@cache
def certificate(algorithm: str) -> x509.Certificate:
    """Return a certificate that the stranger has signed for himself.

    Raises:
        NotVerified: there are no certificates for the secret of an HMAC.
    """
    key = stranger(algorithm)
    if isinstance(key, bytes):
        raise NotVerified(f"[auth] algorithm {algorithm}: no certificate is about a secret")
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
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
        .sign(key, digest)
    )

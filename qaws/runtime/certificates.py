"""Certificates of the suite's own: an authority of this run, and what it has signed."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY = "QA authority of one run"
ALWAYS = ("127.0.0.1", "localhost", "::1")
BEFORE, AFTER = datetime.timedelta(hours=1), datetime.timedelta(days=30)
"""How long before now a certificate begins, and how long behind it it ends: clocks differ."""

PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority, and a certificate that it has signed, with its key."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Certificates:
        """Return where they are in a folder."""
        return cls(folder / "ca.pem", folder / "server.pem", folder / "server.key")


def issue(folder: Path, *hosts: str) -> Certificates:
    """Make an authority, and a certificate for this machine and further hosts; write the files.

    The authority's own key is kept by nobody, so that it never signs anything else. It takes a few
    milliseconds.

    Args:
        folder: where `ca.pem`, `server.pem` and `server.key` go, the key for nobody else to read.
        hosts: names or addresses that the certificate is for, besides the loopback ones.
    """
    signing, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    of_signer = x509.SubjectKeyIdentifier.from_public_key(signing.public_key())
    authority = (
        _builder(AUTHORITY, signing)
        .add_extension(x509.BasicConstraints(True, 0), True)
        .add_extension(_usage(signs_certificates=True), True)
        .add_extension(of_signer, False)
        .sign(signing, hashes.SHA256())
    )
    names = [host for host in dict.fromkeys((*hosts, *ALWAYS)) if host]
    certificate = (
        _builder(names[0], own)
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(_usage(signs_certificates=False), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectAlternativeName(map(_name, names)), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_signer), False
        )
        .sign(signing, hashes.SHA256())
    )
    made = Certificates.in_folder(folder)
    made.authority.write_bytes(authority.public_bytes(PEM))
    made.certificate.write_bytes(certificate.public_bytes(PEM))
    made.key.touch(mode=0o600)
    made.key.write_bytes(
        own.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _builder(subject: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_called(subject))
        .issuer_name(_called(AUTHORITY))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + AFTER)
    )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host if host.isascii() else host.encode("idna").decode())

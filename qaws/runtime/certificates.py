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
CLIENT = "qa-client"
"""The name in the certificate that clients show."""
ALWAYS = ("127.0.0.1", "localhost", "::1")
BEFORE, AFTER = datetime.timedelta(hours=1), datetime.timedelta(days=30)
"""How long before now a certificate begins, and how long behind it it ends: clocks differ."""

PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority, and what it has signed for a service and for clients, with keys."""

    authority: Path
    certificate: Path
    key: Path
    client: Path
    client_key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Certificates:
        """Return where they are in a folder."""
        names = ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")
        return cls(*(folder / name for name in names))


def issue(folder: Path, *hosts: str) -> Certificates:
    """Make an authority, a certificate for this machine and further hosts, and one for clients.

    The authority's own key is kept by nobody, so that it never signs anything else. It takes a few
    milliseconds.

    Args:
        folder: where the files go, the keys for nobody else to read.
        hosts: names or addresses that the certificate is for, besides the loopback ones.
    """
    signing = ec.generate_private_key(ec.SECP256R1())
    of_signer = x509.SubjectKeyIdentifier.from_public_key(signing.public_key())
    authority = (
        _builder(AUTHORITY, signing)
        .add_extension(x509.BasicConstraints(True, 0), True)
        .add_extension(_usage(signs_certificates=True), True)
        .add_extension(of_signer, False)
        .sign(signing, hashes.SHA256())
    )
    made = Certificates.in_folder(folder)
    made.authority.write_bytes(authority.public_bytes(PEM))
    names = [host for host in dict.fromkeys((*hosts, *ALWAYS)) if host]
    _sign(signing, names, ExtendedKeyUsageOID.SERVER_AUTH, made.certificate, made.key)
    _sign(signing, [CLIENT], ExtendedKeyUsageOID.CLIENT_AUTH, made.client, made.client_key)
    return made


def _sign(
    signing: ec.EllipticCurvePrivateKey,
    names: list[str],
    purpose: x509.ObjectIdentifier,
    file: Path,
    key_file: Path,
) -> None:
    """Write a certificate for these names, signed by the authority, and its key."""
    own = ec.generate_private_key(ec.SECP256R1())
    of_signer = x509.SubjectKeyIdentifier.from_public_key(signing.public_key())
    certificate = (
        _builder(names[0], own)
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(_usage(signs_certificates=False), True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), False)
        .add_extension(x509.SubjectAlternativeName(map(_name, names)), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_signer), False
        )
        .sign(signing, hashes.SHA256())
    )
    file.write_bytes(certificate.public_bytes(PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        own.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


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

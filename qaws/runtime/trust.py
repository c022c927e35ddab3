"""TLS of all clients: whom they trust, and what to say where they cannot.

A target's own authority travels as the text of its PEM file, so that load from another machine
trusts it as well. Without one it is the system's authorities, or those of SSL_CERT_FILE. The
certificate that clients show, where a service asks for one, travels behind it with its key.
"""

from __future__ import annotations

import functools
import socket
import ssl
import tempfile
from pathlib import Path

CA_FILE, URL = "[endpoint] ca_file", "[endpoint] url"
WAY_OUT = "name the file of its authority in {ca_file}"
NO_TLS = "what answers there is no TLS: look at [endpoint] url, is it ws:// or wss://?"

_OWN = "\n# what clients show of themselves\n"
"""Stands between the authorities that clients trust and the certificate that they show."""

_ASKED = "the service asks for a certificate of the client"
_CLIENT_CAUSES = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "and gets none",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "or has no version or cipher in common with it",
    "SSLV3_ALERT_BAD_CERTIFICATE": "and takes no such one",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "and says that it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "and says that it was revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "and takes no such one",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "and takes none of that kind",
    "TLSV1_ALERT_UNKNOWN_CA": "and does not know its authority",
}
"""What a service says (OpenSSL's names of alerts) of the certificate that it wants of a client."""

HANDSHAKE = 22
SERVER_HELLO, CERTIFICATE_REQUEST = 2, 13
"""Types of messages (RFC 8446, section 4): a service answers, and asks for a certificate."""

_CAUSES = {
    9: ("is not yet valid", "are the clocks of both machines right?"),
    10: ("has expired", "renew it"),
    18: ("is self-signed", "name it in {ca_file}"),
    62: ("is for another host", "use a name that it has in {url}"),
    64: ("is for another host", "use a name that it has in {url}"),
}
"""What OpenSSL found (its X509_V_ERR_… numbers) → what is wrong, and the way out."""


def read_authority(file: Path | None) -> str:
    """Return the certificates of a PEM file; "" for None.

    Raises:
        ValueError: it cannot be read, or has no certificate in it.
    """
    if file is None:
        return ""
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError as problem:
        raise ValueError(f"cannot be read: {problem.strerror}") from None
    try:
        client_context(text.strip() or "nothing")
    except ssl.SSLError:
        raise ValueError("has no certificate in it that can be read; give PEM") from None
    return text


def with_own(authority: str, certificate: Path | None, key: Path | None) -> str:
    """Return what `client_context` takes for clients that show a certificate of their own.

    Args:
        authority: whom they trust; "" for the system's authorities.
        certificate: a PEM file with what they show and its chain; None for nothing.
        key: the PEM file of its private key; None where that is in the same file.

    Raises:
        ValueError: the files cannot be read, or are not a certificate and its key.
    """
    if certificate is None:
        return authority
    try:
        texts = [
            each.read_text(encoding="ascii", errors="replace")
            for each in (certificate, key)
            if each
        ]
    except OSError as problem:
        raise ValueError(f"cannot be read: {problem.strerror}: {problem.filename}") from None
    whole = authority + _OWN + "\n".join(texts)
    try:
        client_context(whole)
    except ssl.SSLError:
        raise ValueError(
            "is no certificate in PEM with its key, which must have no password"
        ) from None
    return whole


@functools.lru_cache(maxsize=8)
def client_context(authority: str) -> ssl.SSLContext:
    """Return the one way in which every client of the suite checks a certificate.

    Args:
        authority: certificates in PEM that are trusted, and no others; "" for the system's. With
            a client's own certificate it is what `with_own` returns.

    Raises:
        ssl.SSLError: there is no certificate in it.
    """
    return _new_context(authority)


def _new_context(authority: str) -> ssl.SSLContext:
    trusted = authority.partition(_OWN)[0]
    context = ssl.create_default_context(cadata=trusted or None)
    show_own(context, authority)
    # The defaults of Python 3.13 would refuse authorities that browsers and curl take, and older
    # ones a certificate that is named by itself: all versions are to find the same.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def show_own(context: ssl.SSLContext, authority: str) -> None:
    """Have a context show the client's own certificate, where `authority` has one.

    Raises:
        ssl.SSLError: it is not a certificate and its key.
    """
    if own := authority.partition(_OWN)[2]:
        # Python reads a certificate from a file only; this one is for nobody else to read.
        with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as file:
            file.write(own)
            file.flush()
            context.load_cert_chain(file.name, password=_no_password)


def _no_password() -> str:
    raise ssl.SSLError("it has a password")


def context_for(url: str, authority: str) -> ssl.SSLContext | None:
    """Return the context for a wss:// or https:// URL; None for one without TLS."""
    return client_context(authority) if url.startswith(("wss:", "https:")) else None


def problem_in_words(problem: BaseException, ca_file: str = CA_FILE, url: str = URL) -> str | None:
    """Say what is wrong with a certificate, or that there is no TLS; None for anything else.

    Args:
        problem: what was raised.
        ca_file: the key of the target file that names an authority.
        url: the one that names the host.
    """
    if isinstance(problem, ssl.SSLCertVerificationError):
        default = ("is signed by an authority that is not trusted", WAY_OUT)
        wrong, way_out = _CAUSES.get(problem.verify_code, default)
        way_out = way_out.format(ca_file=ca_file, url=url)
        return f"the certificate {wrong} ({problem.verify_message.rstrip('.')}); {way_out}"
    if isinstance(problem, ssl.SSLError) and wants_client(problem):
        return f"{_ASKED}, {_CLIENT_CAUSES[problem.reason]}; look at [endpoint] client_certificate"
    if isinstance(problem, ssl.SSLError):
        return f"{problem.reason or problem}; {NO_TLS}"
    return None


def wants_client(problem: object) -> bool:
    """Return whether a service has said that it wants a certificate of the client, or another."""
    return isinstance(problem, ssl.SSLError) and problem.reason in _CLIENT_CAUSES


def speaks_tls(host: str, port: int, within_s: float = 1.0) -> bool:
    """Return whether somebody there answers a TLS handshake, whoever it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    said = _noted(context)
    try:
        with socket.create_connection((host, port), within_s) as line:
            context.wrap_socket(line, server_hostname=host).close()
    except OSError as problem:
        # One that wants a certificate of the client may end it here, and does speak TLS.
        return SERVER_HELLO in said or wants_client(problem)
    return True


def client_complaint(host: str, port: int, authority: str, within_s: float = 1.0) -> str:
    """Return what a service has against the certificate of its clients, "" for nothing.

    By TLS 1.3 it says so behind the handshake only, where who has asked for something meanwhile may
    see no more than a line that was cut; so this asks for nothing, and waits. A service on asyncio
    cuts the line without a word: then it counts that it has asked for a certificate before.
    """
    context = _new_context(authority)
    said = _noted(context)
    cut = (
        f"{_ASKED}, and cuts the line of who shows {'this one' if _OWN in authority else 'none'}; "
        "look at [endpoint] client_certificate"
    )
    try:
        with (
            socket.create_connection((host, port), within_s) as line,
            context.wrap_socket(line, server_hostname=host) as secure,
        ):
            return "" if secure.recv(1) or CERTIFICATE_REQUEST not in said else cut
    except TimeoutError:
        return ""
    except OSError as problem:
        if wants_client(problem):
            return problem_in_words(problem) or ""
        return cut if CERTIFICATE_REQUEST in said else ""


def _noted(context: ssl.SSLContext) -> list[int]:
    """Return a list that gets the type of each message of a handshake that the other side sends."""
    said: list[int] = []

    def note(_: object, way: str, __: object, layer: int, kind: int, ___: bytes) -> None:
        if way == "read" and layer == HANDSHAKE:
            said.append(kind)

    context._msg_callback = note  # type: ignore[attr-defined]
    return said

"""TLS of all clients: whom they trust, and what to say where they cannot.

A target's own authority travels as the text of its PEM file, so that load from another machine
trusts it as well. Without one it is the system's authorities, or those of SSL_CERT_FILE.
"""

from __future__ import annotations

import functools
import socket
import ssl
from pathlib import Path

WAY_OUT = "name the file of its authority in [endpoint] ca_file"
NO_TLS = "what answers there is no TLS: look at [endpoint] url, is it ws:// or wss://?"

_CAUSES = {
    9: ("is not yet valid", "are the clocks of both machines right?"),
    10: ("has expired", "renew it"),
    18: ("is self-signed", "name it in [endpoint] ca_file"),
    62: ("is for another host", "use a name that it has in [endpoint] url"),
    64: ("is for another host", "use a name that it has in [endpoint] url"),
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


@functools.lru_cache(maxsize=8)
def client_context(authority: str) -> ssl.SSLContext:
    """Return the one way in which every client of the suite checks a certificate.

    Args:
        authority: certificates in PEM that are trusted, and no others; "" for the system's.

    Raises:
        ssl.SSLError: there is no certificate in it.
    """
    context = ssl.create_default_context(cadata=authority or None)
    # The defaults of Python 3.13 would refuse authorities that browsers and curl take, and older
    # ones a certificate that is named by itself: all versions are to find the same.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def context_for(url: str, authority: str) -> ssl.SSLContext | None:
    """Return the context for a wss:// or https:// URL; None for one without TLS."""
    return client_context(authority) if url.startswith(("wss:", "https:")) else None


def problem_in_words(problem: BaseException) -> str | None:
    """Say what is wrong with a certificate, or that there is no TLS; None for anything else."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        default = ("is signed by an authority that is not trusted", WAY_OUT)
        wrong, way_out = _CAUSES.get(problem.verify_code, default)
        return f"the certificate {wrong} ({problem.verify_message.rstrip('.')}); {way_out}"
    if isinstance(problem, ssl.SSLError):
        return f"{problem.reason or problem}; {NO_TLS}"
    return None


def speaks_tls(host: str, port: int, within_s: float = 1.0) -> bool:
    """Return whether somebody there answers a TLS handshake, whoever it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), within_s) as line:
            context.wrap_socket(line, server_hostname=host).close()
    except OSError:
        return False
    return True

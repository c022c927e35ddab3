"""TLS of the service: its certificate, read once at the start."""

import ssl

from app.settings import Settings

HANDSHAKE_TIMEOUT_S = 5.0
"""A client that has not agreed on TLS by then is cut off."""


class CertificateError(Exception):
    """The certificate cannot be used. The message names the variable, its value and the reason."""


def server_context(settings: Settings) -> ssl.SSLContext | None:
    """Return what the service shows to clients; None where it has no certificate.

    Raises:
        CertificateError: the files cannot be read, or are not a certificate and its key.
    """
    if settings.certificate is None:
        if settings.client_authority is not None:
            raise CertificateError(
                f"TICKER_CLIENT_AUTHORITY={settings.client_authority}: without TLS nobody can show "
                "a certificate; set TICKER_CERTIFICATE too"
            )
        if settings.certificate_key is not None:
            raise CertificateError(
                f"TICKER_CERTIFICATE_KEY={settings.certificate_key}: is the key of no certificate; "
                "set TICKER_CERTIFICATE too"
            )
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996: older ones must not be spoken
    try:
        context.load_cert_chain(settings.certificate, settings.certificate_key)
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or error
        raise CertificateError(
            f"TICKER_CERTIFICATE={settings.certificate}: cannot be used: {reason}; give a PEM file "
            "with the certificate, and its key in it or in TICKER_CERTIFICATE_KEY"
        ) from None
    if settings.client_authority is not None:
        try:
            context.load_verify_locations(settings.client_authority)
        except OSError as error:
            reason = getattr(error, "reason", None) or error.strerror or error
            raise CertificateError(
                f"TICKER_CLIENT_AUTHORITY={settings.client_authority}: cannot be used: {reason}; "
                "give a PEM file with the certificates of those who sign"
            ) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context

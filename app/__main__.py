"""``python -m app``: start the service, and serve until SIGTERM or SIGINT.

What keeps it from starting is said in one line each on stderr, and by the exit code.
"""

import asyncio
import errno
import signal
import ssl
import sys

import uvloop

from app import auth, jwks, logs, server, tls
from app.revocation import Denylist
from app.settings import Settings, SettingsError, load_settings

EXIT_OK = 0
EXIT_CANNOT_LISTEN = 1
EXIT_BAD_SETTINGS = 2


def main() -> int:
    """Run the service, and return the exit code of the process."""
    try:
        settings = load_settings()
    except SettingsError as error:
        return _fail(EXIT_BAD_SETTINGS, *error.problems)
    try:
        logs.configure(settings.log_level, settings.log_file)
    except OSError as error:
        reason = f"cannot be written: {error.strerror}; name another"
        return _fail(EXIT_BAD_SETTINGS, f"TICKER_LOG_FILE={settings.log_file}: {reason}")
    try:
        keys = jwks.KeySet(settings.jwks, settings.algorithms)
    except jwks.JwksError as error:
        return _fail(EXIT_BAD_SETTINGS, f"TICKER_JWKS={error}; give a readable JSON Web Key Set")
    verifier = auth.TokenVerifier(
        keys,
        algorithms=settings.algorithms,
        issuer=settings.issuer,
        audience=settings.audience,
        entitlement_claim=settings.entitlement_claim,
        revoked=Denylist(settings.revoked_tokens) if settings.revoked_tokens else None,
    )
    try:
        context = tls.server_context(settings)
    except tls.CertificateError as error:
        return _fail(EXIT_BAD_SETTINGS, str(error))
    try:
        uvloop.run(_serve(settings, verifier, context))
    except OSError as error:
        return _fail(EXIT_CANNOT_LISTEN, _cannot_listen(settings, error))
    return EXIT_OK


async def _serve(
    settings: Settings, verifier: auth.TokenVerifier, context: ssl.SSLContext | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    await server.TickerService(settings, verifier, context).run(stop)


def _cannot_listen(settings: Settings, error: OSError) -> str:
    host, port = settings.host, settings.port
    if error.errno == errno.EADDRINUSE:
        return f"TICKER_PORT={port}: port is in use on {host}; choose another or 0 for any free one"
    reason = error.strerror or str(error)
    return f"TICKER_HOST={host}: cannot listen on port {port}: {reason}; choose another"


def _fail(code: int, *lines: str) -> int:
    for line in lines:
        print(logs.redact(line), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

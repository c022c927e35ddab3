"""Faults of TLS: QA-WS-114."""

from __future__ import annotations

import ssl
import warnings
from typing import Any

from websockets.asyncio.server import ServerConnection

from app import tls
from app.sessions import Session, TickerConnection
from app.settings import Settings
from faults.fault import fault, replace

ANY_CIPHER = "ALL:@SECLEVEL=0"


def _is_secure(connection: ServerConnection) -> bool:
    return connection.transport.get_extra_info("ssl_object") is not None


@fault(
    story="For the sake of one old terminal, versions of TLS are spoken that were broken long ago, "
    "so that whoever sits in between can read everybody's tokens.",
    caught_by={"QA-WS-114": "connection of Mallory: measured TLS 1.0: the TLS handshake succeeded"},
)
def old_tls_spoken() -> None:
    """Allow versions from TLS 1.0 on, and the ciphers and signatures that they need."""
    original = tls.server_context

    def server_context(settings: Settings) -> ssl.SSLContext | None:
        context = original(settings)
        if context:
            context.set_ciphers(ANY_CIPHER)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
        return context

    replace(tls, "server_context", server_context)


@fault(
    story="The bytes that TLS holds for a client are taken for what that client does not read, so "
    "that over TLS the first tick throws everybody out.",
    caught_by={"QA-WS-114": "slow consumer"},
)
def over_tls_everybody_is_slow() -> None:
    """Count a client over TLS as one that does not read, however little waits for it."""
    original = Session.unsent_bytes.fget  # type: ignore[attr-defined]

    def unsent_bytes(self: Session) -> int:
        waiting: int = original(self)
        return waiting + (1 << 30 if _is_secure(self.connection) else 0)

    replace(Session, "unsent_bytes", property(unsent_bytes))


@fault(
    story="Over TLS a refused client's line is cut before the reason is through, so that nobody "
    "can tell a bad token from a bad network.",
    caught_by={"QA-WS-114": "refusal of Mallory"},
)
def over_tls_refused_without_a_word() -> None:
    """Cut the line of a client over TLS that is not a session's, instead of closing it."""
    original = TickerConnection.close

    async def close(self: TickerConnection, *args: Any, **options: Any) -> None:
        if _is_secure(self) and self.session is None:
            self.transport.abort()
        await original(self, *args, **options)

    replace(TickerConnection, "close", close)

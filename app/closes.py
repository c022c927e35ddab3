"""The closes that the service starts: code (RFC 6455, section 7.4.1) and reason.

Clients tell from them what to do next: ``docs/specification.md``, section 1, lists them.
"""

from typing import NamedTuple


class Close(NamedTuple):
    """What a close frame says; the reason is at most 123 bytes of UTF-8 (RFC 6455, 5.5)."""

    code: int
    reason: str


AUTHENTICATION_REQUIRED = Close(1008, "Authentication required")
TOKEN_EXPIRED = Close(1008, "token expired")
TOKEN_REVOKED = Close(1008, "token revoked")
MAX_CONNECTIONS = Close(1008, "max connections reached")
MAX_CONNECTIONS_OF_USER = Close(1008, "max connections of this user reached")
SLOW_CONSUMER = Close(1008, "slow consumer")
RATE_LIMIT_EXCEEDED = Close(1008, "rate limit exceeded")
IDLE_TIMEOUT = Close(1001, "idle timeout")
SERVER_SHUTDOWN = Close(1001, "server shutdown")

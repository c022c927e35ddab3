"""Admitted clients: a session for each, their connections, and the places that are left."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator
from typing import cast

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

from app import closes, compression
from app.auth import Claims
from app.closes import Close
from app.counters import Counters
from app.expiry import ExpiryTimer
from app.idle import IdleTimer
from app.limits import CLOSE_GRACE_S, GuardedConnection

MAX_LINE_BYTES = 128 * 1024
"""Of a handshake's line. The library's own limit of 8 KiB would answer a long token in another way
than the other bad ones."""
MAX_HANDSHAKE_BYTES = 192 * 1024
"""Of a whole handshake: nobody may make the service hold more before it is authenticated."""

SESSION_ID_BYTES = 24

_ACTIVITY = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING})
"""Frames that a client sends by its own will. A pong answers our keepalive: it shows that the
machine is there, not that anybody uses the connection."""


class TickerConnection(GuardedConnection):
    """A WebSocket connection that tells its session when the client is active."""

    session: "Session | None" = None
    _handshake_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire; a handshake that never ends is cut off."""
        if self.protocol.state is State.CONNECTING:
            self._handshake_bytes += len(data)
            if self._handshake_bytes > MAX_HANDSHAKE_BYTES:
                self.transport.abort()
                return
        super().data_received(data)

    def process_event(self, event: Request | Response | Frame) -> None:
        """Handle one incoming event, and note it if it shows a client at work."""
        super().process_event(event)
        if self.session and isinstance(event, Frame) and event.opcode in _ACTIVITY:
            self.session.idle.heard()


class Session:
    """One admitted client, from its welcome to its end."""

    __slots__ = ("_cut", "claims", "connection", "expiry", "idle", "session_id")

    def __init__(self, connection: TickerConnection, claims: Claims, idle_timeout_s: float) -> None:
        self.session_id = new_session_id()
        self.connection = connection
        self.claims = claims
        self.idle = IdleTimer(idle_timeout_s, self.close_idle)
        self.expiry = ExpiryTimer(claims.exp, self.close_expired)
        self._cut: asyncio.TimerHandle | None = None
        connection.session = self

    @property
    def is_open(self) -> bool:
        """Whether messages can still be sent and are still heeded."""
        return self.connection.state is State.OPEN

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the service holds for this client because the kernel took no more."""
        return self.connection.transport.get_write_buffer_size()

    def write(self, frames: bytes) -> None:
        """Write whole text frames, deflated if that is agreed.

        After a close frame nothing may follow (RFC 6455, 5.5.1).
        """
        if self.is_open:
            deflates = self.connection.protocol.extensions
            self.connection.transport.write(compression.deflated(frames) if deflates else frames)

    def close(self, close: Close, grace_s: float = CLOSE_GRACE_S) -> None:
        """Send a close frame behind what was written, without waiting for the client.

        A client that does not answer within ``grace_s`` seconds is cut off.
        """
        if not self.is_open:
            return
        self.connection.protocol.send_close(*close)
        self.connection.send_data()
        loop = asyncio.get_running_loop()
        self._cut = loop.call_later(grace_s, self.connection.transport.abort)

    def close_idle(self) -> None:
        """Close because neither side had anything to say."""
        self.close(closes.IDLE_TIMEOUT)

    def close_expired(self) -> None:
        """Close because the token is no longer good."""
        self.close(closes.TOKEN_EXPIRED)

    def close_revoked(self) -> None:
        """Close because the issuer has taken the token back."""
        self.close(closes.TOKEN_REVOKED)

    def dispose(self) -> None:
        """Let go of timers and of the connection."""
        self.idle.cancel()
        self.expiry.cancel()
        if self._cut:
            self._cut.cancel()
        self.connection.session = None


def new_session_id() -> str:
    """Return an unguessable id: 192 bits from the system's generator (a random UUID has 122)."""
    return secrets.token_urlsafe(SESSION_ID_BYTES)


class SessionRegistry:
    """The admitted clients, never more than ``max_connections``.

    No user, which is what a token's subject names, has more than ``per_user`` of them. The check
    and the entry happen without a pause in between, so the limits are exact however many clients
    arrive at once.
    """

    def __init__(
        self,
        max_connections: int,
        idle_timeout_s: float,
        counters: Counters,
        per_user: int | None = None,
    ) -> None:
        self.max_connections = max_connections
        self._idle_timeout_s = idle_timeout_s
        self._counters = counters
        self._per_user = per_user
        self._sessions: set[Session] = set()
        self._of_user: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many clients are admitted now."""
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        """Iterate over the clients of this moment, even if some leave meanwhile."""
        return iter(tuple(self._sessions))

    def is_full(self) -> bool:
        """Tell whether there is no place for one client more."""
        return len(self._sessions) >= self.max_connections

    def admit(self, connection: ServerConnection, claims: Claims) -> Session | None:
        """Give an authenticated client a place, or return None when there is none."""
        if self.is_full() or self._user_is_full(claims):
            return None
        session = Session(cast(TickerConnection, connection), claims, self._idle_timeout_s)
        self._sessions.add(session)
        self._of_user[claims.sub] += 1
        self._counters.sessions_opened += 1
        return session

    def _user_is_full(self, claims: Claims) -> bool:
        return self._per_user is not None and self._of_user[claims.sub] >= self._per_user

    def why_not(self, claims: Claims) -> Close:
        """Return how a client is closed for whom there is no place."""
        own = self._user_is_full(claims)
        return closes.MAX_CONNECTIONS_OF_USER if own else closes.MAX_CONNECTIONS

    def release(self, session: Session) -> None:
        """Take a client's place back."""
        if session in self._sessions:
            self._sessions.remove(session)
            self._of_user[session.claims.sub] -= 1
            if not self._of_user[session.claims.sub]:
                del self._of_user[session.claims.sub]

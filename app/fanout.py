"""From one tick to many clients: frame once, gather for some milliseconds, write once each.

Order is kept per client: before anything else is sent to a client, the ticks that wait for it
are written. So an acknowledgement stands exactly between the ticks before and those after it.
"""

import asyncio
import logging

from app import closes
from app.counters import Counters
from app.messages import Tick
from app.sessions import Session, SessionRegistry
from app.subscriptions import Group, Keys, Subscriptions, Totals

logger = logging.getLogger(__name__)


def text_frame(payload: bytes) -> bytes:
    """Return a final, unmasked, uncompressed text frame (RFC 6455, section 5.2).

    A server's frames are not masked, so that one frame serves every client.
    """
    length = len(payload)
    if length < 126:
        return b"\x81%c%b" % (length, payload)
    if length < 65_536:
        return b"\x81\x7e%b%b" % (length.to_bytes(2, "big"), payload)
    return b"\x81\x7f%b%b" % (length.to_bytes(8, "big"), payload)


class Fanout:
    """Writes ticks and messages to clients, in order and within bounds."""

    def __init__(
        self,
        subscriptions: Subscriptions[Session],
        sessions: SessionRegistry,
        counters: Counters,
        *,
        flush_ms: float,
        max_unsent_bytes: int,
    ) -> None:
        self._subscriptions = subscriptions
        self._sessions = sessions
        self._counters = counters
        self._flush_s = flush_ms / 1000
        self._max_unsent_bytes = max_unsent_bytes
        self._waiting: list[Group[Session]] = []
        self._timer: asyncio.TimerHandle | None = None

    def publish(self, tick: Tick) -> None:
        """Queue a tick for everybody who wants it; it is written at most flush_ms later."""
        groups = self._subscriptions.groups_for(tick.route)
        if not groups:
            return
        frame = text_frame(tick.payload)
        for group in groups:
            if not group.pending:
                self._waiting.append(group)
            group.pending.append(frame)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_s, self.flush)

    def flush(self) -> None:
        """Write every tick that waits."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        for group in waiting:
            self._flush_group(group)

    def send(self, session: Session, payload: bytes) -> None:
        """Send one client a message, behind the ticks that wait for it."""
        self._flush_session(session)
        session.write(text_frame(payload))
        self._bound(session)

    def broadcast(self, payload: bytes) -> None:
        """Send every client a message, behind the ticks that wait for it."""
        self.flush()
        for session in self._sessions:
            self.send(session, payload)

    def subscribe(self, session: Session, keys: Keys) -> Totals:
        """Let a client have the ticks of these keys, from now on."""
        self._flush_session(session)
        return self._subscriptions.add(session, keys)

    def unsubscribe(self, session: Session, keys: Keys) -> Totals:
        """Let a client have no more ticks of these keys."""
        self._flush_session(session)
        return self._subscriptions.remove(session, keys)

    def evict(self, session: Session) -> None:
        """Close a client that does not read; it gets no further tick, and no gap in silence."""
        self._subscriptions.drop(session)
        if session.is_open:
            self._counters.evicted_slow += 1
            logger.warning("evicting a slow consumer: %d bytes unsent", session.unsent_bytes)
            session.close(closes.SLOW_CONSUMER)

    def _flush_group(self, group: Group[Session]) -> None:
        frames, group.pending = group.pending, []
        ahead, group.ahead = group.ahead, {}
        everything = b"".join(frames)
        for session in self.recipients(group):
            start = ahead.get(session, 0)
            data = everything if not start else b"".join(frames[start:])
            self._deliver(session, data, len(frames) - start)

    def recipients(self, group: Group[Session]) -> tuple[Session, ...]:
        """Return who gets the ticks of a group: all its members."""
        return tuple(group.members)

    def _flush_session(self, session: Session) -> None:
        group = self._subscriptions.group_of(session)
        if group is None or not group.pending:
            return
        frames = group.pending[group.ahead.get(session, 0) :]
        group.ahead[session] = len(group.pending)
        self._deliver(session, b"".join(frames), len(frames))

    def _deliver(self, session: Session, frames: bytes, ticks: int) -> None:
        if not ticks or not session.is_open:
            return
        session.write(frames)
        session.idle.delivered()
        self._counters.deliveries += ticks
        self._bound(session)

    def _bound(self, session: Session) -> None:
        if session.unsent_bytes > self._max_unsent_bytes:
            self.evict(session)

"""A feed over ZeroMQ: two frames, the topic and the payload, straight to who subscribes.

A PUB socket drops what a slow subscriber does not take, in the middle and without a word. This is
an XPUB that refuses instead (`XPUB_NODROP`), and that is told of each who subscribes or leaves
(`XPUB_VERBOSER`): what the suite has lost is not held against a service.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

try:
    import zmq
except ImportError:
    from qaws.verdict import Broken

    raise Broken("[feed] is ZeroMQ, which needs pyzmq: make feeds, or pip install pyzmq") from None

from qaws.feed.outlets.outlet import ANSWER_S, Breath, Listened, Message, Outlet
from qaws.sut.broker import Broker
from qaws.verdict import Broken as CannotPublish
from qaws.verdict import NotVerified

QUEUED = 100_000
"""Messages that may wait for a subscriber that does not take them."""
AGAIN_S = 0.001


class ZeroMq(Outlet):
    """An XPUB socket. That a message was taken says nothing about when a service has it."""

    kind = "ZeroMQ"
    errors = (zmq.ZMQError, OSError)
    confirms = False
    is_late = True

    def __init__(self, broker: Broker, binds: bool) -> None:
        """Bind, so that services can connect, or connect to a service that has bound.

        Args:
            broker: has the address.
            binds: whether it is the suite that does.

        Raises:
            Broken: the address cannot be used.
        """
        self._broker = broker
        self._wanted: Counter[str] = Counter()
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        for option, value in (  # in force only for what binds or connects later
            (zmq.XPUB_NODROP, 1),
            (zmq.XPUB_VERBOSER, 1),
            (zmq.SNDHWM, QUEUED),
            (zmq.LINGER, 0),
        ):
            self._socket.setsockopt(option, value)
        try:
            (self._socket.bind if binds else self._socket.connect)(broker.url)
        except zmq.ZMQError as problem:
            self._context.destroy()
            way_out = 'or binds = "service"?' if binds else "correct the address"
            raise CannotPublish(
                f"[feed] broker zmq+{broker.shown_url}: {problem}; {way_out}"
            ) from None

    def _note_who_subscribes(self) -> None:
        """Take what subscribers have said: 1 or 0, and a topic or the begin of several."""
        while True:
            try:
                said = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._wanted[said[1:].decode("utf-8", "replace")] += 1 if said[:1] == b"\x01" else -1

    def _hand_over(self, channel: str, payload: str | bytes) -> int:
        """Hand over one message; return how many wanted it.

        Raises:
            zmq.Again: somebody who subscribes does not take what waits for it.
        """
        data = payload.encode() if isinstance(payload, str) else payload
        self._note_who_subscribes()
        self._socket.send_multipart([channel.encode(), data], zmq.NOBLOCK)
        return sum(n for prefix, n in self._wanted.items() if channel.startswith(prefix))

    async def publish(self, channel: str, payload: str | bytes) -> int | None:
        """Hand over one message; return how many wanted it.

        Others on the loop get their turn: nothing here waits for an answer, and without that a
        scenario that publishes much would starve its own clients.
        """
        deadline = time.monotonic() + ANSWER_S
        while True:
            await asyncio.sleep(0)
            try:
                return self._hand_over(channel, payload)
            except zmq.Again:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(AGAIN_S)

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give the same socket, without a break."""
        yield _NoBreak(self)

    async def listened_to(self) -> Listened | None:
        """Return the beginnings of topics that somebody has subscribed to."""
        self._note_who_subscribes()
        wanted = {prefix: count for prefix, count in self._wanted.items() if count > 0}
        count = sum(wanted.values())
        return Listened(
            (), tuple(sorted(wanted)), count, lambda begin, topic: topic.startswith(begin)
        )

    async def hang_up(self) -> None:
        """Do nothing: there is no broker that could go."""

    async def close(self) -> None:
        """Close the socket; what nobody has taken is dropped."""
        self._context.destroy(linger=0)


class _NoBreak(Breath):
    """Messages behind each other."""

    def __init__(self, outlet: ZeroMq) -> None:
        self._outlet = outlet

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over messages behind each other."""
        if command:
            raise NotVerified("ZeroMQ has no broker that could cut anybody off")
        return [self._outlet._hand_over(*each) for each in messages]

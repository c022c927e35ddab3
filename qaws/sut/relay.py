"""A relay between a service and its broker: its links can fail in the ways in which networks do.

Nothing of this can be asked of a broker; a relay can do it:

- A link goes silent without closing. A firewall that forgets a connection and a cable that is
  pulled look alike from both ends: nothing is refused, nothing is closed, nothing comes any more.
- A link is slow: each byte comes late, or a few come at a time, wherever that cuts a message.
- A link breaks amid a message: it is reset, or ends in one direction only.

What was connected when a link went silent, or broke, stays dead for good. Whoever connects while
links are silent is heard when that is over, as a network hears what is sent to it again.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from qaws.sut.link import END_ALLOWANCE_S, Link
from qaws.sut.readdressing import Readdressing, has_payload
from qaws.verdict import Broken

Break = Literal["reset", "ended one way"]

BACKLOG = 128
CONNECT_ALLOWANCE_S = 5.0
SETTLE_ALLOWANCE_S = 5.0
"""How long bytes that are on their way when the silence begins may take to be taken."""
LOOK_EVERY_S = 0.05
"""How often the thread that accepts looks whether it is to end."""

PORTS = {"nats": 4222, "mqtt": 1883, "kafka": 9092, "ws": 80}
"""Where a broker listens whose address does not say it; Redis else."""

OTHER_LINKS_S = 0.3
"""How long a break waits for a tick on the other links, once there was one on the first."""
HALF_READ_S = 0.05
"""How long before a link breaks the first half of its last tick has been there to be read."""


class Relay:
    """Stands at an address of its own, and hands each connection on to the broker.

    `url` is the broker's URL with the relay's address in it; what a broker of Kafka tells its
    clients of its address is told as the relay's (`readdressing`). Threads of its own carry the
    bytes, so that no loop that stands still holds them up. To be ended with `stop`.
    """

    def __init__(self, broker_url: str) -> None:
        parts = urlsplit(broker_url)
        self._is_kafka = parts.scheme == "kafka"
        self._broker = (parts.hostname or "127.0.0.1", parts.port or PORTS.get(parts.scheme, 6379))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._listener.settimeout(LOOK_EVERY_S)
        port = self._listener.getsockname()[1]
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        self.url = parts._replace(netloc=f"{user}127.0.0.1:{port}").geturl()
        self._links: list[Link] = []
        self._turn = threading.Lock()
        self._pace = (0.0, 0)
        self._through = threading.Event()
        self._through.set()
        self._over = False
        self._acceptor = threading.Thread(target=self._accept, name="qaws-relay", daemon=True)
        self._acceptor.start()

    # --- what has gone through ----------------------------------------------------------------

    @property
    def has_carried(self) -> bool:
        """Return whether bytes have gone both ways through a link."""
        return any(link.up.passed_bytes and link.down.passed_bytes for link in self._all())

    @property
    def swallowed_bytes(self) -> int:
        """Return how many bytes the broker has sent to the service in vain."""
        return sum(link.down.swallowed_bytes for link in self._all())

    @property
    def swallowed_question_bytes(self) -> int:
        """Return how many bytes the service has sent to the broker in vain."""
        return sum(link.up.swallowed_bytes for link in self._all())

    @property
    def passed_bytes(self) -> int:
        """Return how many bytes of the broker the service was given."""
        return sum(link.down.passed_bytes for link in self._all())

    @property
    def pieces(self) -> int:
        """Return in how many pieces the service was given them."""
        return sum(link.down.pieces for link in self._all())

    @property
    def last_byte_ns(self) -> int:
        """Return when a byte went through a link last (`time.monotonic_ns()`); 0: never."""
        return max((way.last_byte_ns for link in self._all() for way in link.ways), default=0)

    def _all(self) -> list[Link]:
        with self._turn:
            return [*self._links]

    # --- what is done to links ----------------------------------------------------------------

    def fall_silent(self) -> None:
        """Let no byte through any more, either way, and close nothing.

        When this returns, whatever was on its way has arrived, and nothing follows.

        Raises:
            Broken: one side does not take what is on its way to it.
        """
        self._through.clear()
        for way in (way for link in self._all() for way in link.ways):
            if not way.turn.acquire(timeout=SETTLE_ALLOWANCE_S):
                self._through.set()
                raise Broken(
                    f"the suite's relay to the broker: what is on its way was not taken within "
                    f"{SETTLE_ALLOWANCE_S:g} s; the link cannot be silenced"
                )
            way.is_silent = True
            way.turn.release()

    def let_through(self) -> None:
        """End the silence for new connections; the old ones stay dead."""
        self._through.set()

    def slow_down(self, late_s: float = 0.0, piece_bytes: int = 0) -> None:
        """Make all links slow from now on, those to come too; both 0: as fast as they were.

        Args:
            late_s: each byte is so many seconds late, either way.
            piece_bytes: bytes come in pieces of 1 to so many, apart from each other.
        """
        with self._turn:
            self._pace = late_s, piece_bytes
            for link in self._links:
                self._set_pace(link)

    def break_amid_a_tick(self, how: Break, within_s: float) -> int:
        """Break all links that there are, those on which a tick comes in the middle of one.

        Args:
            how: whether they are reset, or end towards the service only.
            within_s: how long to wait for a tick.

        Returns:
            When the first of them broke (`time.monotonic_ns()`); 0: no tick came, and none broke.
        """
        links = [link for link in self._all() if not link.down.is_silent]
        for link in links:
            link.down.breaks = True
        if not _until(lambda: any(link.down.is_silent for link in links), within_s):
            for link in links:
                link.down.breaks = False
            return 0
        _until(lambda: all(link.down.is_silent for link in links), OTHER_LINKS_S)
        time.sleep(HALF_READ_S)
        broke_ns = time.monotonic_ns()
        for link in links:
            if how == "reset":
                link.reset()
            else:
                link.end_one_way()
        return broke_ns

    def stop(self) -> None:
        """Close every connection and end the threads; safe to call twice."""
        self._over = True
        self._through.set()
        self._acceptor.join(END_ALLOWANCE_S + CONNECT_ALLOWANCE_S)
        self._listener.close()
        for link in self._all():
            link.stop()

    # --- the acceptor's thread ----------------------------------------------------------------

    def _accept(self) -> None:
        while not self._over:
            if not self._through.wait(LOOK_EVERY_S):
                continue  # who connects meanwhile waits in the backlog
            try:
                service, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._through.wait()
            service.setblocking(True)
            self._link(service)

    def _link(self, service: socket.socket) -> None:
        """Connect a connection of the service to the broker; hang up where that is away."""
        try:
            broker = socket.create_connection(self._broker, CONNECT_ALLOWANCE_S)
        except OSError:
            service.close()
            return
        broker.settimeout(None)
        link = Link(service, broker)
        if self._is_kafka:
            port = urlsplit(self.url).port or 0
            link.down.rewrites = Readdressing(self._broker[1], port)
            link.down.is_tick = has_payload
        with self._turn:
            link.up.is_silent = link.down.is_silent = not self._through.is_set()
            self._set_pace(link)
            self._links.append(link)
            link.begin()

    def _set_pace(self, link: Link) -> None:
        for way in link.ways:
            way.late_s = self._pace[0]
        link.down.piece_bytes = self._pace[1]


def _until(condition: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_EVERY_S / 10)
    return True

"""A relay between a service and its broker, whose links can go silent without closing.

A firewall that forgets a connection and a cable that is pulled look alike from both ends: nothing
is refused, nothing is closed, nothing comes any more. No broker can be asked to do so; a relay can.

What was connected when the silence began stays dead for good. Whoever connects meanwhile is heard
when the silence is over, as a network hears what is sent to it again.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from urllib.parse import urlsplit

from qaws.verdict import Broken

CHUNK_BYTES = 64 * 1024
BACKLOG = 128
CONNECT_ALLOWANCE_S = 5.0
SETTLE_ALLOWANCE_S = 5.0
"""How long bytes that are on their way when the silence begins may take to be taken."""
LOOK_EVERY_S = 0.05
"""How often the thread that accepts looks whether it is to end."""
END_ALLOWANCE_S = 5.0


class _Way:
    """One direction of a link."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source, self.sink = source, sink
        self.turn = threading.Lock()
        self.passed_bytes = self.swallowed_bytes = self.last_byte_ns = 0
        self.is_silent = False

    def run(self) -> None:
        """Hand on, or swallow, what comes, until the source ends; then end the sink alike."""
        try:
            while data := self.source.recv(CHUNK_BYTES):
                with self.turn:
                    if self.is_silent:
                        self.swallowed_bytes += len(data)
                        continue
                    self.sink.sendall(data)
                    self.passed_bytes += len(data)
                    self.last_byte_ns = time.monotonic_ns()
        except OSError:
            pass
        with self.turn:
            if not self.is_silent:
                _shut(self.sink, socket.SHUT_WR)


class Relay:
    """Stands at an address of its own, and hands each connection on to the broker.

    `url` is the broker's URL with the relay's address in it. Threads of its own carry the bytes,
    so that no loop that stands still holds them up. To be ended with `stop`.
    """

    def __init__(self, broker_url: str) -> None:
        parts = urlsplit(broker_url)
        self._broker = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._listener.settimeout(LOOK_EVERY_S)
        port = self._listener.getsockname()[1]
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        self.url = parts._replace(netloc=f"{user}127.0.0.1:{port}").geturl()
        self._to_broker: list[_Way] = []
        self._to_service: list[_Way] = []
        self._links = threading.Lock()
        self._through = threading.Event()
        self._through.set()
        self._over = False
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, name="qaws-relay", daemon=True)
        self._acceptor.start()

    @property
    def has_carried(self) -> bool:
        """Return whether bytes have gone both ways through a link."""
        with self._links:
            return any(
                up.passed_bytes and down.passed_bytes
                for up, down in zip(self._to_broker, self._to_service, strict=True)
            )

    @property
    def swallowed_bytes(self) -> int:
        """Return how many bytes the broker has sent to the service in vain."""
        with self._links:
            return sum(way.swallowed_bytes for way in self._to_service)

    @property
    def last_byte_ns(self) -> int:
        """Return when a byte went through a link last (`time.monotonic_ns()`); 0: never."""
        with self._links:
            return max((w.last_byte_ns for w in (*self._to_broker, *self._to_service)), default=0)

    def fall_silent(self) -> None:
        """Let no byte through any more, either way, and close nothing.

        When this returns, whatever was on its way has arrived, and nothing follows.

        Raises:
            Broken: one side does not take what is on its way to it.
        """
        self._through.clear()
        with self._links:
            ways = [*self._to_broker, *self._to_service]
        for way in ways:
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

    def stop(self) -> None:
        """Close every connection and end the threads; safe to call twice."""
        self._over = True
        self._through.set()
        self._acceptor.join(END_ALLOWANCE_S + CONNECT_ALLOWANCE_S)
        self._listener.close()
        with self._links:
            ways, threads = [*self._to_broker, *self._to_service], list(self._threads)
        for way in ways:
            _shut(way.source, socket.SHUT_RDWR)
        for thread in threads:
            thread.join(END_ALLOWANCE_S)
        for way in ways:
            way.source.close()

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
        for end in (service, broker):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up, down = _Way(service, broker), _Way(broker, service)
        with self._links:
            silent = not self._through.is_set()
            up.is_silent = down.is_silent = silent
            self._to_broker.append(up)
            self._to_service.append(down)
            for way in (up, down):
                thread = threading.Thread(target=way.run, name="qaws-relay-link", daemon=True)
                self._threads.append(thread)
                thread.start()


def _shut(end: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):  # it has gone already
        end.shutdown(how)

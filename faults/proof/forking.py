"""Forks processes from one that has imported what they need, for whoever asks.

What is forked is no business of this module, which imports nothing that a service is made of.

The one who began the server sends connections over a socket, one for each run of the suite, and
whoever holds the other end of one sends requests there. What was begun for a run is killed when its
connection ends; all, when the socket does.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from faults.proof.processes import die_with_parent

MESSAGE_BYTES = 256 * 1024
"""A request carries an environment, which is a few kilobytes."""
HERE = b"here"
"""What is sent along with a connection."""
FIRST_FREE, MOST_DESCRIPTORS = 3, 4096


class Asked(Protocol):
    """A request, of whatever server."""

    @property
    def log(self) -> int:
        """Return the descriptor of the file that takes what is written."""

    def prepare(self) -> None:
        """Do what is done once for all that is asked for."""

    def serve(self) -> int:
        """Be what is asked for; return its exit code."""


R = TypeVar("R", bound=Asked)


class Server(Generic[R]):
    """Forks services for those who ask, and tells them how each has ended."""

    def __init__(self, control: socket.socket, kind: Callable[..., R]) -> None:
        """Take connections from `control`, and requests of a kind from these."""
        self._control = control
        self._kind = kind
        self._events = selectors.DefaultSelector()
        self._events.register(control, selectors.EVENT_READ, self._take_connection)
        self._services: dict[socket.socket, set[int]] = {}

    def run(self) -> R | None:
        """Serve until `control` ends; return the request in the process forked for it."""
        with self._events:
            while self._events.get_map().get(self._control):
                for key, _ in self._events.select():
                    act: Callable[[], R | None] = key.data
                    if request := act():
                        return request
        return None

    def _take_connection(self) -> None:
        """Take a connection, or the end of all."""
        message, descriptors, *_ = socket.recv_fds(self._control, len(HERE), 1)
        if message:
            connection = socket.socket(fileno=descriptors[0])
            self._services[connection] = set()
            self._events.register(
                connection, selectors.EVENT_READ, lambda: self._take_request(connection)
            )
        else:
            for connection in list(self._services):
                self._end(connection)
            self._events.unregister(self._control)

    def _take_request(self, connection: socket.socket) -> R | None:
        """Start a service; return its request in the new process, None in this one."""
        message, descriptors, *_ = socket.recv_fds(connection, MESSAGE_BYTES, 1)
        if not message:
            self._end(connection)
            return None
        request = self._kind(**json.loads(message), log=descriptors[0])
        request.prepare()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            die_with_parent(signal.SIGKILL)
            if os.getppid() != server:
                os._exit(1)
            os.setsid()
            _tell(connection, {"started": os.getpid()})
            self._let_go()
            return request
        os.close(request.log)
        self._services[connection].add(pid)
        watch = os.pidfd_open(pid)
        self._events.register(
            watch, selectors.EVENT_READ, lambda: self._take_end(connection, pid, watch)
        )
        return None

    def _let_go(self) -> None:
        """Forget all sockets in a forked process, where their numbers will be those of others."""
        for each in (self._control, *self._services):
            each.detach()

    def _take_end(self, connection: socket.socket, pid: int, watch: int) -> None:
        """Tell that a service has ended, and how."""
        self._events.unregister(watch)
        os.close(watch)
        if (services := self._services.get(connection)) and pid in services:
            services.remove(pid)
            _tell(connection, {"ended": pid, "code": _exit_code(pid)})

    def _end(self, connection: socket.socket) -> None:
        """End what was started for a connection, and then the connection."""
        self._events.unregister(connection)
        for pid in self._services.pop(connection):
            os.kill(pid, signal.SIGKILL)
            _exit_code(pid)
        connection.close()


def _exit_code(pid: int) -> int:
    """Wait for a child; return its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _tell(connection: socket.socket, news: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # who has asked may be gone
        connection.send(json.dumps(news).encode())

"""Load processes that are forked from one that has imported what each of them needs.

That one, `qaws.load.fork_server`, is begun with the first of them, and ends with the last of those
who use it; whatever becomes of this process, neither it nor its children outlive it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

ASKS = b"start"
"""What comes with the descriptors of a log and a connection."""
NUMBER = struct.Struct("=i")
"""How the length of a request, a process id and an exit code travel."""
START_S = 30.0
"""How long the server may take to be there, on a machine with other things to do."""


@functools.cache
def can_fork() -> bool:
    """Return whether this system has what the server needs: Linux, and descriptors of processes."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return False
    try:
        own = os.pidfd_open(os.getpid())
    except OSError:  # an old kernel, or a container that does not let it through
        return False
    try:
        signal.pidfd_send_signal(own, 0)  # 0 is none: it only asks whether one could be sent
    except OSError:
        return False
    finally:
        os.close(own)
    return True


class ForkedChild:
    """A forked process, with what is needed of a `subprocess.Popen`."""

    def __init__(self, connection: socket.socket) -> None:
        """Hear of it over a connection; it need not have been started yet."""
        self._connection = connection
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._watch = -1
        self._code: int | None = None

    @property
    def pid(self) -> int:
        """Return the process id, once it is known.

        Raises:
            OSError: it could not be started, or was not in time.
        """
        deadline = time.monotonic() + START_S
        while self._pid is None:
            if self.poll() is not None or time.monotonic() > deadline:
                raise OSError("the process was not started")
            self._listen(0.1)
        return self._pid

    def poll(self) -> int | None:
        """Return the exit code, None while the process lives."""
        with self._lock:
            while self._code is None and self._listen(0.0):
                self._hear()
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code.

        Raises:
            TimeoutExpired: it lives on after `timeout` seconds.
        """
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (code := self.poll()) is None:
            if (left := deadline - time.monotonic()) <= 0:
                raise subprocess.TimeoutExpired("a load process", timeout or 0.0)
            self._listen(min(left, 0.1))
        return code

    def terminate(self) -> None:
        """Send SIGTERM; what has not been started yet never is."""
        self.poll()
        with self._lock:
            if self._code is not None:
                return
            if self._pid is None:
                self._over(-signal.SIGTERM)
            else:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._watch, signal.SIGTERM)

    def _listen(self, within_s: float) -> bool:
        """Wait until there is something to hear; return whether there is."""
        if self._connection.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return bool(poll.poll(within_s * 1000))

    def _hear(self) -> None:
        """Take the next of what the server tells: first the process id, then the exit code."""
        try:
            message, descriptors, *_ = socket.recv_fds(self._connection, NUMBER.size, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:  # the server is gone, and has taken its children along
            self._over(-signal.SIGKILL)
            return
        (number,) = NUMBER.unpack(message)
        if self._pid is None:
            self._pid, (self._watch,) = number, descriptors
        else:
            self._over(number)

    def _over(self, code: int) -> None:
        self._code = code
        self._connection.close()
        if self._watch >= 0:
            os.close(self._watch)
            self._watch = -1


class ForkServer:
    """The server's process, and the way to it."""

    def __init__(self) -> None:
        """Start it; it need not be there yet when it is asked for something."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "qaws.load.fork_server", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # nothing with threads is forked
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Return whether it still runs."""
        return self._process.poll() is None

    def start(self, name: str, place: Path, log: Path) -> ForkedChild:
        """Have a process started that runs the task in a folder; returns at once.

        Args:
            name: what the system is to call it.
            place: the folder, as `task` wants it.
            log: file for its output; emptied.
        """
        request = {
            "name": name,
            "place": str(place.resolve()),
            "folder": os.getcwd(),
            "environment": dict(os.environ),
        }
        said = json.dumps(request).encode()
        mine, theirs = socket.socketpair()
        child = ForkedChild(mine)
        with theirs, log.open("wb") as output, contextlib.suppress(OSError):
            socket.send_fds(self._control, [ASKS], [output.fileno(), theirs.fileno()])
        with contextlib.suppress(OSError):  # the server is gone, and that is heard of the child
            mine.sendall(NUMBER.pack(len(said)) + said)
        return child

    def stop(self) -> None:
        """End the server at once; what it has started and is not over yet ends with it."""
        self._process.kill()
        self._process.wait()
        self._control.close()


class _Shared:
    """The one server of this process, started when first needed; its last user ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: ForkServer | None = None
        self._users = 0

    def keep(self) -> None:
        """Let the server, once there is one, stay until this user has left."""
        with self._lock:
            self._users += 1

    def server(self) -> ForkServer:
        """Return the server, which is started if need be; for one who keeps it."""
        with self._lock:
            if self._server is not None and not self._server.is_alive:
                self._server.stop()
                self._server = None
            self._server = self._server or ForkServer()
            return self._server

    def leave(self) -> None:
        """Do without the server; with its last user it ends."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._server is not None:
                self._server.stop()
                self._server = None


SHARED = _Shared()

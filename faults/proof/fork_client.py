"""Stands in for `subprocess.Popen` where a service is to be started: it is forked, not begun anew.

The suite starts services as ever, by the command of its target, and sees a process of its own at
the end: this is the only place that knows better.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from faults.proof.forking import HERE, MESSAGE_BYTES

ROOT = Path(__file__).resolve().parents[2]
CAN_FORK = sys.platform == "linux" and hasattr(os, "pidfd_open")
OF_START = {"TZ"}
"""Variables that a process is seen to have, and goes by, only if it was begun with them."""

END_S = 5.0
"""How long the server may take to end what it has started."""


class ForkServer:
    """The server's process, and the way to it; where it cannot run, services start as ever."""

    def __init__(self, module: str = "faults.proof.fork_server") -> None:
        """Start it; it is ready when it answers the first request.

        Args:
            module: what it runs.
        """
        self._control, theirs = socket.socketpair()
        command = [sys.executable, "-m", module, str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    def connection(self) -> socket.socket | None:
        """Return a connection for one run, None where there is no server."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                socket.send_fds(self._control, [HERE], [theirs.fileno()])
            except OSError:
                mine.close()
                return None
        return mine

    def stop(self) -> None:
        """End the server, and with it all that it has started."""
        self._control.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def hang_up(connection: socket.socket) -> None:
    """End all that was started over a connection, and wait for it."""
    connection.settimeout(END_S)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(MESSAGE_BYTES):
            pass
    connection.close()


class Services:
    """Starts services over a connection, and knows how they have ended."""

    def __init__(self, connection: socket.socket) -> None:
        """Use this connection, and no other process may."""
        self._connection = connection
        self._lock = threading.Lock()
        self._codes: dict[int, int] = {}

    def start(
        self, what: Mapping[str, Any], environment: Mapping[str, str], folder: str, log: int
    ) -> int:
        """Start a service; return its process id.

        Args:
            what: which one, in the words of the server's requests.
            environment: all of its variables.
            folder: where it runs.
            log: descriptor of the file that takes what it writes.

        Raises:
            OSError: the server is not there.
        """
        request = {**what, "environment": dict(environment), "folder": folder}
        with self._lock:
            socket.send_fds(self._connection, [json.dumps(request).encode()], [log])
            while True:
                news = self._news()
                if "started" in news:
                    return int(news["started"])

    def code(self, pid: int) -> int:
        """Return the exit code of a service that has ended, negative for a signal."""
        with self._lock:
            while pid not in self._codes:
                try:
                    self._news()
                except OSError:  # the server is gone, and has taken its children along
                    self._codes[pid] = -signal.SIGKILL
            return self._codes[pid]

    def _news(self) -> dict[str, Any]:
        message = self._connection.recv(MESSAGE_BYTES)
        if not message:
            raise ConnectionResetError("the fork server has ended")
        news: dict[str, Any] = json.loads(message)
        if "ended" in news:
            self._codes[news["ended"]] = news["code"]
        return news


class Forked:
    """A forked service, with what `subprocess.Popen` offers."""

    def __init__(self, args: list[str], services: Services, pid: int) -> None:
        self.args = args
        self.pid = pid
        self.returncode: int | None = None
        self._services = services
        self._watch = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return the exit code, None while the process lives."""
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code.

        Raises:
            TimeoutExpired: it lives on after `timeout` seconds.
        """
        if (code := self._ended(timeout)) is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send the process a signal; none if it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._watch, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, within_s: float | None) -> int | None:
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._watch, select.POLLIN)
            if poll.poll(None if within_s is None else within_s * 1000):
                self.returncode = self._services.code(self.pid)
        return self.returncode

    def __del__(self) -> None:
        os.close(self._watch)


Wants = Callable[[Sequence[str]], dict[str, Any] | None]
"""Returns what a server is asked for in place of a command; None where that is not its own."""


def of_the_reference(command: Sequence[str]) -> dict[str, Any] | None:
    """Return what is asked of the proof's fork server: the reference service, faults and all."""
    match command:
        case [sys.executable, "-m", "app"]:
            return {"faults": []}
        case [sys.executable, "-m", "faults", *faults]:
            return {"faults": faults}
    return None


def fork_services(connection: socket.socket, *others: tuple[socket.socket, Wants]) -> None:
    """Let this process start services over connections, whenever it would begin one anew.

    Args:
        connection: to the proof's fork server.
        others: connections to other ones, each with what is asked of it.
    """
    known = [(Services(each), wants) for each, wants in [(connection, of_the_reference), *others]]

    class Popen(subprocess.Popen):  # type: ignore[type-arg]
        """The usual one, but for services."""

        def __new__(cls, args: Any, *rest: Any, **options: Any) -> Any:
            asked = [(services, what) for services, wants in known if (what := wants(args))]
            if not asked or options.get("stdin") != subprocess.DEVNULL:
                return super().__new__(cls)  # what is told something is no service
            if any(options["env"].get(each) != os.environ.get(each) for each in OF_START):
                return super().__new__(cls)
            [(services, what)] = asked
            folder, log = str(options["cwd"] or os.getcwd()), options["stdout"].fileno()
            try:
                pid = services.start(what, options["env"], folder, log)
            except OSError:
                return super().__new__(cls)
            return Forked(args, services, pid)

    subprocess.Popen = Popen  # type: ignore[misc]

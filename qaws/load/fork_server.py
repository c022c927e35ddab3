"""Starts the processes of the load generator: `python -m qaws.load.fork_server DESCRIPTOR`.

Each of them needs numpy, the suite and the libraries that speak with service and broker: some
40 MB, and most of a second of a CPU. This process imports all that once, and then forks one for
each request, so that they share these pages. The child is what a new interpreter would be: it has a
session, a log, an environment and a folder of its own; it calls its function and ends.

There is one thread here, and nothing is open: a fork copies no more than memory. What is imported
is frozen (gc.freeze), so that no collection writes to shared pages.

The one who started it holds the other end of the socket DESCRIPTOR, and sends over it two
descriptors for each process: of its log, and of a connection. Over the connection goes the request
to the new process, and come its id and, when it has ended, its exit code. Once the socket ends, so
do this process and all that it has started.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path

from qaws.load.churn import cycles, early, storm
from qaws.load.cluster.forked import ASKS, NUMBER
from qaws.load.cluster.task import main as run_task
from qaws.load.publisher import publisher
from qaws.load.subscriber import worker
from qaws.protocol.contract import Contract
from qaws.runtime.process import die_with_parent

RUN_HERE = (cycles, early, publisher, storm, worker)
"""Whose functions run in processes of their own; with them comes all that these import."""
NAME_BYTES = 15
"""How long a process's name may be (PR_SET_NAME, prctl(2))."""


class Server:
    """Forks a process for each request, and tells how it has ended."""

    def __init__(self, control: socket.socket) -> None:
        """Take requests from `control`."""
        self._control = control
        self._events = selectors.DefaultSelector()
        self._events.register(control, selectors.EVENT_READ)
        self._children: dict[int, tuple[int, socket.socket]] = {}

    def run(self) -> Path | None:
        """Serve until `control` ends; return the task's folder in the process forked for it."""
        while True:
            for key, _ in self._events.select():
                if key.fileobj is not self._control:
                    self._tell_end(key.fd)
                    continue
                message, descriptors, *_ = socket.recv_fds(self._control, len(ASKS), 2)
                if not message:
                    self._end_all()
                    return None
                log, connection = descriptors
                if (place := self._fork(log, socket.socket(fileno=connection))) is not None:
                    return place

    def _fork(self, log: int, connection: socket.socket) -> Path | None:
        """Fork; return the folder of the task in the new process, None in this one."""
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            die_with_parent()
            if os.getppid() != server:
                os._exit(1)
            os.setsid()
            return self._become(log, connection)
        os.close(log)
        watch = os.pidfd_open(pid)
        self._children[watch] = pid, connection
        self._events.register(watch, selectors.EVENT_READ)
        with contextlib.suppress(OSError):  # who has asked may be gone
            socket.send_fds(connection, [NUMBER.pack(pid)], [watch])
        return None

    def _become(self, log: int, connection: socket.socket) -> Path:
        """Let go of what is the server's, and take on what was asked for."""
        self._events.close()
        self._control.close()
        for watch, (_, another) in self._children.items():
            os.close(watch)
            another.close()
        with connection, connection.makefile("rb") as asked:
            if not (head := asked.read(NUMBER.size)):
                os._exit(1)  # it is not wanted any more
            (length,) = NUMBER.unpack(head)
            request = json.loads(asked.read(length))
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        Path("/proc/self/comm").write_bytes(request["name"].encode()[:NAME_BYTES])
        return Path(request["place"])

    def _tell_end(self, watch: int) -> None:
        """Tell that a process has ended, and how."""
        pid, connection = self._children.pop(watch)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self._events.unregister(watch)
        os.close(watch)
        with connection, contextlib.suppress(OSError):
            connection.send(NUMBER.pack(code))

    def _end_all(self) -> None:
        """End what still runs, and wait for it."""
        for watch, (pid, _) in list(self._children.items()):
            os.kill(pid, signal.SIGKILL)  # nobody but this process can have waited for it
            self._tell_end(watch)


def main(control: socket.socket) -> None:
    """Serve, and in a forked process call its function."""
    Contract("qa-ws")  # is compiled once in a process
    importlib.import_module("numpy.ma")  # numpy.unique would, amid a measurement
    gc.collect()
    gc.freeze()
    place = Server(control).run()
    if place is not None:
        run_task(place)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # to take an interpreter down writes to nearly every page that is shared


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))

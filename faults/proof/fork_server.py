"""Starts services by forking: `python -m faults.proof.fork_server DESCRIPTOR`.

To start a service takes a third of a second, nearly all of it for imports. This process imports
once what any of them needs, and then forks one for each request. The child is what a new process
would be: it has a session, an environment, a folder and a log of its own, and all of its pages; it
applies its fault, runs, and ends as any interpreter ends.

Requests come over the socket DESCRIPTOR, as `forking` says.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from app.__main__ import main as run_app
from faults.catalogue import all_faults, find
from faults.proof.forking import FIRST_FREE, MOST_DESCRIPTORS, Server
from faults.proof.processes import own_all_pages, settle


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be started.

    Attributes:
        faults: their names, none for the sound service.
        environment: all of its variables.
        folder: where it runs.
        log: descriptor of the file that takes what it writes.
    """

    faults: list[str]
    environment: dict[str, str]
    folder: str
    log: int

    def prepare(self) -> None:
        """Do what is done once for all that is asked for: that has been done already."""

    def serve(self) -> int:
        """Be that service, in a process that was forked for it; return its exit code."""
        settle(self.log, self.environment, Path(self.folder))
        os.closerange(FIRST_FREE, MOST_DESCRIPTORS)
        own_all_pages()
        for name in self.faults:
            find(name).apply()
        return run_app()


def main(control: socket.socket) -> int:
    """Serve, and in a forked process be the service; return the exit code."""
    own_all_pages()  # so that it is known before the first service whether that can be done
    all_faults()
    gc.collect()
    gc.freeze()
    request = Server(control, Request).run()
    return request.serve() if request else 0


if __name__ == "__main__":
    sys.exit(main(socket.socket(fileno=int(sys.argv[1]))))

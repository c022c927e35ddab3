"""Starts the services of the tests by forking: `python -m tests.services.fork_server DESCRIPTOR`.

As with the reference service in the proof of the faults, what takes long is imported once: of each
module that is asked for, what it needs from libraries. The module itself, and what it needs of the
tests, is read by each process, which may have other variables.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from faults.proof.forking import FIRST_FREE, MOST_DESCRIPTORS, Server
from faults.proof.processes import own_all_pages, settle

FOLDER = "tests.services."
LATER = {
    "tests.services.fastapi_ticker.serve": (
        "uvicorn.protocols.http.h11_impl",
        "uvicorn.protocols.websockets.websockets_sansio_impl",
        "uvicorn.lifespan.on",
    )
}
"""What a module imports only as it runs."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module that is to be run.

    Attributes:
        module: its name.
        arguments: what follows it on a command line.
        environment: all of its variables.
        folder: where it runs.
        log: descriptor of the file that takes what it writes.
    """

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    log: int

    def prepare(self) -> None:
        """Import what it needs from libraries."""
        _import(self.module)

    def serve(self) -> int:
        """Be that module, in a process that was forked for it; return its exit code."""
        settle(self.log, self.environment, Path(self.folder))
        os.closerange(FIRST_FREE, MOST_DESCRIPTORS)
        own_all_pages()
        sys.path.insert(0, self.folder)
        sys.argv[1:] = self.arguments
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)
        return 0


@cache
def _import(name: str) -> None:
    there = set(sys.modules)
    for each in (name, *LATER.get(name, ())):
        with suppress(Exception):  # what is wrong with it is told by whoever runs it
            importlib.import_module(each)
    for each in set(sys.modules) - there:
        if each.startswith("tests."):
            del sys.modules[each]
    gc.collect()
    gc.freeze()


def of_the_tests(command: Sequence[str]) -> dict[str, Any] | None:
    """Return what is asked of this server in place of a command; None where that is not its own."""
    match command:
        case [sys.executable, "-m", str(module), *arguments] if module.startswith(FOLDER):
            return {"module": module, "arguments": arguments}
    return None


def main(control: socket.socket) -> int:
    """Serve, and in a forked process be what was asked for; return the exit code."""
    own_all_pages()  # so that it is known before the first service whether that can be done
    asked = Server(control, Module).run()
    return asked.serve() if asked else 0


if __name__ == "__main__":
    sys.exit(main(socket.socket(fileno=int(sys.argv[1]))))

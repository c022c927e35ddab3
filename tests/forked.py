"""behave, and `qaws`, in a process that was forked from one that has imported the suite.

`python -m behave` imports for most of a second what is the same in each run. Here a process does so
once, for all tests of a worker; each run is a fork of it, with an environment, a folder and outputs
of its own, and reads hooks, steps and features as ever. The reference service that it starts, with
a fault or without, is forked likewise, as in the proof of the faults. A test that is about how a
run begins or ends begins a new interpreter: `tests.processes.run`.
"""

import multiprocessing
import os
import runpy
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from faults.proof.fork_client import CAN_FORK, ForkServer, fork_services, hang_up
from faults.proof.processes import settle
from tests.processes import ROOT
from tests.services import fork_server
from tests.waiting import HANG_S

LOADED = "tests.loaded"
"""Imports what the runs need; see there."""


@cache
def _server() -> ForkServerContext:
    """Start the process that has imported everything; it ends with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([LOADED])
    own = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}  # nothing with threads is forked
    kept = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        forkserver.ensure_running()
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return context


@cache
def _services() -> tuple[ForkServer, ForkServer]:
    """Start the processes that services are forked from; they end with this one.

    The first has the reference service, the other those of the tests.
    """
    return ForkServer(), ForkServer(fork_server.__name__)


def run_behave(
    *arguments: str, env: Mapping[str, str], cwd: Path = ROOT, within_s: float = 2 * HANG_S
) -> subprocess.CompletedProcess[str]:
    """Run behave to its end, which must come in time; return exit code and output, all in one.

    Whatever happens, neither it nor its children are there afterwards.

    Args:
        arguments: what follows `python -m behave`.
        env: all variables of the run.
        cwd: where it runs.
        within_s: how long it may take, in seconds.
    """
    return run_module("behave", *arguments, env=env, cwd=cwd, within_s=within_s)


def run_module(
    module: str, *arguments: str, env: Mapping[str, str], cwd: Path, within_s: float
) -> subprocess.CompletedProcess[str]:
    """Run another module than behave, as `run_behave` does."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with running(module, *arguments, env=env, cwd=cwd, log=log) as process:
            process.join(within_s)
            code, output = process.exitcode, log.read_text("utf-8", "replace")
    if code is None:
        raise subprocess.TimeoutExpired([module, *arguments], within_s, output)
    return subprocess.CompletedProcess([module, *arguments], code, output, "")


@contextmanager
def running(
    module: str, *arguments: str, env: Mapping[str, str], cwd: Path, log: Path
) -> Iterator[BaseProcess]:
    """Begin a module; it ends with the block, and so does all that it has started.

    Args:
        module: what follows `python -m`.
        arguments: what follows that.
        env: all variables of the run.
        cwd: where it runs.
        log: takes what it writes.
    """
    services = _connections()
    log.touch()
    asked = (module, arguments, dict(env), cwd, log, services)
    process = _server().Process(target=_be_module, args=asked)
    process.start()
    try:
        yield process
    finally:
        _end(process)
        for each in services:
            hang_up(each)


@contextmanager
def forking() -> Iterator[None]:
    """Let this process fork the services that it would begin; they end with the block.

    That goes for those whose output a file takes, as the suite starts them.
    """
    connections, begun = _connections(), subprocess.Popen
    _fork_services(connections)
    try:
        yield
    finally:
        subprocess.Popen = begun  # type: ignore[misc]
        for each in connections:
            hang_up(each)


def _connections() -> list[socket.socket]:
    """Return connections to the processes that services are forked from; none where none can be."""
    if not CAN_FORK:
        return []
    return [each for server in _services() if (each := server.connection())]


def _fork_services(connections: Sequence[socket.socket]) -> None:
    match connections:
        case [reference, others]:
            fork_services(reference, (others, fork_server.of_the_tests))


def _end(process: BaseProcess) -> None:
    """End a process and its children at once; nothing happens where all have ended."""
    if not process.is_alive():
        return
    first = psutil.Process(process.pid)
    family = [first, *first.children(recursive=True)]
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.join(HANG_S)
    _, left = psutil.wait_procs(family, timeout=HANG_S)
    assert not left


def _be_module(
    module: str,
    arguments: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    services: Sequence[socket.socket],
) -> None:
    """Be `python -m MODULE`, in a process that was forked for it."""
    assert LOADED in sys.modules, "nothing was imported beforehand"
    with log.open("wb") as file:
        settle(file.fileno(), env, cwd)
    _fork_services(services)
    sys.path.insert(0, str(cwd))
    sys.argv[1:] = arguments
    sys.modules.pop(f"{module}.__main__", None)  # it is run anew
    runpy.run_module(module, run_name="__main__", alter_sys=True)

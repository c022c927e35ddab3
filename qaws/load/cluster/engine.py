"""Engines: where the workers run. Local processes, or the workers of a Dask scheduler.

An engine is shaped like `concurrent.futures`: `submit(function, *arguments)` returns a `Future`.
"""

from __future__ import annotations

import importlib
import os
import pickle
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from qaws.load.cluster.forked import SHARED, ForkServer, can_fork
from qaws.runtime.process import ManagedProcess, WatchedProcess
from qaws.verdict import Broken

DASK_ALLOWANCE_S = 4.0
"""How long a Dask scheduler may take to answer: what is wrong must be said within 5 s."""


class Engine(Protocol):
    """Runs functions in other processes."""

    @property
    def slots(self) -> int:
        """Return how many functions can run at the same time for good."""

    @property
    def callback_host(self) -> str:
        """Return the address of this machine at which those processes reach it."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Start a function of a module, with arguments that can be pickled."""

    def close(self) -> None:
        """End everything that still runs; safe to call twice."""


class Died(Exception):
    """A process ended before its function had returned; the text says how, without its name."""


class LocalProcesses:
    """One process for each function; it dies with the suite.

    Where the system can, it is forked from one that has imported what all need, and elsewhere it is
    a new interpreter.
    """

    callback_host = "127.0.0.1"

    def __init__(self, folder: Path, slots: int | None = None) -> None:
        """Prepare; nothing is started yet.

        Args:
            folder: where the processes' logs go; made if need be.
            slots: how many to start at most; default: half of the cores, at least 1, for the
                service, the broker and the publisher want some too.
        """
        self.slots = slots or max(1, (os.cpu_count() or 2) // 2)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._running: list[WatchedProcess] = []
        self._server: ForkServer | None = None

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Start a function of a module in a new process; its output goes to a log."""
        name = f"{function.__module__.rsplit('.', 1)[-1]}-{len(self._running) + 1}"
        place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))
        (place / "task").write_bytes(pickle.dumps((function, arguments)))
        process = self._start(name, place, self._folder / f"{name}.log")
        self._running.append(process)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        threading.Thread(target=_await, args=(process, place, future), daemon=True).start()
        return future

    def _start(self, name: str, place: Path, log: Path) -> WatchedProcess:
        if not can_fork():
            command = [sys.executable, "-m", "qaws.load.cluster.task", str(place)]
            return ManagedProcess(name, command, log)
        if self._server is None:
            SHARED.keep()
            self._server = SHARED.server()
        return WatchedProcess(name, self._server.start(name, place, log), log)

    @property
    def pids(self) -> list[int]:
        """Return the ids of the processes that are alive."""
        return [process.pid for process in self._running if process.exit_code() is None]

    def close(self) -> None:
        """End the processes that still run."""
        for process in self._running:
            process.stop(within_s=2.0)
        if self._server is not None:
            self._server = None
            SHARED.leave()


def _await(process: WatchedProcess, place: Path, future: Future[Any]) -> None:
    while process.exit_code() is None:
        time.sleep(0.02)
    outcome = place / "outcome"
    returned = outcome.read_bytes() if outcome.exists() else None
    shutil.rmtree(place, ignore_errors=True)
    if returned is not None:
        future.set_result(pickle.loads(returned))
    else:
        future.set_exception(
            Died(
                f"ended with exit code {process.exit_code()}; its last line: {process.last_line()}"
            )
        )


class Dask:
    """The workers of a Dask scheduler; they need `qaws` and both lock files installed, as here."""

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: of the scheduler, such as tcp://scheduler:8786.

        Raises:
            Broken: distributed is not installed, nobody answers, or there are no workers.
        """
        try:
            distributed = importlib.import_module("distributed")
        except ImportError:
            raise Broken(
                f"{address}: the package distributed is not installed: make dask installs it"
            ) from None
        try:
            self._client = distributed.Client(
                address, timeout=DASK_ALLOWANCE_S, set_as_default=False
            )
        except (OSError, ValueError, TimeoutError) as problem:
            raise Broken(
                f"{address}: no Dask scheduler answers there within {DASK_ALLOWANCE_S:g} s "
                f"({_short(problem)}); start one with: dask scheduler"
            ) from None
        self._jobs: list[Any] = []
        self._next = 0
        self._workers = list(self._client.scheduler_info(n_workers=-1)["workers"])
        if not self._workers:
            self.close()
            raise Broken(f"{address}: the scheduler has no workers: dask worker {address}")
        self.callback_host = _own_address_towards(self._client.scheduler.address)

    @property
    def slots(self) -> int:
        """Return how many Dask workers there are."""
        return len(self._workers)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a function on the next worker in turn."""
        worker = self._workers[self._next % len(self._workers)]
        self._next += 1
        job = self._client.submit(
            function, *arguments, workers=[worker], pure=False, retries=0, allow_other_workers=False
        )
        self._jobs.append(job)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        threading.Thread(target=_await_job, args=(job, future), daemon=True).start()
        return future

    def close(self) -> None:
        """Give up what still runs, and leave the scheduler."""
        for job in self._jobs:
            job.cancel()
        self._jobs = []
        self._client.close(timeout=2)


def _await_job(job: Any, future: Future[Any]) -> None:
    try:
        result = job.result()
    except BaseException as problem:
        future.set_exception(Died(f"ended in Dask: {type(problem).__name__}: {_short(problem)}"))
    else:
        future.set_result(result)


def _own_address_towards(address: str) -> str:
    """Return which of this machine's addresses is used to reach another."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), 2) as link:
        own: str = link.getsockname()[0]
        return own


def _short(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]


def open_engine(wanted: str, folder: Path, slots: int | None = None) -> Engine:
    """Return the engine of that name.

    Args:
        wanted: "local", or the address of a Dask scheduler: tcp://host:port.
        folder: for the logs of local processes.
        slots: how many local processes; default half of the cores.

    Raises:
        Broken: there is no such engine, or it cannot be used.
    """
    if wanted == "local":
        return LocalProcesses(folder, slots)
    if wanted.startswith(("tcp://", "tls://")):
        return Dask(wanted)
    raise Broken(
        f'engine {wanted!r}: known are "local" and the address of a Dask scheduler, tcp://'
    )

"""Child processes: started with a log, watched, ended for certain."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psutil

from qaws.measure.family import MARK, families, strays
from qaws.runtime.last_words import last_words
from qaws.verdict import Broken

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def die_with_parent() -> None:  # pragma: no cover - runs in the child
    """Ask Linux to end this child when the suite is killed outright (prctl(2))."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _told_main_thread(pid: int) -> bool:
    """Send SIGTERM to a process's main thread (tgkill(2)); False where that cannot take it."""
    blocked = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("SigBlk:"):
                blocked = int(line.split()[1], 16)
    if blocked >> (signal.SIGTERM - 1) & 1 or not hasattr(_LIBC, "tgkill"):
        return False
    return bool(_LIBC.tgkill(pid, pid, signal.SIGTERM) == 0)


class Child(Protocol):
    """What is needed of a process that has been started; `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Return the process id."""

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the process lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise `subprocess.TimeoutExpired` after `timeout` seconds."""

    def terminate(self) -> None:
        """Send SIGTERM."""


class WatchedProcess:
    """One process with a log, in a session of its own, so that Ctrl-C reaches only the suite."""

    def __init__(self, name: str, child: Child, log: Path) -> None:
        """Watch a process that has been started.

        Args:
            name: what messages call it.
            child: the process.
            log: the file that it writes to.
        """
        self.name = name
        self.log = log
        self._child = child
        self.started_ns = time.monotonic_ns()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._child.pid

    def exit_code(self) -> int | None:
        """Return the exit code, or None while the process lives."""
        return self._child.poll()

    def read_log(self) -> str:
        """Return everything that the process has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def last_line(self) -> str:
        """Return the last line of the log that says something, for messages."""
        return last_words(self.read_log())

    def interrupt(self, *, stands_still: bool = False) -> None:
        """Send SIGTERM, the polite request to end.

        Args:
            stands_still: the process has been stopped (SIGSTOP). Of the threads of a stopped one
                any may take the signal when they go on, and a program that waits in its main thread
                may not hear of it; in one that runs the main thread does, so it is sent there.
        """
        if self.exit_code() is None and not (stands_still and _told_main_thread(self.pid)):
            self._child.terminate()

    def stop(self, within_s: float = 5.0) -> int:
        """End the process: SIGTERM, after `within_s` seconds SIGKILL to its whole group.

        Returns:
            The exit code; negative for a signal.
        """
        self.interrupt()
        try:
            code = self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            code = None
        self._kill_group()
        return self._child.wait() if code is None else code

    def _kill_group(self) -> None:
        with contextlib.suppress(OSError):  # it is gone, or was never there
            os.killpg(self.pid, signal.SIGKILL)

    def wait_for_log(self, found: str, within_s: float) -> bool:
        """Wait until the log contains `found`; return whether it came before the deadline."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if found in self.read_log():
                return True
            if self.exit_code() is not None:
                return found in self.read_log()
            time.sleep(0.02)
        return False


class ManagedProcess(WatchedProcess):
    """A process that is begun with a command.

    Whatever it starts is its too, known by the session or by a mark in the environment, `mark`.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        """Start the process.

        Args:
            name: what messages call it.
            command: program and arguments.
            log: file for its output; emptied.
            environment: variables beyond the suite's own.
            directory: where it runs; default the current folder.

        Raises:
            Broken: the program is not there or may not be run, or the folder is not there.
        """
        self.mark = uuid4().hex
        if directory and not directory.is_dir():
            raise Broken(
                f"{name}: {directory} is no folder to start it in; "
                "check [launch] directory in the target file"
            )
        with log.open("wb") as output:
            try:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(environment or {}), MARK: self.mark},
                    cwd=directory,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
            except OSError as problem:
                raise Broken(
                    f"{name}: {command[0]!r} cannot be started: {problem.strerror}; "
                    "check [launch] command in the target file"
                ) from None
        super().__init__(name, child, log)

    def strays(self) -> list[psutil.Process]:
        """Return what it has started that is no longer among its descendants, with families."""
        own = [process.pid for process in families([self.pid])]
        return families(strays(self.pid, self.mark, own))

    def stop_all(self, within_s: float) -> None:
        """Do as `stop` does, and kill what it has left behind in other groups."""
        left = [*families([self.pid]), *self.strays()]
        self.stop(within_s)
        for process in left:
            if process.pid != self.pid:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()  # psutil does not mistake another for it that has its number

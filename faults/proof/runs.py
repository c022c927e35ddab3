"""behave as a child process: against the service with a fault, in a folder of its own, in time."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from faults.proof import suite
from faults.proof.fork_client import hang_up
from faults.proof.judgement import Row, read_rows
from faults.proof.runner import SECONDS
from faults.proof.scope import ANY_ID, FEATURES
from faults.proof.suite import CONFIGURATION, ROOT

TARGET = ROOT / "targets" / "reference.toml"
CLEANUP_S = 15.0
"""How long behave may take to end its service and broker after it was interrupted."""
GRACE_S = 2.0
HOOK_ERROR = "HOOK-ERROR in "
"""What behave writes where a hook breaks: no scenario runs behind one in before_all."""

PASSED_ON = ("QAWS_TIMEOUT_FACTOR", "QAWS_PATIENCE", "QAWS_CLOCK")
"""What a run gets of the suite's own variables: the factor for grace periods, by both its names,
and the reading of the clock that all its processes count on from."""


class Run:
    """One run of behave; it is started at once."""

    def __init__(
        self,
        name: str,
        folder: Path,
        tags: Iterable[str],
        faults: Collection[str],
        allowed_s: float,
        stop_after: Mapping[str, Sequence[str]] | None = None,
        services: socket.socket | None = None,
        slow: Collection[str] = (),
        files: Sequence[Path] = (FEATURES,),
        settings: Mapping[str, str] | None = None,
        told: str = "",
    ) -> None:
        """Start behave.

        Args:
            name: what messages call it.
            folder: emptied; takes the logs, run.json and checks.jsonl.
            tags: tag expressions, all of which must hold.
            faults: those of the service; none for the sound one.
            allowed_s: how long it may take.
            stop_after: id, or ANY_ID, → words; scenarios and rows of that id that come after a
                failure in one of them are left out. Rows that those of single ids are about go
                first.
            services: a connection to the fork server, which the run ends; None to start services
                as ever.
            slow: places of the rows that take long: they go last.
            files: the feature files to read.
            settings: of the target, that differ from those of its file, as "launch.directory".
            told: what is told of the fault: what has most in common with it is asked first.
        """
        self.name = name
        self.allowed_s = allowed_s
        self.folder = folder
        self.started = time.monotonic()
        self.overdue = False
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "behave.ini").write_text(CONFIGURATION, encoding="utf-8")
        arguments = [
            *map(str, files),
            "-D",
            f"target={TARGET}",
            "-D",
            "first_look=no",
            "-D",
            "last_look=no",
            *(f"--tags={expression}" for expression in tags),
        ]
        for key, value in (settings or {}).items():
            arguments += ["-D", f"{key}={value}"]
        if faults:
            arguments += ["-D", f"launch.command={{python}} -m faults {' '.join(faults)}"]
        if stop_after:
            arguments += ["-D", f"stop_after_expected_failure={json.dumps(stop_after)}"]
        self._services = services
        named = {test_id: said for test_id, said in (stop_after or {}).items() if test_id != ANY_ID}
        words = [each for said in named.values() for each in said if each]
        self._child = suite.start(
            arguments, folder, _environment(folder), services, slow, words, told
        )

    @property
    def pid(self) -> int:
        """Return the process id of behave."""
        assert self._child.pid
        return self._child.pid

    @property
    def elapsed_s(self) -> float:
        """Return for how many seconds it has been running."""
        return time.monotonic() - self.started

    def is_over(self) -> bool:
        """Tell whether behave has ended; end it when its time is up."""
        if self._child.is_alive() and self.elapsed_s > self.allowed_s:
            self.overdue = True
            self.stop()
        return not self._child.is_alive()

    @property
    def went_well(self) -> bool:
        """Return whether behave has ended, and nothing was red."""
        return self._child.exitcode == 0

    def rows(self) -> list[Row]:
        """Return how the scenarios ended."""
        return read_rows(self.folder / "checks.jsonl")

    def seconds(self) -> dict[str, float]:
        """Return how long its scenarios took, by their places."""
        file = self.folder / SECONDS
        text = file.read_text(encoding="utf-8") if file.exists() else "{}"
        return dict(json.loads(text))

    def last_line(self) -> str:
        """Return the last line that behave wrote, for messages."""
        log = self.folder / "behave.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else "behave wrote nothing"

    def hook_error(self) -> str:
        """Return the line in which behave says that a hook broke, for messages; "" without one."""
        log = self.folder / "behave.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return next((line.strip() for line in text.splitlines() if HOOK_ERROR in line), "")

    def interrupt(self) -> None:
        """Ask behave to clean up and end."""
        if self._child.is_alive():
            os.kill(self.pid, signal.SIGINT)

    def stop(self, within_s: float = CLEANUP_S) -> None:
        """End behave and all that it started, by their ids; nothing survives."""
        family = self._family()
        self.interrupt()
        self._child.join(within_s)
        if self._child.is_alive():
            family += self._family()
            self._child.kill()
            self._child.join()
        if self._services:
            hang_up(self._services)
            self._services = None
        family += writing_in(self.folder)  # no descendants: a launcher may have stepped aside
        for process in set(family):
            if process.is_running():
                process.kill()
        psutil.wait_procs(family, timeout=GRACE_S)

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def writing_in(folder: Path) -> list[psutil.Process]:
    """Return the processes whose output goes into a folder; none where there is no /proc."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if Path(f"/proc/{pid}/fd/1").readlink().is_relative_to(folder):
                found.append(psutil.Process(pid))
    return found


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of a run: its own reports folder, and no other target."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QAWS_", "TICKER_")) or name in PASSED_ON
    }
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    return kept | {"QAWS_REPORTS": str(folder), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}

"""behave as a child process: against the service with a fault, in a folder of its own, in time."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from faults.proof.judgement import Row, read_rows

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "targets" / "reference.toml"
CLEANUP_S = 15.0
"""How long behave may take to end its service and broker after it was interrupted."""
GRACE_S = 2.0

CONFIGURATION = """\
# behave reads its configuration where it is started: here nothing writes into the real reports.
[behave]
format = null
scenario_outline_annotation_schema = {name}
show_skipped = false
show_snippets = false
junit = false
"""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def _die_with_parent() -> None:  # pragma: no cover - runs in the child
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


class Run:
    """One run of behave; it is started at once."""

    def __init__(
        self,
        name: str,
        folder: Path,
        tags: Iterable[str],
        fault: str | None,
        allowed_s: float,
        enough: Mapping[str, str] | None = None,
    ) -> None:
        """Start behave.

        Args:
            name: what messages call it.
            folder: emptied; takes the logs, run.json and checks.jsonl.
            tags: tag expressions, all of which must hold.
            fault: the service's fault, None for the sound service.
            allowed_s: how long it may take.
            enough: id → words; rows of that id that come after a failure in those words are left
                out.
        """
        self.name = name
        self.allowed_s = allowed_s
        self.folder = folder
        self.started = time.monotonic()
        self.overdue = False
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "behave.ini").write_text(CONFIGURATION, encoding="utf-8")
        command = [sys.executable, "-m", "behave", str(ROOT / "features"), "-D", f"target={TARGET}"]
        command += [f"--tags={expression}" for expression in tags]
        if fault:
            command += ["-D", f"launch.command={{python}} -m faults {fault}"]
        if enough:
            command += ["-D", f"enough={json.dumps(dict(enough))}"]
        with (folder / "behave.log").open("wb") as log:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def elapsed_s(self) -> float:
        """Return for how many seconds it has been running."""
        return time.monotonic() - self.started

    def is_over(self) -> bool:
        """Tell whether behave has ended; end it when its time is up."""
        if self._child.poll() is None and self.elapsed_s > self.allowed_s:
            self.overdue = True
            self.stop()
        return self._child.poll() is not None

    def rows(self) -> list[Row]:
        """Return how the scenarios ended."""
        return read_rows(self.folder / "checks.jsonl")

    def last_line(self) -> str:
        """Return the last line that behave wrote, for messages."""
        text = (self.folder / "behave.log").read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else "behave wrote nothing"

    def interrupt(self) -> None:
        """Ask behave to clean up and end."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGINT)

    def stop(self, within_s: float = CLEANUP_S) -> None:
        """End behave and all that it started, by their ids; nothing survives."""
        family = self._family()
        self.interrupt()
        try:
            self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            family += self._family()
            self._child.kill()
            self._child.wait()
        for process in set(family):
            if process.is_running():
                process.kill()
        psutil.wait_procs(family, timeout=GRACE_S)

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self._child.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of a run: its own reports folder, and no other target."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QAWS_", "TICKER_")) or name == "QAWS_PATIENCE"
    }
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    return kept | {"QAWS_REPORTS": str(folder), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}

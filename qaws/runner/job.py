"""The main job: behave, then the report, whatever came of it: `qaws run [behave args…]`.

A first Ctrl-C (or SIGTERM, SIGHUP) lets behave end its cleanup, and the report of what was
verified so far is still written, with the verdict ABORTED. A second one stops at once. Nothing
that behave started outlives the job.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

from qaws import places
from qaws.gherkin.tag_names import tags_in
from qaws.report.node import ReportError
from qaws.report.signoff import (
    EXIT_ABORTED,
    EXIT_BROKEN,
    EXIT_INCOMPLETE,
    PAGES,
    make_report,
    reports_folder,
    require_writable,
)
from qaws.runtime.lock import INHERITED, hold
from qaws.verdict import Broken

CLEANUP_S = float(os.environ.get("QAWS_CLEANUP_S", "60"))  # how long behave may clean up
GRACE_S = 3.0  # how long a process may take to heed SIGTERM
ONE_PRESS_S = 0.5  # signals closer than this are one: make and the terminal both pass them on
ACCEPT_UNVERIFIED = "--accept-unverified"
"""Has a run whose only lack is what the target cannot show count as one that passed."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEFTOVERS = ("allure-results", "junit", "logs", "run.json", "checks.jsonl", *PAGES)
PATTERNS = (("-n", "--name"), ("-i", "--include"), ("-e", "--exclude"))
"""Options of behave's that take a regular expression, and end it with a traceback for a bad one."""
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None)


class Interruptions:
    """Counts the signals that ask the job to stop, and passes the first on to behave."""

    def __init__(self) -> None:
        self.count = 0
        self.child: subprocess.Popen[bytes] | None = None
        self._last = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: forward the first, raise KeyboardInterrupt for any other."""
        now = time.monotonic()
        if now - self._last < ONE_PRESS_S:
            return
        self._last = now
        self.count += 1
        if self.count > 1 or self.child is None:
            raise KeyboardInterrupt
        print("\nStopping: waiting for the cleanup (Ctrl-C again stops at once)", file=sys.stderr)
        if self.child.poll() is None:
            os.kill(self.child.pid, signal.SIGINT)


def run_job(arguments: list[str], reports: Path) -> int:
    """Run behave with `arguments`, then report; return the exit code for the shell."""
    with supervised() as interruptions:
        return run_and_report(arguments, reports, interruptions)


def run_and_report(arguments: list[str], reports: Path, interruptions: Interruptions) -> int:
    """Do what `run_job` does, for whoever runs something else besides."""
    try:
        require_writable(reports)
        with hold(reports) as lock:
            _clear(reports)
            return _run_alone(arguments, reports, interruptions, lock)
    except (ReportError, Broken) as error:
        print(f"BROKEN: {error}", file=sys.stderr)
        return EXIT_BROKEN


def _run_alone(
    arguments: list[str], reports: Path, interruptions: Interruptions, lock: IO[str]
) -> int:
    """Run and report while nobody else writes in the folder, from its clearing to the sheet."""
    given = [each for each in arguments if each != ACCEPT_UNVERIFIED]
    try:
        behave_exit = refused(given, reports) or behave(given, reports, interruptions, lock=lock)
        interruptions.child = None
        code = _report(reports, behave_exit, aborted=interruptions.count > 0)
        return 0 if code == EXIT_INCOMPLETE and given != arguments else code
    except KeyboardInterrupt:
        print("Stopped at once: no report was made", file=sys.stderr)
        return EXIT_ABORTED


@contextmanager
def supervised() -> Iterator[Interruptions]:
    """Heed the signals that ask to stop; behind the block nothing that it started is left."""
    interruptions = Interruptions()
    _adopt_orphans()
    for number in SIGNALS:
        signal.signal(number, interruptions)
    try:
        yield interruptions
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        _end(
            psutil.Process().children(recursive=True),
            grace_s=0 if interruptions.count > 1 else GRACE_S,
        )


def _clear(reports: Path) -> None:
    """Delete what an earlier run left; the history stays."""
    stale = [reports / name for name in LEFTOVERS] + list(reports.glob(".allure-*"))
    for path in stale:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ReportError(f"{path} cannot be deleted: {error.strerror}") from error


def refused(arguments: list[str], reports: Path) -> int:
    """Return an exit code, and record why, where behave could not read the arguments; else 0."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-t", "--tags", action="append", nargs="?", default=[])
    for short, long in PATTERNS:
        parser.add_argument(short, long, action="append", nargs="?", default=[])
    try:
        given = parser.parse_known_args(arguments)[0]
        for expression in filter(None, given.tags):
            tags_in(expression)
        for short, long in PATTERNS:
            for pattern in filter(None, getattr(given, long.removeprefix("--"))):
                _require_pattern(short, pattern)
    except Broken as problem:
        from qaws.runner.record import new_record, now, write_junit, write_record

        print(f"BROKEN: {problem}", file=sys.stderr)
        ended = {"state": "broken", "error": str(problem), "ended": now()}
        write_record(reports, new_record([], {}) | ended)
        write_junit(reports / "junit", str(problem))
        return EXIT_BROKEN
    return 0


def _require_pattern(option: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise Broken(
            f'{option} "{pattern}": is no regular expression ({problem}); a bracket of a title has '
            f'a backslash in front of it: {option} "{re.escape(pattern)}"'
        ) from None


def behave(
    arguments: list[str],
    reports: Path,
    interruptions: Interruptions,
    *,
    output: IO[bytes] | None = None,
    variables: Mapping[str, str] | None = None,
    lock: IO[str] | None = None,
) -> int:
    """Run behave to its end and return its exit code.

    Args:
        arguments: behave's.
        reports: where it writes.
        interruptions: what asks it to stop.
        output: where its output goes; default to this process's.
        variables: of its environment, besides those of this process.
        lock: of the folder, where this process holds it; behave holds it then too.

    It gets a session of its own, so that a terminal's Ctrl-C reaches this process alone, which
    passes it on exactly once: a second one would cut behave's cleanup short.
    """
    ours = {"PYTHONUNBUFFERED": "1", "QAWS_REPORTS": str(reports.resolve())}
    held = [lock.fileno()] if lock else []
    ours[INHERITED] = "".join(map(str, held))
    child = subprocess.Popen(
        [sys.executable, "-m", "behave", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output and subprocess.STDOUT,
        env={**os.environ, **(variables or {}), **ours},
        start_new_session=True,
        pass_fds=held,
        preexec_fn=_stop_with_parent,
    )
    interruptions.child = child
    deadline = float("inf")
    while True:
        try:
            return child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            if interruptions.count and deadline == float("inf"):
                deadline = time.monotonic() + CLEANUP_S
            if time.monotonic() > deadline:
                print(f"behave did not end within {CLEANUP_S:g} s: ending it", file=sys.stderr)
                _end(psutil.Process().children(recursive=True), grace_s=GRACE_S)
                return child.wait()


def _report(reports: Path, behave_exit: int, *, aborted: bool) -> int:
    may_lack = places.IS_INSTALLED  # the project has `make setup`
    code = make_report(reports, behave_exit=behave_exit, aborted=aborted, may_lack=may_lack)
    return EXIT_ABORTED if aborted else code


def _adopt_orphans() -> None:
    """Become the parent of what behave leaves behind, so that it can be found and ended."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stop_with_parent() -> None:  # pragma: no cover - runs in the child
    """Have behave clean up and end, as with Ctrl-C, when this process is killed outright."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _end(processes: list[psutil.Process], *, grace_s: float) -> None:
    """End `processes`: SIGTERM, then, after `grace_s` seconds, SIGKILL; at once where that is 0."""
    if not processes:
        return
    if grace_s:
        for process in processes:
            _send(process, signal.SIGTERM)
        _, processes = psutil.wait_procs(processes, timeout=grace_s)
    for process in processes:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(processes, timeout=GRACE_S)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def main() -> int:
    """Run the main job in the current directory."""
    return run_job(sys.argv[1:], reports_folder())


if __name__ == "__main__":
    sys.exit(main())

"""One run at a time in a reports folder: two would mix their results, and that can look green."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from qaws.verdict import Broken

NAME = ".lock"
INHERITED = "QAWS_LOCK"
"""The variable in which a process tells its child the descriptor of the lock that both hold."""


def hold(reports: Path, kind: str = "") -> IO[str]:
    """Lock a reports folder, or what one kind of run beside the main job has there.

    It is locked until the returned file is closed, or the process ends.

    A child that was given the descriptor holds what its parent holds, and for as long as either of
    them lives: nobody comes in between, and not behind a parent that was killed either.

    Raises:
        Broken: another run holds it, or the folder cannot be written.
    """
    place = reports / (f"{NAME}-{kind}" if kind else NAME)
    if inherited := _inherited(place):
        return inherited
    try:
        file = place.open("a+", encoding="utf-8")
    except OSError as problem:
        raise Broken(f"{reports}: cannot be written: {problem.strerror}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise Broken(
            f"{reports / kind}: another run (process {owner}) is writing here; wait for its end, "
            "or name another folder in QAWS_REPORTS"
        ) from None
    try:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
    except OSError as problem:
        with suppress(OSError):
            file.close()
        raise Broken(f"{reports}: cannot be written: {problem.strerror}") from None
    return file


def _inherited(place: Path) -> IO[str] | None:
    """Return the lock that the parent has passed on, where it is this one."""
    told = os.environ.get(INHERITED, "")
    if not told.isdecimal():
        return None
    try:
        if not os.path.samestat(os.fstat(int(told)), place.stat()):
            return None
        os.set_inheritable(int(told), False)
        file = os.fdopen(int(told), "a+", encoding="utf-8", closefd=False)
    except OSError:
        return None
    with suppress(OSError):  # whoever finds it held may find one of the two ended
        file.truncate(0)
        file.write(f"{os.getppid()}, {os.getpid()}")
        file.flush()
    return file

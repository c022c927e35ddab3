"""One run at a time in a reports folder: two would mix their results, and that can look green."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from qaws.verdict import Broken

NAME = ".lock"


def hold(reports: Path) -> IO[str]:
    """Lock a reports folder until the returned file is closed, or the process ends.

    Raises:
        Broken: another run holds it.
    """
    file = (reports / NAME).open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise Broken(
            f"{reports}: another run (process {owner}) is writing here; wait for its end, or name "
            "another folder in QAWS_REPORTS"
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file

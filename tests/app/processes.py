"""Processes that end with their test, and waits that only a hang can miss."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

DEADLINE_S = 60.0 * float(os.environ.get("QAWS_PATIENCE", "1"))
"""How long a test waits for what must come: no busy machine needs so long, only a hang does."""
ASK_EVERY_S = 0.01


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """Return the first true value of a condition, or fail at the deadline."""
    end = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {DEADLINE_S:g} s: {what}"
        time.sleep(ASK_EVERY_S)
    return value


@contextmanager
def started(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program from the root of the repository; it ends with the block, whatever happens."""
    with subprocess.Popen(command, cwd=ROOT, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that a program prints, "" when it ends without one.

    To be asked for one line at a time: what has been read ahead does not count as there.
    """
    assert process.stdout is not None
    there, _, _ = select.select([process.stdout], [], [], DEADLINE_S)
    assert there, f"not within {DEADLINE_S:g} s: a line of {process.args}"
    return process.stdout.readline()

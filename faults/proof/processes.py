"""What turns a forked process into one that might have been begun anew."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_MADV_POPULATE_WRITE = 23
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: signal.Signals) -> None:
    """Ask Linux to send this process a signal when its parent ends in any way (prctl(2))."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)


def settle(log: int, environment: Mapping[str, str], folder: Path) -> None:
    """Give this process a log, an environment and a folder of its own.

    Args:
        log: descriptor of the file that takes what it writes.
        environment: all of its variables.
        folder: where it runs.
    """
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as it lives
    sys.stdout, sys.stderr = (
        open(number, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
        for number in (1, 2)
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


def own_all_pages() -> None:
    """Copy every page that a fork shares with its parent, as if it had never been shared.

    Else each would be copied when it is first written to, and a service whose memory is watched
    would seem to grow.

    Raises:
        OSError: the kernel is older than Linux 5.14.
    """
    for start, end in _writable():
        if _LIBC.madvise(
            ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_POPULATE_WRITE
        ):
            error = ctypes.get_errno()
            raise OSError(error, f"memory cannot be populated: {os.strerror(error)}")


def _writable() -> Iterator[tuple[int, int]]:
    """Yield start and end of the private memory that this process may write to."""
    for line in Path("/proc/self/maps").read_text(encoding="ascii").splitlines():
        place, permissions, *_ = line.split()
        if permissions == "rw-p":
            start, _, end = place.partition("-")
            yield int(start, 16), int(end, 16)

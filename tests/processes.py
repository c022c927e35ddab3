"""Processes of the tests, which end with them."""

import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import HANG_S

ROOT = Path(__file__).parents[1]


def is_alive(pid):
    """Return whether a process runs; one that has ended and was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children():
    """Return the ids of the processes that this one has started and that are alive."""
    found = psutil.Process().children(recursive=True)
    return {child.pid for child in found if is_alive(child.pid)}


def end_family(process: subprocess.Popen) -> None:
    """End a process and its children at once; nothing happens where all have ended."""
    family = []
    if process.poll() is None:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait(HANG_S)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()
    _, left = psutil.wait_procs(family, timeout=HANG_S)
    assert not left


def run(command, *, within_s=2 * HANG_S, **options):
    """Run a program to its end, which must come in time; return exit code and output.

    Whatever happens, neither it nor its children are there afterwards.
    """
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )
    try:
        output, errors = process.communicate(timeout=within_s)
    finally:
        end_family(process)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


@contextmanager
def started(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program from the root of the repository; it ends with the block, whatever happens."""
    process = subprocess.Popen(command, cwd=ROOT, text=True, **options)
    try:
        yield process
    finally:
        end_family(process)


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that a program prints, "" when it ends without one.

    To be asked for one line at a time: what has been read ahead does not count as there.
    """
    assert process.stdout is not None
    there, _, _ = select.select([process.stdout], [], [], HANG_S)
    assert there, f"not within {HANG_S:g} s: a line of {process.args!r}"
    return process.stdout.readline()

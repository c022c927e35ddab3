"""What Linux counts for each thread: how long it ran, and how long it was kept from running.

The first two figures of /proc/PID/task/TID/schedstat, in ns
(Documentation/scheduler/sched-stats.rst). A wait is counted when it ends, and not while it lasts.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qaws.measure.family import families

MOST_THREADS = 256
"""So many threads are followed at most: each takes two file descriptors."""

RUNNABLE = b"R"
"""The state of a thread that runs or could (proc(5), the third field of stat)."""


@dataclass(slots=True)
class Thread:
    """A thread's open schedstat and stat, and what was read last: ns that it ran, and waited."""

    figures: int
    stat: int
    ran_ns: int
    waited_ns: int

    def close(self) -> None:
        """Follow it no more."""
        os.close(self.figures)
        os.close(self.stat)


Threads = dict[int, Thread]
"""Threads by their ids."""


def follow(threads: Threads, pids: Iterable[int], most: int = MOST_THREADS) -> None:
    """Follow each thread of processes and of their children from here on; forget who has ended."""
    found = {tid: path for pid in pids for tid, path in _threads(pid)}
    for tid in threads.keys() - found.keys():
        threads.pop(tid).close()
    for tid in found.keys() - threads.keys():
        if len(threads) < most and (thread := _opened(found[tid])):
            threads[tid] = thread


def forget(threads: Threads) -> None:
    """Follow none of them any more."""
    while threads:
        threads.popitem()[1].close()


def progress(threads: Threads) -> tuple[float, float, float]:
    """Return since the last reading how long all of them ran, the longest wait, and all waits.

    In ms. One that has ended is forgotten.
    """
    ran = longest = total = 0
    for tid, thread in list(threads.items()):
        try:
            now = _figures(thread.figures)
        except (OSError, ValueError):
            threads.pop(tid).close()
            continue
        waited = now[1] - thread.waited_ns
        ran, longest, total = ran + now[0] - thread.ran_ns, max(longest, waited), total + waited
        thread.ran_ns, thread.waited_ns = now
    return ran / 1e6, longest / 1e6, total / 1e6


def own_wait_ms() -> float:
    """Return how long this process's first thread was kept from running so far; 0 where unknown."""
    try:
        with open("/proc/self/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0


def are_at_rest(threads: Threads) -> bool:
    """Return whether none of them runs or could, so that all it did is in the figures."""
    return not any(_state(thread.stat) == RUNNABLE for thread in threads.values())


def _state(descriptor: int) -> bytes:
    with contextlib.suppress(OSError):
        return os.pread(descriptor, 512, 0).rpartition(b") ")[2][:1]
    return b""


def _figures(descriptor: int) -> tuple[int, int]:
    ran, waited = os.pread(descriptor, 64, 0).split()[:2]
    return int(ran), int(waited)


def _opened(folder: str) -> Thread | None:
    """Begin to follow a thread; None where it has ended, or this kernel does not count."""
    opened: list[int] = []
    try:
        for name in ("schedstat", "stat"):
            opened.append(os.open(f"{folder}/{name}", os.O_RDONLY))
        return Thread(opened[0], opened[1], *_figures(opened[0]))
    except (OSError, ValueError):
        for descriptor in opened:
            os.close(descriptor)
        return None


def _threads(root: int) -> Iterator[tuple[int, str]]:
    """Yield the threads of a process and of its descendants: their ids, and the folder of each.

    Descendants are those that the kernel lists: without a look at every process of the machine.
    """
    pids, seen = [root], {root}
    while pids:
        pid = pids.pop()
        with contextlib.suppress(OSError):
            for tid in os.listdir(f"/proc/{pid}/task"):
                yield int(tid), f"/proc/{pid}/task/{tid}"
                new = [each for each in _children(pid, tid) if each not in seen]
                pids += new
                seen.update(new)


def _children(pid: int, tid: str) -> list[int]:
    """Return the children that a thread has made."""
    try:
        with open(f"/proc/{pid}/task/{tid}/children", "rb") as listed:
            return [int(each) for each in listed.read().split()]
    except FileNotFoundError:  # a kernel without that list, or a thread that has just ended
        if os.path.exists(f"/proc/self/task/{os.getpid()}/children") or int(tid) != pid:
            return []
        return [process.pid for process in families([pid]) if process.pid != pid]
    except OSError:
        return []

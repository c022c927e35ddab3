"""The harness's own memory: bounded, and never tidied up while something is measured.

What is asked of the allocator is glibc's (mallopt(3), malloc_trim(3)); elsewhere it is left out.
"""

from __future__ import annotations

import ctypes
import gc
import traceback
from itertools import count

M_ARENA_MAX = -8
"""mallopt's name for the number of arenas; by default there are up to eight for each core."""

WHOLE_EVERY = 20
"""Every so many scenarios everything is looked through; else only what came since the last look."""

_looks = count(1)


def use_one_arena() -> None:
    """Let all threads take memory from one arena: each has holes of its own otherwise."""
    _call("mallopt", M_ARENA_MAX, 1)


def collect_only_between_scenarios() -> None:
    """Stop collections that begin by themselves: one would stop the clock of a measurement."""
    gc.freeze()
    gc.disable()


def forget_locals(problem: BaseException | None) -> None:
    """Let go of what the functions held that an exception went through, and those it came from.

    Who keeps it, and its traceback, keeps no more than where that was.
    """
    known: set[int] = set()
    while problem is not None and id(problem) not in known:
        known.add(id(problem))
        traceback.clear_frames(problem.__traceback__)
        problem = problem.__cause__ or problem.__context__


def give_back() -> None:
    """Collect what an ended scenario has left, and return freed memory to the system.

    To look through all that a run has loaded took a twelfth of its time. What an ended scenario
    leaves was made since the one before it ended; what lived longer is found every so often.
    """
    gc.collect(1 if next(_looks) % WHOLE_EVERY else 2)
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None)
    if function:
        function(*arguments)

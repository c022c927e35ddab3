"""Waits of the tests: a condition, and a deadline that only a hang can miss."""

import asyncio
import os
import time

HANG_S = 60.0 * float(os.environ.get("QAWS_TESTS_TIMEOUT_FACTOR", "1"))
"""When a wait is given up, in seconds. What must come gets this much, however busy the machine."""

LOOK_EVERY_S = 0.005


def until(condition, what="", within_s=HANG_S):
    """Return the first true value of a condition; fail at the deadline."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what or condition}"
        time.sleep(LOOK_EVERY_S)
    return value


async def soon(condition, what="", within_s=HANG_S):
    """Do as `until` does, on an event loop."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what or condition}"
        await asyncio.sleep(LOOK_EVERY_S)
    return value

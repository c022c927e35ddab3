"""File descriptors: every client needs one, and a process may have only so many."""

from __future__ import annotations

import resource

from qaws.verdict import Broken

SPARE = 64
"""For everything in a process that is not a client: log, libraries, control connection."""


def require_descriptors(clients: int) -> None:
    """Make room for so many clients in this process, raising the soft limit if need be.

    Raises:
        Broken: the hard limit is too low.
    """
    needed = clients + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard == resource.RLIM_INFINITY or hard >= needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        return
    raise Broken(
        f"{clients} clients in one process need {needed} file descriptors, but the limit is "
        f"{hard}: raise it (ulimit -n {needed}, or LimitNOFILE=), or use more workers"
    )

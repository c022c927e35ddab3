"""All faults, by name, in the order of the specification."""

from __future__ import annotations

import difflib

from faults import (
    authentication,
    broadcasting,
    errors,
    hostile,
    idle,
    isolation,
    keepalive,
    latency,
    leaks,
    limits,
    nodes,
    origins,
    outage,
    pages,
    payloads,
    publishers,
    returns,
    sessions,
    shutdown,
    slow_consumers,
    storm,
    subscriptions,
    throughput,
    tokens,
)
from faults.fault import Fault

CAPABILITIES = {
    "sessions": sessions,
    "authentication": authentication,
    "broadcasting": broadcasting,
    "subscriptions": subscriptions,
    "several publishers": publishers,
    "reconnecting": returns,
    "error handling": errors,
    "idle timeout": idle,
    "connection limit": limits,
    "broker outage": outage,
    "shutdown": shutdown,
    "several nodes": nodes,
    "latency": latency,
    "throughput": throughput,
    "slow consumers": slow_consumers,
    "memory stability": leaks,
    "connection storm": storm,
    "origins": origins,
    "tokens": tokens,
    "isolation": isolation,
    "hostile clients": hostile,
    "feed payloads": payloads,
    "keepalive": keepalive,
    "browsers": pages,
}
"""Capability → the module with its faults."""


class UnknownFault(Exception):
    """No fault has this name; the message says which one is nearest."""


def _collect() -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    for module in CAPABILITIES.values():
        for value in vars(module).values():
            if isinstance(value, Fault):
                if value.name in faults:
                    raise ValueError(f"two faults are called {value.name}")
                faults[value.name] = value
    return faults


FAULTS = _collect()


def find(name: str) -> Fault:
    """Return the fault of this name.

    Raises:
        UnknownFault: there is none.
    """
    if name not in FAULTS:
        nearest = difflib.get_close_matches(name, FAULTS, n=1, cutoff=0)[0]
        raise UnknownFault(
            f"{name}: no such fault; did you mean {nearest}? (python -m faults lists all)"
        )
    return FAULTS[name]

"""What a fault is, and the two tools that faults are made with."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

Patch = Callable[[], None]
Place = tuple[Any, str]
"""An attribute: the module or class that has it, and its name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which the service is broken.

    Attributes:
        name: kebab-case, unique.
        story: one sentence in production words: what is broken, and what it costs.
        caught_by: id of a scenario that must fail → a phrase of its verdict. The first is the one
            that the fault was made for.
        apply: breaks the service; to be called before the service starts.
        also: ids of scenarios that may fail too, or not verify, or pass: as their ticks happen to
            fall, or where what the fault breaks is a part of what they need.
    """

    name: str
    story: str
    caught_by: Mapping[str, str]
    apply: Patch
    also: Collection[str] = ()


def fault(
    story: str, caught_by: Mapping[str, str], also: Collection[str] = ()
) -> Callable[[Patch], Fault]:
    """Make a patch a fault; its name is the function's, with hyphens."""

    def make(patch: Patch) -> Fault:
        return Fault(patch.__name__.replace("_", "-"), story, caught_by, patch, also)

    return make


def replace(owner: Any, name: str, new: object) -> None:
    """Put `new` in the place of an attribute of `owner` that is there.

    Raises:
        AttributeError: there is no such attribute: the service has changed, the fault must follow.
    """
    if not hasattr(owner, name):
        raise AttributeError(f"{owner.__name__} has no {name} to break")
    if _asked is None:
        setattr(owner, name, new)
    else:
        _asked.append((owner, name))


_asked: list[Place] | None = None
"""What a fault would replace, while it is only asked for that."""


def places_of(fault: Fault) -> list[Place]:
    """Return what a fault replaces; nothing is broken by asking."""
    global _asked
    _asked = []
    try:
        fault.apply()
        return _asked
    finally:
        _asked = None


def edited(payload: bytes, edit: Callable[[dict[str, Any]], None]) -> bytes:
    """Return the JSON object `payload` after `edit` has changed it in place."""
    members: dict[str, Any] = json.loads(payload)
    edit(members)
    return json.dumps(members).encode()

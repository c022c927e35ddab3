"""What a variation is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faults.fault import replace

__all__ = ["Variation", "replace", "variation"]

Patch = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Variation:
    """One thing that a good service may do otherwise.

    Attributes:
        name: kebab-case, unique.
        story: one sentence: what the service does.
        authority: what leaves it free to do so.
        apply: has the reference service do so; to be called before it starts.
    """

    name: str
    story: str
    authority: str
    apply: Patch


def variation(story: str, authority: str) -> Callable[[Patch], Variation]:
    """Make a patch a variation; its name is the function's, with hyphens."""

    def make(patch: Patch) -> Variation:
        return Variation(patch.__name__.replace("_", "-"), story, authority, patch)

    return make

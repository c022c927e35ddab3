"""What is known of where a message has its ticks."""

from __future__ import annotations

from typing import NamedTuple

from qaws.protocol.free_numbers import Steps, meet


class Where(NamedTuple):
    """The ways to what one tick of a message has, from the beginning of the payload.

    `marks` is name → way, with `MARKS` and the due time as names; `fields` is a member of `qa-ws` →
    way. What neither has stands below `members`, if that is not None.
    """

    marks: dict[str, Steps]
    fields: dict[str, Steps]
    members: Steps | None

    def to_mark(self, name: str) -> Steps | None:
        """Return the way to a mark; None where there is none."""
        below = None if self.members is None else (*self.members, name)
        return self.marks.get(name, below)

    def to_member(self, name: tuple[str, ...]) -> Steps | None:
        """Return the way to a member by its names, each within the one before; None if unknown."""
        for length in range(len(name), 0, -1):
            if (way := self.fields.get(".".join(name[:length]))) is not None:
                return (*way, *name[length:])
        return None if self.members is None else (*self.members, *name)


class Layout(NamedTuple):
    """One message, and what another must have in common with it to be like it.

    Attributes:
        ticks: where each of its ticks stands.
        fixed: the ways to what must be the same.
        judged: the ways to all that anybody looks at: texts there must be the same too.
        as_text: whether numbers come as texts.
    """

    ticks: list[Where]
    fixed: list[Steps]
    judged: list[Steps]
    as_text: bool

    def is_fixed(self, path: Steps, *, number: bool) -> bool:
        """Return whether what stands at a path must be the same; `number`: it is one."""
        ways = self.fixed if number else self.fixed + self.judged
        return any(meet(path, steps) for steps in ways)

"""Where a tick has what the features speak of, and how that is taken over."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from qaws.protocol.paths import MISSING, Path


class Place:
    """A path from a tick, or from its message where it begins with `$`."""

    def __init__(self, text: str) -> None:
        """Compile it; `qaws.protocol.paths` says what is a path."""
        self.text = text
        self._of_message = text.startswith(("$.", "$["))
        self._path = Path(text)
        steps = self._path.steps
        self._members = [step for step in steps if isinstance(step, str)]
        self._has_elements = len(self._members) != len(steps)

    def steps_from(self, each: Path) -> tuple[str | int | None, ...]:
        """Return the way to it from the message, where ticks stand at `each`."""
        return self.steps_at((), each.steps)

    def steps_at(
        self, message: tuple[str | int | None, ...], item: tuple[str | int | None, ...]
    ) -> tuple[str | int | None, ...]:
        """Return the way to it, by those to its message and to one tick in that."""
        return (message if self._of_message else item) + self._path.steps

    def get(self, document: Any, item: Any) -> Any:
        """Return what stands there, `MISSING` where nothing does."""
        value = document if self._of_message else item
        if self._has_elements:
            return self._path.get(value)
        for member in self._members:  # as the path does it, in half the time
            if not isinstance(value, dict):
                return MISSING
            value = value.get(member, MISSING)
        return value


def put(message: dict[str, Any], name: str, value: Any) -> None:
    """Set a member by its name, which may lead into another."""
    if "." not in name:
        message[name] = value
        return
    *before, last = name.split(".")
    for member in before:
        message = message.setdefault(member, {})
    message[last] = value


def number_of(value: Any, exactly: bool) -> Any:
    """Return the number that a text is; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        found = Decimal(value)
    except InvalidOperation:
        return value
    if not found.is_finite():
        return value
    whole = found == found.to_integral_value() and "." not in value and "e" not in value.lower()
    if whole:
        return int(found)
    return found if exactly else float(found)

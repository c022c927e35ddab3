"""Typed slots for what one capability knows of a scenario, after the manner of pytest's stash.

Each capability keeps the key beside the class of its value; nobody else needs to know either.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from qaws.verdict import Broken

T = TypeVar("T")


class Key(Generic[T]):
    """Names one slot, and says what is wrong with a scenario that needs it and finds it empty."""

    __slots__ = ("missing",)

    def __init__(self, missing: str) -> None:
        self.missing = missing


class Stash:
    """The slots of one scenario; the holder knows none of the types."""

    def __init__(self) -> None:
        self._slots: dict[Key[Any], Any] = {}

    def __getitem__(self, key: Key[T]) -> T:
        """Return what is in a slot.

        Raises:
            Broken: nothing is: the scenario lacks a step.
        """
        if key not in self._slots:
            raise Broken(key.missing)
        value: T = self._slots[key]
        return value

    def __setitem__(self, key: Key[T], value: T) -> None:
        """Fill a slot, or fill it anew."""
        self._slots[key] = value

    def __contains__(self, key: Key[Any]) -> bool:
        """Return whether a slot is filled."""
        return key in self._slots

    def get(self, key: Key[T]) -> T | None:
        """Return what is in a slot, None for nothing."""
        return self._slots.get(key)

    def setdefault(self, key: Key[T], value: T) -> T:
        """Return what is in a slot; fill it first if it is empty."""
        kept: T = self._slots.setdefault(key, value)
        return kept

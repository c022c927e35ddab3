"""What a client tries in vain, by the names that the features give it.

Selections of which one half is wrong (QA-WS-119) are in `features/data/half-valid-selections.toml`,
ways to publish (QA-WS-025) in `attempts-to-publish.toml`.
"""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from qaws.protocol.market import Selection
from qaws.protocol.rows import Row, RowList, Table


class Held(Table):
    """A selection: instruments, or symbols."""

    instruments: tuple[int, ...] = ()
    symbols: tuple[str, ...] = ()

    @property
    def selection(self) -> Selection:
        """Return it as clients subscribe to it."""
        if self.instruments:
            return Selection("instruments", instruments=self.instruments)
        return Selection("symbols", symbols=self.symbols)


class HalfValid(Row):
    """A selection of which one half is wrong; `holds` is what may be held of it."""

    sends: dict[str, Any]
    holds: Held

    @field_validator("holds")
    @classmethod
    def _is_one_kind(cls, holds: Held) -> Held:
        if bool(holds.instruments) == bool(holds.symbols):
            raise ValueError("names either instruments or symbols")
        return holds


class Attempt(Row):
    """A message that would be a tick if it came from the feed; code makes it."""


HALVES = RowList("half-valid-selections", "half-valid selection", HalfValid)
ATTEMPTS = RowList("attempts-to-publish", "attempt to publish", Attempt)

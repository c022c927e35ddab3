"""How a connection ended, and how it should have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Ending:
    """How a connection ended: close code and reason as received, and who began it."""

    at_ns: int
    code: int
    reason: str
    by: Literal[
        "the service",
        "the client",
        "nobody: the network connection was cut",
        "the client, because the service broke the WebSocket protocol",
    ]

    def __str__(self) -> str:
        reason = f' "{self.reason}"' if self.reason else " without a reason"
        return f"closed with {self.code}{reason} by {self.by}"


@dataclass(frozen=True, slots=True)
class ExpectedClose:
    """A close frame that a scenario allows.

    Attributes:
        codes: any one of these close codes.
        reasons: the reason contains one of these, in capitals or not; none for any reason.
    """

    codes: Sequence[int]
    reasons: Sequence[str] = ()

    def fits(self, code: int | None, reason: str) -> bool:
        """Return whether a close with this code and reason is allowed."""
        contained = [each for each in self.reasons if each.casefold() in reason.casefold()]
        return code in self.codes and (bool(contained) or not self.reasons)

    def fits_ending(self, ending: Ending | None) -> bool:
        """Return whether a connection has ended in that way, whoever began."""
        return ending is not None and self.fits(ending.code, ending.reason)

    def __str__(self) -> str:
        codes = " or ".join(map(str, self.codes))
        quoted = " or ".join(f'"{reason}"' for reason in self.reasons)
        return f"{codes} and a reason containing {quoted}" if quoted else codes


@dataclass(frozen=True, slots=True)
class Refusal:
    """How clients are refused: by one of these HTTP statuses, or also by a close if allowed."""

    statuses: Sequence[int]
    close: ExpectedClose | None = None

    def __str__(self) -> str:
        status = f"HTTP {' or '.join(map(str, self.statuses))}"
        if self.close is None:
            return f"{status} in answer to the handshake"
        return f"{status}, or a close with {self.close}"

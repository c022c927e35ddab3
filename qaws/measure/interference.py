"""What other than the service could have made a time long: stalls, waits for a CPU, lateness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that may have lengthened a time, in words that its length in ms follows on."""

    words: str
    ms: float


def waited_for_cpu(ms: float) -> Cause:
    """Return the cause that service and broker had to wait for a CPU."""
    return Cause("service and broker waited for a CPU for up to", ms)


def explains(causes: Sequence[Cause], measured_ms: float, bound_ms: float) -> str | None:
    """Say that causes other than the service could have broken a bound; None when they could not.

    Args:
        causes: at worst, all of them fell into the time that was measured.
        measured_ms: that time.
        bound_ms: what is allowed.

    Returns:
        A sentence for `Inconclusive`.
    """
    if measured_ms - sum(cause.ms for cause in causes) >= bound_ms:
        return None
    told = [f"{cause.words} {cause.ms:.0f} ms" for cause in causes]
    return (
        f"in such a time {', '.join(told)}: without that the bound could be met; "
        "run it again on a quieter machine"
    )

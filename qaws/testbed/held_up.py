"""For how long the machine held up the harness, or those whom a tick passes on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qaws.feed import Feed
from qaws.measure.stall import StallMeter
from qaws.measure.starvation import Starvation
from qaws.sut.broker import Broker
from qaws.sut.service import Service
from qaws.verdict import Checks

Parts = tuple[Sequence[tuple[Service, int]], Broker | None, Feed | None]
"""The services of a scenario with what their logs have, the broker, and the feed of a run."""


class HeldUp:
    """Watches a run until `close`: one account of what a wait in vain may owe to the machine."""

    def __init__(self, stalls: StallMeter, parts: Callable[[], Parts]) -> None:
        """Begin to watch; who is elsewhere is not seen to wait for anything.

        Args:
            stalls: of the harness's own loop.
            parts: who stands between a publish and its arrival now; asked for in another thread.
        """

        def serving() -> list[int | None]:
            return [each.process.pid for each, _ in [*parts()[0]] if each.process]

        def broker() -> list[int | None]:
            return [found.pid] if (found := parts()[1]) else []

        def publisher() -> list[int | None]:
            return [found.publisher_pid] if (found := parts()[2]) else []

        watched = {"the service": serving, "the broker": broker, "the publisher": publisher}
        self._stalls, self._starvation = stalls, Starvation(watched)
        self.look, self.close = self._starvation.look, self._starvation.close

    def checks(self) -> Checks:
        """Return the checks of a scenario that begins."""
        return Checks(self._stalls.between, self.waited_ms)

    def waited_ms(self, start_ns: int, end_ns: int) -> Mapping[str, float]:
        """Return who waited for a CPU between two instants, and for how many milliseconds."""
        return self._starvation.between(start_ns, end_ns)

    def ms(self, start_ns: int, end_ns: int) -> float:
        """Return for how many ms the machine held up harness or service between two instants.

        Whether both were held up at the same time cannot be told, so only the longer counts.
        """
        waited = sum(self.waited_ms(start_ns, end_ns).values())
        return max(self._stalls.between(start_ns, end_ns), waited)

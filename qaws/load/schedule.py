"""When ticks are due: an open-loop schedule, fixed before the first of them is published."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from qaws.measure.pace import KEPT
from qaws.measure.stall import Stalls
from qaws.protocol.spelling import Spelling

LATE_MS = 20.0
"""A publisher whose p99 lag is above this did not offer the load that the scenario names."""


class Spike(msgspec.Struct, frozen=True):
    """`factor` times the rate for `length_s` seconds, from `start_s` on."""

    factor: float
    start_s: float
    length_s: float


class Way(msgspec.Struct, frozen=True):
    """How ticks reach the service, besides an address and a channel.

    Attributes:
        kind: what the broker speaks, as `[feed] kind` has it: redis, redis-streams, nats, mqtt,
            kafka or websocket.
        key: that of each record, over Kafka.
        field: that of an entry which has the payload, in a stream.
        client: how a client of Kafka encrypts and signs in.
        trusts: whom to trust over TLS, as `client_context` takes it.
    """

    kind: str = "redis"
    key: str = ""
    field: str = "data"
    client: dict[str, str | int | bool] = {}
    trusts: str = ""


class FlowPlan(msgspec.Struct, frozen=True):
    """What a publisher is to publish.

    Attributes:
        broker_url: where to, redis://…; over Kafka host:port.
        symbols: published in turn, one tick each.
        per_second: rate of all symbols together, in ticks per second.
        count: how many ticks, fences not counted.
        first: symbol → its first sequence number; 1 where it is missing.
        burst: a time of a higher rate.
        pad_to: size in bytes up to which payloads are filled, 0 for their natural size (some
            330 bytes).
        fence: whether one more tick of each symbol follows at the end, when everything before it
            has been sent.
        channel: where option ticks are published.
        seed: the same seed makes the same ticks.
        spelling: how they are spelled.
        run: the mark of the run that each of them bears.
        way: how they get there.
    """

    broker_url: str
    symbols: tuple[str, ...]
    per_second: float
    count: int
    first: dict[str, int] = {}
    burst: Spike | None = None
    pad_to: int = 0
    fence: bool = True
    channel: str = "ticker:options"
    seed: int = 20251
    spelling: Spelling = Spelling()
    run: str = ""
    way: Way = Way()

    def due_s(self, first: int = 0, most: int | None = None) -> NDArray[np.float64]:
        """Return when ticks are due, in seconds from the start; ascending.

        Args:
            first: the number of the first of them, counted from 0.
            most: how many at most; None: all that follow.
        """
        last = self.count if most is None else min(first + most, self.count)
        return self._due_s(np.arange(first, last, dtype=np.float64))

    def ends_s(self) -> float:
        """Return when the last tick is due, in seconds from the start; 0.0 where there is none.

        A background flow may have two million: nobody needs to lay them all out to know that.
        """
        last = np.array([self.count - 1], dtype=np.float64)
        return float(self._due_s(last)[0]) if self.count else 0.0

    def _due_s(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return when the ticks of these numbers, counted from 0, are due."""
        if self.burst is None:
            return index / self.per_second
        burst = self.burst
        before = burst.start_s * self.per_second
        within = burst.length_s * self.per_second * burst.factor
        return np.where(
            index < before,
            index / self.per_second,
            np.where(
                index < before + within,
                burst.start_s + (index - before) / (self.per_second * burst.factor),
                burst.start_s + burst.length_s + (index - before - within) / self.per_second,
            ),
        )


class FlowReport(msgspec.Struct, tag="flow"):
    """What a publisher did. Instants are µs since 1970 on the publisher's clock.

    Attributes:
        first: symbol → first sequence number.
        last: symbol → last sequence number, the fence's if there was one: give it to
            `Swarm.finish`.
        count: ticks published, fences included.
        offered_per_s: rate of the schedule.
        achieved_per_s: rate at which they were sent.
        first_due_us: when the first tick was due.
        last_due_us: when the last tick before the fence was due.
        last_sent_us: when the last tick (or fence) had been handed to the broker.
        lag_p50_ms: sent − due, median.
        lag_p99_ms: the same, 99 %.
        lag_max_ms: the same, at worst.
        heard_by: the smallest number of subscribers that the broker had for a tick; None where a
            broker of its kind does not say.
        stalls: how far the publisher stood still.
        acknowledged_p99_ms: how long after it was given to a library that sends by itself a tick
            was acknowledged, 99 %; 0 where there is none between publisher and broker.
        lags: (until when, by how much at most) ticks were late, in ms since 1970.
        cpu_s: CPU seconds from start to end.
        stopped: whether it was stopped before the schedule's end.
    """

    first: dict[str, int]
    last: dict[str, int]
    count: int
    offered_per_s: float
    achieved_per_s: float
    first_due_us: int
    last_due_us: int
    last_sent_us: int
    lag_p50_ms: float
    lag_p99_ms: float
    lag_max_ms: float
    heard_by: int | None
    stalls: Stalls
    cpu_s: float
    stopped: bool = False
    acknowledged_p99_ms: float = 0.0
    lags: Stalls = Stalls()

    def late(self) -> str | None:
        """Say that the load was not the one that was asked for; None if it was.

        Returns:
            A sentence for `qaws.verdict.Inconclusive`.
        """
        if self.lag_p99_ms <= LATE_MS < self.acknowledged_p99_ms:
            return (
                f"the broker was late: 99 % of the ticks were acknowledged up to "
                f"{self.acknowledged_p99_ms:.1f} ms after they were sent, {LATE_MS:g} ms are "
                "allowed, and clients are given their time from when they were due; run it again "
                "on a quieter machine, or with a broker of its own"
            )
        if self.lag_p99_ms <= LATE_MS:
            return None
        return (
            f"the publisher was late: 99 % of the ticks were sent up to {self.lag_p99_ms:.1f} ms "
            f"after they were due, {LATE_MS:g} ms are allowed (worst {self.lag_max_ms:.1f} ms, "
            f"{self.achieved_per_s:.0f} of {self.offered_per_s:.0f} ticks/s, it stood still for "
            f"{self.stalls.total_ms:.0f} ms); run it again on a quieter machine"
        )

    def fell_short(self) -> str | None:
        """Say that a long flow was not sent at its rate, by and large; None if it was.

        Returns:
            A sentence for `qaws.verdict.Inconclusive`.
        """
        if self.achieved_per_s >= KEPT * self.offered_per_s:
            return None
        return (
            f"ticks were due at {self.offered_per_s:,.0f} per second, and "
            f"{self.achieved_per_s:,.0f} were sent (up to {self.lag_max_ms:.0f} ms late): the "
            "publisher or the broker did not keep up; run it again on a quieter machine"
        )

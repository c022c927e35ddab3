"""Which ticks may be missing behind an outage: those whose loss the client was told of.

Pub/Sub keeps nothing for a listener that is away, so an outage costs ticks. It must not cost them
in silence: whoever misses a tick must find, in what it received, `recovered` in the gap, behind a
`degraded`. Instants are `time.monotonic_ns()`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qaws.oracle.ledger import Key, Published

DEGRADED, RECOVERED = "degraded", "recovered"


@dataclass(slots=True)
class Outage:
    """One outage that a scenario made.

    What was handed to the broker before `began_ns` had reached the clients. At `returned_ns` the
    broker could be reached again; None: it is still away. `last_byte_ns` is when the last byte went
    through a link that has gone silent since; None: no link has. `broke_ns` is when a link was
    reset or ended; None: none was. `gone_ns` is when listeners were cut off, or the broker was seen
    to answer no more, for to stop it may take a while; None: neither was seen.
    """

    name: str
    began_ns: int
    returned_ns: int | None = None
    last_byte_ns: int | None = None
    broke_ns: int | None = None
    gone_ns: int | None = None

    @property
    def of_link(self) -> bool:
        """Return whether a link was lost, and not the broker."""
        return self.last_byte_ns is not None or self.broke_ns is not None

    @property
    def could_be_seen_ns(self) -> int:
        """Return from when on a service could know of it by what it was told."""
        lost_ns = self.gone_ns if self.broke_ns is None else self.broke_ns
        return self.began_ns if lost_ns is None else lost_ns

    def is_told(self, came_ns: int, offered: Collection[str]) -> bool:
        """Return whether a target that offers these capabilities tells a client of this outage.

        Args:
            came_ns: when the client began to connect. Whoever comes behind the begin of the outage
                is a newcomer: nobody can tell when a service hears its feed again.
            offered: see `Target.capabilities`.
        """
        is_newcomer = self.began_ns < came_ns
        needed = ("announcements", *("outage-told-to-newcomers",) * is_newcomer)
        return all(need in offered for need in needed)


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """A word about the feed that a client was told: "degraded" or "recovered"."""

    at_ns: int
    status: str


def recoveries(words: Iterable[StatusMessage]) -> list[int]:
    """Return when a client was told `recovered`, each time with a `degraded` of its own before."""
    found, degraded = [], False
    for word in words:
        if word.status == DEGRADED:
            degraded = True
        elif degraded:
            found.append(word.at_ns)
            degraded = False
    return found


def announced(
    ticks: Sequence[Published],
    received: Mapping[Key, int],
    words: Iterable[StatusMessage],
    outages: Sequence[Outage],
) -> set[Key]:
    """Return the ticks whose loss a client was told of.

    Such a tick was handed to the broker after an outage began and before the client was told
    `recovered`, and this word came behind every tick that was published before, and before every
    tick that was published after: it stands in the gap. Where a feed keeps an order in each lane
    only, those of the same lane are meant.

    Args:
        ticks: what was published, in order.
        received: tick → when it reached this client, the first time.
        words: what the client was told, in order.
        outages: of this scenario.
    """
    if not outages:
        return set()
    healed = recoveries(words)
    began_ns = min(outage.began_ns for outage in outages)
    told: set[Key] = set()
    gaps: defaultdict[str, list[Published]] = defaultdict(list)
    before_ns: defaultdict[str, int] = defaultdict(int)
    for tick in ticks:
        at_ns = received.get(tick.key)
        if at_ns is None:
            gaps[tick.lane].append(tick)
            continue
        told |= _told(gaps.pop(tick.lane, []), before_ns[tick.lane], at_ns, healed, began_ns)
        before_ns[tick.lane] = at_ns
    return told


def excused(
    ticks: Sequence[Published], received: Mapping[Key, int], outages: Sequence[Outage]
) -> set[Key]:
    """Return the ticks that a client may miss who is not to be told of an outage.

    They were handed to the broker after an outage began, and before the first tick that came to
    this client of those that were published behind its end; in each lane, where a feed keeps an
    order in these only. What is lost later has nothing to do with the outage.

    Args:
        ticks: what was published, in order.
        received: tick → when it reached this client, the first time.
        outages: of this scenario.
    """
    missed: set[Key] = set()
    for outage in outages:
        over: set[str] = set()
        for tick in ticks:
            if tick.sent_ns < outage.began_ns or tick.lane in over:
                continue
            if tick.key not in received:
                missed.add(tick.key)
            elif outage.returned_ns is not None and tick.sent_ns >= outage.returned_ns:
                over.add(tick.lane)
    return missed


def _told(
    gap: Sequence[Published], before_ns: int, after_ns: int, healed: Sequence[int], began_ns: int
) -> set[Key]:
    """Return which ticks of one gap the client was told of."""
    inside = [at_ns for at_ns in healed if before_ns < at_ns < after_ns]
    if not inside:
        return set()
    return {tick.key for tick in gap if began_ns <= tick.sent_ns < inside[-1]}

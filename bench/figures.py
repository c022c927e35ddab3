"""What a whole run found, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bench.allocating import Allocating
from bench.arithmetic import Bound, Sample, judge, ratio
from bench.crowd import crowd_bounds
from bench.delivering import Delivery
from bench.machine import Machine
from bench.receiving import Receipt
from bench.stream import Own
from bench.truth import Truth, truth_bounds

SWARM, OWN_BYTES, PLAIN, K6 = "swarm", "swarm, no two clients alike", "websockets", "k6"
TABLE = "swarm by table"
"""The swarm in a dialect that a table describes, which says the same as `qa-ws`."""
QA_WS = "swarm of qa-ws"
"""The swarm with as many ticks as by table, right before that: what lasts a tenth of a second
depends on how many copies happen to come at once."""
OWN: dict[str, Own] = {
    "a time per client": "time",
    "a counter per client": "counter",
    "several ticks per message": "several",
    "a time per client, prices as text": "time, prices as text",
    "a counter per client, prices as text": "counter, prices as text",
    "several ticks per message, prices as text": "several, prices as text",
    "compressed": "deflated",
    "compressed with memory": "remembered",
}
"""What stands behind a receiver's name where not all get the same plain bytes → what they get."""
ALIKE = ("deflated", "remembered")
"""Those of which all get the same bytes, or the same messages."""
ALSO_BY_TABLE = ("", "a time per client", "a counter per client")
"""What the swarm receives by table too."""


def beside(how: str) -> str:
    """Return whom the swarm by table is held against, by what both of them get."""
    return of(QA_WS, how) if how else SWARM


REFERENCE, BROADCAST, PER_CLIENT = "reference", "broadcast", "send per client"
TWICE = "reference, offered twice as much"
"""Nobody delivers more than is offered. The reference keeps up with the load of part (b), so that
what it can do shows only under more."""


def of(who: str, own: str) -> str:
    """Return the name of a receiver, with what it gets where that is something of its own."""
    return f"{who}, {own}" if own else who


class Run(msgspec.Struct):
    """One run of the bench.

    Attributes:
        command: how it was called.
        quick: whether it was made small, so that no bound is judged.
        machine: where.
        versions: of what was compared.
        loads: load average when each part began.
        seconds: how long it took.
        sizes: how much was received and delivered, in words, by part.
        receiving: contestant → its rounds; part (a).
        limit: rounds of the raw receiver; part (c).
        fanout: service → its rounds; part (b).
        growth: axis → (place on it, delivery) in ascending order; part (d).
        truth: delay → its rounds; part (e).
        allocating: service → what it allocates; part (g).
        crowd: number of clients → deliveries by rate, in ascending order; part (f).
        problems: what went wrong: any of these makes the run fail.
        notes: what is worth knowing.
    """

    command: str
    quick: bool
    machine: Machine
    versions: dict[str, str] = {}
    loads: dict[str, float] = {}
    seconds: float = 0.0
    sizes: dict[str, str] = {}
    receiving: dict[str, list[Receipt]] = {}
    limit: list[Receipt] = []
    fanout: dict[str, list[Delivery]] = {}
    growth: dict[str, list[tuple[float, Delivery]]] = {}
    truth: dict[str, list[Truth]] = {}
    allocating: dict[str, Allocating] = {}
    crowd: dict[str, list[Delivery]] = {}
    problems: list[str] = []
    notes: list[str] = []

    def received(self, name: str, figure: Callable[[Receipt], float]) -> Sample:
        """Return one figure of a contestant of part (a)."""
        return receipts_of(self.receiving.get(name, []), figure)

    def delivered(self, name: str, figure: Callable[[Delivery], float]) -> Sample:
        """Return one figure of a service of part (b)."""
        rounds = self.fanout.get(name, [])
        return Sample(tuple(map(figure, rounds)), tuple(r.doubt or r.wrong for r in rounds))

    def bounds(self) -> list[Bound]:
        """Return the bounds that this run can say something about."""
        found = []
        if {SWARM, K6} <= self.receiving.keys():
            for what, figure, at_least in (
                ("swarm against k6, messages/s", per_second, 15),
                ("swarm against k6, messages per CPU second", per_cpu_second, 25),
            ):
                ours, theirs = self.received(SWARM, figure), self.received(K6, figure)
                found.append(judge(what, ours, theirs, at_least))
        for own in OWN:
            mine, other = f"{SWARM}, {own}", f"{K6}, {own}"
            if {mine, other} <= self.receiving.keys():
                for unit, figure in (("s", per_second), ("CPU second", per_cpu_second)):
                    what = f"swarm against k6, {own}, messages per {unit}"
                    pair = self.received(mine, figure), self.received(other, figure)
                    found.append(judge(what, *pair, 10 if OWN[own] in ALIKE else 20))
        for own in ALSO_BY_TABLE:
            by_table, mine = of(TABLE, own), beside(own)
            if {by_table, mine} <= self.receiving.keys():
                what = f"{by_table}, against qa-ws, messages/s"
                pair = self.received(by_table, per_second), self.received(mine, per_second)
                found.append(judge(what, *pair, 0.7))
        if {TWICE, PER_CLIENT} <= self.fanout.keys():
            what = "reference service against one send per client, deliveries/s that each can do"
            ours = self.delivered(TWICE, deliveries_per_second)
            found.append(judge(what, ours, self.delivered(PER_CLIENT, deliveries_per_second), 10))
        found += truth_bounds(self.truth) + crowd_bounds(self.crowd)
        if self.quick:
            unjudged = {"verdict": "not judged", "why": "--quick"}
            return [msgspec.structs.replace(bound, **unjudged) for bound in found]
        return found

    @property
    def passed(self) -> bool:
        """Return whether nothing went wrong, and every bound that was judged is met."""
        return not self.problems and all(b.verdict in ("met", "not judged") for b in self.bounds())

    def to_json(self) -> str:
        """Return everything, medians and bounds included, for machines."""
        whole: dict[str, Any] = msgspec.to_builtins(self)
        whole["bounds"] = msgspec.to_builtins(self.bounds())
        whole["passed"] = self.passed
        whole["medians"] = {
            "receiving": {
                name: {
                    "messages_per_s": self.received(name, per_second).median,
                    "messages_per_cpu_s": self.received(name, per_cpu_second).median,
                }
                for name in self.receiving
            },
            "limit": {"messages_per_s": receipts_of(self.limit, per_second).median},
            "fanout": {
                name: {
                    what: self.delivered(name, figure).median
                    for what, figure in DELIVERY_FIGURES.items()
                }
                for name in self.fanout
            },
        }
        return json.dumps(whole, indent=1)


def receipts_of(rounds: Sequence[Receipt], figure: Callable[[Receipt], float]) -> Sample:
    """Return one figure of some rounds of receiving."""
    return Sample(tuple(map(figure, rounds)), tuple(r.doubt or r.wrong for r in rounds))


def per_second(receipt: Receipt) -> float:
    """Return messages/s."""
    return receipt.per_second


def per_cpu_second(receipt: Receipt) -> float:
    """Return messages per CPU second."""
    return receipt.per_cpu_second


def deliveries_per_second(delivery: Delivery) -> float:
    """Return deliveries/s until drained."""
    return delivery.per_second


DELIVERY_FIGURES: dict[str, Callable[[Delivery], float]] = {
    "deliveries_per_s": deliveries_per_second,
    "drained_s": lambda d: d.drained_s,
    "p50_ms": lambda d: d.p50_ms,
    "p99_ms": lambda d: d.p99_ms,
    "service_cpu_s": lambda d: d.service_cpu_s,
    "swarm_cpu_s": lambda d: d.swarm_cpu_s,
}

RECEIVING_HEAD = [
    "receiver",
    "rounds",
    "messages/s",
    "messages per CPU-s",
    "received in",
    "verdict after",
    "CPU",
    "× k6 (wall)",
    "× k6 (CPU)",
]
FANOUT_HEAD = [
    "service",
    "rounds",
    "deliveries/s",
    "drained after the last publish",
    "p50",
    "p99",
    "CPU of the service",
    "CPU of the swarm",
    "× send per client",
]
GROWTH_HEAD = [
    "",
    "deliveries/s",
    "service µs/delivery",
    "swarm µs/delivery",
    "p50",
    "p99",
    "service, KiB a client",
    "",
]


def receiving_table(run: Run) -> list[list[str]]:
    """Return the rows of parts (a) and (c): medians."""
    rows = []
    contestants = [*run.receiving.items()]
    if run.limit:
        contestants.append(("raw recv(), nothing parsed (c)", run.limit))
    for name, rounds in contestants:
        speed, thrift = (receipts_of(rounds, f) for f in (per_second, per_cpu_second))
        k6 = name.replace(name.partition(", ")[0], K6)
        k6 = k6 if k6 in run.receiving or name.partition(", ")[2] in OWN else K6
        against = [
            f"{ratio(sample.median, run.received(k6, figure).median):.1f}"
            if k6 in run.receiving
            else ""
            for sample, figure in ((speed, per_second), (thrift, per_cpu_second))
        ]
        rows.append(
            [
                name,
                rounds_of(speed),
                f"{speed.median:,.0f}",
                f"{thrift.median:,.0f}",
                f"{receipts_of(rounds, lambda r: r.received_s).median:.2f} s",
                f"{receipts_of(rounds, lambda r: r.verdict_s).median:.2f} s",
                f"{receipts_of(rounds, lambda r: r.cpu_s).median:.2f} s",
                *against,
            ]
        )
    return rows


def fanout_table(run: Run) -> list[list[str]]:
    """Return the rows of part (b): medians."""
    rows = []
    for name in run.fanout:
        of = {what: run.delivered(name, f).median for what, f in DELIVERY_FIGURES.items()}
        slow = run.delivered(PER_CLIENT, deliveries_per_second).median
        rows.append(
            [
                name,
                rounds_of(run.delivered(name, deliveries_per_second)),
                f"{of['deliveries_per_s']:,.0f}",
                f"{of['drained_s']:.2f} s",
                f"{of['p50_ms']:,.1f} ms",
                f"{of['p99_ms']:,.1f} ms",
                f"{of['service_cpu_s']:.2f} s",
                f"{of['swarm_cpu_s']:.2f} s",
                f"{ratio(of['deliveries_per_s'], slow):.1f}",
            ]
        )
    return rows


def growth_table(points: Sequence[tuple[float, Delivery]]) -> list[list[str]]:
    """Return the rows of one axis of part (d)."""
    return [
        [
            f"{place:,.0f}",
            f"{point.per_second:,.0f}",
            f"{point.service_us:.2f}",
            f"{point.swarm_us:.2f}",
            f"{point.p50_ms:.1f} ms",
            f"{point.p99_ms:.1f} ms",
            f"{point.idle_kib:.1f}",
            point.wrong or (f"in doubt: {point.doubt}" if point.doubt else ""),
        ]
        for place, point in points
    ]


def rounds_of(sample: Sample) -> str:
    """Return how many rounds there were, and how many of them are in doubt."""
    doubtful = sum(1 for doubt in sample.doubts if doubt)
    return f"{len(sample.values)}" + (f" ({doubtful} in doubt)" if doubtful else "")

"""Part (f): how many clients, and how many ticks a second to each, until it is too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench.arithmetic import Bound, BoundVerdict, Unit
from bench.delivering import Delivery, Load

MOST_MS = 100.0
"""p99 of QA-WS-014."""
CONNECTED_S, HARNESS_MIB = 30.0, 1536.0
"""How long a whole crowd may take to connect, and what memory swarm and publisher may take."""

CROWD_HEAD = [
    "clients",
    "ticks/s to each",
    "deliveries/s",
    "connected in",
    "p50",
    "p99",
    "CPU of the service",
    "CPU of the swarm",
    "memory of the service",
    "memory of swarm and publisher",
    "",
]

Deliver = Callable[[str, Load], Delivery | None]


def curve(
    clients: Sequence[int], rates: Sequence[int], seconds: float, deliver: Deliver
) -> dict[str, list[Delivery]]:
    """Give each crowd more and more, until a tick is wrong or what is owed takes as long again.

    A slow flow may miss the bound that a faster one keeps: ticks that come close together are
    written at once.

    Args:
        clients: sizes of the crowds.
        rates: ticks per second to each client, in ascending order.
        seconds: for how long ticks flow.
        deliver: plays one load, called by its name; None where it failed.

    Returns:
        Number of clients, as text → what was delivered, by rate.
    """
    found: dict[str, list[Delivery]] = {}
    for number in clients:
        points = found.setdefault(f"{number}", [])
        for rate in rates:
            point = deliver(f"{number:,} clients, {rate}/s", Load(number, float(rate), seconds))
            if point is None:
                break
            points.append(point)
            if point.wrong or point.drained_s > seconds:
                break
    return found


def knee(points: Sequence[Delivery]) -> Delivery | None:
    """Return the fastest flow that a crowd was given within the bound; None if there was none."""
    kept = [each for each in points if not each.wrong and each.p99_ms <= MOST_MS]
    return kept[-1] if kept else None


def crowd_table(crowd: Mapping[str, Sequence[Delivery]]) -> list[list[str]]:
    """Return the rows of part (f)."""
    return [
        [
            f"{point.load.clients:,}",
            f"{point.load.per_second:,.0f}",
            f"{point.per_second:,.0f}",
            f"{point.connected_s:.1f} s",
            f"{point.p50_ms:,.1f} ms",
            f"{point.p99_ms:,.1f} ms",
            f"{point.service_cpu_s:.1f} s",
            f"{point.swarm_cpu_s:.1f} s",
            f"{point.service_mib:,.0f} MiB",
            "not measured" if point.clocks else f"{point.swarm_mib:,.0f} MiB",
            point.wrong or (f"in doubt: {point.doubt}" if point.doubt else ""),
        ]
        for points in crowd.values()
        for point in points
    ]


def crowd_bounds(
    crowd: Mapping[str, Sequence[Delivery]], clients: int = 10_000, rate: float = 100.0
) -> list[Bound]:
    """Return what is asked of ten thousand clients with a hundred ticks a second each.

    The worst point decides; what disturbs a measurement makes it worse, never better.
    """
    points = crowd.get(f"{clients}", ())
    if not points:
        return []
    of, flow = f"{clients:,} clients", points[-1]
    for each in points:
        if each.load.per_second == rate:
            flow = each
    at = f"{flow.load.per_second:g}"
    slow = "" if flow.load.per_second >= rate else f"with {at} ticks/s already"
    connected, mib = (max(points, key=key) for key in (_connected_s, _swarm_mib))
    wrong = "; ".join(filter(None, (slow, flow.wrong)))
    words = f"memory of swarm and publisher, {of}"
    here = () if mib.clocks else (_at_most(words, mib, mib.swarm_mib, HARNESS_MIB, "MiB"),)
    return [
        _at_most(f"{of} are connected", connected, connected.connected_s, CONNECTED_S, "s"),
        *here,
        _at_most(
            f"p99 of {of} with {rate:g} ticks/s each", flow, flow.p99_ms, MOST_MS, "ms", wrong
        ),
    ]


def _connected_s(point: Delivery) -> float:
    return point.connected_s


def _swarm_mib(point: Delivery) -> float:
    return point.swarm_mib


def _at_most(
    what: str, point: Delivery, measured: float, most: float, unit: Unit, wrong: str = ""
) -> Bound:
    """Hold a figure against a bound; `wrong` is why it is not kept whatever the figure says.

    Where nothing came back from the swarm, there is no figure to hold against anything.
    """
    if measured <= most and not wrong:
        return Bound(what, measured, most, "met", unit=unit)
    is_unknown = not point.deliveries or (point.doubt and not point.wrong)
    why = "; ".join(filter(None, (wrong, point.doubt)))
    verdict: BoundVerdict = "inconclusive" if is_unknown else "missed"
    return Bound(what, measured, most, verdict, why, unit)

"""Sentences that one phrase says in several wordings, and the function behind each of them.

Where a wording says *duration* or *number* one stands in the feature; the function gets it behind
its other arguments, a duration in milliseconds. Every async function takes the testbed first and
runs on its loop thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from qaws.behaviours import (
    attacks,
    background_load,
    browser,
    bystanders,
    closes,
    isolation,
    lifecycle,
    load,
    load_checks,
    nodes,
    outage,
    publishing,
    resources,
    shutdown,
    token_expiry,
    tokens,
)
from qaws.behaviours.load import LoadProfile
from qaws.load.schedule import Spike
from qaws.protocol import origins
from qaws.protocol.market import Selection
from qaws.sut.resources import ALL_PARTS, CLIENT_PARTS
from qaws.testbed.testbed import Testbed

BURST_BEGINS_S = 2.0

Act = Callable[..., Awaitable[None]]
Judge = Callable[..., None]


def _at_once(judge: Judge) -> Act:
    """Return a coroutine function of a verdict that waits for nothing."""

    async def judged(testbed: Testbed, *words: object) -> None:
        judge(testbed, *words)

    return judged


async def deliveries_took_less(
    testbed: Testbed, clients: Sequence[str] | None, percentile: float, bound_ms: float
) -> None:
    """Require a percentile of all latencies to clients below a bound; None: to the swarm."""
    if clients is None:
        load_checks.percentile_below(testbed, percentile, bound_ms)
    else:
        await bystanders.deliveries_took_less(testbed, clients, percentile, bound_ms)


async def record_with_memory(testbed: Testbed) -> None:
    """Record what the service holds for its clients, and its memory."""
    await resources.record(testbed)
    await resources.record_memory(testbed)


async def _parts_are_back(testbed: Testbed, within_ms: float) -> None:
    await resources.return_to_baseline(testbed, CLIENT_PARTS, within_ms)


async def all_parts_are_back(testbed: Testbed, within_ms: float) -> None:
    """Require that everything that the service holds is as before."""
    await background_load.resources_are_back(testbed, ALL_PARTS, within_ms)


async def nothing_stays(testbed: Testbed, within_ms: float) -> None:
    """Let the hostile clients leave, and require that the service holds nothing of them."""
    await attacks.leave(testbed)
    await resources.return_to_baseline(testbed, CLIENT_PARTS, within_ms)


def prepare_with_slow_clients(testbed: Testbed, clients: int, selection: Selection) -> None:
    """Plan a swarm of reading clients, and two slow ones with small receive buffers.

    The buffers are small so that the system does not hide that the clients are slow.
    """
    load.prepare_swarm(testbed, clients, selection)
    load.add_slow_clients(testbed, selection)


def with_a_burst(
    symbol: str, count: int, per_second: float, factor: float, length_ms: float
) -> LoadProfile:
    """Return a demand whose rate rises for a while."""
    burst = Spike(factor=factor, start_s=BURST_BEGINS_S, length_s=length_ms / 1e3)
    return LoadProfile(symbol, count, per_second, burst)


def until_evicted(symbol: str, count: int, per_second: float) -> LoadProfile:
    """Return a demand that ends early once the service has evicted the slow clients."""
    return LoadProfile(symbol, count, per_second, until_evicted_s=count / per_second)


STARTED: dict[str, Callable[[Testbed], object]] = {
    "running": Testbed.use_service,
    "started afresh": partial(Testbed.use_service, afresh=True),
    "running on two nodes with one feed": nodes.start_two,
}
"""How the service is there; these block, and are called on the main thread."""

MARKET: dict[str, Act] = {
    "closed": Testbed.hush,
    "open, with ticks every *duration*": publishing.open_market,
}
"""Whether ticks of every symbol are published in the background."""

SWARM: dict[str, Judge] = {
    "": load.prepare_swarm,
    ", besides one that stops reading and one that trickles": prepare_with_slow_clients,
}
"""Who is in a swarm besides clients that read."""

DEMANDED: dict[str, Callable[..., LoadProfile]] = {
    "": LoadProfile,
    " with a burst of *number* times the rate for *duration*": with_a_burst,
    ", or until the slow clients are evicted": until_evicted,
}
"""What is special about ticks at a rate."""

PUBLISHED: dict[str, Act] = {
    "*number* option ticks": publishing.publish_in_turn,
    "an option tick and a bar": isolation.publish_everything,
}
"""What is published of each symbol."""

NOTED: dict[str, Act] = {
    "sockets, sessions, subscriptions and memory": record_with_memory,
    "sessions and sockets": partial(resources.record, parts=("sessions", "subscriptions", "files")),
}
"""What the service holds."""

BACK: dict[str, Act] = {
    "the service's sockets, sessions and subscriptions": _parts_are_back,
    "the service's sockets, sessions, subscriptions, files and threads": all_parts_are_back,
    "when the hostile clients have left, the service's sockets, sessions and subscriptions": (
        nothing_stays
    ),
}
"""What the service must hold again, as before."""

GROWTH: dict[str, Act] = {
    "": resources.memory_grew_less,
    " at its peak": bystanders.memory_stayed_within,
    " per slow client at its peak": _at_once(load_checks.memory_bounded),
}
"""How the growth of the service's memory is taken."""

DELIVERED: dict[str, Judge] = {
    "the swarm": load_checks.received_everything,
    "the page": browser.page_received_everything,
}
"""Who has received every tick; these block, and are called on the main thread."""

MISDEEDS: dict[str, Act] = {
    "connects with a forged token": tokens.connect_forged,
    "sends a malformed message": lifecycle.send_malformed,
    "tries to publish": isolation.try_to_publish,
}
"""What a client must not do; each comes in kinds that have names."""

MISHAPS: dict[str, Act] = {
    "the broker cuts the service's feed": outage.cut_feed,
    "the broker is down for *duration*": outage.take_broker_down,
    "the broker's buffer for the service overflows": outage.overflow_feed,
}
"""What can befall the broker."""

REFUSED: dict[str, Act] = {
    "": closes.refused,
    ", who come again with that token,": token_expiry.turned_away_again,
}
"""Who is refused: clients that have connected, or that now do so with the token that they had."""

CLOSED: dict[str, Act] = {
    "": closes.closed_by_service,
    ", between *duration* and *duration* after connecting": closes.closed_between,
    ", within *duration* of the order to end": shutdown.closed_in_time,
    ", within *duration* of the expiry and not before": token_expiry.closed_on_expiry,
}
"""When the service closes connections."""

CONNECTED: dict[str, Act] = {
    **{
        f"from {page}": partial(lifecycle.be_connected, origin=page)
        for page in (*origins.LISTED, origins.NONE)
    },
    "with a token that expires in *duration*": token_expiry.connect_expiring,
    "and pings every *duration*": lifecycle.be_pinging,
}
"""What is special about clients that are connected."""

ALIVE: dict[str, Act] = {
    "": lifecycle.connected,
    " for at least *duration*": lifecycle.connected_after,
}
"""For how long connections must be open."""

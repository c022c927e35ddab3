"""What a load's publisher and its clients are to do, by the target's file and the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from qaws.feed.channels import Channel
from qaws.load.plan import Group, SwarmPlan
from qaws.load.schedule import FlowPlan, Spike, Way
from qaws.protocol.market import Selection, chain_of
from qaws.protocol.templates import names_in
from qaws.sut.brokers.exchange_server import ExchangeServer
from qaws.sut.brokers.kafka_server import KafkaServer
from qaws.sut.spoken import spelling_of
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified


def require_load(testbed: Testbed, *selections: Selection) -> None:
    """Make sure that load clients can speak the target's dialect.

    Raises:
        NotVerified: it has no words for a selection, or no option ticks of a symbol.
    """
    dialect = testbed.dialect
    if dialect.has_channels:
        raise NotVerified(
            f"load: in the dialect {dialect.name} ticks are known by numbers that each client is "
            "given for itself ([dialect.channels]), and load clients share what they have read"
        )
    for selection in selections:
        dialect.sayable(selection)
        for symbol in selection.symbols:
            if not any(dialect.carries(("option_tick", symbol, i)) for i in chain_of(symbol)):
                raise NotVerified(f"load: [market] has no instrument of {symbol} to publish")


def _channel(testbed: Testbed, symbol: str) -> Channel:
    """Return where a symbol's option ticks are published: load has one channel for them."""
    feed = testbed.target.feed
    if feed and feed.has_channel_per_instrument:
        raise NotVerified(
            "load publishes a symbol on one channel: [feed] options_channel "
            f'"{feed.options_channel}" has one for each instrument'
        )
    if feed and feed.speaks == "kafka" and "instrument" in names_in(feed.options_key):
        raise NotVerified(
            "load publishes a symbol's ticks with one key, in one order: [feed] options_key "
            f'"{feed.options_key}" has one for each instrument'
        )
    return testbed.feed.channels.of("option_tick", symbol, chain_of(symbol)[0])


def _way(testbed: Testbed, channel: Channel) -> tuple[str, Way]:
    """Return where a publisher of load connects, and how ticks get to the service from there."""
    assert testbed.broker
    assert testbed.target.feed
    feed, server = testbed.target.feed, testbed.broker.server
    client = server.client if isinstance(server, KafkaServer) else {}
    url = testbed.broker.told_url if feed.speaks == "kafka" else testbed.broker.url
    url = server.order_url(url) if isinstance(server, ExchangeServer) else url
    return url, Way(feed.speaks, channel.key, feed.field, client, server.trusts)


def flow_plan(
    testbed: Testbed, symbol: str, count: int, per_second: float, burst: Spike | None = None
) -> FlowPlan:
    """Return what a publisher is to publish; the ledger gives the first sequence number.

    Args:
        testbed: the testbed.
        symbol: of which the ticks are.
        count: how many.
        per_second: at which rate.
        burst: a time of a higher rate.

    Raises:
        Broken: the target has no feed.
        NotVerified: the target's dialect cannot ask for the symbol, or has no such ticks.
    """
    if testbed.broker is None or testbed.target.feed is None:
        raise Broken(f"{testbed.target.file}: has no [feed]: ticks cannot be published")
    require_load(testbed, Selection("symbols", symbols=(symbol,)))
    channel = _channel(testbed, symbol)
    url, way = _way(testbed, channel)
    return FlowPlan(
        broker_url=url,
        symbols=(symbol,),
        per_second=per_second,
        count=count,
        first={symbol: testbed.ledger.next_sequence(symbol)},
        burst=burst,
        channel=str(channel),
        spelling=spelling_of(testbed.target),
        run=testbed.feed.run.text,
        way=way,
    )


def swarm_plan(
    testbed: Testbed, groups: Sequence[Group], flow: FlowPlan, tokens: Sequence[str]
) -> SwarmPlan:
    """Return what a swarm is to do.

    Args:
        testbed: the testbed.
        groups: who is in the swarm.
        flow: what will be published to it.
        tokens: what they show, each its own.

    Raises:
        NotVerified: the target's dialect cannot ask for what a group takes, or has no such ticks.
    """
    require_load(testbed, *(group.selection for group in groups))
    location = testbed.target.auth.token_locations[0]
    return SwarmPlan(
        url=testbed.service.url,
        groups=tuple(groups),
        tokens=tuple(tokens),
        location=location,
        carrier=testbed.target.auth.carrier(location),
        first=flow.first,
        dialect=flow.spelling,
        flow=flow,
        authority=testbed.target.endpoint.authority,
        before=testbed.target.steps,
    )

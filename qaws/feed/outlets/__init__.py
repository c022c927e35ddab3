"""Kinds of feeds: how each takes what the suite publishes, and what it can tell about that."""

from __future__ import annotations

from collections.abc import Collection

from qaws.feed.outlets.outlet import Outlet
from qaws.sut.broker import Broker
from qaws.sut.feed_section import Feed as FeedSection


def outlet_of(broker: Broker, section: FeedSection, channels: Collection[str] = ()) -> Outlet:
    """Return what takes the suite's ticks; each kind loads its own library only.

    Args:
        broker: where they go.
        section: what kind of feed it is.
        channels: all on which something may be published, for a kind that has to make them.

    Raises:
        Broken: the kind's library is not there; the sentence says how to get it.
    """
    if section.speaks == "nats":
        from qaws.feed.outlets.nats_core import NatsCore

        return NatsCore(broker)
    if section.speaks == "mqtt":
        from qaws.feed.outlets.mqtt import Mqtt

        return Mqtt(broker)
    if section.speaks == "kafka":
        from qaws.feed.outlets.kafka import Kafka

        prepare(broker, section, channels)
        return Kafka(broker, channels)
    if section.speaks == "zeromq":
        from qaws.feed.outlets.zeromq import ZeroMq

        return ZeroMq(broker, binds=section.binds == "suite")
    if section.speaks == "websocket":
        from qaws.feed.outlets.websocket_exchange import WebsocketExchange

        return WebsocketExchange(broker)
    if section.speaks == "http":
        from qaws.feed.outlets.http_posts import HttpPosts

        return HttpPosts(broker)
    if section.speaks == "command":
        from qaws.feed.outlets.own_publisher import OwnPublisher

        return OwnPublisher(section.command, broker.url)
    from qaws.feed.outlets.redis_feed import RedisPubSub, RedisStreams

    if section.speaks == "redis-streams":
        return RedisStreams(broker, section.field)
    return RedisPubSub(broker)


def prepare(broker: Broker, section: FeedSection, channels: Collection[str]) -> None:
    """Make what has to be on an embedded broker before somebody listens there: topics of Kafka.

    Raises:
        Broken: it cannot be made.
    """
    if section.speaks == "kafka" and broker.pid is not None:
        from qaws.feed.outlets.kafka import create_topics

        create_topics(broker, channels, section.partitions)

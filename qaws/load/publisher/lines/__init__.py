"""How a flow of ticks reaches each kind of broker that takes load."""

from __future__ import annotations

from qaws.load.publisher.lines.line import Line
from qaws.load.publisher.lines.mqtt_line import MqttLine
from qaws.load.publisher.lines.nats_line import NatsLine
from qaws.load.publisher.lines.redis_line import RedisLine
from qaws.load.schedule import FlowPlan


def line_of(plan: FlowPlan) -> Line:
    """Connect to the broker of a plan.

    Raises:
        Broken: it does not let the publisher in, or the library of its kind is not there.
    """
    if plan.way.kind == "nats":
        return NatsLine(plan)
    if plan.way.kind == "mqtt":
        return MqttLine(plan)
    if plan.way.kind == "kafka":
        from qaws.load.publisher.lines.kafka_line import KafkaLine

        return KafkaLine(plan)
    if plan.way.kind == "websocket":
        from qaws.load.publisher.lines.exchange_line import ExchangeLine

        return ExchangeLine(plan)
    return RedisLine(plan)

"""Load over Kafka: records behind each other, each sent once, acknowledged by all replicas."""

from __future__ import annotations

import time
from array import array
from collections.abc import Sequence
from typing import Any

from qaws.load.publisher.lines.line import TAKES_S, Line
from qaws.load.schedule import FlowPlan
from qaws.verdict import Broken

try:
    from confluent_kafka import KafkaException, Producer
except ImportError:
    raise Broken(
        "[feed] is Kafka, which needs confluent-kafka: make feeds, or pip install confluent-kafka"
    ) from None

LOOK_S = 0.05
SETTINGS: dict[str, Any] = {
    "acks": "all",
    "message.send.max.retries": 0,
    "linger.ms": 0,
    "message.timeout.ms": int(TAKES_S * 1e3),
    "request.timeout.ms": int(TAKES_S * 1e3),
    "queue.buffering.max.messages": 1_000_000,
    "partitioner": "murmur2_random",
    "log_level": 0,
}


class KafkaLine(Line):
    """A producer; its own threads send what it was given."""

    def __init__(self, plan: FlowPlan) -> None:
        """Connect, and make sure that the topic is there."""
        self._topic, self._key = plan.channel, plan.way.key.encode() or None
        self._unanswered = 0
        self.acknowledged_s = array("d")
        self._refusal = ""
        settings = {**plan.way.client, "bootstrap.servers": plan.broker_url, **SETTINGS}
        try:
            self._producer = Producer({**settings, "error_cb": lambda _: None})
            known = self._producer.list_topics(timeout=TAKES_S).topics
        except KafkaException as problem:
            said = problem.args[0].str()
            raise Broken(f"the broker does not let the publisher in: {said}") from None
        if self._topic not in known:
            raise Broken(f"there is no topic {self._topic}: create it, or look at [feed] channels")

    def _answered(self, error: Any, record: Any) -> None:
        self._unanswered -= 1
        self.acknowledged_s.append(record.latency() or 0.0)
        if error is not None:
            self._refusal = error.str()

    def hand_over(self, payloads: Sequence[bytes]) -> int:
        """Give records to the producer; where it has no room, wait until it has."""
        stood_ns = 0
        for payload in payloads:
            deadline = time.monotonic() + TAKES_S
            while not self._took(payload):
                asked_ns = time.monotonic_ns()
                self._producer.poll(LOOK_S)
                stood_ns += time.monotonic_ns() - asked_ns
                if time.monotonic() > deadline:
                    raise Broken(f"the broker took nothing for {TAKES_S:g} s")
        self._look(0)
        return stood_ns

    def _took(self, payload: bytes) -> bool:
        try:
            self._producer.produce(self._topic, payload, self._key, on_delivery=self._answered)
        except BufferError:
            return False
        except KafkaException as problem:
            raise Broken(f"the broker refused a tick: {problem.args[0].str()}") from None
        self._unanswered += 1
        return True

    def _look(self, within_s: float) -> None:
        self._producer.poll(within_s)
        if self._refusal:
            raise Broken(f"the broker refused a tick: {self._refusal}")

    def settle(self) -> None:
        """Wait until all were acknowledged."""
        deadline = time.monotonic() + 2 * TAKES_S
        while self._unanswered:
            self._look(LOOK_S)
            if time.monotonic() > deadline:
                raise Broken(f"the broker left {self._unanswered} ticks without an answer")

    def close(self) -> None:
        """Leave the broker; what it has not taken so far it does not get."""
        self._producer.purge()
        self._producer.poll(0)

"""A feed over Kafka: records with a key, acknowledged with their offset by all replicas (acks=all).

The client tries each record once: one that is sent again because its answer was lost is in the log
twice, and would look like a tick that the service sent twice. That the broker is ready no library
says: each partition's leader is asked where it ends, and at an embedded broker a record of the
suite's own comes back. The client has threads of its own, and so what waits for an answer waits in
a thread too.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

try:
    from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError:
    from qaws.verdict import Broken

    raise Broken(
        "[feed] is Kafka, which needs confluent-kafka: make feeds, or pip install confluent-kafka"
    ) from None

from qaws.feed.channels import Channel
from qaws.feed.outlets.outlet import (
    ANSWER_S,
    Breath,
    Listened,
    Listener,
    Message,
    OneLine,
    Outlet,
    Take,
)
from qaws.sut.broker import Broker
from qaws.sut.brokers.kafka_groups import held_topics
from qaws.sut.brokers.kafka_server import SIGN_IN, KafkaServer
from qaws.sut.kafka_settings import place
from qaws.verdict import Broken as CannotPublish
from qaws.verdict import NotVerified

ERRORS = (OSError, TimeoutError)
OWN = "qaws-"
"""How the names of the suite's clients begin."""
LOOK_S = 0.05
WAIT_MS = 10
"""How long a broker may wait for more before it answers the suite's own reader."""
PROBES = "qaws.probe"
"""The topic of an embedded broker on which the suite asks whether records come back."""
LARGEST = 1_000_000_000
"""The client's own bound for a record, in bytes: what is too large the broker is to say."""


def _settings(broker: Broker, **more: Any) -> dict[str, Any]:
    """Return what all clients of the suite have in common; it writes no log of its own."""
    host, port = place(broker.url)
    return {
        **_client(broker),
        "bootstrap.servers": f"{host}:{port}",
        "client.id": f"{OWN}{secrets.token_hex(6)}",
        "log_level": 0,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "error_cb": lambda _: None,
        **more,
    }


def _client(broker: Broker) -> dict[str, Any]:
    """Return how clients of a broker encrypt and sign in."""
    return broker.server.client if isinstance(broker.server, KafkaServer) else {}


def _reader(broker: Broker) -> Consumer:
    """Return what reads partitions that it is told of; it joins no group, and commits nothing."""
    return Consumer(
        _settings(
            broker,
            **{
                "group.id": f"{OWN}{secrets.token_hex(6)}",
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": WAIT_MS,
            },
        )
    )


def _said(problem: KafkaException) -> str:
    error = problem.args[0]
    return error.str() if isinstance(error, KafkaError) else str(problem)


class _Line:
    """A producer; its methods block, and are for any thread."""

    def __init__(
        self, broker: Broker, topics: Collection[str] = (), has_probes: bool = False
    ) -> None:
        """Connect, and make sure that the broker takes records and gives them back.

        Args:
            broker: where.
            topics: whose partitions must have a leader that answers.
            has_probes: whether there is a topic for probes.

        Raises:
            OSError: the broker is not there, or not ready.
        """
        where = place(broker.url)
        socket.create_connection(where, ANSWER_S).close()  # or the library asks for all the time
        self.is_good = True
        self._producer = Producer(
            _settings(
                broker,
                **{
                    "acks": "all",
                    "message.send.max.retries": 0,
                    "linger.ms": 0,
                    "message.timeout.ms": int(ANSWER_S * 1e3),
                    "request.timeout.ms": int(ANSWER_S * 1e3),
                    "message.max.bytes": LARGEST,
                    "partitioner": "murmur2_random",
                },
            )
        )
        reader = _reader(broker)
        try:
            known = self._producer.list_topics(timeout=ANSWER_S).topics
            for topic in topics:
                for partition in known[topic].partitions if topic in known else ():
                    _end(reader, (topic, partition))
            if has_probes:
                self._probe(reader)
        except KafkaException as problem:
            self.close()
            hint = "" if _client(broker) or broker.pid else f"; {SIGN_IN}"
            raise OSError(f"{_said(problem)}{hint}") from None
        finally:
            reader.close()

    def _probe(self, reader: Consumer) -> None:
        """Hand over a record of the suite's own, and read it back at the offset that it got.

        Raises:
            TimeoutError: it does not come back.
        """
        said = secrets.token_bytes(16)
        [record] = self._publish([(PROBES, said)])
        reader.assign([TopicPartition(PROBES, record.partition(), record.offset())])
        over_s = time.monotonic() + ANSWER_S
        while (found := reader.poll(LOOK_S)) is None or found.value() != said:
            if time.monotonic() > over_s:
                self.close()
                raise TimeoutError(
                    f"the broker has acknowledged offset {record.offset()} of {PROBES}, and gives "
                    f"no such record back within {ANSWER_S:g} s"
                )

    def publish(self, messages: Sequence[Message]) -> None:
        """Hand over records in order; return when the broker has acknowledged all.

        Raises:
            OSError: it does not acknowledge one in time, or refuses one.
            NotVerified: it takes none so large.
        """
        self.is_good = False
        self._publish(messages)
        self.is_good = True

    def _publish(self, messages: Sequence[Message]) -> list[Any]:
        """Hand over records in order; return them with the offsets that the broker answered."""
        answers: list[Any] = []
        for topic, payload in messages:
            data = payload.encode() if isinstance(payload, str) else payload
            key = topic.key.encode() if isinstance(topic, Channel) and topic.key else None
            self._producer.produce(
                str(topic), data, key, on_delivery=lambda *answer: answers.append(answer)
            )
        over_s = time.monotonic() + 2 * ANSWER_S
        while len(answers) < len(messages):
            if time.monotonic() > over_s:
                raise TimeoutError(f"the broker acknowledged nothing for {2 * ANSWER_S:g} s")
            self._producer.poll(LOOK_S)
        for error, record in answers:
            if error is not None:
                raise _refusal(error, record)
        return [record for _, record in answers]

    def close(self) -> None:
        """Leave the broker; what it has not taken so far it does not get."""
        self.is_good = False
        self._producer.purge()
        self._producer.poll(0)


def _refusal(error: KafkaError, record: Any) -> Exception:
    """Return what to raise for a record that the broker has not taken."""
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return NotVerified(
            f"this Kafka broker takes no record of {len(record.value() or b'')} bytes "
            "(message.max.bytes)"
        )
    unknown = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
    if error.code() in unknown:
        return OSError(f"there is no topic {record.topic()}: create it, or look at [feed] channels")
    return OSError(error.str())


class Kafka(OneLine):
    """Kafka. Members of consumer groups are known to the broker, and no others who read."""

    kind = "Kafka"
    errors = ERRORS
    is_late = True

    def __init__(self, broker: Broker, topics: Collection[str] = ()) -> None:
        """Begin without a connection.

        Args:
            broker: where.
            topics: all on which something may be published.
        """
        super().__init__(broker)
        self._topics = topics

    def _line_now(self) -> _Line:
        """Connect; blocks."""
        return _Line(self._broker, self._topics, self._broker.pid is not None)

    async def open(self) -> _Line:
        """Connect."""
        return await asyncio.to_thread(self._line_now)

    def is_open(self, line: _Line) -> bool:
        """Return whether the broker has taken all so far."""
        return line.is_good

    async def hand_over(self, line: _Line, messages: Sequence[Message]) -> None:
        """Return when the broker has acknowledged all."""
        await asyncio.to_thread(line.publish, messages)

    async def shut(self, line: _Line) -> None:
        """Leave the broker."""
        await asyncio.to_thread(line.close)

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Outlet]:
        """Give one more producer."""
        other = Kafka(self._broker, self._topics)
        try:
            yield other
        finally:
            await other.close()

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give the same producer, which any thread may use: a new one is not ready at once."""
        if self._line is None or not self.is_open(self._line):
            self._line = self._line_now()
        yield _NoBreak(self._line)

    def listener(self, name: str) -> Listener | None:
        """Return what hears others who publish."""
        return _Reader(self._broker)

    async def listened_to(self) -> Listened | None:
        """Return the topics that members of consumer groups hold; None where nobody may ask.

        The question is not asked where it would have to be encrypted or signed in.
        """
        if _client(self._broker):
            return None
        try:
            topics = await asyncio.to_thread(held_topics, self._broker.url, ANSWER_S)
        except (OSError, ValueError):
            return None
        return Listened(tuple(sorted(set(topics))), (), len(topics), is_all=False)


def create_topics(broker: Broker, topics: Collection[str], partitions: int) -> None:
    """Create topics that are not there yet, and one for probes; wait until the broker has them.

    Raises:
        CannotPublish: it does not take one of them.
    """
    admin = AdminClient(_settings(broker))
    wanted = [NewTopic(each, num_partitions=partitions, replication_factor=1) for each in topics]
    wanted.append(NewTopic(PROBES, num_partitions=1, replication_factor=1))
    for name, done in admin.create_topics(wanted, request_timeout=ANSWER_S).items():
        try:
            done.result(2 * ANSWER_S)
        except KafkaException as problem:
            if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                said = _said(problem)
                raise CannotPublish(f"[feed] {name}: no such topic can be made: {said}") from None


class _NoBreak(Breath):
    """Records behind each other."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over records behind each other; return when the broker has acknowledged them."""
        if command:
            raise NotVerified("Kafka cuts nobody off at the suite's word")
        self._line.publish(messages)
        return [None] * len(messages)


class _Reader(Listener):
    """Reads what was added to topics since it began, when it is asked."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._consumer: Consumer | None = None
        self._at: dict[tuple[str, int], int] = {}
        self._take: Take = lambda channel, payload: None

    @property
    def is_on(self) -> bool:  # type: ignore[override]
        """Return whether it knows where each partition ended as it began."""
        return self._consumer is not None

    async def begin(self, channels: Collection[str], take: Take) -> None:
        """Remember where the partitions end now."""
        self._take, self.problem = take, ""
        try:
            await asyncio.to_thread(self._begin, channels)
        except ERRORS as problem:
            self.problem = str(problem)

    def _begin(self, channels: Collection[str]) -> None:
        consumer = _reader(self._broker)
        try:
            known = consumer.list_topics(timeout=ANSWER_S).topics
            if unknown := sorted(map(str, set(channels) - known.keys())):
                consumer.close()
                raise OSError(f"there is no topic {unknown[0]} that the suite may read")
            places = [(str(c), p) for c in channels for p in known[c].partitions]
            self._at = {place: _end(consumer, place) for place in places}
            consumer.assign([TopicPartition(*place, at) for place, at in self._at.items()])
        except KafkaException as problem:
            consumer.close()
            raise OSError(_said(problem)) from None
        self._consumer = consumer

    async def settle(self, within_s: float) -> None:
        """Read what was added since."""
        found: list[tuple[str, bytes]] = []
        with suppress(*ERRORS):
            await asyncio.to_thread(self._read, within_s, lambda *each: found.append(each))
        for each in found:
            self._take(*each)

    def _read(self, within_s: float, take: Callable[[str, bytes], None]) -> None:
        assert self._consumer
        over_s = time.monotonic() + within_s
        try:
            ends = {place: _end(self._consumer, place) for place in self._at}
            while any(self._at[place] < end for place, end in ends.items()):
                record = self._consumer.poll(LOOK_S)
                if record is not None and not record.error():
                    self._at[record.topic(), record.partition()] = record.offset() + 1
                    take(record.topic(), record.value() or b"")
                if time.monotonic() > over_s:
                    return
        except KafkaException as problem:
            raise OSError(_said(problem)) from None

    async def end(self) -> None:
        """Leave the broker."""
        consumer, self._consumer = self._consumer, None
        if consumer:
            await asyncio.to_thread(consumer.close)


def _end(consumer: Consumer, place: tuple[str, int]) -> int:
    """Return the offset that the next record of a partition gets, as the broker says now."""
    return int(consumer.get_watermark_offsets(TopicPartition(*place), ANSWER_S)[1])

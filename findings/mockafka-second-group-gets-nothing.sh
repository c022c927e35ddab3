#!/usr/bin/env bash
# mockafka-py: one group has committed, and for every other group the ticks are gone; a commit of one tick is one of all.
#
# Expected: the stand-in for confluent_kafka keeps an offset for each group, as Kafka does: each group reads every tick, and a
#   consumer that comes back reads behind what it has committed.
# Seen: mockafka-py 0.2.3 takes a group.id and has one offset for all: what one group has committed no other gets, whatever
#   auto.offset.reset says. commit(message=...) commits the consumer's position, not the message: after three ticks
#   read and the first one committed, ticks 2 and 3 do not come again. on_delivery is kept and never called, flush() is 0 all
#   the same, and offset() is None. librdkafka's own mock broker, which comes with confluent_kafka, does it right.
# Why it matters: a recorder and a gateway that read the same ticks cannot both be tested. A service that loses what it had
#   in hand when it died, or that commits before it has written, is to be found by just these two ticks; with the
#   mock it is the right one that is red, or none. A producer that counts its delivery reports waits for ever.
# Way to live with it: "test.mock.num.brokers" of confluent_kafka, and its address for all other clients of the test.
# Versions: mockafka-py 0.2.3, confluent_kafka 2.16.1 (PyPI), Python 3.11.7. Its README has neither groups nor offsets; the
#   comments call other methods "unsupported", not these.
#
# Output seen (three ticks; group A reads them and commits the first):
#                          librdkafka's mock   mockafka-py
#   delivery reports       3                   0
#   offsets that A sees    0 1 2               None None None
#   A comes back           2 3                 nothing
#   group B                1 2 3               nothing
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check mockafka-py==0.2.3 confluent_kafka==2.16.1 >pip.log 2>&1 \
  || { cat pip.log >&2; exit 1; }

cat > groups.py <<'GROUPS'
import sys
import time

from confluent_kafka import OFFSET_STORED, Consumer, Producer, TopicPartition
from mockafka import FakeAdminClientImpl, FakeConsumer, FakeProducer
from mockafka.admin_client import NewTopic


def read(kind, address, group, commit=None):
    settings = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    consumer = kind(address | settings)
    if kind is FakeConsumer:
        consumer.subscribe(["ticks"])
    else:  # as subscribe() would, without the seconds that a group takes to form
        consumer.assign([TopicPartition("ticks", 0, OFFSET_STORED)])
    until, got = time.monotonic() + 5, []
    while len(got) < 3 and time.monotonic() < until:
        message = consumer.poll(0.2)
        if message is not None and not message.error():
            got.append(message)
    if commit is not None:
        consumer.commit(message=got[commit], asynchronous=False)
    consumer.close()
    return got


def shown(values):
    return " ".join(str(value) for value in values) or "nothing"


def column(producer_kind, consumer_kind, address):
    reports = []
    producer = producer_kind(address)
    for number in (1, 2, 3):
        producer.produce("ticks", value=str(number), partition=0, on_delivery=lambda *_: reports.append(1))
    assert producer.flush(10) == 0
    first = read(consumer_kind, address, "A", commit=0)
    assert [message.value() for message in first] == [b"1", b"2", b"3"]
    later = [read(consumer_kind, address, group) for group in "AB"]
    numbers = [shown(int(message.value()) for message in messages) for messages in later]
    return [str(len(reports)), shown(message.offset() for message in first), *numbers]


broker = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "", "log_level": 0})
address = next(iter(broker.list_topics(timeout=10).brokers.values()))
real = column(Producer, Consumer, {"bootstrap.servers": f"{address.host}:{address.port}", "log_level": 0})
FakeAdminClientImpl().create_topics([NewTopic("ticks", 1)])
mock = column(FakeProducer, FakeConsumer, {})
print(" " * 22, "librdkafka's mock".ljust(19), "mockafka-py")
for name, one, other in zip(("delivery reports", "offsets that A sees", "A comes back", "group B"), real, mock):
    print(f"{name:22} {one:19} {other}")
if (real, mock) != (["3", "0 1 2", "2 3", "1 2 3"], ["0", "None None None", "nothing", "nothing"]):
    sys.exit("not as described any more")
GROUPS
venv/bin/python groups.py

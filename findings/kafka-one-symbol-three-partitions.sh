#!/usr/bin/env bash
# Kafka: two services in two languages write the ticks of one symbol, each with the symbol as key, and they land in different partitions.
#
# Expected: the key decides the partition; ticks of one symbol stay in order, whoever writes them, and a reader of one partition has all.
# Seen: each client hashes by itself. kafka-python, aiokafka and kafkajs do what Java's does (murmur2, the sign bit cut off).
#   @platformatic/kafka keeps the sign bit as a large number: the same partition where their number is a power of two, as it is on a test
#   broker with 4, and another one for every second symbol with 6. confluent-kafka takes a CRC32, kafka-node's "keyed" a hash
#   of its own. kafkajs has two by name, and its LegacyPartitioner, which its message on updating to 2.0 recommends, is none of Java's.
# Why it matters: the gateway in JavaScript and the recorder in Python, or the old and the new client during a migration: TCS at 3500.1 and
#   3500.2 come in either order, a compacted topic keeps two last prices, a join by partition finds no partner.
# Way to live with it: name the partitioner in each producer: compatibilityPartitioner, "partitioner": "murmur2_random",
#   Partitioners.JavaCompatiblePartitioner; a test with some keys and 6 partitions in each service.
# Versions: confluent-kafka 2.16.1 (librdkafka's mock cluster), kafka-python 3.0.12, aiokafka 0.14.0 (PyPI), kafkajs 2.2.4,
#   @platformatic/kafka 1.35.0, kafka-node 5.0.0 (npm), Python 3.11.7, Node.js 20.20.2. Issue 121 of platformatic/kafka is open; its README
#   does not speak of partitioners.
#
# Output seen (partition by client):
#   of 4                 NIFTY     BANKNIFTY TCS       RELIANCE  INFY      BTCUSDT
#   kafka-python         3         3         1         3         1         2
#   aiokafka             3         3         1         3         1         2
#   kafkajs              3         3         1         3         1         2
#   kafkajs legacy       1         1         2         0         0         2
#   @platformatic/kafka  3         3         1         3         1         2
#   ... compatibility    3         3         1         3         1         2
#   kafka-node keyed     0         0         0         3         0         3
#   confluent-kafka      0         2         2         0         2         3
#   of 6                 NIFTY     BANKNIFTY TCS       RELIANCE  INFY      BTCUSDT
#   kafka-python         3         1         5         5         3         2
#   aiokafka             3         1         5         5         3         2
#   kafkajs              3         1         5         5         3         2
#   kafkajs legacy       5         3         4         4         0         4
#   @platformatic/kafka  5         1         5         1         5         4
#   ... compatibility    3         1         5         5         3         2
#   kafka-node keyed     4         0         0         3         4         1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check confluent-kafka==2.16.1 kafka-python==3.0.12 aiokafka==0.14.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts kafkajs@2.2.4 @platformatic/kafka@1.35.0 kafka-node@5.0.0 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > partitions.mjs <<'PARTITIONS'
import { compatibilityPartitioner, defaultPartitioner } from "@platformatic/kafka";
import kafkajs from "kafkajs";
import nodePartitioners from "kafka-node/lib/partitioner.js";

const [, , count, ...keys] = process.argv;
const numbers = Array.from({ length: Number(count) }, (_, number) => number);
const partitionMetadata = numbers.map((partitionId) => ({ partitionId, leader: 1 }));
const ofKafkajs = (name) => {
  const partitioner = kafkajs.Partitioners[name]();
  return (key) => partitioner({ topic: "ticks", partitionMetadata, message: { key: Buffer.from(key) } });
};
const keyed = new nodePartitioners.KeyedPartitioner();
const clients = {
  kafkajs: ofKafkajs("DefaultPartitioner"),
  "kafkajs legacy": ofKafkajs("LegacyPartitioner"),
  "@platformatic/kafka": (key) => defaultPartitioner({}, Buffer.from(key)) % numbers.length,
  "... compatibility": (key) => compatibilityPartitioner({}, Buffer.from(key)) % numbers.length,
  "kafka-node keyed": (key) => keyed.getPartition(numbers, key),
};
for (const [name, partition] of Object.entries(clients)) clients[name] = keys.map(partition);
console.log(JSON.stringify(clients));
PARTITIONS
cat > probe.py <<'PROBE'
import json
import subprocess
import sys

from aiokafka.partitioner import DefaultPartitioner as AioPartitioner
from confluent_kafka import Producer
from kafka.partitioner.default import DefaultPartitioner

KEYS = ["NIFTY", "BANKNIFTY", "TCS", "RELIANCE", "INFY", "BTCUSDT"]


class Cluster:
    def __init__(self, count):
        self.numbers = set(range(count))

    def topics(self):
        return {"ticks"}

    def partitions_for_topic(self, topic):
        return self.numbers

    available_partitions_for_topic = partitions_for_topic


def of_confluent():
    landed = {}
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    for key in KEYS:
        producer.produce("ticks", key=key, value="", callback=lambda _, message: landed.update({message.key(): message.partition()}))
    producer.flush(20)
    return [landed[key.encode()] for key in KEYS]


def of_all(count):
    every = list(range(count))
    asked = subprocess.run(["node", "partitions.mjs", str(count), *KEYS], capture_output=True, text=True)
    return {
        "kafka-python": [DefaultPartitioner().partition("ticks", key, key.encode(), b"", b"", Cluster(count)) for key in KEYS],
        "aiokafka": [AioPartitioner()(key.encode(), every, every) for key in KEYS],
        **json.loads(asked.stdout),
        **({"confluent-kafka": of_confluent()} if count == 4 else {}),
    }


seen = {count: of_all(count) for count in (4, 6)}
for count, clients in seen.items():
    print(f"{f'of {count}':<20} {' '.join(f'{key:<9}' for key in KEYS)}".rstrip(), flush=True)
    for client, partitions in clients.items():
        print(f"{client:<20} {' '.join(f'{partition:<9}' for partition in partitions)}".rstrip(), flush=True)
java = {4: [3, 3, 1, 3, 1, 2], 6: [3, 1, 5, 5, 3, 2]}
same = ("kafka-python", "aiokafka", "kafkajs", "... compatibility")
others = {
    4: {
        "kafkajs legacy": [1, 1, 2, 0, 0, 2],
        "@platformatic/kafka": java[4],
        "kafka-node keyed": [0, 0, 0, 3, 0, 3],
        "confluent-kafka": [0, 2, 2, 0, 2, 3],
    },
    6: {
        "kafkajs legacy": [5, 3, 4, 4, 0, 4],
        "@platformatic/kafka": [5, 1, 5, 1, 5, 4],
        "kafka-node keyed": [4, 0, 0, 3, 4, 1],
    },
}
if seen != {count: {**dict.fromkeys(same, java[count]), **others[count]} for count in java}:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py

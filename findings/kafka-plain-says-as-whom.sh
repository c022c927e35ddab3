#!/usr/bin/env bash
# SASL PLAIN to Kafka: some clients name the user twice, and whoever compares what they show with "\0user\0password" turns them away.
#
# Expected: PLAIN is three texts with a zero between them (RFC 4616): as whom one wants to act, who one is, and the password. Who acts
#   for himself leaves the first one empty, as Java's client does, so that every client shows the same bytes for the same password.
# Seen: confluent-kafka and kafkajs do the same; aiokafka and kafka-python name the user there, too.
# Why it matters: a gate, a test broker or a proxy that knows one form lets the publisher in and refuses the ticker with the
#   same password, as "Invalid username or password": the search goes for a typing error that is not there.
# Way to live with it: split at the zeros; take the first text where it is empty or the same as the second, and compare the other two.
# Versions: confluent-kafka 2.16.1, aiokafka 0.14.0, kafka-python 3.0.12 (PyPI), kafkajs 2.2.4 (npm), Python 3.11, Node 20.
#
# Output seen:
#   confluent-kafka  '\x00desk\x00sesame'
#   kafkajs          '\x00desk\x00sesame'
#   aiokafka         'desk\x00desk\x00sesame'
#   kafka-python     'desk\x00desk\x00sesame'
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check confluent-kafka==2.16.1 aiokafka==0.14.0 kafka-python==3.0.12 >pip.log 2>&1 \
  || { cat pip.log >&2; exit 1; }
npm install --silent --no-audit --no-fund kafkajs@2.2.4 >npm.log 2>&1 \
  || { cat npm.log >&2; exit 1; }

cat > shown.py <<'SHOWN'
import asyncio
import socket
import struct
import subprocess
import sys
import threading

USER, PASSWORD = "desk", "sesame"
VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
KNOWN = {0: (0, 7), 1: (0, 11), 2: (0, 5), 3: (0, 8), 17: (0, 1), 18: (0, 0), 36: (0, 1)}
shown = []


def answer(key, version, body):
    """Return what a broker says until somebody has signed in."""
    if key == VERSIONS:
        known = b"".join(struct.pack(">hhh", k, *v) for k, v in KNOWN.items())
        return struct.pack(">hi", 35 if version else 0, len(KNOWN)) + known
    if key == HANDSHAKE:
        return struct.pack(">hi", 0, 1) + struct.pack(">h", 5) + b"PLAIN"
    shown.append(body[4:])
    return struct.pack(">hh", 58, -1) + struct.pack(">i", -1) + (struct.pack(">q", 0) if version else b"")


def serve(line):
    def read(length):
        data = b""
        while len(data) < length:
            more = line.recv(length - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    try:
        while True:
            frame = read(struct.unpack(">i", read(4))[0])
            key, version, number, name = struct.unpack_from(">hhih", frame)
            said = answer(key, version, frame[10 + max(0, name):])
            line.sendall(struct.pack(">ii", 4 + len(said), number) + said)
    except OSError:
        line.close()


def listen():
    listener = socket.create_server(("127.0.0.1", 0))

    def take():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=take, daemon=True).start()
    return listener.getsockname()[1]


def confluent(port):
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({
        "bootstrap.servers": f"127.0.0.1:{port}", "security.protocol": "SASL_PLAINTEXT", "log_level": 0,
        "sasl.mechanism": "PLAIN", "sasl.username": USER, "sasl.password": PASSWORD, "error_cb": lambda _: None,
    })
    admin.list_topics(timeout=5)


def of_aiokafka(port):
    from aiokafka import AIOKafkaProducer

    async def start():
        producer = AIOKafkaProducer(
            bootstrap_servers=f"127.0.0.1:{port}", security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="PLAIN", sasl_plain_username=USER, sasl_plain_password=PASSWORD,
        )
        try:
            await producer.start()
        finally:
            await producer.stop()

    asyncio.run(start())


def kafka_python(port):
    from kafka import KafkaProducer

    KafkaProducer(
        bootstrap_servers=f"127.0.0.1:{port}", security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN",
        sasl_plain_username=USER, sasl_plain_password=PASSWORD, max_block_ms=5000,
    )


def kafkajs(port):
    program = f"""
const {{ Kafka, logLevel }} = require("kafkajs");
const kafka = new Kafka({{ brokers: ["127.0.0.1:{port}"], ssl: false, logLevel: logLevel.NOTHING, retry: {{ retries: 0 }},
  sasl: {{ mechanism: "plain", username: "{USER}", password: "{PASSWORD}" }} }});
kafka.producer().connect().catch(() => {{}}).finally(() => process.exit());
"""
    subprocess.run(["node", "-e", program], timeout=30, check=False)


import logging

logging.disable(logging.CRITICAL)
port, found = listen(), {}
for name, ask in {"confluent-kafka": confluent, "kafkajs": kafkajs, "aiokafka": of_aiokafka, "kafka-python": kafka_python}.items():
    shown.clear()
    try:
        ask(port)
    except Exception:
        pass  # nobody is let in
    found[name] = repr(shown[0].decode()) if shown else "nothing"
    print(f"{name:<16} {found[name]}")
alone, twice = repr(f"\0{USER}\0{PASSWORD}"), repr(f"{USER}\0{USER}\0{PASSWORD}")
wanted = {"confluent-kafka": alone, "kafkajs": alone, "aiokafka": twice, "kafka-python": twice}
sys.exit(found != wanted)
SHOWN
timeout 120 venv/bin/python shown.py

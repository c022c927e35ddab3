#!/usr/bin/env bash
# GarageMQ: who is bound to BTC.# hears BTCDOM too, of two queues with one key the second gets nothing, and what comes again is not marked; RabbitMQ does otherwise.
#
# Expected: "message broker that implement the AMQP protocol", compatible with RabbitMQ: "#" stands for zero or more whole words; a direct exchange copies a message to each queue
#   that is bound with its key; a message given back comes again with redelivered set.
# Seen: GarageMQ of Debian 12 makes a regular expression of a topic. At its end "#" is anything, with or without a point: BTC.# takes BTCDOM and BTCDOM.trade, and #.trade takes
#   xtrade. A direct exchange ends its search at the first queue that fits. A message that was given back has redelivered false. Nothing is refused.
# Why it matters: a small broker without Erlang is what one takes for tests and on a laptop. The recorder that is started second records nothing, and one has a look at the recorder. The book of BTC is
#   fed by another instrument. What filters repeated orders by the flag lets them through.
# Way to live with it: fanout or topic exchanges with whole keys, and the symbol in the message checked by the consumer; RabbitMQ itself for tests of routing. In tests two queues with one key, and symbols of which one
#   begins with the other.
# Versions: garagemq 0.0~git20200204.15e6a9d (Debian 12), pika 1.3.2, Python 3.11. Source: buildRegexp in binding/binding.go and GetMatchedQueues in exchange/exchange.go of the project. Nothing
#   found about it.
#
# Output seen (published: BTC, BTC.trade, BTC.spot, BTC.trade.spot, BTCDOM, BTCDOM.trade, xtrade):
#   topic BTC.#       BTC, BTC.trade, BTC.spot, BTC.trade.spot, BTCDOM, BTCDOM.trade
#   topic #.trade     BTC.trade, BTCDOM.trade, xtrade
#   topic BTC.#.spot  BTC.spot, BTC.trade.spot
#   topic BTC.*       BTC.trade, BTC.spot
#   direct, queue 1   tick 1, tick 2
#   direct, queue 2   nothing
#   given back        tick, redelivered False
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for garagemq 0.0~git20200204" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq garagemq 2>apt.log || { cat apt.log >&2; exit 1; }
[[ $(echo garagemq_*) == *git20200204.15e6a9d* ]] || { echo "needs garagemq 0.0~git20200204.15e6a9d" >&2; exit 1; }
dpkg-deb -x garagemq_*.deb .
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pika==1.3.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import contextlib
import hashlib
import re
import socket
import subprocess
import sys
import time

import pika

KEYS = ["BTC", "BTC.trade", "BTC.spot", "BTC.trade.spot", "BTCDOM", "BTCDOM.trade", "xtrade"]


def free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def got(channel, queue):
    seen = []
    while (message := channel.basic_get(queue, auto_ack=True))[0]:
        seen.append(message[2].decode())
    return ", ".join(seen) or "nothing"


def play(port):
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port))
    channel = connection.channel()
    topics = ["BTC.#", "#.trade", "BTC.#.spot", "BTC.*"]
    channel.exchange_declare("topic", "topic")
    for topic in topics:
        channel.queue_declare(topic)
        channel.queue_bind(topic, "topic", topic)
    for key in KEYS:
        channel.basic_publish("topic", key, key.encode())
    channel.exchange_declare("direct", "direct")
    for queue in ("1", "2"):
        channel.queue_declare(queue)
        channel.queue_bind(queue, "direct", "BTC")
    for number in (1, 2):
        channel.basic_publish("direct", "BTC", f"tick {number}".encode())
    channel.queue_declare("again")
    channel.basic_publish("", "again", b"tick")
    time.sleep(0.5)
    seen = {f"topic {topic}": got(channel, topic) for topic in topics}
    seen |= {f"direct, queue {queue}": got(channel, queue) for queue in ("1", "2")}
    channel.basic_nack(channel.basic_get("again")[0].delivery_tag, requeue=True)
    time.sleep(0.3)
    method, _, body = channel.basic_get("again", auto_ack=True)
    seen["given back"] = f"{body.decode()}, redelivered {method.redelivered}"
    connection.close()
    return seen


port = free()
with open("etc/garagemq/config.yaml") as file:
    config = file.read()
config = re.sub(r"port: 5672\b", f"port: {port}", config)
config = re.sub(r"port: 15672\b", f"port: {free()}", config)
config = config.replace("/var/lib/garagemq/db", "db")
config = re.sub(r"(?m)^(\s*password:).*$", rf"\1 {hashlib.md5(b'guest').hexdigest()}", config)
with open("config.yaml", "w") as file:
    file.write(config)
with open("broker.log", "w") as log:
    broker = subprocess.Popen(["usr/bin/garagemq", "--config", "config.yaml"], stdout=log, stderr=log)
try:
    for _ in range(100):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            break
        time.sleep(0.1)
    time.sleep(0.3)
    seen = play(port)
finally:
    broker.terminate()
    broker.wait()
for name, text in seen.items():
    print(f"{name:17} {text}")
expected = ["BTC, BTC.trade, BTC.spot, BTC.trade.spot, BTCDOM, BTCDOM.trade", "BTC.trade, BTCDOM.trade, xtrade", "BTC.spot, BTC.trade.spot",
            "BTC.trade, BTC.spot", "tick 1, tick 2", "nothing", "tick, redelivered False"]
if list(seen.values()) != expected:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py

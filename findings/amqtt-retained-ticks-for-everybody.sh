#!/usr/bin/env bash
# amqtt: a tick published with QoS 0 arrives with QoS 2, and a client gets the retained ticks that others asked for.
#
# Expected: the QoS of a delivery is the lower one of the message's and the subscription's (MQTT 3.1.1, 4.3 and
#   3.8.4). A retained message goes to who subscribes to its topic. A session that is present has what was
#   published meanwhile.
# Seen: the broker of amqtt 0.12.1 delivers with the subscription's QoS, also upwards: QoS 0 and 1 arrive as 2. As
#   long as one client is subscribed to ticks/NIFTY, each other client that connects is sent its retained tick,
#   whatever it subscribes to. And the answer to a connection says that the session is there, but what came while
#   its client was away is not: where anonymous clients are allowed, as in most tests, nothing is kept for anyone.
# Why it matters: this is the broker that one starts inside a Python test, in its own event loop. A loss at QoS
#   0 cannot be seen there, and "with QoS 1 nothing is lost over a reconnection" fails there alone. A test's
#   first message is another test's instrument, by who else is connected.
# Way to live with it: mosquitto for all tests of QoS, sessions and retained messages; here drop what has another
#   topic than asked for, and publish retained ticks with an empty text at the end of a test.
# Versions: amqtt 0.12.1, paho-mqtt 2.2.0 (PyPI), Python 3.11.7. Nothing found about these. mosquitto 2.0.11 does what
#   is expected here.
#
# Output seen:
#   published with QoS 0 1 2, subscribed with 2   received with 2 2 2
#   five ticks with QoS 1 while away              session present, received nothing
#   retained on ticks/NIFTY, nobody subscribed    a client of "orders" receives nothing
#   retained on ticks/NIFTY, one subscribed       a client of "orders" receives ticks/NIFTY
set -euo pipefail
work=$(mktemp -d)
broker=
cleanup() {
  if [ -n "$broker" ]; then kill "$broker" 2>/dev/null || true; wait "$broker" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check amqtt==0.12.1 paho-mqtt==2.2.0

cat > broker.py <<'BROKER'
import asyncio
import sys

from amqtt.broker import Broker

CONFIG = {
    "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{sys.argv[1]}"}},
    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
}


async def main():
    await Broker(CONFIG).start()
    await asyncio.Event().wait()


asyncio.run(main())
BROKER
cat > probe.py <<'PROBE'
import sys
import time

import paho.mqtt.client as mqtt

PORT = int(sys.argv[1])


def wait(condition, what, seconds=15):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Client:
    def __init__(self, name, clean=True):
        self.got, self.answered, self.present = [], 0, None
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean)
        self.mqtt.on_message = lambda _, __, m: self.got.append((m.topic, m.qos))
        self.mqtt.on_subscribe = lambda *_: setattr(self, "answered", self.answered + 1)
        self.mqtt.on_connect = lambda _, __, flags, *___: setattr(self, "present", flags.session_present)

    def connect(self):
        until = time.monotonic() + 15
        while True:
            try:
                self.mqtt.connect("127.0.0.1", PORT)
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        self.mqtt.loop_start()
        wait(self.mqtt.is_connected, "a connection")
        return self

    def subscribe(self, topic, qos):
        before = self.answered
        self.mqtt.subscribe(topic, qos)
        wait(lambda: self.answered > before, f"an answer to the subscription to {topic}")

    def publish(self, topic, text, qos, retain=False):
        self.mqtt.publish(topic, text, qos, retain).wait_for_publish(10)

    def leave(self):
        self.mqtt.disconnect()
        wait(lambda: not self.mqtt.is_connected(), "the end of the connection")
        self.mqtt.loop_stop()


def topics(client):
    time.sleep(1)
    client.leave()
    return ", ".join(sorted({topic for topic, _ in client.got})) or "nothing"


seen = []


def row(what, result):
    print(f"{what:44}  {result}", flush=True)
    seen.append(result)


feed = Client("feed").connect()

reader = Client("reader").connect()
reader.subscribe("quotes/NIFTY", 2)
for qos in (0, 1, 2):
    feed.publish("quotes/NIFTY", "24000.05", qos)
wait(lambda: len(reader.got) == 3, "three ticks")
reader.leave()
row("published with QoS 0 1 2, subscribed with 2", "received with " + " ".join(str(qos) for _, qos in reader.got))

recorder = Client("recorder", clean=False).connect()
recorder.subscribe("trades/NIFTY", 1)
recorder.leave()
for number in range(5):
    feed.publish("trades/NIFTY", str(number), 1)
recorder.connect()
received = topics(recorder)
row(
    "five ticks with QoS 1 while away",
    f"session {'present' if recorder.present else 'new'}, received {received}",
)

feed.publish("ticks/NIFTY", "24000.05", 1, retain=True)
for subscribed, what in ((False, "nobody subscribed"), (True, "one subscribed")):
    desk = Client("desk").connect()
    if subscribed:
        desk.subscribe("ticks/NIFTY", 1)
    orders = Client("orders").connect()
    orders.subscribe("orders", 1)
    row(f"retained on ticks/NIFTY, {what}", f'a client of "orders" receives {topics(orders)}')
    desk.leave()
feed.leave()
if seen != [
    "received with 2 2 2",
    "session present, received nothing",
    'a client of "orders" receives nothing',
    'a client of "orders" receives ticks/NIFTY',
]:
    sys.exit("not as described any more")
PROBE
port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/python broker.py "$port" 2>broker.log & broker=$!
venv/bin/python probe.py "$port"

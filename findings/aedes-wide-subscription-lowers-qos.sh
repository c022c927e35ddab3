#!/usr/bin/env bash
# aedes: "ticks/#" beside "ticks/NIFTY" makes ticks QoS 0 while connected, and some of them come twice.
#
# Expected: a tick that matches two subscriptions comes with the higher QoS of the two
#   (MQTT 3.1.1, MQTT-3.3.5-1), once or once for each; the order of subscribing is no matter.
# Seen: aedes 1.2.0 sends one copy, with QoS 0, whichever of the two asked for 1. If it was the wide
#   one, the tick is also kept for the session, as nobody confirmed it, and comes again, with QoS 1
#   and no DUP flag, at the next connection: what was received is received twice. "ticks/+" in
#   place of "ticks/#" is right.
# Why it matters: aedes is the broker that one starts inside a test. A monitor's "ticks/#" on the
#   same client takes away the guarantee of the one instrument that has it, only while messages flow; a
#   test of the reconnection counts doubles, which mosquitto (one copy, QoS 1) or EMQX
#   (a copy for each, its issue 1560) do not send.
# Way to live with it: one client per purpose, or filters that do not overlap; "+" for a known depth; in
#   tests assert the QoS of a received message, not only its payload. Sequence numbers show the doubles.
# Versions: aedes 1.2.0 on npm, paho-mqtt 2.2.0, Node.js 20.20.2. Overlaps are in issue 19 of
#   moscajs/aedes-persistence (closed, "we should deliver max QoS"). The rest was not found.
#
# Output seen (tick 1 is published while connected, tick 2 while away, both with QoS 1; payload/QoS):
#   NIFTY 1                 connected 1/1   back 2/1
#   NIFTY 1, then # 0       connected 1/0   back 2/1
#   # 0, then NIFTY 1       connected 1/0   back 2/1
#   NIFTY 0, then # 1       connected 1/0   back 1/1 2/1
#   # 1, then NIFTY 0       connected 1/0   back 1/1 2/1
#   NIFTY 1, then + 0       connected 1/1   back 2/1
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
venv/bin/pip install -qq --disable-pip-version-check paho-mqtt==2.2.0
npm install --silent --no-audit --no-fund --ignore-scripts aedes@1.2.0

cat > broker.js <<'BROKER'
const { Aedes } = require("aedes");
const { writeFileSync } = require("node:fs");
Aedes.createBroker().then((broker) => {
  const server = require("node:net").createServer(broker.handle);
  server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
});
BROKER
cat > probe.py <<'PROBE'
import sys
import time

import paho.mqtt.client as mqtt

PORT = int(sys.argv[1])


def wait(condition, what, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Client:
    """A client with a lasting session; what it received is payload/QoS."""

    def __init__(self, name):
        self.got, self.answered = [], 0
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self.mqtt.on_message = lambda _, __, m: self.got.append(f"{m.payload.decode()}/{m.qos}{'d' if m.dup else ''}")
        self.mqtt.on_subscribe = lambda *_: setattr(self, "answered", self.answered + 1)

    def connect(self):
        self.mqtt.connect("127.0.0.1", PORT)
        self.mqtt.loop_start()
        wait(self.mqtt.is_connected, "a connection")

    def subscribe(self, topic, qos):
        before = self.answered
        self.mqtt.subscribe(topic, qos)
        wait(lambda: self.answered > before, f"an answer to the subscription to {topic}")

    def disconnect(self):
        self.mqtt.disconnect()
        wait(lambda: not self.mqtt.is_connected(), "the end of the connection")
        self.mqtt.loop_stop()


def story(number, subscriptions):
    topic = f"ticks{number}"
    feed, reader = Client(f"feed{number}"), Client(f"reader{number}")
    feed.connect()
    reader.connect()
    for tail, qos in subscriptions:
        reader.subscribe(f"{topic}/{tail}", qos)
    feed.mqtt.publish(f"{topic}/NIFTY", "1", 1).wait_for_publish(10)
    wait(lambda: reader.got, "the first tick")
    time.sleep(0.3)
    connected, reader.got = " ".join(reader.got), []
    reader.disconnect()
    time.sleep(0.2)
    feed.mqtt.publish(f"{topic}/NIFTY", "2", 1).wait_for_publish(10)
    reader.connect()
    time.sleep(0.7)
    back = " ".join(reader.got)
    reader.disconnect()
    feed.disconnect()
    asked = ", then ".join(f"{tail} {qos}" for tail, qos in subscriptions)
    print(f"{asked:<22}  connected {connected}   back {back}", flush=True)
    return connected, back


LOST, TWICE, RIGHT = ("1/0", "2/1"), ("1/0", "1/1 2/1"), ("1/1", "2/1")
EXPECTED = (
    ([("NIFTY", 1)], RIGHT),
    ([("NIFTY", 1), ("#", 0)], LOST),
    ([("#", 0), ("NIFTY", 1)], LOST),
    ([("NIFTY", 0), ("#", 1)], TWICE),
    ([("#", 1), ("NIFTY", 0)], TWICE),
    ([("NIFTY", 1), ("+", 0)], RIGHT),
)
if [story(number, asked) for number, (asked, _) in enumerate(EXPECTED)] != [seen for _, seen in EXPECTED]:
    sys.exit("not as described any more")
PROBE
node broker.js & broker=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
venv/bin/python probe.py "$(cat port)"

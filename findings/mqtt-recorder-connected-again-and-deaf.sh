#!/usr/bin/env bash
# mqtt-recorder: after a cut it is connected again and records nothing more, and a replay with QoS 1 ends before it has been sent.
#
# Expected: a recorder that comes back after a cut goes on recording, or says that it does not; a replay ends when all is sent.
# Seen: mqtt-recorder 1.4.0 subscribes once, beside its on_connect. paho-mqtt comes back by itself with a clean session, the log says
#   "Connected to broker!" a second time, and no subscription is made. The file simply has no rows from then on, and the exit code is 0.
#   A replay hands its messages to paho-mqtt and ends without waiting: with QoS 1 twenty are under way at a time, the rest
#   waits in the process and goes with it; with QoS 0 it is the last one at times. "End of replay" is logged, the exit code is 0.
# Why it matters: the recording of a trading day ends at the first hiccup of the network, and reads like a market that fell silent. What is
#   replayed from it in tests is another day each time; a client is judged by ticks that it was never sent.
# Way to live with it: the time of the last row compared with that of the session's end; replay with QoS 0 or with the delays of the
#   recording, and the number of rows compared with what a second client got.
# Versions: mqtt-recorder 1.4.0 (the newest on PyPI), paho-mqtt 2.2.0, amqtt 0.12.1 as broker, Python 3.11.7. Nothing found about it.
#
# Output seen:
#   recorded, of ticks 0 to 2, a cut, 3 to 5  0 1 2, connected 2 times, exit 0
#   replayed with QoS 0, of 3000              all, or all but the last, exit 0
#   replayed with QoS 1, of 3000              less than half, exit 0     (749 and 774 in two runs)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check mqtt-recorder==1.4.0 paho-mqtt==2.2.0 amqtt==0.12.1 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

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
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import paho.mqtt.client as mqtt


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def up(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


PORT, RELAY = free(), free()
lines = []


def relay():
    listener = socket.create_server(("127.0.0.1", RELAY))

    def pump(one, other):
        try:
            while data := one.recv(4096):
                other.sendall(data)
        except OSError:
            pass
        cut((one, other))

    while True:
        pair = (listener.accept()[0], socket.create_connection(("127.0.0.1", PORT)))
        lines.append(pair)
        for ends in (pair, pair[::-1]):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def cut(pair):
    for end in pair:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def client(topic=None):
    ready, got = threading.Event(), []
    line = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    line.on_connect = lambda *_: line.subscribe(topic, 1) if topic else ready.set()
    line.on_subscribe = lambda *_: ready.set()
    line.on_message = lambda _, __, message: got.append(message.payload.decode())
    line.connect("127.0.0.1", PORT)
    line.loop_start()
    assert ready.wait(10)
    return line, got


def recorder(*more):
    return [sys.executable, "-m", "mqtt_recorder", "--host", "127.0.0.1", *more]


def ticks(feed, numbers):
    for number in numbers:
        feed.publish("ticks", str(number))
        time.sleep(0.1)


rows = []


def row(name, text):
    rows.append(text)
    print(f"{name:41} {text}", flush=True)


log = lambda: open("log.txt").read()
broker = subprocess.Popen([sys.executable, "broker.py", str(PORT)], stderr=subprocess.DEVNULL)
recording = None
try:
    until(lambda: up(PORT))
    threading.Thread(target=relay, daemon=True).start()
    until(lambda: up(RELAY))
    feed, _ = client()
    command = recorder("--port", str(RELAY), "--mode", "record", "--file", "ticks.csv", "-t", "ticks")
    with open("log.txt", "w") as f:
        recording = subprocess.Popen(command, stderr=f)
    until(lambda: log().count("Connected") == 1)
    time.sleep(1)
    ticks(feed, range(3))
    time.sleep(0.5)
    cut(lines[-1])
    until(lambda: log().count("Connected") == 2)
    time.sleep(1)
    ticks(feed, range(3, 6))
    time.sleep(0.5)
    recording.send_signal(signal.SIGINT)
    code = recording.wait(20)
    got = " ".join(line.split(",")[1] for line in open("ticks.csv"))
    row("recorded, of ticks 0 to 2, a cut, 3 to 5", f"{got}, connected {log().count('Connected')} times, exit {code}")
    for qos in (0, 1):
        with open("many.csv", "w") as f:
            f.writelines(f"day{qos},{number},{qos},False,1.0,0.0\n" for number in range(3000))
        _, got = client(f"day{qos}")
        command = recorder("--port", str(PORT), "--mode", "replay", "--file", "many.csv")
        done = subprocess.run(command, stderr=subprocess.DEVNULL, timeout=60)
        before = -1
        while len(got) != before:
            before = len(got)
            time.sleep(1.5)
        count = len(set(got))
        text = "all, or all but the last" if count > 2990 else "less than half" if 0 < count < 1500 else str(count)
        row(f"replayed with QoS {qos}, of 3000", f"{text}, exit {done.returncode}")
finally:
    if recording and recording.poll() is None:
        recording.kill()
        recording.wait()
    broker.terminate()
    broker.wait()
right = rows == ["0 1 2, connected 2 times, exit 0", "all, or all but the last, exit 0", "less than half, exit 0"]
if not right:
    print("not as described any more", file=sys.stderr)
sys.stdout.flush()
os._exit(not right)
PROBE
timeout 120 venv/bin/python -W ignore probe.py

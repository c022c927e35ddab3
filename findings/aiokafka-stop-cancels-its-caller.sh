#!/usr/bin/env bash
# aiokafka: stop() of a consumer whose broker has just hung up ends as cancelled, and the task that called it is over without a word.
#
# Expected: `finally: await consumer.stop()` in a loop that connects again closes the consumer, whatever has become of the broker;
#   CancelledError is for a task that somebody has cancelled.
# Seen: a fetch that has failed waits for retry_backoff_ms before it returns. stop() cancels it there and awaits it without taking
#   the CancelledError, which comes out of stop(). Nobody has cancelled anything: task.cancelling() is 0, cancelled() is true. The
#   loop ends, no log has a line about it, no exception is unretrieved, and the client stays open.
# Why it matters: the loop is what brings a gateway's feed back. Behind a restart of the broker it is gone in silence: the service
#   answers pings, says "degraded", and never has a tick again. `except Exception` does not see it, nor does a TaskGroup.
# Way to live with it: stop in a task of its own, asyncio.wait({asyncio.create_task(consumer.stop())}, timeout=…), and look whether
#   the own task was cancelled: asyncio.current_task().cancelling().
# Versions: aiokafka 0.14.0, noida-db 0.2.3 as a broker (PyPI), Python 3.11.7. The close() of its Fetcher suppresses the CancelledError of
#   one task, and not that of the others.
#
# Output seen:
#   the broker has hung up, and stop() raises CancelledError; cancelling() is 0
#   the loop that was to connect again: cancelled, after 1 of its rounds
#   lines in the log that speak of it: 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aiokafka==0.14.0 noida-db==0.2.3 >pip.log 2>&1 \
  || { cat pip.log >&2; exit 1; }

cat > stops.py <<'STOPS'
import asyncio
import logging
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

LOG = Path("client.log")
logging.basicConfig(filename=LOG, level=logging.WARNING)


def broker(port):
    """Start one, and wait until it listens."""
    program = Path(shutil.copy(Path(find_spec("noida_db").origin).with_name("noida-db"), "."))
    program.chmod(0o755)
    command = [str(program.resolve()), "start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", "data"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            subprocess.run(["sleep", "0.01"], check=True)
    process.kill()
    sys.exit("noida-db does not listen")


class HungUp(Exception):
    """The broker has ended a line."""


async def watched(port):
    """Raise as soon as the broker hangs up on a line that nobody uses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.read()
    finally:
        writer.close()
    raise HungUp


async def main():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process, rounds, raised, ready = broker(port), 0, [], asyncio.Event()

    async def connect_again_and_again():
        nonlocal rounds
        while rounds < 3:
            rounds += 1
            consumer = AIOKafkaConsumer("ticks", bootstrap_servers=f"127.0.0.1:{port}")
            try:
                await consumer.start()
                ready.set()
                await watched(port)
            except (HungUp, KafkaError, OSError):
                await asyncio.sleep(0.02)  # the fetch has failed by now, and waits for its backoff
            finally:
                try:
                    await consumer.stop()
                except asyncio.CancelledError:
                    raised.append(asyncio.current_task().cancelling())
                    raise

    loop = asyncio.create_task(connect_again_and_again())
    await asyncio.wait_for(ready.wait(), 20)
    await asyncio.sleep(0.5)
    process.terminate()
    process.wait()
    await asyncio.wait({loop}, timeout=20)
    spoken = [line for line in LOG.read_text().splitlines() if "cancel" in line.lower()]
    if raised:
        print(f"the broker has hung up, and stop() raises CancelledError; cancelling() is {raised[0]}")
    state = "cancelled" if loop.cancelled() else "ended" if loop.done() else "goes on"
    print(f"the loop that was to connect again: {state}, after {rounds} of its rounds")
    print(f"lines in the log that speak of it: {len(spoken)}")
    sys.exit((raised, state, rounds, spoken) != ([0], "cancelled", 1, []))


asyncio.run(main())
STOPS
venv/bin/python stops.py

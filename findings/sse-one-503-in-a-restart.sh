#!/usr/bin/env bash
# Server-sent events: one 503 from the gateway during a restart, and four of six clients do not come back.
#
# Expected: a stream of events reconnects by itself; that is what it is chosen for. The service is restarted,
#   the gateway answers 503 for a moment, and two seconds later all is as before.
# Seen: clients that came back after an end or a cut line meet one 503. undici and eventsource (npm) close for good, as the
#   standard for pages says of each status but 200, and browsers do. aiohttp-sse-client raises, with max_connect_retry
#   at 5, and requests-sse raises. Only launchdarkly-eventsource takes all three in its stride. fetch-event-source
#   survives the 503, but takes an end in good order for the end of all; aiohttp-sse-client survives the end, and
#   raises for a line that is cut.
# Why it matters: a gateway that has no service behind it answers 502 or 503, so that each restart through nginx,
#   HAProxy, Envoy or a cloud's balancer meets it. Those who were connected directly in the test came back;
#   pages stay open, and show the last price.
# Way to live with it: in pages and in Node.js look at readyState in onerror and make a new EventSource when it is CLOSED;
#   in Python a loop around the client; a test in which the service answers 503 once.
# Versions: undici 7.30.2, eventsource 4.1.1, launchdarkly-eventsource 2.2.0, @microsoft/fetch-event-source 2.0.1 (npm);
#   aiohttp-sse-client 0.2.1 (aiohttp 3.14.5), requests-sse 0.5.3 (PyPI); Node.js 20.20.2, Python 3.11.7. Standard: WHATWG
#   HTML, 9.2.3 (fail the connection). That the libraries differ was not found.
#
# Output seen (does the client ask again?):
#                             stream ends  line cut  one 503
#   undici                    yes          yes       no
#   eventsource               yes          yes       no
#   launchdarkly-eventsource  yes          yes       yes
#   fetch-event-source        no           yes       yes
#   aiohttp-sse-client        yes          no        no
#   requests-sse              yes          yes       no
set -euo pipefail
work=$(mktemp -d)
service=
cleanup() {
  if [ -n "$service" ]; then kill "$service" 2>/dev/null || true; wait "$service" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aiohttp-sse-client==0.2.1 aiohttp==3.14.5 requests-sse==0.5.3
npm install --silent --no-audit --no-fund --ignore-scripts undici@7.30.2 eventsource@4.1.1 \
  launchdarkly-eventsource@2.2.0 @microsoft/fetch-event-source@2.0.1

cat > service.mjs <<'SERVICE'
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
const asked = {};
const server = createServer((request, answer) => {
  const what = request.url.slice(1);
  if (what.startsWith("count/")) return answer.end(String(asked[what.slice(6)] ?? 0));
  const number = asked[what] = (asked[what] ?? 0) + 1;
  const kind = what.split("/")[1];
  if (kind.endsWith("503") && number === 2) { answer.statusCode = 503; return answer.end(); }
  answer.writeHead(200, { "content-type": "text/event-stream" });
  answer.write(`retry: 200\nid: ${number}\ndata: 1895.50\n\n`);
  if (number === 1) setTimeout(() => (kind.startsWith("cut") ? answer.destroy() : answer.end()), 100); // later ones stay
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
SERVICE
cat > read.mjs <<'READ'
import { EventSource as Standard } from "eventsource";
import launchdarkly from "launchdarkly-eventsource";
import { EventSource as Undici } from "undici";
const [name, url] = process.argv.slice(2);
const quiet = () => {};
globalThis.document = { hidden: false, addEventListener: quiet, removeEventListener: quiet };
globalThis.window = globalThis;
const { fetchEventSource } = await import("@microsoft/fetch-event-source");
if (name === "undici") new Undici(url);
if (name === "eventsource") new Standard(url).onerror = quiet;
if (name === "launchdarkly-eventsource")
  new launchdarkly.EventSource(url, { initialRetryDelayMillis: 200 }).onerror = quiet;
if (name === "fetch-event-source") fetchEventSource(url, { onmessage: quiet }).catch(quiet);
setTimeout(() => process.exit(), 60000);
READ
cat > read.py <<'READ'
import asyncio
import contextlib
import datetime
import sys

import requests_sse
from aiohttp_sse_client import client

name, url = sys.argv[1:]


async def with_aiohttp():
    again = datetime.timedelta(seconds=0.2)
    async with client.EventSource(url, reconnection_time=again, max_connect_retry=5) as events:
        async for _ in events:
            pass


with contextlib.suppress(Exception):  # what is raised ends the reading, and that is what is looked at
    if name == "requests-sse":
        with requests_sse.EventSource(url, timeout=60) as events:
            for _ in events:
                pass
    else:
        asyncio.run(asyncio.wait_for(with_aiohttp(), 60))
READ
cat > probe.py <<'PROBE'
import subprocess
import sys
import time
import urllib.request

BASE = f"http://127.0.0.1:{open('port').read()}"
YES, PAGE = ("yes", "yes", "yes"), ("yes", "yes", "no")
EXPECTED = {
    "undici": PAGE,
    "eventsource": PAGE,
    "launchdarkly-eventsource": YES,
    "fetch-event-source": ("no", "yes", "yes"),
    "aiohttp-sse-client": ("yes", "no", "no"),
    "requests-sse": PAGE,
}


def counts(name, kinds):
    """How often the service was asked for the stream of each kind."""
    return [int(urllib.request.urlopen(f"{BASE}/count/{name}/{kind}").read()) for kind in kinds]


good = True
print(f"{'':25} stream ends  line cut  one 503")
for name, expected in EXPECTED.items():
    python = name in ("aiohttp-sse-client", "requests-sse")
    command = [sys.executable, "read.py"] if python else ["node", "read.mjs"]
    kinds = ("ends", "cut", "ends503", "cut503")
    readers = [
        subprocess.Popen([*command, name, f"{BASE}/{name}/{kind}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for kind in kinds
    ]
    try:
        until = time.monotonic() + 30
        while min(counts(name, kinds)) == 0 and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(5)
        asked = counts(name, kinds)
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    came_back = asked[0] > 1, asked[1] > 1, max(asked[2:]) > 2  # the 503 is the second answer, behind an end or a cut
    seen = tuple("yes" if back else "no" for back in came_back)
    print(f"{name:<25} {seen[0]:<12} {seen[1]:<9} {seen[2]}", flush=True)
    good &= seen == expected
if not good:
    sys.exit("not as described any more")
PROBE
node service.mjs & service=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
venv/bin/python probe.py

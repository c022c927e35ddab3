#!/usr/bin/env bash
# redis-lua: once a subscription was left with abort(), each answer is that of the question before; a pipeline gives scores and members in one row.
#
# Expected: abort() ends the loop over the messages, and the connection can be used again. A command has the answer in a pipeline that it has outside of one.
# Seen: abort() of redis-lua 2.0.5 sends UNSUBSCRIBE and PUNSUBSCRIBE, and the loop ends with the first of the two replies: the second stays on the line and is taken for the
#   answer to the next question, and so on for as long as the connection lives. No error. zrange with scores is a list of pairs, and in a pipeline or a transaction one flat
#   list, as the reply's parser is called without the arguments there. exists() of two keys that are both there is false, since it compares the number with 1.
# Why it matters: wait for "ready", leave, ask for the prices: MSFT has the price of AAPL, and the first question has a table. In a pipeline the best bid's entry [1] is its
#   member, a text, where a pair was.
# Way to live with it: one connection for subscriptions and another for questions; in a pipeline take the pairs apart oneself; exists() with one key. In tests one
#   question behind each subscription.
# Versions: lua-redis 2.0.5~git20141117.880dda9-7 (Debian 12, Lua 5.3), redis-server 7.0. Source: consumer_loop, pipeline, zset_range_reply in redis.lua. Nothing found about it.
#
# Output seen:
#   get AAPL          {punsubscribe nil 0}
#   get MSFT          227.3
#   get NVDA          512.8
#   zrange            {{a 100.5} {b 101}}
#   in a pipeline     {a 100.5 b 101}
#   in a transaction  {a 100.5 b 101}
#   exists of two     false
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v lua5.3 >/dev/null || { echo "needs Debian 12 and apt-get install lua5.3, for lua-redis 2.0.5" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq lua-redis=2.0.5~git20141117.880dda9-7 lua-socket redis-server redis-tools libjemalloc2 liblzf1 libatomic1 liblua5.1-0 lua-bitop lua-cjson 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LIBRARIES=$(find "$PWD/usr/lib" -name '*.so*' -not -path '*/lua/*' -printf '%h\n' | sort -u | paste -sd:)
export LIBRARIES LUA_PATH="$PWD/usr/share/lua/5.3/?.lua;$PWD/usr/share/lua/5.1/?.lua" LUA_CPATH="$(echo "$PWD"/usr/lib/*/lua/5.3)/?.so"

cat > probe.lua <<'PROBE'
local redis = require("redis")
local port = tonumber(arg[1])
local client, other = redis.connect("127.0.0.1", port), redis.connect("127.0.0.1", port)

local function text(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i = 1, 12 do
    if value[i] == nil and value[i + 1] == nil then break end
    parts[i] = text(value[i])
  end
  return "{" .. table.concat(parts, " ") .. "}"
end

for symbol, price in pairs({ AAPL = "227.3", MSFT = "512.8", NVDA = "177.9" }) do other:set(symbol, price) end
other:zadd("bids", 100.5, "a")
other:zadd("bids", 101, "b")

for message, abort in client:pubsub({ subscribe = "ready" }) do
  if message.kind == "subscribe" then other:publish("ready", "now") else abort() end
end
for _, symbol in ipairs({ "AAPL", "MSFT", "NVDA" }) do print("get " .. symbol, text(client:get(symbol))) end

client = redis.connect("127.0.0.1", port)
print("zrange", text(client:zrange("bids", 0, -1, { withscores = true })))
print("in a pipeline", text(client:pipeline(function(p) p:zrange("bids", 0, -1, { withscores = true }) end)[1]))
print("in a transaction", text(client:transaction(function(t) t:zrange("bids", 0, -1, { withscores = true }) end)[1]))
print("exists of two", client:exists("AAPL", "MSFT"))
PROBE
cat > probe.py <<'PROBE'
import os
import socket
import subprocess
import sys
import time

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
environment = {**os.environ, "LD_LIBRARY_PATH": os.environ["LIBRARIES"]}
with open("redis.log", "w") as log:
    redis = subprocess.Popen(["usr/bin/redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""], env=environment, stdout=log, stderr=log)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    run = subprocess.run(["lua5.3", "probe.lua", str(port)], capture_output=True, text=True, timeout=30)
finally:
    redis.terminate()
    redis.wait()
seen = dict(line.split("\t") for line in run.stdout.splitlines())
for name, text in seen.items():
    print(f"{name:17} {text}")
if run.returncode or list(seen.values()) != ["{punsubscribe nil 0}", "227.3", "512.8", "{{a 100.5} {b 101}}", "{a 100.5 b 101}", "{a 100.5 b 101}", "false"]:
    sys.exit("not as described any more " + run.stderr[:500])
PROBE
timeout 60 python3 probe.py

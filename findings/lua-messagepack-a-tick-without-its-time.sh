#!/usr/bin/env bash
# lua-messagepack: the time of a tick is not there, a level without a bid has no length, and an order id above 2^63 is negative; nothing raises an error.
#
# Expected: the timestamp is a type of MessagePack's specification; a reader that does not know it has an error or a value of its own for it, as those of Python, JavaScript
#   and Go do. A list of two has two entries. A uint 64 that Lua's integers do not hold is a float or an error: the other readers are exact.
# Seen: lua-messagepack 0.5.2 gives each extension to a function that has to be written by the program; until then it returns nil, and a field with nil does not exist in Lua. In
#   a list it is a hole, as null is: # is 0 for {nil, 101.05} and ipairs() begins with nothing. uint 64 is read as a signed integer. unpack() returns all that
#   without a word.
# Why it matters: scripts of gateways, load tools and recorders are Lua. `tick.time or now` is a common line: all ticks are of now, and none is too old. Of a quote whose bid is null the ask is
#   lost to every loop with ipairs. Ids of some exchanges use all 64 bits.
# Way to live with it: MessagePack.build_ext, for type -1, before the first message; false or a number instead of null at the sender; ids as text. In tests a message with
#   a time, a null and an id of 64 bits, written by the feed's own library.
# Versions: lua-messagepack 0.5.2-1 (Debian 12), Lua 5.3 or 5.4, msgpack 1.2.4 (PyPI), Python 3.11.7. Source: build_ext in MessagePack.lua. Nothing found about it.
#
# Output seen (written by Python):
#   {"price": 101.05, "time": datetime}   price 101.05, time nil, 1 field
#   [datetime, 101.05]                    # 0, ipairs 0
#   [None, 101.05]                        # 0, ipairs 0
#   [99.95, 101.05]                       # 2, ipairs 2
#   order 9223372036854775813             -9223372036854775803
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for lua-messagepack 0.5.2" >&2; exit 1; }
lua=$(command -v lua5.3 || command -v lua5.4) || { echo "needs lua5.3 or lua5.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq lua-messagepack=0.5.2-1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x lua-messagepack_*.deb .
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check msgpack==1.2.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

venv/bin/python - <<'WRITE'
import datetime

import msgpack

time = datetime.datetime(2026, 1, 5, 9, 15, tzinfo=datetime.timezone.utc)
for name, message in (
    ("record", {"price": 101.05, "time": time}),
    ("list", [time, 101.05]),
    ("null", [None, 101.05]),
    ("both", [99.95, 101.05]),
    ("order", 2**63 + 5),
):
    with open(name, "wb") as file:
        file.write(msgpack.packb(message, datetime=True))
WRITE
cat > probe.lua <<'PROBE'
package.path = "./usr/share/lua/5.3/?.lua"
local mp = require "MessagePack"

local function read(name)
  local file = assert(io.open(name, "rb"))
  local message = mp.unpack(file:read("a"))
  file:close()
  return message
end
local function list(name)
  local levels, count = read(name), 0
  for _ in ipairs(levels) do count = count + 1 end
  return ("# %d, ipairs %d"):format(#levels, count)
end
local record, fields = read("record"), 0
for _ in pairs(record) do fields = fields + 1 end
local rows = {
  {'{"price": 101.05, "time": datetime}', ("price %s, time %s, %d field"):format(record.price, record.time, fields), "price 101.05, time nil, 1 field"},
  {"[datetime, 101.05]", list("list"), "# 0, ipairs 0"},
  {"[None, 101.05]", list("null"), "# 0, ipairs 0"},
  {"[99.95, 101.05]", list("both"), "# 2, ipairs 2"},
  {"order 9223372036854775813", tostring(read("order")), "-9223372036854775803"},
}
local right = true
for _, row in ipairs(rows) do
  print(("%-37s %s"):format(row[1], row[2]))
  right = right and row[2] == row[3]
end
if not right then
  io.stderr:write("not as described any more\n")
  os.exit(1)
end
PROBE
timeout 30 "$lua" probe.lua

#!/usr/bin/env bash
# Kite's two official clients read other prices and another volume from the same frame.
#
# Expected: kiteconnect for Python and for Node.js give the same numbers, of the documented layout.
# Seen: three fields, three differences. Python reads all integers without a sign: a price of -28.84
#   is 42,949,644.12. Node.js reads them with a sign: a volume of 2,400,000,000 shares is
#   -1,894,967,296. And only Python knows that segment 12 (commodities of NSE) has four decimals:
#   Node.js gives 9875000 for 98750.00. "change", computed from these, is as wrong. No error.
# Why it matters: a penny share's volume may pass 2.1 billion, and crude oil was settled below zero in April 2020.
#   Recorded frames of a usual day show none of it, a dashboard and a service differ on just the
#   days that count, and a check "price above 0" is content with 42 million.
# Way to live with it: in recorded frames have one of each: volume above 2^31, a negative price, each
#   segment; bounds from both sides in the plausibility check; divide by the instruments' tick size.
# Versions: kiteconnect 5.2.2 on PyPI, 5.3.0 on npm. Issue 120 of zerodha/kiteconnectjs tells of segment
#   12 (open). About the signs nothing was found; the broker's forum calls the prices int32.
#
# Output seen:
#   field                  in the frame      Python            Node.js
#   token 408065 price          1595.05      1595.05           1595.05
#   token 408065 volume      2400000000      2400000000        -1894967296
#   token 58000647 price         -28.84      42949644.12       -28.84
#   token 128012 price         98750.00      98750.0           9875000
set -euo pipefail
work=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check kiteconnect==5.2.2 setuptools==80.9.0
npm install --silent --no-audit --no-fund --ignore-scripts kiteconnect@5.3.0 ws@8.18.3

cat > server.mjs <<'SERVER'
// One binary message of three quotes (44 bytes each) to whoever connects.
import { writeFileSync } from "node:fs";
import { WebSocketServer } from "ws";
const quote = (token, price, volume) => {
  const packet = Buffer.alloc(46);
  packet.writeUInt16BE(44, 0);
  packet.writeUInt32BE(token, 2);
  packet.writeInt32BE(price, 6);
  packet.writeUInt32BE(volume, 18);
  packet.writeInt32BE(price, 42); // yesterday's close
  return packet;
};
const count = Buffer.from([0, 3]);
const frame = Buffer.concat([
  count, quote(408065, 159505, 2_400_000_000), quote(58000647, -2884, 1000), quote(128012, 987_500_000, 1000),
]);
const service = new WebSocketServer({ host: "127.0.0.1", port: 0 });
service.on("connection", (client) => client.send(frame));
service.on("listening", () => writeFileSync("port", String(service.address().port)));
SERVER
cat > read.mjs <<'READ'
import { KiteTicker } from "kiteconnect";
const ticker = new KiteTicker({ api_key: "key", access_token: "token", root: `ws://127.0.0.1:${process.argv[2]}/` });
setTimeout(() => process.exit(3), 20_000);
ticker.on("ticks", (ticks) => {
  for (const tick of ticks) console.log(tick.instrument_token, tick.last_price, tick.volume_traded);
  process.exit(0);
});
ticker.connect();
READ
cat > read.py <<'READ'
import os
import sys
import threading

from kiteconnect import KiteTicker

ticker = KiteTicker("key", "token", root=f"ws://127.0.0.1:{sys.argv[1]}/")
came = threading.Event()


def on_ticks(_, ticks):
    for tick in ticks:
        print(tick["instrument_token"], tick["last_price"], tick["volume_traded"], flush=True)
    came.set()


ticker.on_ticks = on_ticks
ticker.connect(threaded=True)
os._exit(0 if came.wait(20) else 3)
READ
node server.mjs & server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
venv/bin/python -W ignore read.py "$(cat port)" > python 2> python.log || { cat python.log; exit 1; }
node read.mjs "$(cat port)" > node
awk 'BEGIN { printf "%-22s%13s      %-18s%s\n", "field", "in the frame", "Python", "Node.js"
             sent[408065] = "1595.05"; sent[58000647] = "-28.84"; sent[128012] = "98750.00" }
     FNR == NR { price[$1] = $2; volume[$1] = $3; next }
     { printf "%-22s%13s      %-18s%s\n", "token " $1 " price", sent[$1], price[$1], $2
       if ($1 == 408065) printf "%-22s%13s      %-18s%s\n", "token " $1 " volume", "2400000000", volume[$1], $3 }' python node
[ "$(paste -sd';' python)" = "408065 1595.05 2400000000;58000647 42949644.12 1000;128012 98750.0 1000" ]
[ "$(paste -sd';' node)" = "408065 1595.05 -1894967296;58000647 -28.84 1000;128012 9875000 1000" ]

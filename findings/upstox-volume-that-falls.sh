#!/usr/bin/env bash
# Upstox: the volume goes from 9000 to 10000, and in both official clients "10000" is less than "9000".
#
# Expected: of a binary feed with whole numbers of 64 bits a client makes numbers; open interest of 0 is 0.
# Seen: upstox-python-sdk 2.30.0 and upstox-js-sdk 2.31.0 send the protobuf message through its JSON form. In it
#   volume, sizes and times are texts ("10000" < "9000" is true in Python and in JavaScript), prices are numbers.
#   And what is zero is not there: no "oi", no "ltq", no "bidQ" and "bidP" of an empty side, no "type" of the
#   first message: initial_feed is number 0. Whoever reads tick["oi"] has a KeyError at the first contract
#   without any, or keeps the value before.
# Why it matters: volume is compared with the one before to find trades: it "falls" at each new digit, so once at
#   9,999 and once at 99,999, and max() of a day's volumes is none of the last ones. JavaScript adds numbers to it:
#   "10000" + 75 is "1000075". An empty side looks like a side that was not sent, and keeps an old price.
# Way to live with it: one function that makes a tick of a message: int() for the whole fields, 0 for what is
#   missing from a part that is there; in tests volumes on both sides of 10,000, an empty side and no interest.
# Versions: upstox-python-sdk 2.30.0, protobuf 7.36.2 (PyPI), upstox-js-sdk 2.31.0, protobufjs 7.6.6 (npm), Python
#   3.11.7, Node.js 20.20.2. The JSON form is documented for protobuf, not for these clients. Messages of the full
#   mode, handed to the clients' own decoders: no account.
#
# Output seen (sent: volume 9000, then 10000; interest 0, no bids):
#   Python  volume "9000" "10000"  rose: no  interest missing  bid: missing missing  type: missing live_feed
#   Node.js volume "9000" "10000"  rose: no  interest missing  bid: missing missing  type: missing live_feed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check upstox-python-sdk==2.30.0 protobuf==7.36.2
npm install --silent --no-audit --no-fund --ignore-scripts upstox-js-sdk@2.31.0 protobufjs@7.6.6

cat > read.py <<'READ'
from upstox_client.feeder.market_data_streamer_v3 import MarketDataStreamerV3
from upstox_client.feeder.proto import MarketDataFeedV3_pb2 as feed

KEY = "NSE_FO|45450"


def message(kind, volume):
    response = feed.FeedResponse(type=kind, currentTs=1767590100250)
    full = response.feeds[KEY].fullFeed.marketFF
    full.ltpc.ltp, full.ltpc.ltt, full.ltpc.ltq, full.ltpc.cp = 0.05, 1767590100250, 75, 0.1
    full.vtt, full.oi = volume, 0
    level = full.marketLevel.bidAskQuote.add()
    level.bidQ, level.bidP, level.askQ, level.askP = 0, 0, 75, 0.05
    return response.SerializeToString()


streamer, got = MarketDataStreamerV3(None, [KEY], "full"), []
streamer.on("message", got.append)
for number, (kind, volume) in enumerate((("initial_feed", 9000), ("live_feed", 10000))):
    data = message(feed.Type.Value(kind), volume)
    open(f"{number}.bin", "wb").write(data)
    streamer.handle_message(None, data)
ticks = [each["feeds"][KEY]["fullFeed"]["marketFF"] for each in got]
before, after = (tick["vtt"] for tick in ticks)
level = ticks[1]["marketLevel"]["bidAskQuote"][0]
missing = "missing"
print(
    f'Python  volume "{before}" "{after}"  rose: {"yes" if after > before else "no"}  '
    f'interest {ticks[1].get("oi", missing)}  '
    f'bid: {level.get("bidQ", missing)} {level.get("bidP", missing)}  '
    f'type: {got[0].get("type", missing)} {got[1].get("type", missing)}'
)
READ
cat > read.js <<'READ'
const { readFileSync } = require("node:fs");
const { MarketDataFeederV3 } = require("upstox-js-sdk/dist/feeder/MarketDataFeederV3.js");
const KEY = "NSE_FO|45450";
const feeder = new MarketDataFeederV3([KEY], "full");
const ready = setInterval(() => {
  if (!feeder.protobufRoot) return;
  clearInterval(ready);
  // what the client does with a message before it hands it over
  const got = [0, 1].map((n) => JSON.parse(JSON.stringify(feeder.decodeProtobuf(readFileSync(`${n}.bin`)))));
  const ticks = got.map((each) => each.feeds[KEY].fullFeed.marketFF);
  const [before, after] = ticks.map((tick) => tick.vtt);
  const { bidQ = "missing", bidP = "missing" } = ticks[1].marketLevel.bidAskQuote[0];
  const types = got.map((each) => each.type ?? "missing").join(" ");
  console.log(
    `Node.js volume "${before}" "${after}"  rose: ${after > before ? "yes" : "no"}  ` +
      `interest ${ticks[1].oi ?? "missing"}  bid: ${bidQ} ${bidP}  type: ${types}`,
  );
}, 20);
setTimeout(() => process.exit(1), 10000).unref();
READ
(venv/bin/python -W ignore read.py; node read.js) | tee seen
cat > expected <<'EXPECTED'
Python  volume "9000" "10000"  rose: no  interest missing  bid: missing missing  type: missing live_feed
Node.js volume "9000" "10000"  rose: no  interest missing  bid: missing missing  type: missing live_feed
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }

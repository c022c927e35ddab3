#!/usr/bin/env bash
# moexalgo: made into a quarter of an hour, three bars that fall from 301 to 295 have their low at 895.
#
# Expected: bars of five minutes put together: the lowest low, and in sec_pr_low at which second it was.
# Seen: moexalgo 2.5.12, the Moscow exchange's own client, has beta.resample.resample() for its Super Candles. Of a bar with a new low it
#   adds the seconds since the beginning of the period to both, the second of the low and the low: 300 in the second bar, 600 in the
#   third, up to 3300 in an hour. Open, high, close and volumes are right; where the first bar has the low, that is right too.
#   When a period begins with a later bar, as the first hour of a session that starts at 06:50 does, the second of its close has the
#   distance twice: 6200 in an hour of 3600.
# Why it matters: lows are wrong in falling markets and right in rising ones. A stop below is never hit in a backtest, a range is ten
#   times the price, and a low above the high is for many charts a candle like others.
# Way to live with it: aggregate with pandas or polars; a check of low <= min(open, close) on what comes out.
# Versions: moexalgo 2.5.12 (the newest on PyPI), which wants Python 3.12 or newer (3.12.1 here). 2.4.1 has it in tools.resample. Nothing
#   found about it. The exchange is a small stand-in that serves its JSON over HTTP.
#
# Output seen:
#                   open    high    low     close   sec_pr_low  sec_pr_close
#   10:00 5 min     300     301     299     299.5   240         290
#   10:05 5 min     299.5   299.8   297     297.5   250         295
#   10:10 5 min     297.5   298     295     295.5   260         299
#   10:00 15 min    300     301     895     295.5   860         899
#   06:50 5 min     310     311     309     310     100         200
#   06:00 1 h       310     311     309     310     3100        6200
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
new='import sys; sys.exit(sys.version_info < (3, 12))'
for python in python3 python3.13 python3.12 python3.14; do
  if "$python" -c "$new" 2>/dev/null; then break; fi
done
if ! "$python" -c "$new" 2>/dev/null; then  # pyenv has others than the one in use
  python=python3
  while read -r version; do
    export PYENV_VERSION=$version
    if "$python" -c "$new" 2>/dev/null; then break; fi
  done < <(pyenv versions --bare 2>/dev/null)
fi
"$python" -c "$new" || { echo "needs Python 3.12 or newer" >&2; exit 1; }
"$python" -m venv venv
venv/bin/pip install -qq --disable-pip-version-check moexalgo==2.5.12 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import moexalgo
from moexalgo import session
from moexalgo.beta.resample import resample

NAMES = [
    "tradedate", "tradetime", "secid", "pr_open", "pr_high", "pr_low", "pr_close", "pr_std", "vol", "val", "trades", "trades_b",
    "trades_s", "val_b", "val_s", "vol_b", "vol_s", "sec_pr_open", "sec_pr_high", "sec_pr_low", "sec_pr_close",
]
BARS = [  # end, prices, second of the low and of the close
    ("06:55:00", 310, 311, 309, 310, 100, 200), ("10:05:00", 300, 301, 299, 299.5, 240, 290),
    ("10:10:00", 299.5, 299.8, 297, 297.5, 250, 295), ("10:15:00", 297.5, 298, 295, 295.5, 260, 299),
]


class Exchange(BaseHTTPRequestHandler):
    def do_GET(self):
        if "tradestats" in self.path:
            rows = [
                ["2026-03-11", end, "SBER", *prices, 0.1, 100, 300000, 50, 30, 20, 180000, 120000, 60, 40, 1, 30, low, close]
                for end, *prices, low, close in BARS
            ]
            answer = {"data": {"columns": NAMES, "data": rows if "start=0" in self.path else []}}
        else:
            rows = [["SBER", "TQBR", "Sber", 10, 2]] if "/shares/" in self.path else []
            answer = {"securities": {"columns": ["SECID", "BOARDID", "SHORTNAME", "LOTSIZE", "DECIMALS"], "data": rows}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
threading.Thread(target=server.serve_forever, daemon=True).start()
session.USE_HTTPS = False
session.BASE_URL = f"http://127.0.0.1:{server.server_port}/iss"
FIELDS = ["pr_open", "pr_high", "pr_low", "pr_close", "sec_pr_low", "sec_pr_close"]


def fetched():
    return list(moexalgo.Market("EQ").tradestats(date="2026-03-11", native=True))


def show(what, bar):
    print(f"{what:<15} " + "".join(f"{bar[name]:<{8 if name.startswith('pr') else 12}g}" for name in FIELDS).rstrip())


print(f"{'':<15} " + "".join(f"{name.removeprefix('pr_'):<{8 if name.startswith('pr') else 12}}" for name in FIELDS).rstrip())
early, *bars = fetched()
for begin, bar in zip(("10:00", "10:05", "10:10"), bars, strict=True):
    show(f"{begin} 5 min", bar)
quarter = resample([bar for bar in fetched() if bar["pr_open"] != 310], "15min")[0]
show(f"{quarter['begin']:%H:%M} 15 min", quarter)
show("06:50 5 min", early)
hour = resample([bar for bar in fetched() if bar["pr_open"] == 310], "1h")[0]
show(f"{hour['begin']:%H:%M} 1 h", hour)
sys.stdout.flush()
right = (
    [quarter[name] for name in FIELDS] == [300, 301, 895, 295.5, 860, 899]
    and [hour[name] for name in FIELDS] == [310, 311, 309, 310, 3100, 6200]
)
if not right:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

#!/usr/bin/env bash
# fxmoney: when the rates cannot be had 100 dollars are 100 yen, with dollars as the base they are worth euros, and its import
#   rounds everybody's Decimals to 16 digits.
#
# Expected: "precise money arithmetic". fallback_mode "last", the default: "use last known rate". set_base_currency() is "the default base
#   currency". Importing a package leaves decimal's context to the program.
# Seen: fxmoney 0.1.2 takes the rate 1 in that mode when the service fails or knows no rate, whatever it answered a moment ago: 100 USD are
#   100 JPY, 100 USD == 100 JPY is true, and there is no word of it. The ECB's rates are for one euro; set_base_currency("USD") makes them
#   rates for one dollar.
#   The import sets 16 digits in the importing thread's context, and other threads keep their 28. to_dict(), which pydantic's JSON is
#   made of too, rounds to two digits whatever it does not know: bitcoin is gone, and EURUSD is 1.08.
# Why it matters: a sum over currencies is wrong by a factor of 150 on the day when the service is down, and by 8% each day for a desk
#   that counts in dollars. A product of price and quantity is another one in a worker than in the main thread, with or without Money.
# Way to live with it: set_fallback_mode("raise") first of all; EUR as the base; getcontext().prec = 28 after the import;
#   currency_decimals for each currency that is used; in tests a service that answers 503.
# Versions: fxmoney 0.1.2 (the newest on PyPI), pydantic 2.11.10, Python 3.11.7. Nothing found about it. Rates in a file as the ECB's, and a
#   stand-in for exchangerate.host.
#
# Output seen (one euro is 1.08 dollars or 162 yen):
#   ECB, 100 USD                            15000 JPY
#   ECB, base USD, 100 USD                  16200 JPY                    (right: 15000 JPY)
#   exchangerate.host answers, 100 USD      15000 JPY
#   exchangerate.host is down, 100 USD      100 JPY                      (right: 15000 JPY)
#   98765.43210987 * 1234567.87654321       121932629795.7548            (right: 121932629795.7547749125224827)
#   the same in another thread              121932629795.7547749125224827
#   to_dict() of 0.00012345 BTC             0.00                         (right: 0.00012345)
#   JSON of 1.08455 USD                     1.08                         (right: 1.08455)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fxmoney==0.1.2 pydantic==2.11.10 >pip.log 2>&1 || { cat pip.log; exit 1; }
mkdir -p home/.fxmoney
printf 'Date,USD,JPY,\n2026-06-11,1.08,162.00,\n' >home/.fxmoney/eurofxref-hist.csv
touch home/.fxmoney/eurofxref-hist.zip

cat > probe.py <<'PROBE'
import json
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import fxmoney
from fxmoney.rates import host
from pydantic import BaseModel


class Service(BaseHTTPRequestHandler):
    down = False

    def do_GET(self):
        body = json.dumps({"success": True, "info": {"rate": 150.0}, "result": 150.0}).encode()
        self.send_response(503 if self.down else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Trade(BaseModel):
    price: fxmoney.Money


def yen():
    return str(fxmoney.Money(100, "USD").to("JPY"))


def product():
    return str(Decimal("98765.43210987") * Decimal("1234567.87654321"))


server = HTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
host.API_URL = f"http://127.0.0.1:{server.server_port}/convert"

seen = [yen()]
fxmoney.set_base_currency("USD")
seen.append(yen())
fxmoney.set_base_currency("EUR")
fxmoney.install_backend(host.HostBackend())
seen.append(yen())
Service.down = True
seen += [yen(), product()]
worker = threading.Thread(target=lambda: seen.append(product()))
worker.start()
worker.join()
seen.append(fxmoney.Money("0.00012345", "BTC").to_dict()["amount"])
seen.append(json.loads(Trade(price=fxmoney.Money("1.08455", "USD")).model_dump_json())["price"]["amount"])

names = [
    ("ECB, 100 USD", ""),
    ("ECB, base USD, 100 USD", "15000 JPY"),
    ("exchangerate.host answers, 100 USD", ""),
    ("exchangerate.host is down, 100 USD", "15000 JPY"),
    ("98765.43210987 * 1234567.87654321", "121932629795.7547749125224827"),
    ("the same in another thread", ""),
    ("to_dict() of 0.00012345 BTC", "0.00012345"),
    ("JSON of 1.08455 USD", "1.08455"),
]
for (name, right), value in zip(names, seen):
    print(f"{name:<39} {value:<28} {f'(right: {right})' if right else ''}".rstrip())
if seen != [
    "15000 JPY", "16200 JPY", "15000 JPY", "100 JPY", "121932629795.7548", "121932629795.7547749125224827", "0.00", "1.08"
]:
    sys.exit("not as described any more")
PROBE
HOME="$work/home" timeout 60 venv/bin/python probe.py

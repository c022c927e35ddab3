#!/usr/bin/env bash
# entsoe-apy: hours with the price of the hour before are not there, and prices are text: of 24 hours 19 are left and the highest price is "90", not 210.
#
# Expected: extract_records() and add_timestamps() make "DataFrame-ready records": a price for each hour of the day, as a number, as the README shows it and as
#   entsoe-py and python-entsoe give it.
# Seen: day-ahead prices come with curveType A03: a point stays valid until the next one, and one that repeats its predecessor is left out of the document.
#   entsoe-apy 1.2.0 turns each point into a record and stops there; the repeated hours, also those at the end of the day, are missing without a
#   word. price_amount is text in its models and stays it: max() is that of the alphabet, sums are long texts. entsoe-py 0.8.1 and
#   python-entsoe 0.6.3 fill the hours from the document; all three are imported as "entsoe" and write over each other in one environment.
# Why it matters: flat hours are nights and the price limits: what is missing is not at random, the mean of the day is another one. With quarters of an hour
#   since October 2025 most days have some.
# Way to live with it: reindex to the period with its resolution, ffill(), pd.to_numeric; or one of the other two. A test document with a repeated price in
#   the middle and at the end, and one with 90 and 210.
# Versions: entsoe-apy 1.2.0, entsoe-py 0.8.1, python-entsoe 0.6.3 (each the newest on PyPI), pandas 2.3.3, Python 3.11.7. Nothing found about it.
#
# Output seen (one day of the Netherlands, 19 points: 2 and 21 are repeated; ENTSO-E on loopback):
#                   hours   mean     highest
#   entsoe-py       24      121.25   210.0
#   python-entsoe   24      121.25   210.0
#   entsoe-apy      19      117.89   '90'         (the mean after float())
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in entsoe-py==0.8.1 python-entsoe==0.6.3 entsoe-apy==1.2.0; do
  python3 -m venv "${package%%==*}"
  "${package%%==*}"/bin/pip install -qq --no-compile --disable-pip-version-check "$package" pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }
done

cat > platform_stub.py <<'STUB'
import http.server
import threading
import urllib.parse

AREA = '<{0}_Domain.mRID codingScheme="A01">10YNL----------L</{0}_Domain.mRID>'
PARTY = '<{0}_MarketParticipant.mRID codingScheme="A01">10X1001A1001A450</{0}_MarketParticipant.mRID>'
ROLE = "<{0}_MarketParticipant.marketRole.type>A32</{0}_MarketParticipant.marketRole.type>"
PARTIES = "".join(PARTY.format(side) + ROLE.format(side) for side in ("sender", "receiver"))
HEAD = '<mRID>1</mRID><revisionNumber>1</revisionNumber><type>A44</type>' + PARTIES + "<createdDateTime>2026-01-14T12:00:00Z</createdDateTime>"
DAY = "<start>2026-01-14T23:00Z</start><end>2026-01-15T23:00Z</end>"
POINTS = {1: 10, 2: 20, 5: 50, **{position: position * 10 for position in range(6, 22)}}
SERIES = (
    "<TimeSeries><mRID>1</mRID><auction.type>A01</auction.type><businessType>A62</businessType>"
    + AREA.format("in")
    + AREA.format("out")
    + "<contract_MarketAgreement.type>A01</contract_MarketAgreement.type><currency_Unit.name>EUR</currency_Unit.name>"
    + "<price_Measure_Unit.name>MWH</price_Measure_Unit.name><curveType>A03</curveType>"
    + f"<Period><timeInterval>{DAY}</timeInterval><resolution>PT60M</resolution>"
    + "".join(f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>" for position, price in POINTS.items())
    + "</Period></TimeSeries>"
)
PRICES = (
    '<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">'
    f"{HEAD}<period.timeInterval>{DAY}</period.timeInterval>{SERIES}</Publication_MarketDocument>"
)
NOTHING = (
    '<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"><mRID>1</mRID>'
    f"<createdDateTime>2026-01-14T12:00:00Z</createdDateTime>{PARTIES}"
    "<received_MarketDocument.createdDateTime>2026-01-14T12:00:00Z</received_MarketDocument.createdDateTime>"
    "<Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>"
)


class Platform(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        body = (NOTHING if query.get("offset", "0") != "0" else PRICES).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Platform)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_address[1]}/api"
STUB
cat > entsoe-py.py <<'ONE'
import os

import pandas as pd
from platform_stub import URL

os.environ["ENTSOE_ENDPOINT_URL"] = URL
from entsoe import EntsoePandasClient

start = pd.Timestamp("2026-01-15", tz="Europe/Amsterdam")
prices = EntsoePandasClient(api_key="key").query_day_ahead_prices("NL", start=start, end=start + pd.Timedelta(hours=23))
print(f"{len(prices)}|{prices.mean():.2f}|{float(prices.max())!r}")
ONE
cat > python-entsoe.py <<'TWO'
import entsoe
import entsoe._http
from platform_stub import URL

entsoe._http.BASE_URL = URL
prices = entsoe.Client(api_key="key", cache=False).prices.day_ahead("2026-01-15", "2026-01-16", country="NL").value
print(f"{len(prices)}|{prices.mean():.2f}|{float(prices.max())!r}")
TWO
cat > entsoe-apy.py <<'THREE'
from pandas import DataFrame
from platform_stub import URL

from entsoe.config import set_config

set_config(security_token="12345678-1234-1234-1234-123456789012", endpoint_url=URL, log_level="CRITICAL")
from entsoe.Market import EnergyPrices
from entsoe.utils import add_timestamps, extract_records

answer = EnergyPrices(in_domain="10YNL----------L", out_domain="10YNL----------L", period_start=202601142300, period_end=202601152300).query_api()
prices = DataFrame(add_timestamps(extract_records(answer)))["time_series.period.point.price_amount"]
print(f"{len(prices)}|{prices.astype(float).mean():.2f}|{prices.max()!r}")
THREE
printf '%-15s %-7s %-8s %s\n' '' hours mean highest
wrong=
while IFS='|' read -r package described; do
  seen=$(timeout 60 "$package"/bin/python -W ignore "$package.py" 2>err.log | tail -1) || { tail -5 err.log; exit 1; }
  IFS='|' read -r hours mean highest <<<"$seen"
  printf '%-15s %-7s %-8s %s\n' "$package" "$hours" "$mean" "$highest"
  [ "$seen" = "$described" ] || wrong=1
done <<'DESCRIBED'
entsoe-py|24|121.25|210.0
python-entsoe|24|121.25|210.0
entsoe-apy|19|117.89|'90'
DESCRIBED
[ -z "$wrong" ] || { echo "not as described any more" >&2; exit 1; }

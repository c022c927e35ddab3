#!/usr/bin/env bash
# OMIE: since prices are quarter-hourly, a day's 24 hourly prices are its first six hours, a quarter each.
#
# Expected: README of OMIEData: "hourly prices in Spain and Portugal" of the daily market. Of a file with 96 quarters an hourly
#   reader makes means, or says that it cannot read it.
# Seen: the reader of OMIEData 0.4.0.0 counts the fields of a row, calls them H1 to H25, and stops. The head of the file, which names
#   the periods H1Q1 to H24Q4 since delivery day 2025-10-01, is not looked at. H24 is the quarter from 05:45; H25, which only
#   the longest day of the year has, is always filled. No error, no warning, and all prices are real ones.
# Why it matters: the evening peak is missing and noon's low too: the day looks like its night. Backtests over both periods see a market
#   that calmed down in October 2025; a battery's plan charges and discharges within the night.
# Way to live with it: read the row oneself, or take a filled H25 on any other day than October's last Sunday as an error; in tests a
#   day whose hours differ.
# Versions: OMIEData 0.4.0.0 (the newest on PyPI, from June 2025), pandas 2.3.3, Python 3.11.7. Known since then as issue 15 of its
#   repository, open. The file is made up, of the form of OMIE's INT_PBC_EV_H_1 files.
#
# Output seen (price of an hour: its number, e.g. 20 EUR from 19:00 to 20:00; before: 24 fields, after: 96):
#   2025-09-30  H1 1.0  H6 6.0  H20 20.0  H24 24.0  H25 nan  mean 12.5
#   2025-10-01  H1 1.0  H6 2.0  H20 5.0  H24 6.0  H25 7.0  mean 3.5  (right: H6 6.0, H20 20.0, H24 24.0, mean 12.5)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check OMIEData==0.4.0.0 pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from OMIEData.Enums.all_enums import DataTypeInMarginalPriceFile
from OMIEData.FileReaders.marginal_price_file_reader import MarginalPriceFileReader

HOURS = range(1, 25)


def day(date, periods, prices):
    name = f"INT_PBC_EV_H_1_{date.replace('/', '_')}.TXT"
    lines = [
        f"OMIE - Mercado de electricidad;Fecha Emisión :{date} - 13:05;;{date};Precio del mercado diario (EUR/MWh);;;;",
        "",
        ";" + ";".join(map(str, periods)) + ";",
        "Precio marginal en el sistema español (EUR/MWh);" + ";".join(f"{price:.2f}".replace(".", ",") for price in prices) + ";",
    ]
    with open(name, "w", encoding="latin-1") as file:
        file.write("\n".join(lines) + "\n")
    reader = MarginalPriceFileReader(types=[DataTypeInMarginalPriceFile.PRICE_SPAIN])
    row = reader.get_data_from_file(name).iloc[0]
    found = {f"H{hour}": float(row[f"H{hour}"]) for hour in (1, 6, 20, 24, 25)}
    mean = sum(float(row[f"H{hour}"]) for hour in HOURS) / 24
    return row["DATE"], found, mean


before = day("30/09/2025", HOURS, HOURS)
quarters = [(hour, quarter) for hour in HOURS for quarter in (1, 2, 3, 4)]
after = day("01/10/2025", [f"H{hour}Q{quarter}" for hour, quarter in quarters], [hour for hour, _ in quarters])
for (date, found, mean), note in ((before, ""), (after, "  (right: H6 6.0, H20 20.0, H24 24.0, mean 12.5)")):
    print(f"{date}  {'  '.join(f'{name} {price}' for name, price in found.items())}  mean {mean}{note}")
if [list(found.values())[:4] + [mean] for _, found, mean in (before, after)] != [[1, 6, 20, 24, 12.5], [1, 2, 5, 6, 3.5]]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

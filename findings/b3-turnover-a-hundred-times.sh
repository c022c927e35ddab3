#!/usr/bin/env bash
# b3fileparser: the turnover of B3's daily file is a hundred times too large, and by the default engine options end in 1970.
#
# Expected: fields with implied decimals are divided by them, and the two engines of one parser say the same.
# Seen: b3fileparser 0.2.1 divides the nine prices by 100, the strike in points too, which has six decimals in B3's
#   layout: 130000.5 points are 1300005000. The turnover (two decimals) is not divided at all. With pandas, the default, a
#   column that is blank in the first and the last line of the file becomes a number: the market is 10 instead of
#   VISTA, the kind 78 instead of its name, and the expiry is taken for nanoseconds: 1970-01-01. The README shows names. With
#   polars names and dates are right, but prices are 4-byte floats: 30.10 is 30.09999..., 200000.01 is 200000.0.
# Why it matters: turnover filters let everything in; a filter for VISTA is an empty table; the years to expiry are
#   negative; a join of prices by equality finds nothing. All without a warning.
# Way to live with it: turnover / 100, points / 10000; with pandas the dates are lost, so take polars for them, or
#   read the file oneself; in tests quantity times average price against turnover.
# Versions: b3fileparser 0.2.1 (PyPI), pandas 2.3.3, polars 0.20.31, Python 3.11.7. Nothing found about it. A file of B3's
#   layout for COTAHIST (VOLTOT and the prices with two decimals, PTOEXE with six), values made up.
#
# Output seen:
#                       right        pandas        polars
#   turnover            30500.0      3050000.0     3050000.0
#   strike in points    130000.5     1300005000.0  1300004992.0
#   market              VISTA        10            VISTA
#   expiry              2026-01-16   1970-01-01    2026-01-16
#   price 200000.01     200000.01    200000.01     200000.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check b3fileparser==0.2.1 pandas==2.3.3 polars==0.20.31 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from b3fileparser.b3parser import B3Parser


def number(value, width=13, decimals=2):
    return str(round(value * 10**decimals)).zfill(width)


def line(code, market, kind, price, turnover, strike, expiry, points):
    parts = ["01", "20260105", kind, code.ljust(12), market, "COMPANY".ljust(12), "PN".ljust(10), "   ", "R$  "]
    parts += [number(price)] * 7 + ["00010", str(round(turnover / price)).zfill(18), number(turnover, 18), number(strike), "0"]
    return "".join([*parts, expiry, "0000001", number(points, 13, 6), "BRXXXXACNPR6", "101"])


lines = [
    "00COTAHIST.2026BOVESPA 20260105".ljust(245),
    line("PETR4", "010", "02", 30.5, 30500, 0, "99991231", 0),
    line("IBOVA130", "070", "74", 200000.01, 200000.01, 130000, "20260116", 130000.5),
    "99COTAHIST.2026BOVESPA 2026010500000000004".ljust(245),
]
with open("COTAHIST_D05012026.TXT", "w", encoding="latin1", newline="\r\n") as out:
    out.write("\n".join(lines) + "\n")

seen = {}
for engine in ("pandas", "polars"):
    table = B3Parser.create_parser(engine).read_b3_file("COTAHIST_D05012026.TXT")
    share, option = table.to_dict("records") if engine == "pandas" else table.to_dicts()
    seen[engine] = {
        "turnover": share["VOLUME_TOTAL_NEGOCIADO"],
        "strike in points": option["PRECO_DE_EXERCICIO_EM_PONTOS"],
        "market": str(share["TIPO_DE_MERCADO"]),
        "expiry": str(option["DATA_DE_VENCIMENTO"])[:10],
        "price 200000.01": option["PRECO_ULTIMO_NEGOCIO"],
    }
right = {"turnover": 30500.0, "strike in points": 130000.5, "market": "VISTA", "expiry": "2026-01-16", "price 200000.01": 200000.01}
print(f"{'':<20}{'right':<13}{'pandas':<14}polars")
for name, value in right.items():
    print(f"{name:<20}{value!s:<13}{seen['pandas'][name]!s:<14}{seen['polars'][name]}")
wrong = {
    "pandas": [3050000.0, 1300005000.0, "10", "1970-01-01", 200000.01],
    "polars": [3050000.0, 1300004992.0, "VISTA", "2026-01-16", 200000.0],
}
if {engine: list(values.values()) for engine, values in seen.items()} != wrong:
    sys.exit("not as described any more")
PROBE
timeout 100 venv/bin/python -W ignore probe.py

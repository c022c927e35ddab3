#!/usr/bin/env bash
# massive-speedup: condition 10 is condition 1, or 10, by how one's Python was built; every ordinary quote has no condition that exists.
#
# Expected: a trade with condition 10 in the file has condition 10, and is no opening or closing price ("derivatively priced");
#   a package of "native C++ readers" has these, or does not install.
# Seen: massive-speedup 0.1.4 has two readers. The one in C++ needs zlib and is not linked with it: it loads where the interpreter has
#   zlib in itself (Debian's), and not where zlib is a module of its own (pyenv, many images). Then, without a word, the one in
#   Python is used. That one takes a field of nothing but 0s and 1s for a row of bits: 10 is condition 1 ("acquisition"), 11 is 0
#   and 1, 1 is 0, 0 is none. Where another condition stands beside it, "10,37", it is right. Codes from 96 on are left out; in C++
#   they are an error that ends the file.
# Why it matters: 1 is what stands in nearly each quote ("regular, two-sided open"), and is 0 here, which has no name. A
#   derivatively priced trade counts as open and close. The same script on a laptop and in an image makes other candles.
# Way to live with it: look at StockTrade.__module__ at the start and refuse "_fallback"; LD_PRELOAD=libz.so.1 brings the other;
#   in tests a trade with condition 10 alone, and in company.
# Versions: massive-speedup 0.1.4 (PyPI, wheel for CPython 3.11 on Linux), Python 3.11.7. Its README names the native half only;
#   nothing found about it.
#
# Output seen (lines of Massive's flat files: conditions in the file, as read, open and close):
#   trade, conditions 10       Python: 1, counts            C++: 10, does not count
#   trade, conditions "10,37"  Python: 10 37, does not count C++: 10 37, does not count
#   trade, conditions 11       Python: 0 1, counts          C++: 11, counts
#   trade, conditions 96       Python: none, counts         C++: ValueError
#   quote, conditions 1        Python: 0                    C++: 1
#   quote, conditions 0        Python: none                 C++: 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps massive-speedup==0.1.4 tqdm==4.67.3 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > read.py <<'READ'
import gzip
import sys

if sys.argv[1] == "Python":
    sys.modules["massive_speedup._native"] = None  # As if it did not load.

import massive_speedup

half = "Python" if massive_speedup.StockTrade.__module__.endswith("_fallback") else "C++"
if half != sys.argv[1]:
    sys.exit(f"the half in {sys.argv[1]} was not to be had")
TIME = 1769161728012983416
TRADE = (
    "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,sip_timestamp,size,tape,trf_id,"
    "trf_timestamp\n"
    f"A,{{}},0,4,1,{TIME},5,1,{TIME},100,1,0,0\n"
)
QUOTE = (
    "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,indicators,participant_timestamp,"
    "sequence_number,sip_timestamp,tape,trf_timestamp\n"
    f"A,4,100.1,1,5,100.0,2,{{}},,{TIME},1,{TIME},1,0\n"
)


def read(kind, text, conditions):
    with gzip.open("file.csv.gz", "wt") as file:
        file.write(text.format(conditions))
    try:
        record = next(iter(kind.parse("file.csv.gz")))
    except ValueError:
        return "ValueError"
    found = " ".join(map(str, sorted(map(int, record.conditions)))) or "none"
    if text == QUOTE:
        return found
    return f"{found}, {'counts' if record.updates_open_close() else 'does not count'}"


for conditions in ("10", '"10,37"', "11", "96"):
    print(read(massive_speedup.FlatFiles.Stock.Trade, TRADE, conditions))
for conditions in ("1", "0"):
    print(read(massive_speedup.FlatFiles.Stock.Quote, QUOTE, conditions))
READ
venv/bin/python read.py Python > python.txt
LD_PRELOAD=libz.so.1 venv/bin/python read.py C++ > native.txt
printf '%s\n' 'trade, conditions 10' 'trade, conditions "10,37"' 'trade, conditions 11' 'trade, conditions 96' \
  'quote, conditions 1' 'quote, conditions 0' > names.txt
paste -d'|' names.txt python.txt native.txt | while IFS='|' read -r name python native; do
  printf '%-26s Python: %-20s C++: %s\n' "$name" "$python" "$native"
done
printf '%s\n' '1, counts' '10 37, does not count' '0 1, counts' 'none, counts' 0 none > python.expected
printf '%s\n' '10, does not count' '10 37, does not count' '11, counts' ValueError 1 0 > native.expected
cmp -s python.txt python.expected && cmp -s native.txt native.expected || { echo "not as described any more" >&2; exit 1; }

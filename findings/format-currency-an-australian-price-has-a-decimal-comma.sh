#!/usr/bin/env bash
# format-currency: "AUD" is written as "$ 1.234,50", "USD" as "$ 1,234.50", and 1234 AUD without cents as "$ 1.234".
#
# Expected: a price in Australian dollars as Australia writes it, $1,234.50; the same marks for one currency, whether asked by country or by currency code;
#   what tells two dollars apart.
# Seen: the table of format-currency 0.0.10 has "," as Australia's decimal mark and "." for thousands, and "·" as Singapore's decimal mark. By currency
#   code the first country of the list with that code is taken: EUR is Andorra's, which has no marks of its own, so it's "€ 1,234.50", while
#   country_code="DE" is "€ 1.234,50". USD, AUD, CAD, SGD, HKD and MXN are all "$". Giving the marks or the symbol by parameter raises
#   UnboundLocalError (decimal_places), always. Below zero the "smart" Indian output isn't smart: 12345678 INR is "1.23 Crore", its negative isn't.
# Why it matters: with decimal_places=0 (or 3, which reads the same way round) "$ 1.234" of an ASX index is taken for one dollar twenty-three by a reader and
#   by a test that parses the page. Two screens of one system, one by country and one by currency, show the same price differently.
# Way to live with it: babel.numbers.format_currency(price, "AUD", locale="en_AU"). In tests parse what the page shows with the marks of its locale, never
#   by guess, and show one price each of AUD and EUR.
# Versions: format-currency 0.0.10 (the newest), Babel 2.17.0, Python 3.11.7. Source: format_currency/data/countries.json, country.py. Nothing found.
#
# Output seen (1234.5 by currency code, by country, and by Babel):
#   AUD AU    $ 1.234,50    $ 1.234,50    $1,234.50
#   USD US    $ 1,234.50    $ 1,234.50    $1,234.50
#   SGD SG    $ 1,234·50    $ 1,234·50    $1,234.50
#   EUR DE    € 1,234.50    € 1.234,50    1.234,50 €
#   1234 AUD without cents: $ 1.234
#   A$ and the marks given: UnboundLocalError
#   12345678 INR, smart: ₹ 1.23 Crore, below zero: ₹ -1,23,45,678.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile format-currency==0.0.10 Babel==2.17.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
from babel.numbers import format_currency as babel
from format_currency import format_currency

for code, country, locale in (("AUD", "AU", "en_AU"), ("USD", "US", "en_US"), ("SGD", "SG", "en_SG"), ("EUR", "DE", "de_DE")):
    ways = (
        format_currency(1234.5, currency_code=code),
        format_currency(1234.5, country_code=country),
        babel(1234.5, code, locale=locale).replace("\xa0", " "),
    )
    print(code, country, "  ", "    ".join(ways))
print("1234 AUD without cents:", format_currency(1234, currency_code="AUD", decimal_places=0))
try:
    print("A$ and the marks given:", format_currency(1234.5, currency_symbol="A$", decimal_separator=".", thousands_separator=",", decimal_places=2))
except Exception as error:
    print("A$ and the marks given:", type(error).__name__)
smart = [format_currency(value, currency_code="INR", smart_number_formatting=True) for value in (12345678, -12345678)]
print(f"12345678 INR, smart: {smart[0]}, below zero: {smart[1]}")
PROBE
PYTHONIOENCODING=utf-8 venv/bin/python probe.py | tee seen
cat > want <<'WANT'
AUD AU    $ 1.234,50    $ 1.234,50    $1,234.50
USD US    $ 1,234.50    $ 1,234.50    $1,234.50
SGD SG    $ 1,234·50    $ 1,234·50    $1,234.50
EUR DE    € 1,234.50    € 1.234,50    1.234,50 €
1234 AUD without cents: $ 1.234
A$ and the marks given: UnboundLocalError
12345678 INR, smart: ₹ 1.23 Crore, below zero: ₹ -1,23,45,678.00
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }

#!/usr/bin/env bash
# fixcore-engine: a tag that the dictionary does not know ends a repeating group; of three book updates one is left, the count says 3, validate() is content.
#
# Expected: "repeating groups decode into Group instances"; a tag of the venue's own inside an entry stays in it, or the message is rejected, or the entries do not
#   match the count in 268 and that is an error ("incorrect NumInGroup count"). Encoding what was decoded gives the same bytes.
# Seen: fixcore-engine 0.15.0 takes an unknown tag for the end of the group. Nothing looks whether as many entries were found as 268 says. All that follows goes
#   into the flat body, where the third entry overwrites the second; get_field(270) is the price of the last one, get_groups(268) has the
#   first one, 268 is 3. validate() looks for required tags at the top only; check_user_defined refuses tags from 5000 on, not 1023. The same
#   if entries begin with 269 instead of 279: no group at all. Without a dictionary, the default, three entries are one, "flat".
#   encode() writes what is left, with a good checksum.
# Why it matters: Binance has 1003, 2446 and 25043 inside its entries, other venues put 1023 of FIX 5.0 into 4.4: a book of one update in three, a bridge or a logger that
#   passes on a third of the message, and a conformance test in which everything is valid.
# Way to live with it: the venue's own tags in a copy of FIX44.xml, in each group; an assertion len(get_groups(268)) == int(message[268]); for logs the raw
#   bytes. A test with one entry more than two and a tag of the venue.
# Versions: fixcore-engine 0.15.0 (the newest on PyPI), simplefix 1.0.17, Python 3.11.7. Nothing found about it.
#
# Output seen (35=X, 268=3, prices 101 102 103; the bundled FIX44.xml):
#                                    simplefix      get_groups(268)   in the body   268   validate()   encode() as received
#   no other tag                     101 102 103    101 102 103       -             3     valid        yes
#   25043 in each entry              101 102 103    101               103           3     valid        no
#   1023 in each entry               101 102 103    101               103           3     valid        no
#   the same, check_user_defined     101 102 103    101               103           3     valid        no
#   entries begin with 269           101 102 103    -                 103           3     valid        no
#   no dictionary                    101 102 103    -                 103           3     -            no
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fixcore-engine==0.15.0 simplefix==1.0.17 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import simplefix
from fixcore.message.data_dictionary import load_data_dictionary
from fixcore.message.message import Message

FIX44 = load_data_dictionary("FIX44.xml")


def update(order, *extra):
    message = simplefix.FixMessage()
    pairs = [(8, "FIX.4.4"), (35, "X"), (49, "VENUE"), (56, "CLIENT"), (34, 2), (52, "20260105-10:00:00.000"), (262, "book"), (268, 3)]
    for number in (1, 2, 3):
        values = {279: 0, 269: 0, 278: f"b{number}", 55: "BTCUSDT", 270: 100 + number, 271: number}
        pairs += [(tag, values[tag]) for tag in order] + list(extra)
    for tag, value in pairs:
        message.append_pair(tag, value)
    return message.encode()


def with_simplefix(raw):
    parser = simplefix.FixParser()
    parser.append_buffer(raw)
    message = parser.get_message()
    return " ".join(message.get(270, number).decode() for number in (1, 2, 3))


def row(name, raw, dictionary=FIX44, **checks):
    message = Message.decode(raw, dictionary)
    groups = " ".join(entry.get_field(270) for entry in message.get_groups(268)) or "-"
    verdict = "-"
    if dictionary:
        try:
            dictionary.validate(message, **checks)
            verdict = "valid"
        except Exception as error:
            verdict = str(error)
    same = "yes" if message.encode() == raw else "no"
    cells = [with_simplefix(raw), groups, message.body.get(270, "-"), message[268], verdict, same]
    widths = 14, 17, 13, 5, 12, 0
    print(name.ljust(32), *(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))
    return cells[1:]


USUAL = (279, 269, 278, 55, 270, 271)
print(" " * 32, "simplefix      get_groups(268)   in the body   268   validate()   encode() as received")
seen = [
    row("no other tag", update(USUAL)),
    row("25043 in each entry", update(USUAL, (25043, 7))),
    row("1023 in each entry", update(USUAL, (1023, 1))),
    row("the same, check_user_defined", update(USUAL, (1023, 1)), check_user_defined=True),
    row("entries begin with 269", update((269, 279, 278, 55, 270, 271))),
    row("no dictionary", update(USUAL), None),
]
lost = ["101", "103", "3", "valid", "no"]
flat = ["-", "103", "3"]
if seen != [["101 102 103", "-", "3", "valid", "yes"], lost, lost, lost, [*flat, "valid", "no"], [*flat, "-", "no"]]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }

"""What lost ticks have in common is told where all of them have it, and none that came has."""

import json
from typing import Any

import pytest

from qaws.oracle.ledger import Entitlement, Ledger, Published
from qaws.oracle.lost_ticks import LOOKED_AT, behind_a_return, in_common, unheard
from qaws.protocol.market import TickKind, selection_of

BAR = {"open": 24010.5, "high": 24055.25, "low": 23990.15, "close": 24040.75, "volume": 182300}
NEXT = {"open": 24040.8, "high": 24041.1, "low": 24002.35, "close": 24012.05, "volume": 97450}
GREEKS = {"delta": 0.3, "gamma": 0.0004, "theta": -5.1, "vega": 9.2, "iv": 0.2}
OPTION = {"last_price": 101.25, "bid": 101.2, "ask": 101.3, "volume": 75, "greeks": GREEKS}
LATER = {"last_price": 99.75, "bid": 99.7, "ask": 99.8, "volume": 50, "greeks": GREEKS}
SIZES = {"volume": 2**32 + 1}


def flat(price: float, **more: Any) -> dict[str, Any]:
    return {**dict.fromkeys(("open", "high", "low", "close"), price), **more}


def ledger_of(documents, symbol="NIFTY", instrument=256265):
    """Return a ledger of these ticks, published in this order."""
    ledger = Ledger()
    for document in documents:
        number, is_bar = ledger.next_sequence(symbol), "open" in document
        kind: TickKind = "underlying_bar" if is_bar else "option_tick"
        whose = None if is_bar else instrument
        text = json.dumps({"type": kind, **document, "seq": number})
        ledger.add(Published(symbol, number, kind, whose, number, text, sent_ns=number))
    return ledger


def said(documents, *lost):
    """Return what is said where of these ticks those with these numbers are lost."""
    ledger = ledger_of(documents)
    gone = [tick for tick in ledger.ticks if tick.sequence in lost]
    return in_common(gone, [tick for tick in ledger.ticks if tick not in gone], ledger)


ONE = "; the one that is missing {}, which is true of none that came"
EACH = "; each of those that are missing {}, which is true of none that came"


@pytest.mark.parametrize(
    ("documents", "lost", "words"),
    [
        ([BAR, NEXT, flat(24012, volume=9), BAR, flat(24013, volume=7), NEXT], (3, 5), EACH),
        ([BAR, NEXT, BAR, flat(24013, volume=7)], (4,), ONE),
    ],
)
def test_flat_bars(documents, lost, words):
    assert said(documents, *lost) == words.format("has open, high, low and close alike")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**OPTION, "volume": 0}, "has a volume of zero"),
        ({**OPTION, "ask": 1e-07}, "has a number in scientific notation (1e-07)"),
        (
            {**OPTION, "greeks": {**GREEKS, "iv": 2e16}},
            "has a number in scientific notation (2e+16)",
        ),
        ({**OPTION, "halted": None}, "has a member that is null"),
        ({**OPTION, **SIZES}, "has a volume beyond 2^32"),
        ({**OPTION, "bid": 10_000_000.5}, "has a price above 10,000,000"),
        ({**OPTION, "bid": 0.0}, "has a price of zero"),
        ({**OPTION, "volume": 0, "bid": 0.0}, "has a volume of zero and has a price of zero"),
        (LATER, "says the same as the one before it"),
        ({**OPTION, "last_price": 99.75}, "has the price of the one before it"),
        (BAR, "is a bar"),
    ],
)
def test_a_tick_that_is_like_no_other(document, words):
    assert said([OPTION, LATER, OPTION, LATER, document], 5) == ONE.format(words)


def test_what_one_that_came_is_like_too_is_no_cause():
    zero = {**OPTION, "volume": 0}
    assert said([OPTION, zero, LATER, {**LATER, "volume": 0}, OPTION], 2) == ""
    assert said([OPTION, zero, LATER, OPTION, LATER], 2, 3) == ""


def test_of_few_that_came_nothing_follows_for_a_single_one():
    zero = {**OPTION, "volume": 0}
    assert said([OPTION, LATER, zero], 3) == ""
    assert said([zero], 1) == ""
    assert said([OPTION, LATER, OPTION], 1, 2, 3) == ""


def test_which_instrument_or_symbol():
    ledger = ledger_of([OPTION, LATER, OPTION])
    for number, instrument in enumerate((256521, 256521), 4):
        tick = Published("NIFTY", number, "option_tick", instrument, 9, json.dumps(OPTION))
        ledger.add(tick)
    first, second = ledger.ticks[:3], ledger.ticks[3:]
    assert in_common(second, first, ledger).startswith(
        "; each of those that are missing is of inst"
    )
    ledger.add(Published("BANKNIFTY", 1, "option_tick", 260105, 9, json.dumps(LATER)))
    assert "is of instrument 260105 and is of BANKNIFTY" in in_common(
        ledger.ticks[5:], ledger.ticks[:5], ledger
    )


def test_every_second_one():
    row = [BAR, OPTION, NEXT, BAR, NEXT, BAR]
    words = "; every second one is missing: #1 came, #3 is missing, #4 came, #5 is missing, #6 came"
    assert said(row, 3, 5) == words
    assert said(row, 3, 4) == ""
    assert said([BAR, OPTION, NEXT], 3) == ""
    long = said([BAR, NEXT] * 20, *range(2, 41, 2))
    assert long.endswith("#7 came, #8 is missing …")


def test_of_very_many_nothing_is_said():
    assert said([OPTION] * LOOKED_AT + [BAR], LOOKED_AT + 1) == ""


def test_a_number_that_only_the_suite_writes_with_an_exponent_is_none():
    ledger = ledger_of([OPTION, LATER, OPTION, {**LATER, "ask": 1e-07}])
    ledger.ticks[3].payload = "ask=0.0000001"
    assert in_common(ledger.ticks[3:], ledger.ticks[:3], ledger) == ""


# --- a client that has subscribed once more -------------------------------------------------------

NIFTY = selection_of("NIFTY")


def returned(*lost, besides=()):
    """Return what is said of a client that held NIFTY from 0 to 4, and does again since 6."""
    ledger = ledger_of([OPTION] * 9)
    gone = [tick for tick in ledger.ticks if tick.sequence in lost]
    came = [tick for tick in ledger.ticks if tick not in gone]
    held = [Entitlement(NIFTY, 0, 0, 4, 5), Entitlement(NIFTY, 5, 6), *besides]
    return behind_a_return(gone, came, held)


RETURN = "; before that it had unsubscribed from NIFTY and subscribed to it again"


def test_what_is_lost_behind_a_return():
    assert returned(6) == RETURN
    assert returned(6, 7, 8, 9) == f"{RETURN}, and it has received no tick of NIFTY since"


def test_what_is_lost_before_it_too_or_is_due_besides_has_another_cause():
    assert returned(3, 6, 7, 8, 9) == ""
    assert returned(3) == ""
    lasting = Entitlement(selection_of("instrument 256265"), 0, 0)
    assert returned(6, 7, 8, 9, besides=[lasting]) == ""


@pytest.mark.parametrize(
    ("heard_by", "words"),
    [
        ([0], "; when it was published, nobody listened to the feed"),
        ([0, 0], "; when they were published, nobody listened to the feed"),
        ([0, 1, 0], "; when 2 of them were published, nobody listened to the feed"),
        ([1], ""),
        ([None], ""),  # nobody knows
        ([], ""),
    ],
)
def test_that_nobody_listened_is_told_where_the_feed_knows_it(heard_by, words):
    lost = ledger_of([OPTION] * len(heard_by)).ticks
    assert unheard(lost) == "", "no broker has answered yet"
    for tick, count in zip(lost, heard_by, strict=True):
        tick.heard_by, tick.taken_ns = count, tick.sent_ns + 1
    assert unheard(lost) == words


def test_a_price_below_zero_is_told():
    assert "has a price below zero" in said([OPTION, BAR, NEXT, {**BAR, "low": -40.32}], 4)


def test_a_capital_in_front_of_an_exponent_is_told_where_small_ones_came():
    ledger = ledger_of([OPTION, {**OPTION, "ask": 1e-07}, LATER, {**LATER, "ask": 1e-07}])
    lost = ledger.ticks[3]
    lost.text = lost.text.replace("1e-07", "1E-07")
    assert "has a capital E in front of an exponent" in in_common([lost], ledger.ticks[:3], ledger)

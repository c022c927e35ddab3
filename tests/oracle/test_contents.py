"""Contents: a tick that differs in one digit of one member is told with what was sent and got."""

import dataclasses
import itertools
import json
from decimal import Decimal
from typing import Any

import pytest

from qaws.oracle.contents import compare_member, difference, exponents, named, whence
from qaws.oracle.ledger import Published
from qaws.protocol.market import Market, bar_edges, option_edges

FIELDS: dict[str, Any] = {
    "symbol": "BRK.B",
    "instrument_token": 9007199254740993,
    "last_price": 24010.0,
    "volume": 0,
    "greeks": {"delta": 0.30000000000000004, "vega": 0, "iv": 3.6768},
    "depth": [{"price": 1, "orders": 0}, {"price": 2, "orders": 7}],
    "halted": False,
    "note": None,
}


def published(text):
    return Published("BRK.B", 1, "option_tick", None, 0, text)


def said_of(**changes):
    """Return what is said where a service changes or (with ...) leaves out a member."""
    changed = {k: v for k, v in {**FIELDS, **changes}.items() if v is not ...}
    return difference(published(json.dumps(FIELDS)), json.dumps(changed))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(FIELDS),
        json.dumps(FIELDS, separators=(",", ":"), sort_keys=True),
        json.dumps({**FIELDS, "venue": "X", "greeks": {**FIELDS["greeks"], "rho": 1}}),
        json.dumps(FIELDS).replace("24010.0", "2.401e4"),
        json.dumps(FIELDS).replace("24010.0", "24010"),
        json.dumps(FIELDS).replace('"BRK.B"', '"BRK\\u002eB"'),
    ],
    ids=["the same", "re-serialised", "members added", "exponent", "whole", "escaped"],
)
def test_what_says_the_same_is_no_difference(text):
    assert difference(published(json.dumps(FIELDS)), text) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"volume": ...}, "volume missing instead of 0"),
        ({"volume": None}, "volume null instead of 0"),
        ({"volume": False}, "volume false instead of 0"),
        ({"volume": ""}, 'volume "" instead of 0'),
        ({"volume": "0"}, 'volume "0" instead of 0'),
        ({"last_price": 24010.000000000004}, "last_price 24010.000000000004 instead of 24010.0"),
        (
            {"instrument_token": 9007199254740992},
            "instrument_token 9007199254740992 instead of 9007199254740993",
        ),
        ({"symbol": "BRK"}, 'symbol "BRK" instead of "BRK.B"'),
        ({"greeks": {"delta": 0.3, "vega": 0, "iv": 3.6768}}, "greeks.delta 0.3 instead of 0.30"),
        ({"greeks": {"delta": 0.30000000000000004, "iv": 3.6768}}, "greeks.vega missing instead"),
        ({"greeks": [1, 2]}, "greeks [1, 2] instead of delta 0.30000000000000004, vega 0"),
        ({"depth": FIELDS["depth"][:1]}, "depth [price 1, orders 0] instead of [price 1, orders 0"),
        ({"depth": FIELDS["depth"][::-1]}, "depth[0].price 2 instead of 1"),
        ({"halted": 0}, "halted 0 instead of false"),
        ({"note": ...}, "note missing instead of null"),
    ],
)
def test_a_member_that_differs_is_named_with_both_values(changes, said):
    assert said_of(**changes).startswith(said)


@pytest.mark.parametrize("edge", [*option_edges(), *bar_edges()])
def test_every_edge_survives_a_decoder_of_doubles_and_shows_where_zero_is_taken_for_missing(edge):
    tick = published(json.dumps(edge))
    assert difference(tick, json.dumps(json.loads(tick.text))) == ""
    without = {name: value for name, value in edge.items() if value}
    if without != edge:
        assert " missing instead of " in difference(tick, json.dumps(without))


def test_two_neighbours_share_no_value_but_zero_unless_nothing_or_only_the_greeks_have_changed():
    """What is kept of the tick before shows, and so does a tick that is dropped as no news.

    A service that keeps the greeks for as long as the price stays shows in one tick.
    """
    market = Market()
    ticks = [market.option_tick(256265) for _ in range(10)]
    pairs = [(one, two) for one, two in itertools.pairwise(ticks) if one != two]
    assert len(pairs) == len(ticks) - 2
    moved = [(one, two) for one, two in pairs if one["last_price"] != two["last_price"]]
    assert len(moved) == len(pairs) - 1
    for one, two in moved:
        for name in ("last_price", "bid", "ask", "volume"):
            assert one[name] != two[name] or one[name] == 0
    for one, two in pairs:
        for name in one["greeks"]:
            assert one["greeks"][name] != two["greeks"][name] or one["greeks"][name] == 0


def test_a_member_that_only_another_tick_has_is_told_and_one_that_a_service_adds_is_not():
    market = Market()
    *_, full, bare, plain = [market.option_tick(256265) for _ in range(10)]
    assert "depth" in full
    for tick in (bare, plain):
        text = json.dumps(tick)
        assert difference(published(text), json.dumps({**full, **tick})).startswith(
            'headline "\\"Sell\\" \\\\ €'
        )
        for name in ("depth", "expiry"):
            said = difference(published(text), json.dumps({**tick, name: full[name]}))
            assert said.startswith(f"{name} ")
            assert said.endswith(", which was published in another tick, not in this one")
        own = {
            "exchange": "NSE",
            "days": [1, 2],
            "depth": {},
            "expiry": "2027-01-28",
            "headline": 7,
        }
        assert difference(published(text), json.dumps({**tick, **own})) == ""


def test_texts_that_look_alike_are_told_apart_in_words():
    said = said_of_texts("Cre\u0301dit", "Cr\u00e9dit")
    assert said.endswith(", the same letters in another form of Unicode")
    assert "Unicode" not in said_of_texts("Cre\u0301dit", "Credit")


def said_of_texts(sent, came):
    return difference(published(json.dumps({"headline": sent})), json.dumps({"headline": came}))


def test_a_value_that_several_ticks_had_is_that_of_the_one_before():
    other = {**BAR, "symbol": "BANKNIFTY"}
    first, second, third = ticks(BAR, other, NEXT)
    second = dataclasses.replace(second, symbol="BANKNIFTY")
    said = whence([first, second, third], third, "close", Decimal("24012.05"))
    assert said == f"which {BEFORE} had"


def ticks(*documents):
    return [
        Published("NIFTY", number, document["type"], 7, 0, json.dumps(document), sent_ns=number)
        for number, document in enumerate(documents, 1)
    ]


BAR = {"type": "underlying_bar", "open": 24010.25, "close": 24012.05, "volume": 7}
BEFORE = "the one before it, NIFTY underlying bar #1 of instrument 7,"
NEXT = {"type": "underlying_bar", "open": 24013.75, "close": 24040.5, "volume": 9}


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("close", "24012.05", f"which {BEFORE} had"),
        ("close", "24013.75", "which is its open"),
        ("close", "1.25", ""),
        ("volume", "7", ""),  # as may be by chance
        ("open", "24012.05", ""),
    ],
)
def test_a_wrong_value_is_told_with_the_one_that_it_is(member, value, said):
    first, second = ticks(BAR, NEXT)
    found = whence([first, second], second, member, Decimal(value))
    assert found == said


@pytest.mark.parametrize("value", [True, None, "24012.05", {}])
def test_of_what_is_no_number_nothing_is_said(value):
    first, second = ticks(BAR, NEXT)
    assert whence([first, second], second, "close", value) == ""


def test_so_it_is_in_the_words_of_a_difference():
    first, second = ticks(BAR, NEXT)
    came = json.dumps({**NEXT, "close": 24012.05})
    said = difference(second, came, None, [first, second])
    assert said == (f"close 24012.05 instead of 24040.5, which {BEFORE} had")


FAR = [{**BAR, "close": 24001.5}, BAR, NEXT]


def test_a_value_of_longer_ago_is_not_called_the_one_before():
    first, second, third = ticks(*FAR)
    found = whence([first, second, third], third, "close", Decimal("24001.5"))
    assert found == "which NIFTY underlying bar #1 of instrument 7 had"
    first.symbol = "BANKNIFTY"
    found = whence([first], third, "close", Decimal("24001.5"))
    assert found == "which BANKNIFTY underlying bar #1 of instrument 7 had"


GREEKS = {"delta": 0.3, "gamma": 5e-324}
SMALL = {"type": "option_tick", "ask": 1e-07, "bid": 1.5, "greeks": GREEKS}
AS_PUBLISHED = "published in scientific notation as"


def test_a_number_in_scientific_notation_is_told_as_it_was_published():
    (tick,) = ticks(SMALL)
    assert exponents(tick) == ["1e-07", "5e-324"]
    said = difference(tick, json.dumps({**SMALL, "ask": 1.0}))
    assert said == f"ask 1.0 instead of 1E-7, {AS_PUBLISHED} 1e-07"
    assert difference(tick, json.dumps({**SMALL, "bid": 1.0})) == "bid 1.0 instead of 1.5"
    tick.payload = "0.0000001,1.5,5e-324"
    assert exponents(tick) == ["5e-324"]
    assert difference(tick, json.dumps({**SMALL, "ask": 1.0})) == "ask 1.0 instead of 1E-7"


@pytest.mark.parametrize(
    ("name", "came", "said"),
    [
        ("ask", {"ask": Decimal("1E-7")}, (True, "1E-7", f"1E-7, {AS_PUBLISHED} 1e-07")),
        ("ask", {"ask": 0}, (False, "0", f"1E-7, {AS_PUBLISHED} 1e-07")),
        ("bid", {}, (False, "missing", "1.5")),
        (
            "greeks",
            {"greeks": {"delta": Decimal("0.3"), "gamma": 5}},
            (
                False,
                f"delta 0.3, gamma 5, so greeks.gamma 5 instead of 5E-324, {AS_PUBLISHED} 5e-324",
                "delta 0.3, gamma 5E-324",
            ),
        ),
    ],
)
def test_a_member_that_is_compared_by_itself(name, came, said):
    (tick,) = ticks(SMALL)
    assert compare_member(tick, name, came, [tick]) == said


def test_a_tick_at_an_edge_of_the_market_is_called_by_it():
    market = Market()
    plain, edge = market.option_tick(256265), market.option_tick(256265)
    first, second = ticks(plain, edge)
    assert named(first) == "NIFTY option tick #1 of instrument 7"
    assert named(second) == (
        "NIFTY option tick #2 of instrument 7 (an option that was never traded)"
    )


def test_the_mark_of_another_run_is_told_before_what_else_differs():
    ours, theirs = FIELDS | {"qaws_run": "0a0b0c0d"}, FIELDS | {"qaws_run": "ffffffff", "volume": 3}
    said = difference(published(json.dumps(ours)), json.dumps(theirs))
    assert said == 'the mark "ffffffff" of an earlier run of the suite (qaws_run)'


def test_the_mark_must_be_relayed_as_all_members_must():
    ours = FIELDS | {"qaws_run": "0a0b0c0d"}
    said = difference(published(json.dumps(ours)), json.dumps(FIELDS))
    assert said == 'qaws_run missing instead of "0a0b0c0d"'


def test_a_member_of_several_is_told_with_whose_value_it_has():
    first, second = ticks(SMALL, {**SMALL, "greeks": {"delta": 0.25, "gamma": 0.5}})
    first.text = json.dumps({**SMALL, "greeks": {"delta": 0.60615, "gamma": 0.5}})
    came = {"greeks": {"delta": Decimal("0.60615"), "gamma": Decimal("0.5")}}
    is_right, said, _ = compare_member(second, "greeks", came, [first, second])
    assert not is_right
    assert said == (
        "delta 0.60615, gamma 0.5, so greeks.delta 0.60615 instead of 0.25, "
        "which the one before it, NIFTY option tick #1 of instrument 7, had"
    )

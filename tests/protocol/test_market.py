"""Selections as features write them, and the ticks of the market."""

import pytest

from qaws.protocol.contract import Contract
from qaws.protocol.market import (
    INSTRUMENTS,
    MEMBERS,
    SPOT,
    Market,
    Selection,
    bar_edges,
    in_turn,
    instrument_of,
    option_edges,
    selection_of,
    symbol_of,
)
from qaws.verdict import Broken


@pytest.mark.parametrize(
    ("words", "selection"),
    [
        ("NIFTY", Selection("symbols", symbols=("NIFTY",))),
        ("BANKNIFTY and NIFTY", Selection("symbols", symbols=("BANKNIFTY", "NIFTY"))),
        ("NIFTY, BANKNIFTY and NIFTYNXT50", Selection("symbols", symbols=tuple(SPOT))),
        ("instrument 256265", Selection("instruments", instruments=(256265,))),
        ("the NIFTY underlying", Selection("underlying", symbols=("NIFTY",))),
    ],
)
def test_selections_are_read_as_written_and_shown_in_words(words, selection):
    assert selection_of(words) == selection
    assert selection_of(str(selection).replace(",", " and", 5)) == selection


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("SENSEX", "NIFTY, BANKNIFTY, NIFTYNXT50"),
        ("NIFTY and SENSEX", "known symbols are"),
        ("the SENSEX underlying", "known symbols are"),
        ("instrument 1", "256265"),
        ("instrument x", "known instruments are"),
    ],
)
def test_what_the_suite_cannot_publish_is_broken_with_what_it_can(words, known):
    with pytest.raises(Broken, match=known):
        selection_of(words)


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("NIFTY", {"option 256265", "option 256521", "bar NIFTY"}),
        ("BANKNIFTY", {"option 260105", "option 260361", "bar BANKNIFTY"}),
        ("instrument 256265", {"option 256265"}),
        ("the NIFTY underlying", {"bar NIFTY"}),
        ("NIFTYNXT50", {"option 270857", "bar NIFTYNXT50"}),
    ],
)
def test_a_selection_takes_these_ticks_and_no_other(words, taken):
    selection = selection_of(words)
    options = {
        f"option {number}"
        for number, symbol in INSTRUMENTS.items()
        if selection.takes("option_tick", symbol, number)
    }
    bars = {f"bar {name}" for name in SPOT if selection.takes("underlying_bar", name, None)}
    assert options | bars == taken
    assert selection.takes(*selection.sample())


# --- market ------------------------------------------------------------------------------------


def test_ticks_keep_the_contract_and_their_symbol():
    market, contract = Market(), Contract("qa-ws")
    for number, symbol in INSTRUMENTS.items():
        tick = market.option_tick(number)
        assert contract.violation(tick) is None
        assert (tick["symbol"], tick["instrument_token"]) == (symbol, number)
    for symbol in SPOT:
        bar = market.tick("underlying_bar", symbol, None)
        assert contract.violation(bar) is None
        assert bar["low"] < min(bar["open"], bar["close"])
        assert max(bar["open"], bar["close"]) < bar["high"]


def test_edges_come_behind_the_first_tick_keep_the_contract_and_come_again_on_a_new_day():
    market, contract = Market(), Contract("qa-ws")
    for _ in range(2):
        options = [market.option_tick(256265) for _ in range(10)]
        bars = [market.underlying_bar("NIFTY") for _ in range(7)]
        assert [contract.violation(tick) for tick in (*options, *bars)] == [None] * 17
        for tick, edge in zip(options[1:9], option_edges(), strict=True):
            assert tick == {**tick, **edge}
        for bar, edge in zip(bars[1:5], bar_edges(), strict=True):
            assert bar == {**bar, **edge}
        assert all(tick["volume"] in range(1, 100_000) for tick in (options[0], options[9]))
        market.open()


def test_each_instrument_has_edges_of_its_own():
    market = Market()
    ticks = [market.option_tick(instrument) for instrument in (256265, 256521) * 2]
    assert [tick["volume"] == 0 for tick in ticks] == [False, False, True, True]


def test_two_ticks_differ_in_every_price_so_that_a_stale_field_shows():
    market = Market()
    one, two = market.option_tick(256265), market.option_tick(256265)
    assert all(one[name] != two[name] for name in ("last_price", "bid", "ask"))
    assert all(one["greeks"][name] != two["greeks"][name] for name in one["greeks"])
    first, second = market.underlying_bar("NIFTY"), market.underlying_bar("NIFTY")
    assert all(first[name] != second[name] for name in ("open", "high", "low", "close", "volume"))


def test_greeks_have_digits_that_a_float_of_32_bits_would_lose():
    tick = Market().option_tick(256265)
    assert len(repr(tick["greeks"]["delta"])) > 12


def test_the_same_seed_makes_the_same_ticks():
    assert Market(7).option_tick(256265) == Market(7).option_tick(256265)
    assert Market(7).option_tick(256265) != Market(8).option_tick(256265)


def test_symbols_and_instruments_lead_to_each_other():
    assert all(symbol_of(instrument_of(symbol)) == symbol for symbol in SPOT)
    assert in_turn(["A", "B"], 2) == ["A", "B", "A", "B"]


def test_every_tick_has_the_members_that_are_named():
    def named(fields, before=""):
        for name, value in fields.items():
            yield from named(value, f"{name}.") if isinstance(value, dict) else [before + name]

    marks = {"type", "symbol", "instrument_token"}
    for kind, members in MEMBERS.items():
        fields = Market().tick(kind, "NIFTY", None)
        assert [each for each in named(fields) if each not in marks] == list(members)

"""Where ticks are published: a channel may name the symbol or the instrument that it is about."""

import pytest

from qaws.feed.channels import Channels
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import INSTRUMENTS
from qaws.sut.feed_section import Feed as Section
from qaws.sut.spoken import dialect_of
from qaws.sut.target import Target
from qaws.verdict import Broken, NotVerified

FIRST = next(token for token, name in INSTRUMENTS.items() if name == "NIFTY")
MARKET = {
    "NIFTY": {"symbol": "RELIANCE", "instruments": [7], "exchange": "NSE"},
    "BANKNIFTY": {"symbol": "TCS", "instruments": [8], "exchange": "BSE"},
}


def target(**feed):
    return Target.model_validate(
        {
            "name": "mine",
            "dialect": "qa-ws",
            "market": MARKET,
            "endpoint": {"url": "ws://127.0.0.1:1/"},
            "auth": {"generate_key": True, "issuer": "i", "audience": "a"},
            "feed": {"broker": "embedded", **feed},
        }
    )


def channels(**feed):
    mine = target(**feed)
    return Channels(mine.feed, dialect_of(mine))


def test_one_channel_for_all_ticks_of_a_kind():
    found = Channels(Section(broker="embedded"), QaWs())
    assert found.of("option_tick", "NIFTY", FIRST) == "ticker:options"
    assert found.of("underlying_bar", "BANKNIFTY", None) == "ticker:underlying"
    assert found.all() == ["ticker:options", "ticker:underlying"]


def test_a_channel_for_each_symbol_in_the_service_s_own_names():
    found = channels(options_channel="{exchange}_{symbol}_QUOTE", underlying_channel="bar.{symbol}")
    assert found.of("option_tick", "NIFTY", FIRST) == "NSE_RELIANCE_QUOTE"
    assert found.of("underlying_bar", "BANKNIFTY", None) == "bar.TCS"
    assert found.other_of("underlying_bar", "BANKNIFTY") == "BSE_TCS_QUOTE"
    assert found.other_of("option_tick", "NIFTY") == "bar.RELIANCE"
    assert found.any_of("option_tick") == "NSE_RELIANCE_QUOTE"
    assert found.all() == ["NSE_RELIANCE_QUOTE", "BSE_TCS_QUOTE", "bar.RELIANCE", "bar.TCS"]


def test_a_channel_for_each_instrument():
    found = channels(options_channel="ticks.{instrument}")
    assert found.of("option_tick", "NIFTY", FIRST) == "ticks.7"
    plain = Channels(Section(broker="embedded", options_channel="ticks.{instrument}"), QaWs())
    assert plain.of("option_tick", "NIFTY", FIRST) == f"ticks.{FIRST}"
    assert len(plain.all()) == len(INSTRUMENTS) + 1


def test_what_the_service_does_not_have_is_not_verified():
    with pytest.raises(NotVerified, match="NIFTYNXT50"):
        channels(options_channel="{symbol}").of("option_tick", "NIFTYNXT50", None)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ({"options_channel": "{symbl}"}, r"\[feed\] options_channel: \{symbl\}: nothing is known"),
        ({"underlying_channel": "{instrument}"}, r"\[feed\] underlying_channel: \{instrument\}"),
    ],
)
def test_a_name_that_nobody_fills_in_is_one_line(feed, said):
    with pytest.raises(Broken, match=said):
        dialect_of(target(**feed))


def test_so_it_is_without_a_market():
    mine = target(options_channel="{exchange}").model_copy(update={"market": {}})
    with pytest.raises(Broken, match=r"options_channel: \{exchange\}: nothing is known"):
        dialect_of(mine)

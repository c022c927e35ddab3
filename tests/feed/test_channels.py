"""Where ticks are published: a channel may name the symbol or the instrument that it is about."""

import pytest

from qaws.feed.channels import Channels
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import INSTRUMENTS, chain_of, selection_of
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


SECOND = next(t for t, name in INSTRUMENTS.items() if name == "NIFTY" and t != FIRST)


def kafka(**feed):
    return Channels(Section(kind="kafka", broker="embedded", **feed), QaWs())


def test_a_record_has_its_symbol_as_its_key_or_what_the_file_says():
    found = kafka()
    option, bar = found.of("option_tick", "NIFTY", FIRST), found.of("underlying_bar", "NIFTY", None)
    assert (option, option.key) == ("ticker.options", "NIFTY")
    assert (bar, bar.key) == ("ticker.underlying", "NIFTY")
    keys = {"options_key": "NSE|{instrument}", "underlying_key": "{symbol}.bar"}
    found = kafka(options_channel="md", underlying_channel="md", **keys)
    assert found.of("option_tick", "NIFTY", FIRST).key == f"NSE|{FIRST}"
    assert found.of("underlying_bar", "NIFTY", None).key == "NIFTY.bar"
    assert found.all() == ["md"]
    found = kafka(options_channel="{instrument}", options_key="{instrument}")
    option = found.of("option_tick", "NIFTY", FIRST)
    assert (option, option.key) == (str(FIRST), str(FIRST))
    assert Channels(Section(broker="embedded"), QaWs()).of("option_tick", "NIFTY", FIRST).key == ""


def test_keys_are_in_the_service_s_own_words():
    mine = channels(kind="kafka", options_key="{exchange}:{symbol}")
    assert mine.of("option_tick", "NIFTY", FIRST).key == "NSE:RELIANCE"


@pytest.mark.parametrize(
    ("feed", "alike", "apart"),
    [
        ({}, [("option_tick", FIRST), ("option_tick", SECOND)], ("underlying_bar", None)),
        (
            {"options_channel": "md", "underlying_channel": "md"},
            [("option_tick", FIRST), ("option_tick", SECOND), ("underlying_bar", None)],
            None,
        ),
        (
            {"options_key": "{instrument}"},
            [("option_tick", FIRST)],
            ("option_tick", SECOND),
        ),
        (
            {"options_channel": "of.{instrument}"},
            [("option_tick", FIRST)],
            ("option_tick", SECOND),
        ),
    ],
    ids=["two topics", "one topic", "a key each", "a topic each"],
)
def test_ticks_keep_an_order_within_a_key_of_a_topic(feed, alike, apart):
    found = kafka(**feed)
    lanes = {found.lane_of(kind, "NIFTY", instrument) for kind, instrument in alike}
    assert len(lanes) == 1
    assert apart is None or found.lane_of(apart[0], "NIFTY", apart[1]) not in lanes
    assert found.lane_of("option_tick", "BANKNIFTY", 260105) not in lanes


def test_a_feed_with_one_order_has_one_lane_and_one_fence():
    found = Channels(Section(broker="embedded"), QaWs())
    assert found.lane_of("option_tick", "NIFTY", FIRST) == ""
    nifty = selection_of("NIFTY")
    assert found.fences_of(nifty) == [nifty.sample()]


@pytest.mark.parametrize(
    ("feed", "words", "lanes"),
    [
        ({}, "NIFTY", 2),
        ({}, "the NIFTY underlying", 1),
        ({}, "NIFTY and BANKNIFTY", 4),
        ({"options_channel": "md", "underlying_channel": "md"}, "NIFTY", 1),
        ({"options_key": "{instrument}"}, "NIFTY", 1 + len(chain_of("NIFTY"))),
        ({"options_key": "{instrument}"}, f"instrument {FIRST}", 1),
    ],
)
def test_the_end_is_marked_in_every_lane_that_a_selection_takes(feed, words, lanes):
    found, selection = kafka(**feed), selection_of(words)
    samples = found.fences_of(selection)
    assert samples[0] == selection.sample()
    assert all(selection.takes(*each) for each in samples)
    assert len({found.lane_of(*each) for each in samples}) == len(samples) == lanes


def test_two_streams_have_a_fence_each():
    section = Section(kind="redis-streams", broker="embedded")
    kinds = [kind for kind, _, _ in Channels(section, QaWs()).fences_of(selection_of("NIFTY"))]
    assert kinds == ["option_tick", "underlying_bar"]

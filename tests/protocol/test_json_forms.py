"""The ways in which ticks are published: all say the same."""

import json

from qaws.protocol.json_forms import published, unescaped

TICK = {
    "type": "option_tick",
    "symbol": "日経225",
    "greeks": {"delta": -0.5, "iv": 1e-07},
    "n": [1],
}


def test_ticks_are_published_in_several_ways_that_say_the_same():
    texts = [published(TICK, number) for number in range(4)]
    assert all(json.loads(text) == TICK for text in texts)
    assert [text.isascii() for text in texts] == [False, True, False, True]
    assert len({*texts}) == 4


def test_two_of_four_have_another_order_and_line_breaks():
    lined = ["\r\n" in published(TICK, number) for number in range(8)]
    first = [next(iter(json.loads(published(TICK, number)))) for number in range(8)]
    assert lined == [True, True, False, False] * 2
    assert first == ["n", "n", "type", "type"] * 2


def test_where_lines_tell_messages_apart_no_tick_has_a_line_break():
    texts = [published(TICK, number, in_lines=False) for number in range(4)]
    assert not [text for text in texts if "\n" in text]
    assert all(json.loads(text) == TICK for text in texts)
    assert next(iter(json.loads(texts[0]))) == "n"


def test_two_of_four_have_a_capital_in_exponents_and_in_nothing_else():
    tick = TICK | {"note": 'costs 1e5 or "2e+3"', "n": [1e16, -2.5e-07]}
    texts = [published(tick, number) for number in range(4)]
    assert all(json.loads(text) == tick for text in texts)
    assert ["1E+16" in text and "-2.5E-07" in text for text in texts] == [True, True, False, False]
    assert all('costs 1e5 or \\"2e+3\\"' in text for text in texts)


def test_what_is_escaped_can_be_written_as_it_is():
    assert unescaped('{"symbol": "\\u65e5"}') == '{"symbol": "日"}'
    assert unescaped("ping") == "ping"

"""Ticks of several shapes in one message, and messages that are lists themselves."""

import json
import re

import pytest

from qaws.protocol.declared import Declared
from qaws.protocol.dialect_table import DialectTable
from qaws.protocol.listing import Listing
from qaws.verdict import NotVerified


def dialect(*ticks, several="no", **further):
    """Return a dialect with some shapes of ticks."""
    ask = {"symbols": ["sub", "{symbol}"], "acks": "never"}
    table = {
        "name": "mine",
        "several": several,
        "ping": {"say": ["ping"], "answer": [{"type": "pong"}]},
        "subscribe": ask,
        "unsubscribe": ask,
        "recognise": {"error": [{"error": {"absent": False}}]},
        "tick": list(ticks),
        **further,
    }
    return Declared(DialectTable.model_validate(table), Listing({}), {})


def shape(kind, match, **further):
    """Return a shape of a tick, with the price in `p` and the close in `c`."""
    fields = {"last_price": "p"} if kind == "option tick" else {"close": "c"}
    return {
        "kind": kind,
        "match": match,
        "symbol": "s",
        "sequence": "n",
        "fields": fields,
    } | further


def said(speaker, message):
    """Return kind, number and price of each part of a message, or what is wrong with it."""
    return [
        each.problem or (each.message["type"], each.message["seq"], each.message.get("last_price"))
        for each in speaker.read(json.dumps(message).encode())
    ]


QUOTE = shape("option tick", {"type": "batch", "data[*].t": "q"}, each="data[*]")
BAR = shape("underlying bar", {"type": "batch", "data[*].t": "b"}, each="data[*]")


def quote(number):
    return {"t": "q", "s": "NIFTY", "n": number, "p": 0.5}


def bar(number):
    return {"t": "b", "s": "NIFTY", "n": number, "c": 7}


# --- several shapes in one message ----------------------------------------------------------------


def test_each_of_several_ticks_is_of_the_first_shape_that_fits_it():
    batch = {"type": "batch", "data": [quote(1), bar(2), quote(3)]}
    assert said(dialect(QUOTE, BAR), batch) == [
        ("option_tick", 1, 0.5),
        ("underlying_bar", 2, None),
        ("option_tick", 3, 0.5),
    ]
    rest = shape("underlying bar", {"type": "batch"}, each="data[*]")
    assert [kind for kind, *_ in said(dialect(QUOTE, rest), batch)] == [
        "option_tick",
        "underlying_bar",
        "option_tick",
    ]


def test_each_part_of_a_mixed_message_is_read_exactly():
    batch = {"type": "batch", "data": [bar(1), quote(2), bar(3)]}
    speaker = dialect(QUOTE, BAR)
    exactly = [speaker.exactly(json.dumps(batch), part) for part in range(3)]
    assert [each["seq"] for each in exactly] == [1, 2, 3]
    assert str(exactly[1]["last_price"]) == "0.5"


def test_what_is_asked_of_each_is_asked_of_it_alone():
    bare = shape("option tick", {"type": "batch", "data[*].t": {"absent": True}}, each="data[*]")
    plain = {"s": "NIFTY", "n": 2, "p": 0.5}
    batch = {"type": "batch", "data": [bar(1), plain]}
    assert said(dialect(bare, BAR), batch) == [
        ("underlying_bar", 1, None),
        ("option_tick", 2, 0.5),
    ]


def test_what_no_shape_fits_breaks_the_contract():
    batch = {"type": "batch", "data": [quote(1), {"t": "x"}]}
    first, second = said(dialect(QUOTE, BAR), batch)
    assert first == ("option_tick", 1, 0.5)
    assert second == (
        'has at data[*] what no [[dialect.tick]] of the dialect mine fits: {"t": "x"}'
    )
    assert "is no message of" in said(dialect(QUOTE, BAR), {"type": "batch", "data": [{}]})[0]


def test_ticks_may_stand_in_several_lists_of_one_message():
    quotes = shape("option tick", {"type": "batch"}, each="quotes[*]")
    bars = shape("underlying bar", {"type": "batch"}, each="bars[*]")
    batch = {"type": "batch", "bars": [bar(1)], "quotes": [quote(2), quote(3)]}
    assert [kind for kind, *_ in said(dialect(quotes, bars), batch)] == [
        "option_tick",
        "option_tick",
        "underlying_bar",
    ]


def test_of_places_within_each_other_the_first_that_fits_counts():
    one = shape("option tick", {"type": "t", "p": {"absent": False}})
    many = shape("option tick", {"type": "t"}, each="data[*]")
    speaker = dialect(one, many)
    assert said(speaker, {"type": "t", **quote(1)}) == [("option_tick", 1, 0.5)]
    assert said(speaker, {"type": "t", "data": [quote(2)]}) == [("option_tick", 2, 0.5)]
    both = {"type": "t", **quote(3), "data": [quote(4)]}
    assert said(speaker, both) == [("option_tick", 3, 0.5)]


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (
            shape("option tick", {"type": "batch"}, each="data[*]"),
            BAR,
            "tick[1]: is never found: tick[0] before it asks for no more in match and looks in the "
            'same place, each = "data[*]"; put the one that asks for more first',
        ),
        (
            shape("option tick", {"type": "t"}),
            shape("option tick", {"type": "t"}, each="data[*]"),
            "tick[1]: is never found",
        ),
        (
            shape("option tick", {"t": "a"}),
            shape("option tick", {"t": "b"}, fields={"last_price": "p", "bid": "b"}),
            "tick[1]: bid comes in one of tick[0] and tick[1] only, both of kind option tick",
        ),
    ],
)
def test_what_is_ambiguous_is_refused_in_one_line(one, other, words):
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        dialect(one, other)
    assert "\n" not in str(caught.value)


# --- messages that are lists ----------------------------------------------------------------------

LIST = {
    "kind": "option tick",
    "match": {"[0]": "tick"},
    "symbol": "[1].s",
    "sequence": "$[1].n",
    "fields": {"last_price": "[1].p"},
}


def test_a_message_that_is_a_list_is_a_tick():
    speaker = dialect(LIST)
    assert said(speaker, ["tick", quote(5)]) == [("option_tick", 5, 0.5)]
    assert speaker.exactly('["tick",{"s":"NIFTY","n":5,"p":0.50}]', 0)["symbol"] == "NIFTY"
    assert "is no message of the dialect mine: [7]" in said(speaker, [7])[0]
    assert said(speaker, 7) == ["is a JSON int, not an object or a list"]


def test_ticks_within_a_list_find_what_stands_beside_them():
    snapshot = {
        **LIST,
        "match": {"[1][0][0]": {"absent": False}},
        "each": "[1][*]",
        "symbol": "$[0]",
        "sequence": "[0]",
        "fields": {"last_price": "[1]"},
    }
    heard = said(dialect(snapshot), ["NIFTY", [[1, 0.5], [2, 0.25]]])
    assert heard == [("option_tick", 1, 0.5), ("option_tick", 2, 0.25)]


def test_lists_may_stand_in_lines():
    text = b'["tick",{"s":"NIFTY","n":1,"p":0.5}]\n["tick",{"s":"NIFTY","n":2,"p":0.5}]'
    heard = dialect(LIST, several="lines").read(text)
    assert [each.message["seq"] for each in heard] == [1, 2]


def test_a_list_of_messages_and_a_message_that_is_a_list_are_not_confused():
    with pytest.raises(ValueError, match=r'several = "array": .* say several = "no"'):
        dialect(LIST, several="array")
    one = shape("option tick", {"t": "q"})
    assert said(dialect(one), [quote(1)]) == [
        'is a JSON list, not an object; a list of messages is several = "array" in [dialect]'
    ]
    assert said(dialect(one, several="array"), [quote(1), quote(2)]) == [
        ("option_tick", 1, 0.5),
        ("option_tick", 2, 0.5),
    ]


def test_a_template_that_is_a_list_is_said_as_one():
    assert str(dialect(LIST).ping()) == '["ping"]'


def test_numbers_of_a_list_that_nobody_looks_at_are_free():
    payload = b'["tick",{"s":"NIFTY","n":5,"p":7,"own":123},456]'
    found = dialect(LIST).free_numbers(payload, ())
    assert [payload[begin:end] for begin, end in found] == [b"123", b"456"]


def test_a_list_is_malformed_only_where_nobody_says_lists():
    with pytest.raises(NotVerified, match=r'\[dialect.malformed\] "a JSON array" says which list'):
        dialect(LIST).malformed("a JSON array")
    assert dialect(LIST, ping={"say": "ping", "answer": [{"p": 1}]}).malformed("a JSON array")
    own = dialect(LIST, malformed={"a JSON array": ["teleport"]})
    assert own.malformed("a JSON array") == '["teleport"]'
    assert dialect(LIST).malformed("null") == "null"

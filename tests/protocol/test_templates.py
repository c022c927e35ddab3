"""Templates of what is said."""

import json

import pytest

from qaws.protocol.templates import require_known, said

NAMES = {"id": 7, "symbol": "M&M", "greeks": {"delta": -0.5}, "price": 1e-07, "token": "a.b"}
ITEMS = [{"symbol": "AAA", "instrument": 1}, {"symbol": "日経", "instrument": 2}]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ({"id": "{id}"}, '{"id": 7}'),
        ({"id": "{id:text}"}, '{"id": "7"}'),
        ({"d": "{greeks.delta}", "all": "{greeks}"}, '{"d": -0.5, "all": {"delta": -0.5}}'),
        ({"at": "trade.{symbol}.{id}"}, '{"at": "trade.M&M.7"}'),
        ({"p": "{price:text}"}, '{"p": "1e-07"}'),
        ({"s": {"each": "items", "is": "{symbol}"}}, '{"s": ["AAA", "日経"]}'),
        ({"s": {"each": "items", "is": "T.{symbol}", "with": ","}}, '{"s": "T.AAA,T.日経"}'),
        ({"s": {"each": "items", "is": {"n": "{instrument}"}}}, '{"s": [{"n": 1}, {"n": 2}]}'),
        ({"s": {"each": "others", "is": 1}}, '{"s": {"each": "others", "is": 1}}'),
        (["{id}", True, None], "[7, true, null]"),
        (["{null}", "{id:text}", "{symbol}", {}], '[null, "7", "M&M", {}]'),
        ("SUB {symbol} {id}", "SUB M&M 7"),
        ("{}", "{}"),
        ('{"a": NaN}', '{"a": NaN}'),
    ],
)
def test_names_are_replaced_with_their_type_where_they_stand_alone(template, text):
    assert said(template, NAMES, ITEMS) == text


def test_a_text_is_sent_as_it_is_and_anything_else_as_json():
    assert said("ping", {}) == "ping"
    assert json.loads(said({"op": "ping"}, {})) == {"op": "ping"}


def test_a_name_that_nobody_fills_in_is_named_with_those_that_are_known():
    with pytest.raises(ValueError, match=r"\{exchange\}: nothing is known of that name; known"):
        require_known({"a": [{"b": "x{exchange}"}]}, {"symbol", "id"})
    require_known({"a": ["{symbol}", "{id:text}", "{}", "{null}"]}, {"symbol", "id"})

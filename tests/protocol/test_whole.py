"""Whole numbers in another notation: one value, and one number of a tick, for every client."""

import json
from decimal import Decimal

import pytest

from qaws.load.publisher.payloads import Payloads
from qaws.load.subscriber.message import read_message
from qaws.load.subscriber.verifier import Verifier
from qaws.protocol.dialect import QaWs
from qaws.protocol.whole import whole
from tests.load.test_payloads import plan, tick
from tests.protocol.test_tick_shapes import dialect, shape

TICK = (
    '{"type":"option_tick","instrument_token":%s,"symbol":"FINNIFTY","last_price":0.5,"greeks":'
    '{"delta":0,"gamma":0,"theta":0,"vega":0,"iv":0},"seq":%s,"due_us":%s}'
)


@pytest.mark.parametrize("value", [7, 7.0, Decimal("7.0"), Decimal("7E0"), Decimal("0.7E1")])
def test_a_whole_number_is_one_in_each_notation(value):
    assert (whole(value), type(whole(value))) == (7, int)


@pytest.mark.parametrize(
    "value", [7.5, Decimal("7.5"), float("inf"), float("nan"), Decimal("1E999999999"), "7", True]
)
def test_what_is_no_whole_number_stays_as_it_is(value):
    assert whole(value) is value


@pytest.mark.parametrize(
    "numbers",
    [
        ("9007199254740993", "7", "1790000000000001"),
        ("9007199254740993.0", "7.0", "1790000000000001.0"),
        ("9.007199254740993E15", "7E0", "1.790000000000001e+15"),
    ],
)
def test_functional_and_load_clients_read_the_same(numbers):
    payload = (TICK % numbers).encode()
    (said,) = QaWs().read(payload)
    assert said.problem is None
    wanted = {"instrument_token": 2**53 + 1, "seq": 7, "due_us": 1790000000000001}
    assert {name: said.message[name] for name in wanted} == wanted
    assert all(type(said.message[name]) is int for name in wanted)
    read = read_message(payload)
    assert (read.instrument, read.sequence, read.due_us) == tuple(wanted.values())


def test_an_acknowledgement_names_each_instrument():
    selector = b'{"instruments":[9007199254740993.0,7E0,8]}'
    (said,) = QaWs().read(b'{"type":"subscribed","selector":%b}' % selector)
    assert said.problem is None
    assert said.message["selector"] == {"instruments": [2**53 + 1, 7, 8]}


def test_half_a_number_is_none():
    with pytest.raises(ValueError, match=r"Expected `int \| null`, got `float` - at `\$.seq`"):
        read_message((TICK % ("7", "7.5", "8")).encode())


def test_under_load_they_are_held_against_what_was_published():
    verifier = Verifier("qa-ws", plan())
    sent = tick(Payloads(plan()), "NIFTY", 9)
    doubles = {n: float(v) if type(v) is int else v for n, v in sent.items()}
    assert verifier.fault(json.dumps(doubles).encode()) is None
    wrong = verifier.fault(json.dumps(doubles | {"volume": 1.0}).encode())
    assert wrong.kind == "content"
    assert wrong.words == f"received NIFTY #9 with volume 1.0 instead of {sent['volume']}"


# --- of dialects by table -------------------------------------------------------------------------


def test_they_are_read_so_in_a_dialect_by_table():
    quotes = dialect(shape("option tick", {"t": "q"}, instrument="i"))
    (said,) = quotes.read(b'{"t":"q","s":"NIFTY","i":256265.0,"n":7E0,"p":0.5}')
    assert (said.message["seq"], said.message["instrument_token"]) == (7, 256265)
    assert type(said.message["seq"]) is type(said.message["instrument_token"]) is int


MEMBERS = {"kind": "option tick", "match": {"t": "q"}, "symbol": "d.symbol", "members": "d"}


def test_members_that_come_as_texts_are_compared_as_numbers_where_the_table_says_so():
    quotes = dialect(MEMBERS | {"sequence": "d.seq"}, numbers="text")
    came = {"symbol": "NIFTY", "seq": "7", "last_price": "166.3098", "greeks": {"delta": "-0.50"}}
    text = json.dumps({"t": "q", "d": came | {"session": "1"}})
    (said,) = quotes.read(text.encode())
    assert said.message["last_price"] == 166.3098
    assert said.message["session"] == "1"
    assert quotes.exactly(text, 0) == {
        "type": "option_tick",
        "symbol": "NIFTY",
        "seq": 7,
        "last_price": Decimal("166.3098"),
        "greeks": {"delta": Decimal("-0.50")},
        "session": "1",
    }


def test_where_it_does_not_a_text_is_no_price():
    quotes = dialect(MEMBERS | {"sequence": "d.seq"})
    (said,) = quotes.read(b'{"t":"q","d":{"symbol":"NIFTY","seq":7,"last_price":"166.3098"}}')
    assert said.message["last_price"] == "166.3098"

"""Numbers of channels that a service gives out: whose they are, and what they stand for."""

import json
import re

import pytest

from qaws.protocol.declared import Declared
from qaws.protocol.dialect_table import DialectTable, check_channels
from qaws.protocol.listing import Listing
from qaws.protocol.market import selection_of
from qaws.protocol.openings import check_messages
from qaws.verdict import NotVerified

ASK = {"symbols": ["sub", "{symbol}"], "instruments": ["one", "{instrument}"]}


def dialect(channels=None, end=None, **tick):
    """Return a dialect whose acknowledgements give out numbers."""
    table = {
        "name": "mine",
        "ping": {"say": ["ping"], "answer": [{"[0]": "pong"}]},
        "subscribe": {**ASK, "ack": [{"[0]": "in"}]},
        "unsubscribe": {"symbols": ["out", "{channel}"], **(end or {}), "ack": [{"[0]": "out"}]},
        "recognise": {"error": [{"[0]": "error"}]},
        "channels": {"given": [{"[0]": "in"}], "number": "[1]", "symbol": "[2]"} | (channels or {}),
        "tick": [
            {
                "kind": "option tick",
                "match": {"[1]": "t"},
                "channel": "[0]",
                "sequence": "[2]",
                "fields": {"last_price": "[3]"},
                **tick,
            }
        ],
    }
    model = DialectTable.model_validate(table)
    check_messages(model, {})
    check_channels(model)
    return Declared(model, Listing({}), {})


def heard(speaker, *message):
    [said] = speaker.read(json.dumps(message).encode())
    return said.problem or said.message


def test_a_tick_is_of_what_its_channel_was_given_out_for():
    speaker = dialect().for_connection()
    heard(speaker, "in", 7, "NIFTY")
    heard(speaker, "in", "7", "BANKNIFTY")
    assert heard(speaker, 7, "t", 1, 0.5)["symbol"] == "NIFTY"
    assert heard(speaker, "7", "t", 1, 0.5)["symbol"] == "BANKNIFTY"
    assert heard(speaker, 8, "t", 1, 0.5) == "option tick of a channel 8 that was not given out"


def test_a_number_is_one_connections_own():
    shared = dialect()
    one, other = shared.for_connection(), shared.for_connection()
    heard(one, "in", 7, "NIFTY")
    heard(other, "in", 7, "BANKNIFTY")
    assert heard(one, 7, "t", 1, 0.5)["symbol"] == "NIFTY"
    assert heard(other, 7, "t", 1, 0.5)["symbol"] == "BANKNIFTY"


def test_a_number_may_be_given_out_again_and_the_latest_ends_a_subscription():
    speaker = dialect().for_connection()
    heard(speaker, "in", 7, "NIFTY")
    heard(speaker, "in", 9, "NIFTY")
    assert list(map(str, speaker.unsubscribing(selection_of("NIFTY")))) == ['["out", 9]']
    heard(speaker, "in", 9, "BANKNIFTY")
    assert heard(speaker, 9, "t", 1, 0.5)["symbol"] == "BANKNIFTY"
    assert list(map(str, speaker.unsubscribing(selection_of("NIFTY")))) == ['["out", 7]']


def test_what_has_no_number_cannot_be_unsubscribed_from():
    with pytest.raises(NotVerified, match="by a channel's number, and none was given out for NIF"):
        dialect().for_connection().unsubscribing(selection_of("NIFTY"))


def test_a_number_may_stand_for_an_instrument():
    end = {"symbols": None, "instruments": ["out", "{channel}"]}
    speaker = dialect({"symbol": "", "instrument": "[2]"}, end).for_connection()
    heard(speaker, "in", 7, 256265)
    tick = heard(speaker, 7, "t", 1, 0.5)
    assert (tick["symbol"], tick["instrument_token"]) == ("NIFTY", 256265)
    assert tick.items() >= speaker.carried({**tick, "bid": 1}).items()
    said = speaker.unsubscribing(selection_of("instrument 256265"))
    assert list(map(str, said)) == ['["out", 7]']


def test_an_acknowledgement_without_a_number_is_a_breach():
    assert heard(dialect().for_connection(), "in") == "gives out no channel at [1]"


@pytest.mark.parametrize(
    ("channels", "end", "tick", "words"),
    [
        ({"symbol": ""}, {}, {}, "needs symbol or instrument, one of them"),
        ({"instrument": "[2]"}, {}, {}, "needs symbol or instrument, one of them"),
        ({}, {}, {"symbol": "[4]"}, "leave out symbol and instrument"),
        ({}, {}, {"channel": ""}, "needs symbol, instrument or channel"),
        (
            {},
            {"instruments": ["o", "{channel}"]},
            {},
            "unsubscribe: instruments and symbols say {channel}, and the numbers of "
            "[dialect.channels] stand for one symbol each",
        ),
        ({"symbol": "", "instrument": "[2]"}, {}, {}, "stand for one instrument each"),
    ],
)
def test_what_could_not_be_told_is_refused(channels, end, tick, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        dialect(channels, end, **tick)


def test_a_channel_that_nothing_gives_out_is_refused():
    table = dialect()._table.model_dump(exclude_unset=True)
    del table["channels"]
    with pytest.raises(ValueError, match="nothing says what gives out its number"):
        DialectTable.model_validate(table)

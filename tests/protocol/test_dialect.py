"""How the dialect spells what the features speak of."""

import json
import math

import msgspec
import pytest

from qaws.protocol.dialect import QaWs
from qaws.protocol.malformed import MESSAGES, message
from qaws.protocol.market import (
    selection_of,
)
from qaws.verdict import Broken


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("NIFTY and BANKNIFTY", {"symbols": ["NIFTY", "BANKNIFTY"]}),
        ("instrument 256265", {"instruments": [256265]}),
        ("the NIFTY underlying", {"symbol": "NIFTY", "type": "underlying"}),
    ],
)
def test_commands_are_spelled_as_the_specification_has_them(words, fields):
    selection, dialect = selection_of(words), QaWs()
    assert json.loads(dialect.subscribe(selection)) == {"action": "subscribe", **fields}
    assert json.loads(dialect.unsubscribing(selection)[0]) == {"action": "unsubscribe", **fields}
    assert json.loads(dialect.ping()) == {"action": "ping"}


@pytest.mark.parametrize(
    ("kind", "words", "tick"),
    [
        ("connection", "welcome", False),
        ("option_tick", "option tick", True),
        ("underlying_bar", "underlying bar", True),
        ("error", "error", False),
        ("pong", "pong", False),
        ("heartbeat", "heartbeat", False),
        (None, "None", False),
    ],
)
def test_messages_are_told_apart(kind, words, tick):
    message = {"type": kind}
    assert QaWs().kind(message) == words
    assert QaWs().is_tick(message) is tick


def strict(text):
    """Decode JSON as RFC 8259 has it: no NaN."""
    return msgspec.json.decode(text.encode())


def is_what_it_is_called(name, text):
    if name in ("broken JSON", "an empty message", "a NaN"):
        with pytest.raises(msgspec.DecodeError):
            strict(text)
        if name == "an empty message":
            return text == ""
        if name == "a NaN":  # Python reads it all the same: that is the trap
            return math.isnan(json.loads(text)["instruments"][0])
        with pytest.raises(ValueError, match=r"Expecting"):
            json.loads(text)
        return True
    value = strict(text)
    return {
        "a JSON array": lambda: isinstance(value, list) and value,
        "a JSON number": lambda: type(value) is int,
        "null": lambda: value is None,
        "an unknown action": lambda: value["action"] not in ("ping", "subscribe", "unsubscribe"),
        "no action": lambda: isinstance(value, dict) and "action" not in value,
        "instruments that are not integers": lambda: (
            value["action"] == "subscribe"
            and all(type(number) is not int for number in value["instruments"])
        ),
        "a symbol that is not text": lambda: (
            value["action"] == "subscribe" and not isinstance(value["symbols"][0], str)
        ),
    }[name]()


@pytest.mark.parametrize("name", MESSAGES.rows)
def test_malformed_messages_are_what_they_are_called(name):
    assert is_what_it_is_called(name, message(name))


def test_an_unknown_malformed_message_is_broken_with_the_known_ones():
    with pytest.raises(Broken, match='no malformed message "nonsense"; known are broken JSON'):
        QaWs().malformed("nonsense")

"""Commands that hostile clients alter: in the target's own words, or not at all."""

import json
import tomllib
from pathlib import Path

import pytest

from qaws.protocol.commands import LONGEST, Commands
from qaws.protocol.content import content
from qaws.protocol.declared import Declared
from qaws.protocol.dialect import QaWs
from qaws.protocol.dialect_table import DialectTable
from qaws.protocol.listing import Listing
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from qaws.verdict import NotVerified

ROOT = Path(__file__).parents[2]
EITHER = ["instruments", "symbols"]


def commands(name):
    """Return those of a target file of tests/services/dialects."""
    target = read_target(ROOT / f"tests/services/dialects/{name}.toml", {}, {})
    return Commands(dialect_of(target))


def known(name):
    """Return those of a dialect that is written down, without a market."""
    file = ROOT / f"qaws/protocol/dialects/known/{name}.toml"
    table = tomllib.loads(file.read_text("utf-8"))
    model = DialectTable.model_validate(table.get("dialect", table))
    return Commands(Declared(model, Listing({}), {}))


def test_an_item_stands_where_the_service_has_its_names():
    said = commands("tokens").subscribe(EITHER, b"-1", 1)
    assert json.loads(said) == {"action": "subscribe", "tokens": [-1]}
    said = json.loads(commands("first_message").subscribe(EITHER, b"[[7]]", 2))
    assert said["symbols"] == [{"symbol": [[7]], "exchange": "NSE"}] * 2
    assert Commands(QaWs()).subscribe(["symbols"], b'"A"', 1).endswith(b'"symbols": ["A"]}')


@pytest.mark.parametrize("name", ["tokens", "first_message", "streams"])
def test_many_items_stand_in_one_message_below_the_limit(name):
    said = commands(name).subscribe(EITHER, b"1", 25_000)
    assert LONGEST - 50 < len(said) <= LONGEST or said.count(b",1") > 24_990
    json.loads(said)


def test_members_are_added_to_the_ping_of_the_dialect():
    said = json.loads(commands("streams").ping(b'"note":[1]'))
    assert (said["op"], said["note"]) == ("ping", [1])
    assert Commands(QaWs()).ping() == b'{"action":"ping"}'


def test_behind_a_ping_that_is_a_list_further_members_are_an_object():
    lists = commands("lists")
    verb, number, further = json.loads(lists.ping(b'"note":[1]'))
    assert (verb, type(number), further) == ("ping", int, {"note": [1]})
    assert lists.ping().startswith(b'["ping", ')
    assert json.loads(lists.subscribe(EITHER, b"-1", 2))[2] == [-1, -1]
    assert not commands("tokens").says_lists
    with pytest.raises(NotVerified, match="has not a member that says what is asked for"):
        lists.verb()


def test_what_is_asked_for_is_named_as_the_dialect_does():
    assert commands("streams").action(b'"aa"') == b'{"op":"aa"}'
    said = json.loads(commands("tokens").both(), object_pairs_hook=lambda pairs: pairs)
    assert said == [("action", "ping"), ("action", "subscribe"), ("tokens", [1001, 1002])]


def test_a_name_within_a_text_may_be_long_but_is_nothing_else():
    polygon = known("polygon")
    assert b"T.AAAA" in polygon.subscribe(EITHER, b'"AAAA"', 1)
    with pytest.raises(NotVerified, match="polygon has not a name that stands in a message by it"):
        polygon.subscribe(EITHER, b"[1]", 1)


@pytest.mark.parametrize(
    ("name", "ask", "why"),
    [
        ("graphql", lambda c: c.subscribe(EITHER, b"1", 5), "a message that names several"),
        ("alpaca", lambda c: c.both(), "a member that says what is asked for"),
        ("centrifugo", lambda c: c.action(b"1"), "a member that says what is asked for"),
        ("tokens", lambda c: c.subscribe(["symbols"], b"1", 1), "that subscribes to symbols"),
    ],
)
def test_what_a_dialect_has_no_words_for_is_not_verified(name, ask, why):
    spoken = commands(name) if name == "tokens" else known(name)
    with pytest.raises(NotVerified, match=why):
        ask(spoken)


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        ({"says": "pong"}, '"says" is one of ping, subscribe, ping and subscribe, an action'),
        ({"says": "ping", "item": "1"}, '"item" is not about "ping"'),
        ({"text": "x", "further": "1"}, '"further" is about a command'),
        ({"says": "a malformed message"}, '"a malformed message" is "named" by a text, not \'\''),
        ({"says": "ping", "named": "null"}, '"named" is not about "ping"'),
        ({"says": "subscribe", "of": ["bars"]}, '"of" is a list of instruments and symbols'),
    ],
)
def test_a_piece_that_says_no_command_is_refused(piece, said):
    with pytest.raises(ValueError, match=said):
        content(piece)


def test_pieces_are_made_of_the_commands():
    spoken = commands("tokens")
    nested = content({"says": "ping", "further": ['"note":', {"text": "[", "times": 3}]})
    assert nested.made(commands=spoken) == b'{"action": "ping","note":[[[}'
    assert content({"says": "an action", "is": "7"}).made(commands=spoken) == b'{"action":7}'
    malformed = content({"says": "a malformed message", "named": "null"})
    assert malformed.made(commands=spoken) == b"null"
    with pytest.raises(NotVerified, match="does not say how no action is spelled"):
        content({"says": "a malformed message", "named": "no action"}).made(
            commands=known("polygon")
        )

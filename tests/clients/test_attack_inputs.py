"""The attacks by name, and how their answers are judged."""

import itertools
import re
from pathlib import Path

import pytest

from qaws.behaviours.attack_responses import _judge
from qaws.clients.attack_inputs import Flood, Frames, inputs, rounds
from qaws.clients.raw_connection import frame, whole
from qaws.protocol.commands import Commands
from qaws.protocol.dialect import QaWs, Request
from qaws.protocol.encoding import Encoding
from qaws.protocol.malformed import MESSAGES, message
from qaws.verdict import Broken

FEATURE = Path(__file__).parents[2] / "features" / "attacks.feature"
ROWS = re.findall(r"^ +\| (\d+) +\| (.+?) +\| (.+?) +\|$", FEATURE.read_text("utf-8"), re.M)


def made(attack, count, dialect=None):
    """Return the inputs of an attack, all of which can be said."""
    playing, unsaid = inputs(attack, count, Commands(dialect or QaWs()))
    assert unsaid == {}
    return playing


def test_the_feature_plays_as_many_inputs_as_it_says_and_all_there_are():
    played = {attack: len(made(attack, int(count))) for count, attack, _ in ROWS}
    [hostile] = re.findall(r"(\d+) hostile inputs in all", FEATURE.read_text("utf-8"))
    assert sum(played.values()) == int(hostile) + played["what ends a connection"]
    for attack, count in played.items():
        with pytest.raises(Broken, match=f"{count + 1} are wanted, but {count} are known"):
            made(attack, count + 1)
    for _, _, answer in ROWS:
        assert callable(_judge(answer))


def test_a_name_that_nobody_knows_is_named():
    with pytest.raises(Broken, match='no attack "kindness"; known are messages over'):
        made("kindness", 1)
    with pytest.raises(Broken, match='no response "a smile"; known are: an error'):
        _judge("a smile")


def test_numbers_in_a_name_are_used():
    one = made("messages over 1 KiB", 1)["one byte more"]
    assert isinstance(one, Frames)
    assert len(one.frames[0]) == 1025 + 8
    padded = made("messages over 1 KiB", 2)["a command that is padded"]
    assert isinstance(padded, Frames)
    assert 1024 < len(padded.frames[0]) < 1100
    flood = made("floods of 2,500 messages per second", 2)
    assert [f.per_second for f in flood.values() if isinstance(f, Flood)] == [2500, 2500]


def test_all_malformed_messages_are_sent_and_their_answers_judged_elsewhere():
    """Of QA-WS-010's messages only that the answer tells no internals is a matter of QA-WS-024."""
    playing = made("malformed, deeply nested, huge or ambiguous JSON", 28)
    elsewhere = {
        name: what.frames
        for name, what in playing.items()
        if isinstance(what, Frames) and what.answer_in == "QA-WS-010"
    }
    assert elsewhere == {name: [whole(message(name))] for name in MESSAGES.rows}
    assert len(playing) == len(elsewhere) + 18


class Binary(QaWs):
    """A dialect whose clients send binary messages."""

    encoding = Encoding("text", "binary")


def opcodes(attack, count, name):
    playing, _ = inputs(attack, count, Commands(Binary()))
    return [each[0] & 0x0F for each in playing[name].frames]


@pytest.mark.parametrize(
    ("attack", "count", "name", "expected"),
    [
        ("messages over 64 KiB", 12, "one byte more", [2]),
        ("messages over 64 KiB", 12, "the second of two", [2, 2]),
        ("messages over 64 KiB", 12, "two halves and one byte", [2, 0, 0]),
        ("floods of 1,000 messages per second", 6, "ping messages", [2]),
        ("binary messages", 4, "nothing", [2]),
        ("frames that the protocol forbids", 20, "a binary within a text", [2, 2]),
    ],
)
def test_where_clients_send_binary_messages_so_do_hostile_ones(attack, count, name, expected):
    """Their size and their form are judged, whichever of the two kinds they are of."""
    assert opcodes(attack, count, name) == expected


def test_texts_that_are_not_utf_8_are_none_of_theirs():
    playing, unsaid = inputs("text that is not UTF-8", 14, Commands(Binary()))
    assert sorted(playing) == ["in the reason of a close"]
    assert all("binary messages, and no texts" in str(each) for each in unsaid.values())


def test_a_command_in_a_binary_message_is_no_attack_where_clients_send_such():
    playing, unsaid = inputs("binary messages", 4, Commands(Binary()))
    assert sorted(playing) == ["any bytes", "nothing"]
    assert sorted(unsaid) == ["a command", "a command in fragments"]
    assert all("a command in one is good" in str(each) for each in unsaid.values())


class Own(QaWs):
    """A dialect whose ping is its own, and whose clients send no JSON."""

    def __init__(self, said, sent, code=""):
        super().__init__()
        self.said, self.encoding = said, Encoding(sent=sent, code={sent: code})

    def ping(self):
        return Request(self.said)


OP = '{"op":"ping"}'
HALF = """
def encode(message):
    if message.get("op") == "ping":
        return "p"
    return {"subscribe": b"s"}[message["action"]]
"""
WHOLE = 'def encode(message):\n    return {"ping": b"p"}[message["op"]]'
TARGETS = [
    (Own(OP, "half.py", HALF), "p"),
    (Own(OP, "whole.py", WHOLE), b"p"),
    (Own('{"engine":"ping"}', "socket.io"), "2"),
    (Own('["ping"]', "msgpack"), b"\x91\xa4ping"),
    (Own(OP, "text"), OP),
    (Own(OP, "binary"), OP.encode()),
]
KINDS = ["a ping in texts", "all in binary", "socket.io", "msgpack", "text", "binary"]


@pytest.mark.parametrize(("dialect", "ping"), TARGETS, ids=KINDS)
def test_a_command_in_a_forbidden_frame_is_the_ping_that_the_target_s_clients_send(dialect, ping):
    playing = made("frames that the protocol forbids", 20, dialect)
    opcode, data = (1, ping.encode()) if isinstance(ping, str) else (2, ping)
    assert playing["a text without mask"].frames == [frame(opcode, data, masked=False)]
    assert playing["the third reserved bit"].frames == [frame(opcode, data, reserved=1)]
    assert playing["a continuation behind the end"].frames == [whole(ping), frame(0, b"a")]


@pytest.mark.parametrize(("dialect", "ping"), TARGETS, ids=KINDS)
def test_a_ping_of_a_flood_is_of_the_kind_that_the_target_s_clients_send(dialect, ping):
    flood = made("floods of 1,000 messages per second", 1, dialect)["ping messages"]
    assert flood.frames == [whole(ping)]


def test_where_clients_send_some_texts_a_text_that_is_not_utf_8_is_an_attack():
    playing = made("text that is not UTF-8", 14, TARGETS[0][0])
    assert playing["over two fragments"].frames[0][0] == 1
    assert made("binary messages", 4, TARGETS[0][0])["a command"].frames == [whole(OP.encode())]


def test_a_command_that_a_file_makes_json_of_in_a_binary_message_is_none():
    code = "import json\n\ndef encode(message):\n    return json.dumps(message).encode()"
    for ping in (OP, '["ping"]'):
        _, unsaid = inputs("binary messages", 4, Commands(Own(ping, "json.py", code)))
        assert "a command" in unsaid


def test_json_that_is_lawful_and_not_huge_may_be_taken():
    """RFC 8259 leaves to the receiver how far numbers go, and what half a surrogate means."""
    playing = made("malformed, deeply nested, huge or ambiguous JSON", 28)
    assert [n for n, what in playing.items() if isinstance(what, Frames) and what.may_be_taken] == [
        "an instrument beyond 64 bits",
        "half a surrogate as symbol",
    ]


def test_a_message_that_may_be_as_long_as_it_is_stays_below_the_limit():
    for what in (
        *made("malformed, deeply nested, huge or ambiguous JSON", 28).values(),
        *made("text that is not UTF-8", 14).values(),
        *made("binary messages", 4).values(),
    ):
        assert isinstance(what, Frames)
        assert sum(map(len, what.frames)) < 64 * 1024


def test_a_flood_takes_its_frames_in_turn():
    flood = Flood([b"a", b"b"], per_second=10, at_once=3)
    assert list(itertools.islice(rounds(flood), 3)) == [b"aba", b"bab", b"aba"]

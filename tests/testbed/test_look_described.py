"""The first look at a dialect that the target file describes: whose mistake it may be."""

import copy
import re
from typing import Any

import pytest

from qaws.sut.service import Service
from qaws.sut.target import Target
from qaws.testbed import first_look, look_ticks, look_words
from qaws.testbed.look_words import FirstLook
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken
from tests.services.mismatched import SpeaksSocketIO
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

EACH = {"each": "items", "is": "{instrument}"}
SYMBOLS = {"each": "items", "is": "{symbol}"}
BAR = {"type": "underlying", "symbol": "{symbol}"}
TICK = {"symbol": "symbol", "sequence": "seq", "due": "due_us", "members": ""}
AS_IT_IS: dict[str, Any] = {
    "name": "own",
    "ping": {"say": {"action": "ping"}, "answer": [{"type": "pong"}]},
    "subscribe": {
        "instruments": {"action": "subscribe", "instruments": EACH},
        "symbols": {"action": "subscribe", "symbols": SYMBOLS},
        "underlying": {"action": "subscribe", **BAR},
        "ack": [{"type": "subscribed"}],
    },
    "unsubscribe": {
        "instruments": {"action": "unsubscribe", "instruments": EACH},
        "symbols": {"action": "unsubscribe", "symbols": SYMBOLS},
        "underlying": {"action": "unsubscribe", **BAR},
        "ack": [{"type": "unsubscribed"}],
    },
    "recognise": {"welcome": [{"type": "connection"}], "error": [{"type": "error"}]},
    "session": {"id": "session_id", "error_text": "message"},
    "tick": [
        {
            "kind": "option tick",
            "match": {"type": "option_tick"},
            "instrument": "instrument_token",
            **TICK,
        },
        {"kind": "underlying bar", "match": {"type": "underlying_bar"}, **TICK},
    ],
}
"""What `Ticker` speaks, as a team would describe it."""


class RefusesAll(Ticker):
    """Answers every subscription by an error."""

    async def subscribed(self, client):
        await client.send({"type": "error", "message": "no such instrument"})


def target(dialect):
    return Target.model_validate(
        {
            "name": "scripted",
            "dialect": dialect,
            "endpoint": {"url": "ws://127.0.0.1:1/ws/ticks"},
            "auth": {"generate_key": True, "issuer": "me"},
            "feed": {"broker": "embedded"},
            "file": "mine.toml",
        }
    )


@pytest.fixture
def look(tmp_path, monkeypatch):
    """Look at a service, by a dialect; return what was found, and the line that ended it."""
    made = []

    def at(dialect, service=Ticker, within_s=0.5):
        monkeypatch.setattr(look_words, "WITHIN_S", within_s)
        monkeypatch.setattr(look_ticks, "HEARD_WITHIN_S", HANG_S)
        testbed = Testbed(target(dialect), tmp_path / str(len(made)))
        made.append(testbed)
        found, said = FirstLook(), ""
        with service(testbed.broker.url) as running:
            own = testbed.target.endpoint.model_copy(update={"url": running.url})
            testbed.target = testbed.target.model_copy(update={"endpoint": own})
            testbed.begin_scenario()
            testbed.scenario.service = Service(testbed.target, {}, running.port, None)
            try:
                first_look.look(testbed, ("inject",), found)
            except Broken as problem:
                said = str(problem)
        return found, said

    yield at
    for testbed in made:
        testbed.stop()


def otherwise(path, value):
    """Return the dialect with another value in one place."""
    dialect = copy.deepcopy(AS_IT_IS)
    *places, last = path
    part: Any = dialect
    for place in places:
        part = part[place]
    part[last] = value
    return dialect


def test_of_a_right_description_nothing_is_remarked(look):
    found, said = look(AS_IT_IS, within_s=HANG_S)
    assert (found.remarks, said) == ([], "")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (
            ("subscribe", "instruments"),
            {"action": "watch", "ids": EACH},
            r"\(subscribe instrument 256265\) was answered by an error, .*Invalid mess.*; "
            r"look at \[dialect\.subscribe\] instruments, \[market\], \[dialect\.recognise\] error",
        ),
        (
            ("subscribe", "symbols"),
            {"action": "watch", "symbols": SYMBOLS},
            r"\(subscribe NIFTY\) was answered by an error.*at \[dialect\.subscribe\] symbols",
        ),
        (
            ("subscribe", "underlying"),
            {"action": "watch", **BAR},
            r"answered by an error, .*; look at \[dialect\.subscribe\] underlying",
        ),
        (
            ("subscribe", "ack"),
            [{"type": "watching"}],
            r'answered by \{"type": "subscribed"\}, which fits no \[dialect\.subscribe\] ack; look',
        ),
        (
            ("unsubscribe", "instruments"),
            {"action": "unwatch", "instruments": EACH},
            r"answered by an error, .*; look at \[dialect\.unsubscribe\] instruments",
        ),
        (
            ("unsubscribe", "ack"),
            [{"type": "unwatched"}],
            r'answered by \{"type": "unsubscribed"\}, which fits no \[dialect\.unsubscribe\] ack;',
        ),
        (
            ("ping", "say"),
            {"action": "hey"},
            r"\(ping\) was answered by an error, .*; look at \[dialect\.ping\] say",
        ),
        (
            ("ping", "answer"),
            [{"type": "PONG"}],
            r'\(ping\) was answered by \{"type": "pong"\}, which fits no \[dialect\.ping\] answer;',
        ),
        (
            ("ping", "answer"),
            [{"type": "subscribed"}],
            r'answered by \{"type": "pong"\}, which fits no \[dialect\.ping\] answer;',
        ),
        (
            ("tick", 0, "match"),
            {"type": "tick"},
            r"no option tick came to who had subscribed to it, but \{.*, which fits no "
            r"\[\[dialect\.tick\]\]; look at \[\[dialect\.tick\]\] match, each",
        ),
        (
            ("tick", 1, "match"),
            {"type": "bar"},
            r"no underlying bar came to who had .*; look at \[\[dialect\.tick\]\] match, each",
        ),
    ],
)
def test_a_mistake_in_a_description_ends_the_run_with_the_key(look, path, value, sentence):
    found, said = look(otherwise(path, value))
    assert re.search(sentence, said), (said, found)
    assert said.startswith("mine.toml: ")
    assert "\n" not in said
    assert found.remarks, "what was seen is shown too"


@pytest.mark.parametrize(
    ("welcome", "pong", "sentence"),
    [
        (
            [{"ev": "hello", "a.b": {"is_not": 0}}],
            "pong",
            r", and \[dialect\.recognise\] expects welcome = "
            r'\{ ev = "hello", "a\.b" = \{ is_not = 0 \} \}; look at it, or put into ignore',
        ),
        ([], "PONG", r", of which \[dialect\.recognise\] says nothing; put it into welcome"),
    ],
)
def test_a_wrong_welcome_is_said_once_beside_what_came(look, welcome, pong, sentence):
    dialect = otherwise(("recognise", "welcome"), welcome)
    dialect["ping"]["answer"] = [{"type": pong}]
    _, said = look(dialect)
    assert re.search(sentence, said), said
    assert said.startswith('mine.toml: the first message is {"type": "connection"')
    assert said.count('"connection"') == 1


def test_in_qa_ws_the_same_is_the_mistake_of_the_service(look):
    found, said = look("qa-ws", RefusesAll)
    assert said == ""
    assert any(each.startswith("subscribe: ") for each in found.remarks)


def test_who_refuses_what_is_described_is_named_as_well(look):
    _, said = look(AS_IT_IS, RefusesAll)
    assert "no such instrument" in said
    assert said.endswith("where these are right the service refuses what it should take")


# --- what cannot be read -------------------------------------------------------------------------


class Packs(Ticker):
    """Sends ticks as binary messages of the kind 5."""

    async def deliver(self, client, tick, text):
        await super().deliver(client, tick, b"\x05" + text.encode())


class PacksPongs(Ticker):
    async def ping(self, client):
        await client.send(b"\x05pong")


class PacksRefusals(Ticker):
    async def welcome(self, client):
        await client.send(b"\x05no")
        await client.close(1008, "no")


DECODER = """
def decode(message):
    raise ValueError("unknown kind 5")
"""
NOTHING = """
def decode(message):
    return None
"""
BY_THE_FILE = r"bytes that is no \S+/ticks\.py: ValueError: "


@pytest.mark.parametrize(
    ("service", "key", "code", "sentence"),
    [
        (
            Packs,
            "received",
            DECODER,
            r"no option tick came to who had subscribed to it, but a binary message of \d+ "
            rf"{BY_THE_FILE}unknown kind 5; look at \[dialect\.encoding\] received$",
        ),
        (
            PacksPongs,
            "received",
            NOTHING,
            r"behind a good message \(ping\) came a binary message of 5 "
            rf"{BY_THE_FILE}decode returned None: .*; look at \[dialect\.encoding\] received$",
        ),
        (
            PacksRefusals,
            "received",
            DECODER,
            r"token was refused in .*; what came is a binary message of 3 "
            rf"{BY_THE_FILE}unknown kind 5: look at \[dialect\.encoding\] received; ",
        ),
        (
            Ticker,
            "texts",
            DECODER,
            r'the first message is \{"type": "connection".*\}, a text of \d+ '
            rf"{BY_THE_FILE}unknown kind 5; .* look at \[dialect\.encoding\] texts \(docs",
        ),
        (
            Ticker,
            "texts",
            "def decode(message):\n    return message[:9]\n",
            r"the first message is a JSON str, not an object: .*, or look at \[dialect\.enc\S+\]$",
        ),
    ],
)
def test_what_cannot_be_decoded_is_said_with_the_reason(
    look, tmp_path, service, key, code, sentence
):
    file = tmp_path / "ticks.py"
    file.write_text(code, "utf-8")
    found, said = look({**AS_IT_IS, "encoding": {key: str(file)}}, service)
    assert re.search(sentence, said), (said, found)
    assert "which fits no" not in said
    assert "\n" not in said


def test_binary_messages_of_which_nothing_is_said_lead_to_the_key_as_well(look):
    _, said = look(AS_IT_IS, PacksPongs)
    assert said.endswith(
        "(ping) came a binary message of 5 characters; look at [dialect.encoding] received"
    )


class SaysPlainPong(Ticker):
    async def ping(self, client):
        await client.send("pong")


class AnswersTwice(Ticker):
    async def ping(self, client):
        await client.send('{"type": "pong"}\n{"type": "pong"}')


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (
            SaysPlainPong,
            r"came pong, a frame that is not JSON: .*; look at \[dialect\.encoding\] t",
        ),
        (AnswersTwice, r"separated by a newline; look at \[dialect\] several$"),
    ],
)
def test_texts_that_are_not_json_lead_to_the_key_that_reads_them(look, service, sentence):
    _, said = look(AS_IT_IS, service)
    assert re.search(sentence, said), said


def test_socket_io_that_the_file_does_not_name_is_told_by_its_first_packet(look):
    _, said = look(AS_IT_IS, SpeaksSocketIO)
    assert said.startswith('mine.toml: what came is Socket.IO, 0{"sid":"9bAY",'), said
    assert 'texts = "socket.io" and sent = "socket.io" are missing' in said
    assert "token" not in said


def test_a_text_where_the_file_says_that_there_are_none_leads_to_that_key(look):
    _, said = look({**AS_IT_IS, "encoding": {"received": "msgpack", "texts": "none"}}, Ticker)
    assert "a text, where the target says that the service sends none; " in said
    assert said.endswith("or look at [dialect.encoding] texts (docs/dialects.md)")


def test_who_reads_texts_in_a_file_of_its_own_is_told_nothing_of_socket_io(look, tmp_path):
    file = tmp_path / "ticks.py"
    file.write_text(DECODER, "utf-8")
    _, said = look({**AS_IT_IS, "encoding": {"texts": str(file)}}, SpeaksSocketIO)
    assert "unknown kind 5" in said
    assert "Socket.IO" not in said

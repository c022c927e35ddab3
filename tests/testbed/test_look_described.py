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

"""What a service sends of its own accord, and what may be an answer, or a tick, in other words."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from qaws.clients.connection import Connection
from qaws.protocol.dialect import QaWs
from qaws.testbed import unasked
from qaws.testbed.quiet_clients import WATCH, Watch
from qaws.verdict import Broken

WELCOME = '{"type":"connection","status":"connected","session_id":"one"}'
PING, PONG = '{"action":"ping"}', '{"type":"pong"}'
ASK, ACK = '{"action":"subscribe","symbols":["NIFTY"]}', '{"type":"subscribed"}'
BEAT = '{"type":"heartbeat","at":1}'


def found(*said, heartbeats=(), is_plain=True):
    """Return what is found where a client has sent ("> …") and received this, in this order."""
    dialect = QaWs(heartbeats)
    dialect.is_plain = is_plain
    target = SimpleNamespace(file="mine.toml", speaks="qa-ws", dialect="qa-ws")
    client = Connection("Alice", dialect)
    for each in said:
        if each.startswith("> "):
            client._note("→", "text", each[2:])
        else:
            client._message(1, each.encode(), binary=False)
    testbed: Any = SimpleNamespace(dialect=dialect, target=target)
    return unasked.among(testbed, [client])


@pytest.mark.parametrize(
    "said",
    [
        (WELCOME, BEAT),
        (WELCOME, f"> {PING}", PONG, BEAT),
        (WELCOME, f"> {ASK}", ACK, BEAT),
        (WELCOME, f"> {ASK}", '{"type":"error","message":"no"}', BEAT),
        (WELCOME, f"> {PING}", f"> {PING}", PONG, PONG, BEAT),
    ],
)
def test_what_answers_nothing_is_told_with_the_key_that_names_it(said):
    problem = found(*said)
    assert isinstance(problem, Broken)
    assert re.fullmatch(
        r"mine\.toml: the service sends what the dialect qa-ws does not know, of its own accord: "
        r'Alice received \{"type":"heartbeat","at":1\} in answer to nothing; if that is as it '
        r"should be, name the type in \[endpoint\] heartbeats",
        str(problem),
    )


@pytest.mark.parametrize(
    "said",
    [
        (),
        (WELCOME,),
        (BEAT,),  # the first message: the look has words of its own for it
        (WELCOME, f"> {PING}", '{"type":"PONG"}'),
        (WELCOME, f"> {ASK}", '{"type":"ok"}'),
        (WELCOME, f"> {PING}", f"> {PING}", PONG, '{"type":"PONG"}'),
        (WELCOME, f"> {ASK}", ACK, '{"type":"option-tick","symbol":"NIFTY"}'),
        (WELCOME, '{"type":"pong","at":[]}', PONG),
        (WELCOME, "no JSON", "[]"),
    ],
)
def test_what_may_be_an_answer_or_a_tick_in_other_words_is_left_to_the_scenarios(said):
    assert found(*said) is None


def test_what_the_target_file_names_is_passed_over():
    assert found(WELCOME, BEAT, heartbeats=["heartbeat"]) is None


def test_a_declared_dialect_may_spell_its_ticks_in_any_way():
    assert found(WELCOME, f"> {ASK}", ACK, BEAT, is_plain=False) is None
    assert found(WELCOME, BEAT, is_plain=False)


def test_the_client_that_stays_for_the_whole_run_is_looked_at_too():
    quiet = Connection("the silent client", QaWs())
    for each in (WELCOME, BEAT):
        quiet._message(1, each.encode(), binary=False)
    watch = object.__new__(Watch)
    object.__setattr__(watch, "clients", {"silent": quiet})
    testbed: Any = SimpleNamespace(
        dialect=QaWs(),
        target=SimpleNamespace(file="mine.toml", speaks="qa-ws", dialect="qa-ws"),
        stash={WATCH: watch},
        scenario=SimpleNamespace(connections=SimpleNamespace(all=[])),
    )
    assert "the silent client received" in str(unasked.of_a_scenario(testbed))


@pytest.mark.parametrize(
    "said", [(BEAT, WELCOME), ("> login", BEAT, WELCOME), ("> login", WELCOME, BEAT)]
)
def test_in_a_declared_dialect_so_is_what_comes_around_the_welcome(said):
    assert "received {" in str(found(*said, is_plain=False))


def test_who_was_not_let_in_may_have_been_told_why_in_other_words():
    assert found("> login", BEAT, is_plain=False) is None

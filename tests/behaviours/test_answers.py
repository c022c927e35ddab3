"""One welcome, and one acknowledgement for each request, of what was named in it."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from qaws.behaviours import answers
from qaws.clients.connection import Connection
from qaws.protocol.dialect import QaWs

NIFTY = {"symbols": ["NIFTY"]}
BOTH = {"symbols": ["NIFTY", "BANKNIFTY"]}
TWO = {"instruments": [256265, 256521]}
MANY = {"instruments": [256265, 3_000_001, 3_000_002]}
BAR = {"symbol": "NIFTY", "type": "underlying"}
ONE = {"symbols": 1}
ONE_OF_EACH = {"symbols": 1, "underlyings": 1}


def faults(*said, is_plain=True):
    """Say what is wrong where a client has sent and received this, in this order."""
    client, dialect = Connection("Alice", QaWs()), QaWs()
    dialect.is_plain = is_plain
    for each in said:
        text = json.dumps(each) if isinstance(each, dict) else each
        if isinstance(each, dict) and "action" not in each:
            client._message(1, text.encode(), binary=False)
        else:
            client._note("→", "text", text)
    testbed: Any = SimpleNamespace(dialect=dialect)
    return answers.acknowledgement_faults(testbed, [client])


def ask(selector, action="subscribe"):
    return {"action": action, **selector}


def ack(kind="subscribed", **members):
    return {"type": kind, **members}


@pytest.mark.parametrize(
    "said",
    [
        (),
        (ask(NIFTY), ack()),
        (ask(NIFTY), ack(selector=NIFTY, totals={"symbols": 1})),
        (ask(NIFTY), ack(selector=NIFTY, totals={"symbols": 1, "instruments": 42})),
        (ask(BOTH), ack(selector={"symbols": ["BANKNIFTY", "NIFTY"]})),
        (ask(BOTH), ack(selector=NIFTY), ack("error", message="the other half")),
        (ask(NIFTY), ask(NIFTY), ack(), ack(), ask(NIFTY, "unsubscribe"), ack("unsubscribed")),
        ("{ broken", "[]", ask({"instruments": ["x"]}), ack("error", message="no")),
        (
            *(ask(BOTH), ack(selector=BOTH, totals={"symbols": 2, "underlyings": 0})),
            *(ask(NIFTY), ack(selector=NIFTY, totals={"symbols": 2})),
            *(ask(BAR), ack(selector=BAR, totals={"symbols": 2, "underlyings": 1})),
            *(ask(NIFTY, "unsubscribe"), ack("unsubscribed", selector=NIFTY, totals=ONE_OF_EACH)),
        ),
        (ask(NIFTY), ask(BAR), ack(selector=BAR), ack(selector=NIFTY)),  # which answers which?
        (ask(NIFTY), ack(selector=NIFTY), ask(BAR), ack("error", message="no"), ack("status")),
        (ask(NIFTY), ack(selector=NIFTY), ask(NIFTY, "unsubscribe"), ack("unsubscribed")),
        (ask(BOTH), ack("error", message="in part"), ack(selector=BOTH, totals={"symbols": 1})),
        (ask(BOTH), ack(totals={"symbols": 7}), ask(NIFTY), ack(selector=NIFTY, totals=ONE)),
        (ask(MANY), ack(selector=MANY, totals={"instruments": 1})),  # the others never tick
    ],
)
def test_answers_that_are_right(said):
    assert faults(*said) == []


def _told(told, named, last):
    words = "by what its acknowledgements name it holds"
    return f"Alice was told that it holds {told} symbols, and {words} {named}, with number {last}"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ((ack(),), "Alice received 1 x subscribed and had sent 0 x subscribe"),
        (
            (ask(NIFTY), ack(), ack()),
            "Alice received 2 x subscribed and had sent 1 x subscribe",
        ),
        (
            (ask(NIFTY), ack("unsubscribed")),
            "Alice received 1 x unsubscribed and had sent 0 x unsubscribe",
        ),
        (
            (ask(NIFTY), ack(selector=BOTH)),
            "Alice received the acknowledgement of {'symbols': ['NIFTY', 'BANKNIFTY']}",
        ),
        (
            (ask(NIFTY), ack(selector={"symbol": "NIFTY", "type": "underlying"})),
            "Alice received the acknowledgement of {'symbol': 'NIFTY', 'type': 'underlying'}",
        ),
        (
            (ask(NIFTY), ack(selector=NIFTY), ask(BAR), ack(selector=NIFTY)),
            "Alice asked to subscribe to the NIFTY underlying, and the acknowledgement names "
            "symbol NIFTY, which an earlier request of its own had named",
        ),
        (
            (
                *(ask(BOTH), ack(selector=BOTH), ask(TWO), ack("error", message="no")),
                *(ask(TWO, "unsubscribe"), ack("unsubscribed", selector=NIFTY)),
            ),
            "Alice asked to unsubscribe from instruments 256265 and 256521, and the "
            "acknowledgement names symbol NIFTY, which an earlier request of its own had named",
        ),
        (
            (ask(BOTH), ack(selector=BOTH, totals=ONE)),
            _told(1, 2, "1 of them, subscribed BANKNIFTY, NIFTY"),
        ),
        (
            (
                ask(NIFTY),
                ack(selector=NIFTY),
                ask(NIFTY),
                ack(selector=NIFTY, totals={"symbols": 2}),
            ),
            _told(2, 1, "2 of them, subscribed NIFTY"),
        ),
        (
            (
                *(ask(NIFTY), ack(selector=NIFTY), ask(NIFTY, "unsubscribe")),
                ack("unsubscribed", selector=NIFTY, totals=ONE),
            ),
            _told(1, 0, "2 of them, unsubscribed NIFTY"),
        ),
    ],
)
def test_answers_that_are_not(said, sentence):
    assert faults(*said) == [sentence]


def test_in_another_dialect_one_request_may_have_several_answers():
    assert faults(ask(NIFTY), ack(), ack(), is_plain=False) == []

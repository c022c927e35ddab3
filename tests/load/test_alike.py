"""Copies of a tick that differ in a number of their own: judged as one by one, and much faster."""

import json
import random
from importlib import resources
from typing import Any

import pytest
import yaml

from qaws.load.publisher.payloads import Payloads
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.alike import JUDGED
from qaws.load.subscriber.message import read_message
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.subscriber.verifier import Verifier
from tests.load_fixtures import NIFTY

DUE = 1_700_000_000_000_000
FLOW = FlowPlan(broker_url="", symbols=("NIFTY",), per_second=1000, count=50, first={"NIFTY": 1})


class Counting(Verifier):
    """A verifier that counts how often it is asked, and how often it learns."""

    asked = learnt = 0

    def fault(self, payload):
        self.asked += 1
        return super().fault(payload)

    def learn(self, payload, message):
        self.learnt += 1
        return super().learn(payload, message)


def copy(number, own, *, relayed=True):
    """Return a client's copy of a tick, with what `own` adds; else spelled by the service anew."""
    due = DUE + round((number - 1) * 1e6 / FLOW.per_second)
    opening = Payloads(FLOW).opening("NIFTY", number)
    tick = json.loads(opening + b'%d, "due_us": %d}' % (number, due))
    if relayed:
        return json.dumps(tick | own).encode()
    return json.dumps(own | tick, separators=(",", ":")).encode()


def judged(read, payload):
    """Return what comes of a payload: message and fault, or that it cannot be read."""
    try:
        return read(payload)
    except ValueError as problem:
        return str(problem)


def one_by_one(verifier):
    return lambda payload: (read_message(payload), verifier.fault(payload))


def verifier_for(flow):
    verifier = Counting("qa-ws", flow)
    if flow:
        verifier.fault(copy(1, {}))  # the due time of the first tick sets the start
    verifier.asked = 0
    return verifier


def damaged(payload):
    """Yield a payload with each byte altered, left out, doubled, and swapped with the next."""
    draw = random.Random(7)
    for at in range(len(payload)):
        before, byte, after = payload[:at], payload[at : at + 1], payload[at + 1 :]
        for other in {b"0", b"9", b"1", b"-", b".", b" ", b'"', b",", bytes([draw.randrange(256)])}:
            yield before + other + after
        yield before + after
        yield before + byte + byte + after
        yield before + after[:1] + byte + after[1:]
        yield before


OWN: dict[str, dict[str, Any]] = {
    "a time": {"sent_us": DUE},
    "a counter": {"n": 7},
    "nothing but nought": {"n": 0},
    "two numbers": {"sent_us": DUE, "n": 12},
    "a name that a text has too": {"n": 7, "note": "n"},
    "a number in a list": {"n": 7, "list": [1, {"n": 8}]},
    "a text that looks like a member": {"note": '"n": 5', "n": 5},
    "a fraction": {"sent": 17.25},
    "texts with escapes": {"n": 7, "note": 'so "n": 5 \\ or \\"n": 6,', "sent_us": DUE},
    "names with escapes": {'"n': 4, "n": 7, "\\": 8, 'n"': 9},
    "no ASCII": {"é": 4, "n": 7, "注": "n"},
    "numbers below that are named alike": {"n": 7, "depth": {"n": 8, "x": '"'}, "note": "\\"},
}


@pytest.mark.parametrize("flow", [FLOW, None], ids=["with contents", "without"])
@pytest.mark.parametrize("relayed", [True, False], ids=["relayed", "spelled anew"])
@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
def test_whatever_is_damaged_is_judged_as_one_by_one(own, relayed, flow):
    shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier_for(flow))
    plain = one_by_one(verifier_for(flow))
    right = copy(3, own, relayed=relayed)
    assert judged(shared.read, right) == judged(plain, right)
    assert shared.read(right)[1] is None
    for payload in damaged(right):
        assert judged(shared.read, payload) == judged(plain, payload), payload


@pytest.mark.parametrize("name", ["a time", "a counter", "two numbers"])
def test_each_tick_is_judged_once_however_many_clients_have_copies(name):
    verifier = verifier_for(FLOW)
    shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier)
    for client in range(20):
        for number in range(1, 31):
            own = {key: value + client * 1009 + number for key, value in OWN[name].items()}
            message, fault = shared.read(copy(number, own))
            assert (message.sequence, fault) == (number, None)
    assert any(b"\\" in copy(number, {}) for number in range(1, 31))  # edges of the market
    assert verifier.asked == 30


def test_copies_that_differ_in_a_text_are_learnt_once_a_tick_in_vain():
    verifier = verifier_for(FLOW)
    shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier)
    for client in range(20):
        for number in range(1, 31):
            message, fault = shared.read(copy(number, {"client": f"{client:03}"}))
            assert (message.sequence, fault) == (number, None)
    assert (verifier.asked, verifier.learnt) == (600, 30)


def test_a_number_that_was_published_is_never_free():
    verifier = verifier_for(FLOW)
    shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier)
    tick = json.loads(copy(3, {"n": 1}))
    published = [
        name
        for name, value in json.loads(Payloads(FLOW).opening("NIFTY", 3) + b"3}").items()
        if type(value) is int and name != "seq"
    ]
    assert published
    assert shared.read(json.dumps(tick).encode())[1] is None
    for name in published:
        altered = json.dumps(tick | {name: tick[name] + 1, "n": 2}).encode()
        fault = shared.read(altered)[1]
        assert fault, name
        assert fault.kind in ("content", "contract")


def test_a_copy_that_was_found_wrong_teaches_nothing():
    verifier = verifier_for(FLOW)
    shared = SharedStream(NIFTY, {"NIFTY": 1}, verifier)
    for client in range(3):
        wrong = json.loads(copy(3, {"n": client})) | {"last_price": -1}
        assert shared.read(json.dumps(wrong).encode())[1].kind == "contract"
    assert verifier.asked == 3


def test_whatever_the_contract_says_of_an_option_tick_is_judged():
    """A member that the contract gains must not become a number that may differ."""
    file = resources.files("qaws.protocol.contracts") / "qa-ws.asyncapi.yaml"
    messages = yaml.safe_load(file.read_text("utf-8"))["components"]["messages"]
    assert messages["option_tick"]["payload"]["properties"].keys() <= JUDGED

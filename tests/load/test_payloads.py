"""What ticks say under load: compared with what was published, for every number."""

import json
from typing import Any

import pytest

from qaws.load.publisher import payloads
from qaws.load.publisher.payloads import Payloads
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.verifier import Verifier


def plan(**options):
    values: dict[str, Any] = {"count": 40, "first": {"NIFTY": 7}} | options
    return FlowPlan("redis://127.0.0.1", ("NIFTY", "BANKNIFTY"), 100, **values)


def tick(made, symbol, number, **changes):
    fields = json.loads(made.opening(symbol, number) + b'%d, "due_us": 5}' % number)
    return fields | changes


@pytest.mark.parametrize("number", [7, 8, 26, 27, 5000])
def test_publisher_and_checker_make_the_same_tick_of_a_number(number):
    one, other = Payloads(plan()), Payloads(plan())
    received = tick(one, "NIFTY", number)
    assert received["symbol"] == "NIFTY"
    assert other.difference("NIFTY", number, json.dumps(received).encode()) == ""


def test_ticks_that_are_made_as_they_are_asked_for_are_those_that_are_made_ahead():
    flow = plan(count=12_000)
    ahead, later = Payloads(flow), Payloads(flow, ahead=False)
    for number in (300, 7, 9, 300, 5_000, 5_006, 5_007, 12_006, 301):  # 10,000 in all, then again
        for symbol in flow.symbols:
            assert later.opening(symbol, number) == ahead.opening(symbol, number)
    assert len(later._openings) == len(ahead._openings) == 10_000


def test_a_tick_of_another_run_is_told_as_such():
    verifier, others = Verifier("qa-ws", plan(run="0a0b0c0d")), Payloads(plan(run="99"))
    fault = verifier.fault(json.dumps(tick(others, "NIFTY", 9)).encode())
    assert fault is not None
    assert fault.words == (
        'received NIFTY #9 with the mark "99" of an earlier run of the suite (qaws_run)'
    )


def test_neighbours_differ():
    made = Payloads(plan())
    said = made.difference("NIFTY", 8, json.dumps(tick(made, "NIFTY", 7)).encode())
    assert said == "received NIFTY #8 with instrument_token 256265 instead of 256521"


@pytest.mark.parametrize("count", [1, 3, 39])
def test_every_symbol_has_ticks_however_few_there_are(count):
    made = Payloads(plan(count=count))
    for number in range(1, 30):
        assert tick(made, "BANKNIFTY", number)["symbol"] == "BANKNIFTY"


def test_a_changed_and_a_missing_field_are_named(monkeypatch):
    monkeypatch.setattr(payloads, "DIFFERENT", 8)
    verifier, made = Verifier("qa-ws", plan()), Payloads(plan())
    sound = tick(made, "NIFTY", 9)
    assert verifier.fault(json.dumps(sound).encode()) is None
    fault = verifier.fault(json.dumps(sound | {"volume": 1}).encode())
    assert fault is not None
    assert fault.kind == "content"
    published = sound.pop("volume")
    assert fault.words == f"received NIFTY #9 with volume 1 instead of {published}"
    fault = verifier.fault(json.dumps(sound).encode())
    assert fault is not None
    assert fault.words == f"received NIFTY #9 with volume missing instead of {published}"


def test_ticks_of_before_the_flow_and_of_other_symbols_are_the_sequence_s_business():
    made = Payloads(plan())
    assert made.difference("NIFTY", 6, b"{}") == ""
    assert made.difference("SENSEX", 6, b"{}") == ""


def test_ticks_are_compared_digit_for_digit():
    made = Payloads(plan())
    sent = tick(made, "NIFTY", 7)
    text = json.dumps(sent)

    def said(changed: str) -> str:
        assert changed != text
        return made.difference("NIFTY", 7, changed.encode())

    price = json.dumps(sent["last_price"])
    assert said(text.replace(f'"last_price": {price}', f'"last_price": {price}0')) == ""
    digits = "0" * (17 - len(price.replace(".", "")))
    beyond_a_double = text.replace(f'"last_price": {price}', f'"last_price": {price}{digits}01')
    assert json.loads(beyond_a_double) == sent
    assert f"with last_price {price}{digits}01 instead of" in said(beyond_a_double)
    assert "with volume true instead of" in said(
        text.replace(f'"volume": {sent["volume"]}', '"volume": true')
    )


def test_members_that_the_service_adds_are_its_own_affair():
    made = Payloads(plan())
    sent = tick(made, "NIFTY", 9)
    sent["greeks"]["rho"] = 0.1
    assert made.difference("NIFTY", 9, json.dumps(sent | {"node": 3}).encode()) == ""


def test_a_member_that_comes_again_behind_the_sequence_number_counts():
    made = Payloads(plan())
    twice = made.opening("NIFTY", 9) + b'9, "volume": 1}'
    assert "with volume 1 instead of" in made.difference("NIFTY", 9, twice)

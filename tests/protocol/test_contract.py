"""The message contract: every type, every kind of breach in words, fast enough for all frames."""

import copy
import statistics
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaws.protocol.contract import Contract
from qaws.protocol.market import Market
from qaws.protocol.typed import typed

CONTRACT = Contract("qa-ws")
MARKET = Market()
GOOD: dict[str, Any] = {
    "connection": {"type": "connection", "status": "connected", "session_id": "x"},
    "pong": {"type": "pong"},
    "subscribed": {
        "type": "subscribed",
        "selector": {"instruments": [256265]},
        "totals": {"instruments": 1, "symbols": 0},
    },
    "unsubscribed": {"type": "unsubscribed", "selector": {"symbol": "NIFTY", "type": "underlying"}},
    "option_tick": MARKET.option_tick(256265),
    "underlying_bar": MARKET.underlying_bar("NIFTY"),
    "error": {"type": "error", "message": "Invalid message format"},
    "status": {"type": "status", "status": "degraded"},
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_message_as_the_dialect_has_it_is_no_breach(kind):
    assert CONTRACT.violation(GOOD[kind]) is None


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        *(("connection", name) for name in ("status", "session_id")),
        *(("option_tick", name) for name in ("instrument_token", "symbol", "last_price", "greeks")),
        *(("option_tick", f"greeks.{name}") for name in ("delta", "gamma", "theta", "vega", "iv")),
        *(("underlying_bar", x) for x in ("symbol", "open", "high", "low", "close", "volume")),
        ("error", "message"),
        ("status", "status"),
    ],
)
def test_a_field_that_is_missing_is_named(kind, path):
    message = copy.deepcopy(GOOD[kind])
    *way, name = path.split(".")
    (message[way[0]] if way else message).pop(name)
    said = CONTRACT.violation(message)
    assert said
    assert said.startswith(f"{kind}: ")
    assert name in said


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("connection", "status", "ok"),
        ("connection", "session_id", ""),
        ("connection", "session_id", 7),
        ("subscribed", "selector", {"instruments": ["256265"]}),
        ("subscribed", "selector", {"symbol": "NIFTY"}),
        ("subscribed", "totals", {"symbols": -1}),
        ("subscribed", "totals", {"symbols": "1"}),
        ("option_tick", "instrument_token", 0),
        ("option_tick", "instrument_token", 1.5),
        ("option_tick", "instrument_token", "256265"),
        ("option_tick", "symbol", ""),
        ("option_tick", "last_price", -0.05),
        ("option_tick", "last_price", "101.5"),
        ("option_tick", "last_price", None),
        ("option_tick", "last_price", True),
        ("option_tick", "greeks", []),
        ("option_tick", "greeks.delta", 1.01),
        ("option_tick", "greeks.delta", -1.01),
        ("option_tick", "greeks.iv", -0.1),
        ("option_tick", "greeks.theta", None),
        ("underlying_bar", "open", "1"),
        ("underlying_bar", "volume", -1),
        ("underlying_bar", "symbol", None),
        ("error", "message", ""),
        ("error", "message", {"text": "no"}),
        ("status", "status", "fine"),
    ],
)
def test_a_bad_value_is_a_breach_that_names_its_field(kind, path, value):
    message = copy.deepcopy(GOOD[kind])
    *way, name = path.split(".")
    (message[way[0]] if way else message)[name] = value
    said = CONTRACT.violation(message)
    assert said
    assert said.startswith(f"{kind}: {path}")


@pytest.mark.parametrize("kind", GOOD)
def test_fields_that_the_contract_does_not_know_are_relayed_and_allowed(kind):
    assert CONTRACT.violation({**GOOD[kind], "seq": 1, "due_us": 2, "venue": {"a": [None]}}) is None


@pytest.mark.parametrize(
    "kind", ["heartbeat", "Pong", "", "ping", "subscribe", None, 1, True, [], {}]
)
def test_an_unknown_type_is_named_with_the_known_ones(kind):
    said = CONTRACT.violation({"type": kind})
    assert said
    assert said.startswith(f"has the type {kind!r}; known are ")
    assert "option_tick" in said


def test_without_a_type_it_is_a_breach():
    assert "has the type None" in CONTRACT.violation({"message": "x"})


@pytest.mark.parametrize("value", [[], ["pong"], "pong", 1, 1.5, None, True])
def test_a_json_value_that_is_no_object_is_a_breach(value):
    assert "not an object" in CONTRACT.violation(value)


def test_every_message_that_the_document_sends_to_clients_is_covered_here():
    assert set(CONTRACT._validators) == set(GOOD)


@pytest.mark.parametrize("kind", ["option_tick", "underlying_bar"])
def test_a_frame_is_checked_within_50_microseconds(kind):
    """Decoding and checking, the median of many: a busy machine stretches a few of them."""
    frame = msgspec.json.encode({**GOOD[kind], "seq": 1, "due_us": 2})
    took = []
    for _ in range(2000):
        start = time.perf_counter_ns()
        CONTRACT.violation(msgspec.json.decode(frame))
        took.append(time.perf_counter_ns() - start)
    assert statistics.median(took) < 50_000


def test_declared_heartbeats_are_passed_over():
    beats = Contract("qa-ws heartbeat ping")
    assert beats.violation({"type": "heartbeat", "at": 1}) is None
    assert beats.violation({"type": "ping"}) is None
    assert "has the type 'beat'" in str(beats.violation({"type": "beat"}))
    assert "has the type 'heartbeat'" in str(Contract("qa-ws").violation({"type": "heartbeat"}))


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([2**53, 2**63, 2**64, 2**70, -(2**63), -(2**70), 10**400, -(10**400)]),
    st.floats(),
    st.sampled_from([-0.0, -5e-324, 5e-324, 1.0000000000000002, 1e308]),
    st.decimals(),
    st.text(max_size=2),
    st.sampled_from(sorted(GOOD)),
    st.just([]),
    st.just({}),
)


@settings(deadline=None, max_examples=300)
@given(kind=st.sampled_from(sorted(GOOD)), changes=st.data())
def test_what_is_known_as_right_by_its_type_is_right_by_the_validator(kind, changes):
    judge, plain = Contract("qa-ws"), Contract("qa-ws")
    plain._types = {}
    message = copy.deepcopy(GOOD[kind])
    for _ in range(changes.draw(st.integers(0, 2))):
        inside = message
        if "greeks" in message and changes.draw(st.booleans()):
            inside = message["greeks"]
        if not isinstance(inside, dict):
            continue
        name = changes.draw(st.sampled_from([*inside, "further"]) if inside else st.just("further"))
        if changes.draw(st.booleans()):
            inside[name] = changes.draw(ODD)
        else:
            inside.pop(name, None)
    assert outcome(judge, message) == outcome(plain, message)


def outcome(contract, message):
    try:
        return contract.violation(message)
    except ArithmeticError as problem:  # a Decimal that is no number
        return type(problem)


def test_ticks_are_known_as_right_by_their_types():
    assert {"option_tick", "underlying_bar"} <= CONTRACT._types.keys()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^N"},
        {"type": "object", "properties": {}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "number", "multipleOf": 5}}},
        {"type": "object", "required": ["a"]},
        {"type": "object", "properties": {"a-b": {"type": "number"}}},
        {"type": ["string", "null"]},
        {"const": 1},
        {"$ref": "#/components/schemas/selector"},
        {},
    ],
)
def test_of_a_schema_with_words_that_are_not_known_there_is_no_type(schema):
    assert typed(schema) is None

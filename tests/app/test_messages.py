"""What is a command, what is a tick, and what is neither."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import messages
from app.messages import (
    InvalidMessage,
    InvalidTick,
    Ping,
    Subscribe,
    Unsubscribe,
    parse_command,
    parse_tick,
)
from app.subscriptions import Instruments, Route, Selector, Symbols, Totals, Underlying
from tests.app.harness import bar, option

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
SYMBOL = st.text(min_size=1, max_size=messages.MAX_SYMBOL_LENGTH)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"action":"ping"}', Ping()),
        ('{"action":"ping","id":7}', Ping()),
        ('{"action":"subscribe","instruments":[1,2,1]}', Subscribe(Instruments((1, 2, 1)))),
        ('{"action":"subscribe","symbols":["NIFTY"]}', Subscribe(Symbols(("NIFTY",)))),
        (
            '{"action":"unsubscribe","symbol":"NIFTY","type":"underlying"}',
            Unsubscribe(Underlying("NIFTY")),
        ),
    ],
)
def test_commands(text: str, command: Any) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "ping",
        "[]",
        "7",
        "null",
        '"ping"',
        "NaN",
        "{}",
        '{"action":"dance"}',
        '{"action":"Ping"}',
        '{"action":7}',
        '{"action":null}',
        '{"symbols":["NIFTY"]}',
        '{"action":"subscribe"}',
        '{"action":"subscribe","instruments":[]}',
        '{"action":"subscribe","instruments":7}',
        '{"action":"subscribe","instruments":null}',
        '{"action":"subscribe","instruments":["256265"]}',
        '{"action":"subscribe","instruments":[1.0]}',
        '{"action":"subscribe","instruments":[1e3]}',
        '{"action":"subscribe","instruments":[true]}',
        '{"action":"subscribe","instruments":[1,null]}',
        '{"action":"subscribe","instruments":[NaN]}',
        '{"action":"subscribe","instruments":[-1]}',
        '{"action":"subscribe","instruments":[9223372036854775808]}',
        '{"action":"subscribe","symbols":[]}',
        '{"action":"subscribe","symbols":[""]}',
        '{"action":"subscribe","symbols":[7]}',
        '{"action":"subscribe","symbols":"NIFTY"}',
        '{"action":"subscribe","symbol":"NIFTY"}',
        '{"action":"subscribe","symbol":"NIFTY","type":"option"}',
        '{"action":"subscribe","symbol":"","type":"underlying"}',
        '{"action":"subscribe","symbol":7,"type":"underlying"}',
        '{"action":"subscribe","symbols":["NIFTY"],"type":"underlying"}',
        '{"action":"subscribe","symbols":["NIFTY"],"instruments":[1]}',
        '{"action":"unsubscribe"}',
        "[" * 50_000,
        b'{"action":"ping"}',
    ],
    ids=lambda text: str(text)[:60],
)
def test_malformed_messages(text: str | bytes) -> None:
    with pytest.raises(InvalidMessage, match=r"^Invalid message format: ."):
        parse_command(text)


@given(st.text() | JSON.map(json.dumps) | st.binary())
def test_nothing_else_comes_out_of_whatever_goes_in(text: str | bytes) -> None:
    outcome: Any
    try:
        outcome = parse_command(text)
    except InvalidMessage as invalid:
        outcome = json.loads(messages.error(invalid))["type"]
    assert outcome == "error" or isinstance(outcome, Ping | Subscribe | Unsubscribe)


@given(
    st.builds(Instruments, st.lists(st.integers(0, 2**63 - 1), min_size=1).map(tuple))
    | st.builds(Symbols, st.lists(SYMBOL, min_size=1).map(tuple))
    | st.builds(Underlying, SYMBOL)
)
def test_an_acknowledgement_echoes_the_selector(selector: Selector) -> None:
    """What the acknowledgement says can be sent again as a command, and means the same."""
    answer = json.loads(messages.subscribed(selector, Totals.of(selector.keys())))
    assert answer["type"] == "subscribed"
    again = json.dumps({"action": "subscribe", **answer["selector"]})
    assert parse_command(again) == Subscribe(selector)
    assert sum(answer["totals"].values()) == len(selector.keys())


def test_ticks_are_relayed_untouched() -> None:
    payload = b' {"type":"option_tick","instrument_token":1,"symbol":"A","last_price":1.10} '
    assert parse_tick(b"x", payload) == (Route("option_tick", 1, "A"), payload)
    payload = json.dumps(bar("B", instrument_token=9, note="é")).encode()
    assert parse_tick(b"x", payload) == (Route("underlying_bar", None, "B"), payload)


@pytest.mark.parametrize(
    ("channel", "tick"), [(b"ticker:options", option()), (b"ticker:underlying", bar())]
)
def test_the_channel_gives_the_type(channel: bytes, tick: dict[str, Any]) -> None:
    untyped = {name: value for name, value in tick.items() if name != "type"}
    route, payload = parse_tick(channel, b" \n" + json.dumps(untyped).encode())
    assert route.type == tick["type"]
    assert json.loads(payload) == tick
    with pytest.raises(InvalidTick, match="type is missing"):
        parse_tick(b"ticker:news", json.dumps(untyped).encode())


@pytest.mark.parametrize(
    "tick",
    [
        *[{n: v for n, v in option().items() if n != name} for name in ("symbol", "last_price")],
        *[{n: v for n, v in bar().items() if n != name} for name in ("open", "low", "volume")],
        option(instrument_token=None),
        option(instrument_token=1.5),
        option(symbol=""),
        option(last_price="1"),
        option(last_price=float("nan")),
        option(type="news"),
        bar(high=None),
    ],
    ids=str,
)
def test_invalid_ticks(tick: dict[str, Any]) -> None:
    with pytest.raises(InvalidTick):
        parse_tick(b"ticker:options", json.dumps(tick).encode())


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_payload_breaks_the_feed(payload: bytes) -> None:
    with contextlib.suppress(InvalidTick):
        parse_tick(b"ticker:options", payload)

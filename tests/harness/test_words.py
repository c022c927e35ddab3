"""Words of the features, messages of the dialect, ticks of the market."""

import json
import math

import msgspec
import parse
import pytest

from qaws.behaviours.load import LoadProfile
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.gherkin import types
from qaws.load.schedule import Spike
from qaws.protocol.contract import Contract
from qaws.protocol.dialect import MALFORMED, QaWs, malformed
from qaws.protocol.market import (
    INSTRUMENTS,
    SPOT,
    Market,
    Selection,
    in_turn,
    instrument_of,
    selection_of,
    symbol_of,
)
from qaws.verdict import Broken


def understood(kind, text):
    """Return what a step with one blank of this kind gets for `text`, None without a match."""
    found = parse.parse(f"<{{it:{kind}}}>", f"<{text}>", types.TYPES, case_sensitive=True)
    return found["it"] if found else None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("Clients", "Alice", ["Alice"]),
        ("Clients", "Alice and Bob", ["Alice", "Bob"]),
        ("Clients", "Alice, Bob and Carol", ["Alice", "Bob", "Carol"]),
        ("Clients", "2 clients", ["client 1", "client 2"]),
        ("Clients", "all 3 clients", ["client 1", "client 2", "client 3"]),
        ("Clients", "the 1 clients", ["client 1"]),
        ("Clients", "each of the 2 clients", ["client 1", "client 2"]),
        ("Client", "Alice", "Alice"),
        ("Client", "client 17", "client 17"),
        ("Duration", "200 ms", 200.0),
        ("Duration", "200 milliseconds", 200.0),
        ("Duration", "1 second", 1000.0),
        ("Duration", "2.5 seconds", 2500.0),
        ("Duration", "5 minutes", 300_000.0),
        ("Codes", "1008", [1008]),
        ("Codes", "1000 or 1001", [1000, 1001]),
        ("Quoted", '"idle" or "timeout"', ["idle", "timeout"]),
        ("Quoted", '"max connections"', ["max connections"]),
        ("Kind", "option tick", "option tick"),
        ("Kind", "tick", "tick"),
        ("Kind", "welcome", "welcome"),
        ("Fields", "open, high and low", ["open", "high", "low"]),
        ("Fields", "last_price", ["last_price"]),
        ("Be", "are", "are"),
        ("Receive", "receives", "receives"),
        ("Receive", "receive", "receive"),
        ("Setting", "an idle timeout of 2 seconds", {"idle timeout": "2"}),
        ("Setting", "a keepalive of 2.5 seconds", {"keepalive": "2.5"}),
        ("Setting", "a connection limit of 300", {"connection limit": "300"}),
        ("Setting", "a log level of DEBUG", {"log level": "DEBUG"}),
        ("Setting", "an allow-list of the trading desk", {"allow-list": "https://desk.example"}),
        (
            "Setting",
            "an allow-list of the trading desk and the chart server",
            {"allow-list": "https://desk.example,https://charts.example:8443"},
        ),
        ("Setting", "its default connection limit of 1000", {}),
        ("Node", "the second node", "the second node"),
        ("ToNode", " to the second node", "the second node"),
        ("ToNode", "", "the service"),
        ("Ticking", ", which ticks every 2 seconds", 2000.0),
        ("Ticking", "", None),
        ("Pace", "as fast as the service can", None),
        ("Pace", "ten every 2 seconds", 5.0),
        ("Ping", "WebSocket ping", "WebSocket ping"),
        ("Refusal", "HTTP 403", Refusal(403)),
        (
            "Refusal",
            'HTTP 401, or closed with 1008 and a reason containing "no token"',
            Refusal(401, ExpectedClose([1008], ["no token"])),
        ),
        ("Receivers", " to the 2 clients", ["client 1", "client 2"]),
        ("Receivers", "", None),
        ("Showing", "without a token", {"token": False}),
        ("Showing", "with a valid token", {"token": True}),
        (
            "Showing",
            "with a valid token in the query parameter",
            {"token": True, "location": "query parameter"},
        ),
        (
            "Showing",
            "with a valid token from no page (null)",
            {"token": True, "origin": "no page (null)"},
        ),
        ("Leaving", "when client 1 leaves, ", "client 1"),
        ("Leaving", "", None),
        ("Reached", " and reaches Alice", ["Alice"]),
        ("Reached", "", []),
        ("Number", "50", 50),
        ("Number", "10,000", 10_000),
        ("Number", "1,000,000", 1_000_000),
    ],
)
def test_good_words(kind, text, value):
    assert understood(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Clients", "alice"),
        ("Clients", "Alice,Bob"),
        ("Clients", "Alice or Bob"),
        ("Clients", "many clients"),
        ("Clients", "-1 clients"),
        ("Clients", "0 clients"),
        ("Clients", "all 0 clients"),
        ("Client", "Alice and Bob"),
        ("Client", "client"),
        ("Client", "client one"),
        ("Duration", "200ms"),
        ("Duration", "-5 seconds"),
        ("Duration", "five seconds"),
        ("Duration", "5 hours"),
        ("Duration", "5"),
        ("Duration", "nan ms"),
        ("Codes", "1000 and 1001"),
        ("Codes", "any"),
        ("Quoted", "idle"),
        ("Quoted", '""'),
        ("Quoted", '"idle", "timeout"'),
        ("Kind", "message"),
        ("Kind", "option  tick"),
        ("Fields", "Open and High"),
        ("Fields", "open,high"),
        ("Be", "were"),
        ("Receive", "received"),
        ("Started", "started"),
        ("Market", "open"),
        ("Swarm", " and others"),
        ("LoadProfile", " with a burst"),
        ("Publish", "20 ticks"),
        ("Reached", " and reaches somebody"),
        ("Setting", "no idle timeout"),
        ("Setting", "an idle timeout of 2 hours"),
        ("Setting", "an idle timeout"),
        ("Setting", "a log level of debug"),
        ("Setting", "default connection limit of 1000"),
        ("Node", "a node"),
        ("ToNode", " to a node"),
        ("Ticking", ", which ticks often"),
        ("Pace", "slowly"),
        ("Ping", "ping"),
        ("Refusal", "HTTP forbidden"),
        ("Refusal", "HTTP 401, or closed with 1008"),
        ("Receivers", " to everybody"),
        ("Noted", "sockets"),
        ("Back", "the service's sockets"),
        ("Growth", " at its end"),
        ("Delivered", "Alice"),
        ("Misdeed", "sends a message"),
        ("Mishap", "the broker is down"),
        ("Mishap", "the broker explodes"),
        ("Refused", ", who comes again,"),
        ("Closed", ", within 5 seconds"),
        ("Showing", "with a token"),
        ("Leaving", "when somebody leaves, "),
        ("Connected", "from the till"),
        ("Alive", " for long"),
        ("Number", "0"),
        ("Number", ","),
        ("Number", "10,00"),
        ("Number", "-5"),
        ("Number", "1.5"),
    ],
)
def test_bad_words_match_no_step_so_that_the_scenario_is_undefined_and_not_green(kind, text):
    assert understood(kind, text) is None


def acted(wordings, text):
    """Return what the function behind a wording gets after the scenario's own words."""
    convert = types.one_of(wordings)
    found = parse.parse("it{way:Way}", f"it{text}", {"Way": convert}, case_sensitive=True)
    return found and found["way"]("testbed", "Alice")


def test_a_wording_stands_for_a_function_which_gets_its_values_last():
    def act(name):
        return lambda *words: (name, *words)

    ways = {
        "": act("none"),
        " (at once)": act("at once"),
        ", within *duration*": act("within"),
        ", between *duration* and *duration*": act("between"),
        ", *number* times for *duration*": act("times"),
    }
    assert acted(ways, "") == ("none", "testbed", "Alice")
    assert acted(ways, " (at once)") == ("at once", "testbed", "Alice")
    assert acted(ways, ", within 2 seconds") == ("within", "testbed", "Alice", 2000.0)
    assert acted(ways, ", between 5 ms and 1 second") == (
        "between",
        "testbed",
        "Alice",
        5.0,
        1000.0,
    )
    assert acted(ways, ", 1,000 times for 2 ms") == ("times", "testbed", "Alice", 1000, 2.0)
    assert acted(ways, ", within two seconds") is None
    assert acted(ways, ", 0 times for 2 ms") is None
    del ways[", *number* times for *duration*"]
    assert types.one_of(ways).shown == (
        "[ (at once) / , within *duration* / , between *duration* and *duration*]"
    )
    del ways[""]
    assert types.one_of(ways).shown.startswith("( (at once) / ,")


def test_a_demand_is_what_its_words_say():
    burst = understood("LoadProfile", " with a burst of 10 times the rate for 1 second")
    assert burst("NIFTY", 3000, 200) == LoadProfile("NIFTY", 3000, 200, Spike(10, 2.0, 1.0))
    evicted = understood("LoadProfile", ", or until the slow clients are evicted")
    assert evicted("NIFTY", 40_000, 2000) == LoadProfile(
        "NIFTY", 40_000, 2000, until_evicted_s=20.0
    )
    assert understood("LoadProfile", "")("NIFTY", 7, 9) == LoadProfile("NIFTY", 7, 9)


def test_an_origin_that_cannot_be_listed_is_broken_with_those_that_can():
    with pytest.raises(Broken, match='no origin "the till" to be listed; known are the trading'):
        understood("Setting", "an allow-list of the trading desk and the till")


@pytest.mark.parametrize(
    ("words", "selection"),
    [
        ("NIFTY", Selection("symbols", symbols=("NIFTY",))),
        ("BANKNIFTY and NIFTY", Selection("symbols", symbols=("BANKNIFTY", "NIFTY"))),
        ("NIFTY, BANKNIFTY and NIFTYNXT50", Selection("symbols", symbols=tuple(SPOT))),
        ("instrument 256265", Selection("instruments", instruments=(256265,))),
        ("the NIFTY underlying", Selection("underlying", symbols=("NIFTY",))),
    ],
)
def test_selections_are_read_as_written_and_shown_in_words(words, selection):
    assert understood("Selection", words) == selection == selection_of(words)
    assert selection_of(str(selection).replace(",", " and", 5)) == selection


@pytest.mark.parametrize("words", ["nifty", "NIFTY or BANKNIFTY", "instrument NIFTY", "the NIFTY"])
def test_what_is_no_selection_matches_no_step(words):
    assert understood("Selection", words) is None


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("SENSEX", "NIFTY, BANKNIFTY, NIFTYNXT50"),
        ("NIFTY and SENSEX", "known symbols are"),
        ("the SENSEX underlying", "known symbols are"),
        ("instrument 1", "256265"),
        ("instrument x", "known instruments are"),
    ],
)
def test_what_the_suite_cannot_publish_is_broken_with_what_it_can(words, known):
    with pytest.raises(Broken, match=known):
        selection_of(words)


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("NIFTY", {"option 256265", "option 256521", "bar NIFTY"}),
        ("BANKNIFTY", {"option 260105", "option 260361", "bar BANKNIFTY"}),
        ("instrument 256265", {"option 256265"}),
        ("the NIFTY underlying", {"bar NIFTY"}),
        ("NIFTYNXT50", {"option 270857", "bar NIFTYNXT50"}),
    ],
)
def test_a_selection_takes_these_ticks_and_no_other(words, taken):
    selection = selection_of(words)
    options = {
        f"option {number}"
        for number, symbol in INSTRUMENTS.items()
        if selection.takes("option_tick", symbol, number)
    }
    bars = {f"bar {name}" for name in SPOT if selection.takes("underlying_bar", name, None)}
    assert options | bars == taken
    assert selection.takes(*selection.sample())


# --- market ------------------------------------------------------------------------------------


def test_ticks_keep_the_contract_and_their_symbol():
    market, contract = Market(), Contract("qa-ws")
    for number, symbol in INSTRUMENTS.items():
        tick = market.option_tick(number)
        assert contract.violation(tick) is None
        assert (tick["symbol"], tick["instrument_token"]) == (symbol, number)
        bar = market.tick("underlying_bar", symbol, None)
        assert contract.violation(bar) is None
        assert bar["low"] < min(bar["open"], bar["close"])
        assert max(bar["open"], bar["close"]) < bar["high"]


def test_two_ticks_differ_in_every_price_so_that_a_stale_field_shows():
    market = Market()
    one, two = market.option_tick(256265), market.option_tick(256265)
    assert all(one[name] != two[name] for name in ("last_price", "bid", "ask"))
    assert all(one["greeks"][name] != two["greeks"][name] for name in one["greeks"])
    first, second = market.underlying_bar("NIFTY"), market.underlying_bar("NIFTY")
    assert all(first[name] != second[name] for name in ("open", "high", "low", "close", "volume"))


def test_greeks_have_digits_that_a_float_of_32_bits_would_lose():
    tick = Market().option_tick(256265)
    assert len(repr(tick["greeks"]["delta"])) > 12


def test_the_same_seed_makes_the_same_ticks():
    assert Market(7).option_tick(256265) == Market(7).option_tick(256265)
    assert Market(7).option_tick(256265) != Market(8).option_tick(256265)


def test_symbols_and_instruments_lead_to_each_other():
    assert all(symbol_of(instrument_of(symbol)) == symbol for symbol in SPOT)
    assert in_turn(["A", "B"], 2) == ["A", "B", "A", "B"]


# --- the dialect ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("NIFTY and BANKNIFTY", {"symbols": ["NIFTY", "BANKNIFTY"]}),
        ("instrument 256265", {"instruments": [256265]}),
        ("the NIFTY underlying", {"symbol": "NIFTY", "type": "underlying"}),
    ],
)
def test_commands_are_spelled_as_the_specification_has_them(words, fields):
    selection, dialect = selection_of(words), QaWs()
    assert json.loads(dialect.subscribe(selection)) == {"action": "subscribe", **fields}
    assert json.loads(dialect.unsubscribe(selection)) == {"action": "unsubscribe", **fields}
    assert json.loads(dialect.ping()) == {"action": "ping"}


@pytest.mark.parametrize(
    ("kind", "words", "tick"),
    [
        ("connection", "welcome", False),
        ("option_tick", "option tick", True),
        ("underlying_bar", "underlying bar", True),
        ("error", "error", False),
        ("pong", "pong", False),
        ("heartbeat", "heartbeat", False),
        (None, "None", False),
    ],
)
def test_messages_are_told_apart(kind, words, tick):
    message = {"type": kind}
    assert QaWs().kind(message) == words
    assert QaWs().is_tick(message) is tick


def strict(text):
    """Decode JSON as RFC 8259 has it: no NaN."""
    return msgspec.json.decode(text.encode())


def is_what_it_is_called(name, text):
    if name in ("broken JSON", "an empty message", "a NaN"):
        with pytest.raises(msgspec.DecodeError):
            strict(text)
        if name == "an empty message":
            return text == ""
        if name == "a NaN":  # Python reads it all the same: that is the trap
            return math.isnan(json.loads(text)["instruments"][0])
        with pytest.raises(ValueError, match=r"Expecting"):
            json.loads(text)
        return True
    value = strict(text)
    return {
        "a JSON array": lambda: isinstance(value, list) and value,
        "a JSON number": lambda: type(value) is int,
        "null": lambda: value is None,
        "an unknown action": lambda: value["action"] not in ("ping", "subscribe", "unsubscribe"),
        "no action": lambda: isinstance(value, dict) and "action" not in value,
        "instruments that are not integers": lambda: (
            value["action"] == "subscribe"
            and all(type(number) is not int for number in value["instruments"])
        ),
        "a symbol that is not text": lambda: (
            value["action"] == "subscribe" and not isinstance(value["symbols"][0], str)
        ),
    }[name]()


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_messages_are_what_they_are_called(name):
    assert is_what_it_is_called(name, malformed(name))


def test_an_unknown_malformed_message_is_broken_with_the_known_ones():
    with pytest.raises(Broken, match='no malformed message "nonsense"; known are broken JSON'):
        malformed("nonsense")

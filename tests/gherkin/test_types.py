"""Words of the features: what steps get for them, and what no step understands."""

from pathlib import Path

import parse
import pytest
from behave.model import Step
from behave.parser import parse_file

from qaws.clients.endings import ExpectedClose, Refusal
from qaws.gherkin import types
from qaws.verdict import Broken

ROOT = Path(__file__).parents[2]


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
        ("Clients", "clients 3 to 5", ["client 3", "client 4", "client 5"]),
        ("Clients", "the clients 7 to 7", ["client 7"]),
        ("Clients", "the first 2 clients", ["client 1", "client 2"]),
        ("Clients", "1 client", ["client 1"]),
        ("Clients", "client 7", ["client 7"]),
        ("Clients", "all 3 clients but client 2", ["client 1", "client 3"]),
        ("Clients", "1,000 clients", [f"client {number}" for number in range(1, 1001)]),
        ("Client", "Alice", "Alice"),
        ("Client", "client 17", "client 17"),
        ("Duration", "200 ms", 200.0),
        ("Window", "between 2 and 4 seconds", (2000.0, 4000.0)),
        ("Window", "between 1.5 and 200 ms", (1.5, 200.0)),
        ("Duration", "1 second", 1000.0),
        ("Duration", "200ms", 200.0),
        ("Duration", "0.2 s", 200.0),
        ("Duration", "1,500 ms", 1500.0),
        ("Duration", "1 minute", 60_000.0),
        ("Duration", "2 hours", 7_200_000.0),
        ("Window", "between 2 and 4s", (2000.0, 4000.0)),
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
        ("Stay", "stays", "stays"),
        ("Stay", "stay", "stay"),
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
        ("Pace", "as fast as the service allows", None),
        ("Pace", "at 10 every 2 seconds", 5.0),
        ("Pace", "at 1,000 every 500 ms", 2000.0),
        ("Ping", "WebSocket ping", "WebSocket ping"),
        ("Refusal", "HTTP 403", Refusal([403])),
        ("Refusal", "HTTP 400 or 403", Refusal([400, 403])),
        (
            "Refusal",
            'HTTP 400, 401 or 413, or closed with 1008 and a reason containing "no token"',
            Refusal([400, 401, 413], ExpectedClose([1008], ["no token"])),
        ),
        (
            "Refusal",
            'HTTP 401, or closed with 1008 and a reason containing "no token"',
            Refusal([401], ExpectedClose([1008], ["no token"])),
        ),
        ("Percentile", "p99", 99.0),
        ("Percentile", "p99.9", 99.9),
        ("Resources", "sockets, sessions and files", ["sockets", "sessions", "files"]),
        ("Resources", "threads", ["threads"]),
        (
            "AnyResources",
            "sessions, subscriptions or files",
            ["sessions", "subscriptions", "files"],
        ),
        ("Baseline", "sockets and files", ["sockets", "files"]),
        ("Baseline", "sockets, sessions and memory", ["sockets", "sessions", "memory"]),
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
        ("Duration", "200 m"),
        ("Duration", "-5 seconds"),
        ("Duration", "five seconds"),
        ("Duration", "5 days"),
        ("Duration", "1,00 ms"),
        ("Window", "between 2 seconds and 4 seconds"),
        ("Window", "between 2 and 4"),
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
        ("Setting", "no idle timeout"),
        ("Setting", "an idle timeout of 2 hours"),
        ("Setting", "an idle timeout"),
        ("Setting", "a log level of debug"),
        ("Setting", "default connection limit of 1000"),
        ("Node", "a node"),
        ("Pace", "slowly"),
        ("Pace", "at ten every 2 seconds"),
        ("Stay", "stayed"),
        ("Ping", "ping"),
        ("Refusal", "HTTP forbidden"),
        ("Refusal", "HTTP 401, or closed with 1008"),
        ("Percentile", "99 %"),
        ("Percentile", "p100"),
        ("Resources", "memory"),
        ("Resources", "sockets, and"),
        ("Resources", "sockets or files"),
        ("AnyResources", "sockets and files"),
        ("AnyResources", "files or memory"),
        ("Baseline", "memory"),
        ("Baseline", "memory and sockets"),
        ("Number", "0"),
        ("Number", ","),
        ("Number", "10,00"),
        ("Number", "-5"),
        ("Number", "1.5"),
    ],
)
def test_bad_words_match_no_step_so_that_the_scenario_is_undefined_and_not_green(kind, text):
    assert understood(kind, text) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Alice, Bob and Alice", '"Alice, Bob and Alice" names Alice twice'),
        ("clients 9 to 3", '"clients 9 to 3": there is nobody from 9 to 3'),
        ("3 clients but client 5", '"3 clients but client 5": client 5 is none of them'),
    ],
)
def test_groups_that_cannot_be_meant_are_broken(words, said):
    with pytest.raises(Broken) as problem:
        understood("Clients", words)
    assert str(problem.value) == said


def test_several_instruments_are_one_selection():
    selection = understood("Selection", "instruments 256265, 260105 and 256521")
    assert selection.instruments == (256265, 260105, 256521)
    assert understood("Selection", "instruments 256265 and NIFTY") is None
    with pytest.raises(Broken, match="known instruments are"):
        understood("Selection", "instruments 256265 and 1")


def test_an_origin_that_cannot_be_listed_is_broken_with_those_that_can():
    with pytest.raises(Broken, match='no origin "the till" to be listed; known are the trading'):
        understood("Setting", "an allow-list of the trading desk and the till")


@pytest.mark.parametrize("words", ["nifty", "NIFTY or BANKNIFTY", "instrument NIFTY", "the NIFTY"])
def test_what_is_no_selection_matches_no_step(words):
    assert understood("Selection", words) is None


@pytest.mark.parametrize(
    ("words", "symbols"),
    [
        ('"BRK.B"', ("BRK.B",)),
        ('"NIFTY 50" and NIFTY', ("NIFTY 50", "NIFTY")),
        ('NIFTY, "M&M" and "日経225"', ("NIFTY", "M&M", "日経225")),
        ('"500325"', ("500325",)),
    ],
)
def test_symbols_may_stand_in_quotes(words, symbols):
    selection = understood("Selection", words)
    assert selection.symbols == symbols
    assert understood("Selection", str(selection)) == selection


SENTENCES = [
    ("given", "the ticker service is started"),
    ("given", "the market is open"),
    ("given", "the market is open, with ticks often"),
    ("given", "Alice is connected to a node and subscribed to NIFTY"),
    ("given", "Alice is connected and subscribed to NIFTY, which ticks often"),
    ("given", "a swarm of 50 clients will subscribe to NIFTY and others"),
    ("given", "the service's memory are recorded"),
    ("given", "Alice and Bob is connected and pings every 1 second"),
    ("when", "Alice connects with a token"),
    ("when", "an option tick for NIFTY is published and reaches somebody"),
    ("when", "20 ticks for each of NIFTY are published in turn"),
    ("when", "10 ticks for NIFTY are published at 20 per second, bursting"),
    ("when", "the broker is down, while Alice subscribes to NIFTY"),
    ("when", "the broker explodes, while Alice subscribes to NIFTY"),
    ("when", "Alice sends a message: null"),
    ("then", "Alice stays connected for long"),
    ("then", "99 % delivery latency is below 100 ms"),
    ("then", "the service's final memory growth is below 8 MB"),
    ("then", "the service's memory returns to the recorded baseline within 2 seconds"),
    (
        "then",
        'Bob is closed by the service with code 1008 and a reason containing "x", within 5 seconds',
    ),
]


@pytest.mark.parametrize(("kind", "sentence"), SENTENCES)
def test_a_sentence_that_says_too_little_or_too_much_is_undefined_and_not_green(
    registry, kind, sentence
):
    assert registry.find_step_definition(Step("", 0, kind.capitalize(), kind, sentence)) is None


def test_no_two_phrases_fit_the_same_sentence(registry):
    for kind in ("given", "when", "then"):
        for feature in sorted((ROOT / "features").glob("*.feature")):
            for scenario in parse_file(str(feature)).walk_scenarios():
                for step in scenario.all_steps:
                    if step.step_type == kind:
                        fitting = [d.pattern for d in registry.steps[kind] if d.match(step.name)]
                        assert len(fitting) == 1, (step.name, fitting)


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "said"),
    [
        (
            "MalformedMessage",
            "a NaN",
            "a NaM",
            'no malformed message "a NaM"; did you mean "a NaN"',
        ),
        ("MalformedPayload", "null", "nill", 'no malformed payload "nill"; did you mean "null"'),
        ("ForgedToken", "no kid", "no kids", 'no forged token "no kids"; did you mean "no kid"'),
        ("Origin", "a wildcard", "a wildcart", 'no origin "a wildcart"; did you mean "a wildcard"'),
        ("Attempt", "a tick", "a tik", 'no attempt to publish "a tik"; did you mean "a tick"'),
        (
            "HalfSelection",
            "a symbol and a number",
            "a symbol and a numbr",
            'did you mean "a symbol and a number"; features/data/half-valid-selections.toml',
        ),
        (
            "Attack",
            "messages over 32 KiB",
            "messages over 32 kB",
            'no attack "messages over 32 kB"; did you mean "messages over {number} KiB"',
        ),
    ],
)
def test_a_name_of_a_row_is_known_before_anything_is_done(kind, right, wrong, said):
    assert types.TYPES[kind](right) == right
    with pytest.raises(Broken) as problem:
        types.TYPES[kind](wrong)
    assert said in str(problem.value)

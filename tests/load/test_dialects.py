"""Load against services that speak otherwise than `qa-ws`: the swarm sees what they do wrong."""

import json
import re
from contextlib import closing, contextmanager

import msgspec
import pytest

from qaws.auth.tokens import Tokens
from qaws.load.churn.cycles import CyclesPlan, run_cycles
from qaws.load.churn.short_lived import Address
from qaws.load.plan import Group, SwarmPlan
from qaws.load.publisher.publisher import Publisher
from qaws.load.schedule import FlowPlan
from qaws.load.subscriber.conversation import Conversation
from qaws.load.subscriber.spelled import SpelledVerifier
from qaws.load.swarm import Swarm
from qaws.protocol.credentials import credentials
from qaws.sut.broker import open_broker
from qaws.sut.services import Services
from qaws.sut.spoken import spelling_of
from qaws.sut.target_file import read_target
from tests.load_fixtures import NIFTY, ROOT
from tests.waiting import HANG_S

TARGETS = ROOT / "tests/services/dialects"
COUNT, CLIENTS = 300, 4
FIRST = {"NIFTY": 5}

DIALECTS = ("tokens", "first_message", "lists", "packed", "zipped")
SOCKETIO = "../socketio_ticker/target"


@pytest.fixture
def described(tmp_path, monkeypatch, forked_services, load_forks):
    """Start broker and service of a target; return it, the broker's URL, service and tokens."""
    ending = []

    def start(name, breaks=""):
        monkeypatch.setenv("BREAKS", breaks)
        target = read_target(TARGETS / f"{name}.toml")
        broker = open_broker("embedded", tmp_path)
        tokens = Tokens(target.auth, tmp_path)
        places = {
            "broker_url": broker.url,
            "jwks_file": str(tokens.jwks_file),
            "folder": str(tmp_path),
        }
        services = Services(target, tmp_path, places, timeout_factor=2)
        ending.extend([services.stop, broker.stop])
        return target, broker.url, services.get({}), tokens

    yield start
    for end in ending:
        end()


def load(described, folder, name, breaks="", groups=()):
    """Let a flow go to a few clients; return what they found."""
    target, broker_url, service, tokens = described(name, breaks)
    spelling = spelling_of(target)
    flow = FlowPlan(
        broker_url,
        ("NIFTY",),
        1000,
        COUNT,
        first=FIRST,
        channel=target.feed.options_channel,
        spelling=spelling,
    )
    plan = SwarmPlan(
        service.url,
        (Group("client", CLIENTS, NIFTY), *groups),
        tuple(tokens.several(CLIENTS)),
        target.auth.token_locations[0],
        first=FIRST,
        dialect=spelling,
        flow=flow,
        at_once=1,
    )
    with closing(Swarm(folder, workers=1)) as swarm, closing(Publisher(folder)) as publisher:
        swarm.start(plan)
        publisher.start(flow)
        swarm.go()
        swarm.flow_begins(publisher.go())
        return swarm.finish(publisher.wait().last, HANG_S)


@pytest.mark.parametrize("name", [*DIALECTS, SOCKETIO])
def test_a_sound_service_has_no_violations(described, tmp_path, name):
    result = load(described, tmp_path, name, groups=[Group.trickling("the slow one", 1, NIFTY)])
    assert result.faults == {}, result.violations
    assert result.incomplete is None
    assert result.deliveries == result.expected == CLIENTS * (COUNT + 1)
    # Where ticks do not bear their due times, the schedule tells them; the fence is not on it.
    assert result.latencies.count == CLIENTS * (COUNT + (name != "first_message"))
    assert result.latencies.early == 0
    assert result.latencies.max_ms > 0


@pytest.mark.parametrize("is_early", [False, True])
def test_who_speaks_in_one_piece_with_the_answer_to_the_handshake_is_answered(is_early):
    verifier = SpelledVerifier(spelling_of(read_target(TARGETS / f"{SOCKETIO}.toml")))
    client, decoded = Conversation(verifier.dialect, NIFTY), verifier.dialect.encoding.decoded
    first = verifier.read(decoded(b'0{"sid":"a"}', binary=False))
    if is_early:
        assert client.heard(first) == []
        said = client.opened()
    else:
        assert client.opened() == []
        said = client.heard(first)
    assert [json.loads(text) for text in said] == [{"connect": {}}]
    assert not client.is_welcome
    client.heard(verifier.read(decoded(b'40{"sid":"b"}', binary=False)))
    assert client.is_welcome


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize(
    ("breaks", "kinds", "words"),
    [
        ("loses one", {"gap": 3}, "expected NIFTY #101, got #102 (previous #100)"),
        ("doubles one", {"duplicate": 3}, "got NIFTY #101 again"),
        ("swaps one", {"order": 3}, "got NIFTY #101 late, after #102"),
        ("alters one", {"content": 3}, "received NIFTY #101 with last_price"),
        ("rounds", None, "with last_price"),
    ],
)
def test_a_damaged_stream_is_told_in_the_words_of_the_features(
    described, tmp_path, name, breaks, kinds, words
):
    result = load(described, tmp_path, name, breaks)
    if kinds is None:
        # However many ticks come in one message, each counts.
        assert result.faults["content"] >= CLIENTS * COUNT // 2
    else:
        assert result.faults == kinds, result.violations
    assert any(words in said for said in result.violations), result.violations


def door(target, service, tokens):
    """Return where short-lived clients go, and what they show there."""
    shown = tokens.several(2)
    place = target.auth.token_locations[0]
    way = credentials(service.url, shown[0], place, target.auth.carrier(place))
    said = shown if place == "first message" else ()
    return Address.of([way], NIFTY, spelling_of(target), tokens=said)


@pytest.mark.parametrize("name", [*DIALECTS, SOCKETIO])
def test_short_lived_clients_are_served(described, name, spawn_ticks):
    target, broker_url, service, tokens = described(name)
    where = door(target, service, tokens)
    with spawn_ticks(target, broker_url) as flow:
        report = run_cycles(CyclesPlan(where, 12, at_once=2, flow=flow))
    assert report.failures == []
    assert report.faults == {}, report.sentences
    assert report.done == 12


@pytest.mark.parametrize("name", DIALECTS)
def test_short_lived_clients_see_ticks_that_say_something_else(described, name, spawn_ticks):
    target, broker_url, service, tokens = described(name)
    where = door(target, service, tokens)
    with spawn_ticks(target, broker_url) as flow:
        others = msgspec.structs.replace(flow, seed=flow.seed + 1)
        report = run_cycles(CyclesPlan(where, 12, at_once=2, flow=others))
    assert set(report.faults) == {"content"}
    assert re.search(r"^client \d+ received NIFTY #\d+ with .* instead of", report.sentences[0])


@pytest.fixture
def spawn_ticks(tmp_path):
    """Let ticks flow while something else goes on."""

    @contextmanager
    def flowing(target, broker_url):
        flow = FlowPlan(
            broker_url,
            ("NIFTY",),
            200,
            100_000,
            channel=target.feed.options_channel,
            spelling=spelling_of(target),
        )
        with closing(Publisher(tmp_path)) as publisher:
            publisher.start(flow)
            publisher.go()
            yield flow
            publisher.stop()
            publisher.wait()

    return flowing

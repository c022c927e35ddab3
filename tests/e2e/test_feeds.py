"""Services over NATS, MQTT, Kafka, ZeroMQ, WebSocket, HTTP …: judged as over any other feed."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from qaws.runtime.certificates import issue
from qaws.runtime.ports import free_port
from qaws.sut.broker import open_broker
from qaws.sut.brokers.nats_server import NatsServer
from tests.doubts import leave_in_doubt, require_sound
from tests.feed.test_feed_over_tls import secured
from tests.feed.test_outlets import needed
from tests.forked import run_behave
from tests.services.independent import results, surroundings
from tests.services.kafka_door import door
from tests.waiting import HANG_S, until

ROOT = Path(__file__).resolve().parents[2]
DIALECTS, FASTAPI = ROOT / "tests/services/dialects", ROOT / "tests/services/fastapi_ticker/targets"
NEEDS = {
    "nats": "nats",
    "mqtt": "paho",
    "kafka": "aiokafka",
    "zeromq": "zmq",
    "posted": "fastapi",
}
KEY = {"FEED_KEY": "sesame-of-the-desk"}
PATH = f"{os.environ['PATH']}:/usr/sbin"
STREAMS = ("-D", "feed.kind=redis-streams")


@pytest.fixture
def behave(tmp_path):
    """Run behave against a target; return output and scenario records."""

    def running(target, tags, *settings, file=None, **environment):
        if target in NEEDS and not importlib.util.find_spec(NEEDS[target]):
            pytest.skip(f"{NEEDS[target]} is not there; make test brings it")
        if target == "mqtt" and not shutil.which("mosquitto", path=PATH):
            pytest.skip("mosquitto is not there")
        file = file or (FASTAPI if target == "posted" else DIALECTS) / f"{target}.toml"
        tools = Path(sys.executable).parent
        done = run_behave(
            f"--tags={tags}",
            *("-D", f"target={file}", *settings),
            env={
                **os.environ,
                "QAWS_REPORTS": str(tmp_path),
                "PATH": f"{tools}:{os.environ['PATH']}",
                **(KEY if target == "posted" else {}),
                **environment,
            },
            within_s=4 * HANG_S,
        )
        file = tmp_path / "checks.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return done.stdout + done.stderr, [json.loads(line) for line in lines]

    return running


ASKED = "@p0 and (@QA-WS-001 or @QA-WS-006 or @QA-WS-007 or @QA-WS-008 or @QA-WS-009)"


@pytest.mark.parametrize(
    ("target", "verified"),
    [
        ("streams", {"001", "006", "007", "008", "009"}),
        ("nats", {"001", "006", "007", "008", "009"}),
        ("mqtt", {"001", "006", "007", "008", "009"}),
        ("kafka", {"001", "006", "007", "008", "009"}),
        ("zeromq", {"001", "008", "009"}),
        ("exchange", {"001", "006", "007", "008", "009"}),
        ("posted", {"001", "006", "007", "008", "009"}),
    ],
)
def test_a_sound_service_passes_all_that_its_dialect_can_say(behave, target, verified):
    output, rows = behave(target, ASKED)
    require_sound(rows, output)
    assert {row["id"][-3:] for row in rows if row["status"] == "passed"} == verified, output


@pytest.mark.parametrize(
    ("target", "breaks", "words"),
    [
        ("streams", "mixes", "received ticks that it had not subscribed to"),
        ("nats", "rounds", "received ticks that differ from what was published"),
        ("mqtt", "loses", "never received ticks that it was due"),
        ("kafka", "loses", "never received ticks that it was due"),
        ("zeromq", "loses", "never received ticks that it was due"),
        ("exchange", "mixes", "received ticks that it had not subscribed to"),
        ("posted", "loses", "never received ticks that it was due"),
    ],
)
def test_what_it_does_wrong_is_told_in_the_words_of_the_features(behave, target, breaks, words):
    output, rows = behave(target, "@QA-WS-008 and @p0", BREAKS=breaks)
    failed = [row for row in rows if row["status"] == "failed"]
    assert failed, output
    assert any(words in row["message"] and "NIFTY" in row["message"] for row in failed), output


@pytest.mark.parametrize(
    ("target", "settings"),
    [("nats", ()), ("kafka", ("-D", "feed.options_key={symbol}"))],
)
def test_load_comes_over_each_kind_that_takes_it(behave, target, settings):
    output, rows = behave(target, "@QA-WS-013", *settings)
    require_sound(rows, output)
    assert [row["id"] for row in rows] == ["QA-WS-013"], output
    if target == "nats":
        output, rows = behave(target, "@QA-WS-013", *settings, BREAKS="loses")
        assert [row["status"] for row in rows] == ["failed"], output
        assert "gap: client" in rows[0]["message"]


def test_a_key_for_each_instrument_is_no_order_for_load(behave):
    output, rows = behave("kafka", "@QA-WS-013")
    assert [row["status"] for row in rows] == ["skipped"], output
    assert '"{instrument}" has one for each instrument' in rows[0]["message"]


@pytest.mark.parametrize(("target", "scheme"), [("nats", "tls"), ("mqtt", "mqtts")])
def test_a_service_over_tls_and_with_a_password_is_judged_as_any(behave, tmp_path, target, scheme):
    needed(target)
    with secured(target, tmp_path) as port:
        authority = tmp_path / "ca.pem"
        there = ["-D", f"feed.broker={scheme}://desk:{{key}}@127.0.0.1:{port}"]
        there += ["-D", f"feed.ca_file={authority}"]
        file = tmp_path / "mine.toml"
        text = (DIALECTS / f"{target}.toml").read_text()
        file.write_text(text.replace("[feed]\n", '[feed]\nsecrets = { key = "DESK_KEY" }\n'))
        known = {"DESK_KEY": "sesame", "SSL_CERT_FILE": str(authority)}
        output, rows = behave(target, "@QA-WS-006 and @p0", *there, file=file, **known)
    require_sound(rows, output)
    assert "passed" in [row["status"] for row in rows], output
    assert "sesame" not in output
    assert "eof_received" not in output


CLIENT = """client = { security.protocol = "SASL_SSL", sasl.mechanism = "PLAIN", \
sasl.username = "desk", sasl.password = "{password}", ssl.ca.location = "AUTHORITY" }
secrets = { password = "KAFKA_PASSWORD" }
"""


def test_over_a_broker_that_wants_tls_and_a_password_a_service_is_judged_as_over_any(
    behave, tmp_path
):
    if not importlib.util.find_spec("aiokafka"):
        pytest.skip("aiokafka is not there; make test brings it")
    from qaws.feed.outlets.kafka import create_topics

    own, text = issue(tmp_path), (DIALECTS / "kafka.toml").read_text()
    broker = open_broker("embedded", tmp_path, kind="kafka")
    try:
        create_topics(broker, ["md.options", "md.bars"], 3)
        port = int(broker.told_url.partition(":")[2])
        with door(port, user="desk", password="sesame", certificates=own) as at:
            feed = f'broker = "kafka://127.0.0.1:{at.port}"\n'
            feed += CLIENT.replace("\\\n", "").replace("AUTHORITY", str(own.authority))
            file = tmp_path / "signed.toml"
            file.write_text(text.replace('broker = "embedded"\n', feed))
            there = {"KAFKA_USER": "desk", "KAFKA_AUTHORITY": str(own.authority)}
            output, rows = behave("kafka", ASKED, file=file, KAFKA_PASSWORD="sesame", **there)
            require_sound(rows, output)
            passed = {row["id"][-3:] for row in rows if row["status"] == "passed"}
            assert passed == {"001", "006", "007", "008", "009"}, output
            output, rows = behave("kafka", "@QA-WS-008", file=file, KAFKA_PASSWORD="guess", **there)
    finally:
        broker.stop()
    assert not rows
    refused = [line for line in output.splitlines() if "Broken:" in line]
    assert len(refused) == 1, output
    assert "Invalid username or password); correct [feed] client" in refused[0]
    assert "guess" not in output


def test_a_publisher_of_the_team_feeds_a_service(behave, tmp_path):
    with surroundings("command", tmp_path) as known:
        output, rows = behave("command", ASKED, **known)
        require_sound(rows, output)
        passed = {row["id"][-3:] for row in rows if row["status"] == "passed"}
        assert passed == {"001", "006", "007", "008", "009"}, output
        output, rows = behave("command", "@QA-WS-008 and @p0", BREAKS="rounds", **known)
    failed = [row["message"] for row in rows if row["status"] == "failed"]
    assert any("received ticks that differ from what was published" in m for m in failed), output


def test_a_publisher_that_ends_is_broken_and_not_the_service(behave, tmp_path):
    with surroundings("command", tmp_path) as known:
        there = {**known, "QAWS_FEED__COMMAND": "sh -c exit"}
        output, rows = behave("command", "@QA-WS-008 and @p0", **there)
    assert not [row for row in rows if row["status"] == "failed"], output
    assert "has ended with exit code 0" in output


def test_a_nats_server_that_is_down_is_announced_and_a_cut_is_not_verified(behave):
    output, rows = behave("nats", "@QA-WS-017 and @needs.outage")
    seen = {row["row"]["outage"]: (row["status"], row["message"]) for row in rows}
    assert seen["the broker cuts the service's feed twice"][0] == "skipped", output
    assert "NATS cuts nobody off" in seen["the broker cuts the service's feed twice"][1]
    leave_in_doubt([seen["the broker is down for 1 second"][1]])
    assert seen["the broker is down for 1 second"][0] == "passed", output


@pytest.mark.parametrize(
    ("target", "settings", "said"),
    [
        ("nats", ("-D", "feed.options_channel=elsewhere"), "look at [feed] options_channel"),
        ("zeromq", ("-D", "feed.options_channel=elsewhere"), "look at [feed] options_channel"),
        ("tokens", STREAMS, "this kind of feed does not tell who listens; look at [feed] options"),
        ("posted", ("-D", "feed.url=/elsewhere"), "answers 404 Not Found: "),
        ("posted", ("-D", "feed.options_channel=no"), 'answers 404 Not Found: "no such channel"'),
        ("posted", ("-D", "feed.url=http://127.0.0.1:1/"), "start it, or correct [feed] url"),
        ("posted", ("-D", "feed.method=PUT"), "answers 405 Method Not Allowed"),
    ],
)
def test_a_wrong_feed_ends_the_run_in_one_line(behave, target, settings, said):
    output, rows = behave(target, "@QA-WS-008 and @p0", *settings)
    assert not rows
    assert [line for line in output.splitlines() if "Broken:" in line and said in line], output


def test_an_exchange_that_goes_cuts_or_falls_silent_is_announced(behave):
    output, rows = behave("exchange", "@QA-WS-017")
    require_sound(rows, output)
    seen = [row["status"] for row in rows]
    leave_in_doubt([row["message"] for row in rows])
    assert seen == ["passed"] * 4, output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"{broker_url}"', '"ws://127.0.0.1:1"', "nobody listens anywhere; look at [feed] broker"),
        (
            'key = "desk" }',
            'key = "other" }',
            'what listens = true of [[feed.answers]] waits for: the last one said {"op": "login", '
            '"key": "desk", "id": 1}; look at [feed] answers',
        ),
    ],
    ids=["never connects", "never subscribes"],
)
def test_a_gateway_without_its_exchange_ends_the_run_in_one_line(behave, tmp_path, old, new, said):
    text = (DIALECTS / "exchange.toml").read_text("utf-8")
    file = tmp_path / "gateway.toml"
    file.write_text(text.replace(old, new), "utf-8")
    assert old in text
    output, rows = behave("exchange", "@QA-WS-008 and @p0", file=file)
    assert not rows
    assert [line for line in output.splitlines() if "Broken:" in line and said in line], output


def test_over_http_no_socket_of_the_feed_is_a_clients_and_an_outage_is_not_verified(behave):
    output, rows = behave("posted", "(@QA-WS-004 or @QA-WS-017) and @p0")
    require_sound(rows, output)
    assert {row["id"][-3:] for row in rows if row["status"] == "passed"} == {"004"}, output
    assert "over HTTP there is no broker that could be stopped or cut" in output


def test_over_http_ticks_that_were_answered_before_a_shutdown_are_owed(behave):
    output, rows = behave("posted", "@QA-WS-018 and @p0")
    require_sound(rows, output)
    leave_in_doubt([row["message"] for row in rows])
    assert [row["status"] for row in rows] == ["passed"], output


@pytest.fixture
def shared():
    """The address of a NATS server that is not at the loopback address."""
    program = Path(sys.executable).with_name("nats-server")
    if not program.exists():
        pytest.skip("nats-server is not there; make test brings it")
    all_of_them = [each for nic in psutil.net_if_addrs().values() for each in nic]
    addresses = [each.address for each in all_of_them if each.family == socket.AF_INET]
    outer = [each for each in addresses if not each.startswith("127.")]
    if not outer:
        pytest.skip("this machine has no address but the loopback's")
    port, server = free_port(outer[0]), NatsServer()
    command = [str(program), "--addr", outer[0], "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        url = f"nats://{outer[0]}:{port}"
        until(lambda: server.problem(url, None, 1.0) is None)
        yield url
    finally:
        process.terminate()
        process.wait()


def test_on_a_broker_that_others_use_nothing_is_published_until_the_file_allows_it(
    behave, shared, tmp_path
):
    asked, there = "@QA-WS-008 and @p0", ("-D", f"feed.broker={shared}")
    output, rows = behave("nats", asked, *there)
    assert not [row for row in rows if row["status"] != "skipped"], output
    seen = list(results(tmp_path))
    assert {each.verdict for each in seen} == {"NOT VERIFIED"}, output
    assert all("inject_allowed = true" in each.words for each in seen), seen
    output, rows = behave("nats", asked, *there, "-D", "feed.inject_allowed=true")
    require_sound(rows, output)
    assert "passed" in {row["status"] for row in rows}, output

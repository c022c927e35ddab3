"""A broker that speaks TLS by a private authority and wants a password, over each kind of feed."""

import getpass
import shutil
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from qaws.auth.revocation import Revoker
from qaws.behaviours.revocation import places_of
from qaws.feed.feed import Feed
from qaws.load.publisher.publisher import Publisher
from qaws.load.schedule import FlowPlan
from qaws.protocol.dialect import QaWs
from qaws.runtime.certificates import issue
from qaws.runtime.ports import free_port
from qaws.runtime.process import ManagedProcess
from qaws.sut.broker import broker_of, open_broker
from qaws.sut.revocation_section import Revocation
from qaws.sut.target_file import read_target
from qaws.verdict import Broken
from tests.feed.test_outlets import needed
from tests.services.door import tls_door
from tests.waiting import HANG_S

SCHEMES = {"redis": "rediss", "redis-streams": "rediss", "nats": "tls", "mqtt": "mqtts"}
MOSQUITTO = """listener {port} 127.0.0.1
certfile {folder}/server.pem
keyfile {folder}/server.key
password_file {folder}/passwords
allow_anonymous false
user {user}
"""


@contextmanager
def secured(kind, folder):
    """Start a broker of a kind that wants TLS and a password; yield its port."""
    own, port = issue(folder), free_port()
    if kind.startswith("redis"):  # the embedded one is built without TLS
        plain = open_broker("embedded", folder)
        try:
            redis.Redis.from_url(plain.url).config_set("requirepass", "sesame")
            with tls_door(int(plain.url.rpartition(":")[2].partition("/")[0]), own) as door:
                yield door
        finally:
            plain.stop()
        return
    if kind == "nats":
        command = [str(Path(sys.executable).with_name("nats-server")), "-a", "127.0.0.1"]
        command += ["-p", str(port), "--tls", "--tlscert", str(own.certificate)]
        command += ["--tlskey", str(own.key), "--user", "desk", "--pass", "sesame"]
    else:
        (folder / "passwords").write_text("desk:sesame\n")
        subprocess.run(["mosquitto_passwd", "-U", folder / "passwords"], check=True)
        settings = folder / "mosquitto.conf"
        settings.write_text(MOSQUITTO.format(port=port, folder=folder, user=getpass.getuser()))
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        command = [str(program), "-c", str(settings)]
    process = ManagedProcess("the broker", command, folder / "broker.log")
    try:
        yield port
    finally:
        process.stop()


@pytest.fixture
def target(tmp_path, monkeypatch):
    """Return what reads a target with a broker at a port."""
    monkeypatch.setenv("FEED_PASSWORD", "sesame")

    def reading(kind, port, *, ca_file="ca.pem", user="desk"):
        user = "" if kind.startswith("redis") else user
        trusts = f'ca_file = "{tmp_path / ca_file}"\n' if ca_file else ""
        file = tmp_path / "mine.toml"
        file.write_text(
            'name = "mine"\ndialect = "qa-ws"\n[endpoint]\nurl = "wss://ticks.example/ws"\n'
            f'[auth]\ngenerate_key = true\n[feed]\nkind = "{kind}"\n'
            f'broker = "{SCHEMES[kind]}://{user}:{{password}}@127.0.0.1:{port}"\n'
            f'secrets = {{ password = "FEED_PASSWORD" }}\n{trusts}'
        )
        return read_target(file, {}, {})

    return reading


def published(loop, tmp_path, target):
    """Publish a tick as a run does; return what is said where that is impossible."""
    broker = broker_of(target, tmp_path)

    async def story():
        feed = Feed(broker, target.feed, QaWs())
        try:
            await feed.publish(feed.market.option_tick(256265))
        finally:
            await feed.close()

    try:
        loop.call(story(), timeout_s=2 * HANG_S)
    finally:
        broker.stop()
    return broker


@pytest.mark.parametrize("kind", SCHEMES)
def test_ticks_are_published_over_tls_and_with_a_password(loop, tmp_path, target, kind):
    needed(kind.removesuffix("-streams"))
    with secured(kind, tmp_path) as port:
        broker = published(loop, tmp_path, target(kind, port))
    assert "sesame" not in broker.shown_url
    assert "ca.pem" not in broker.told_url  # its service trusts whom it trusts
    assert broker.told_url.startswith(f"{SCHEMES[kind]}://")


@pytest.mark.parametrize("kind", SCHEMES)
def test_a_certificate_that_is_named_by_itself_is_trusted(loop, tmp_path, target, kind):
    needed(kind.removesuffix("-streams"))
    with secured(kind, tmp_path) as port:
        broker = published(loop, tmp_path, target(kind, port, ca_file="server.pem"))
    assert broker.told_url.endswith(f":{port}")
    assert broker.shown_url.endswith(f"@127.0.0.1:{port}")


@pytest.mark.parametrize("kind", SCHEMES)
def test_an_authority_that_nobody_named_is_one_line_with_the_way_out(loop, tmp_path, target, kind):
    needed(kind.removesuffix("-streams"))
    with (
        secured(kind, tmp_path) as port,
        pytest.raises(Broken, match=r"not trusted .*; name the file of its authority in \[feed\]"),
    ):
        published(loop, tmp_path, target(kind, port, ca_file=""))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("redis", "invalid username-password pair"),
        ("nats", "Authorization Violation"),
        ("mqtt", "Not authorized"),
    ],
)
def test_a_wrong_password_is_one_line_that_does_not_show_it(
    loop, tmp_path, target, monkeypatch, kind, said
):
    needed(kind)
    with secured(kind, tmp_path) as port:
        read = target(kind, port)
        monkeypatch.setenv("FEED_PASSWORD", "a guess")
        with pytest.raises(Broken, match=said) as caught:
            published(loop, tmp_path, read)
    assert "guess" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ('broker = "redis://h"', "ca_file is for an address that begins rediss:// or tls:// or"),
        ('broker = "kafka://h"', "over Kafka it is ssl.ca.location in client"),
    ],
)
def test_an_authority_where_there_is_no_tls_is_said(tmp_path, feed, said):
    issue(tmp_path)
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\ndialect = "qa-ws"\n[endpoint]\nurl = "wss://ticks.example/ws"\n'
        f'[auth]\ngenerate_key = true\n[feed]\n{feed}\nca_file = "{tmp_path / "ca.pem"}"\n'
    )
    with pytest.raises(Broken) as caught:
        read_target(file, {}, {})
    assert said in str(caught.value)


def test_load_is_published_over_tls_too(tmp_path, target):
    with secured("redis", tmp_path) as port:
        broker = broker_of(target("redis", port), tmp_path)
        with closing(Publisher(tmp_path, 4)) as publisher:
            publisher.start(FlowPlan(broker.url, ("NIFTY",), per_second=2000, count=2000))
            publisher.go()
            assert publisher.wait().count == 2001  # and one that marks the end
        broker.stop()


def test_a_token_is_revoked_in_the_feed_s_redis_over_tls_too(tmp_path, target):
    section = Revocation(redis=["SET", "revoked:{sha256}", "1"])
    with secured("redis", tmp_path) as port:
        broker = broker_of(target("redis", port), tmp_path)
        testbed: Any = SimpleNamespace(broker=broker, placeholders={"broker_url": broker.told_url})
        places = places_of(testbed, section, 1)
        Revoker(section, places, "ws://127.0.0.1:1/ws", "").revoke("a token")
        with redis.Redis.from_url(broker.url) as server:
            assert server.keys("revoked:*")
        broker.stop()

"""What a broker forbids the suite: it is said, and never held against the service."""

import asyncio
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from qaws.feed.outlets import outlet_of
from qaws.runtime.ports import free_port
from qaws.sut.broker import Broker
from qaws.sut.brokers.mqtt_server import MqttServer
from qaws.sut.brokers.nats_server import NatsServer
from qaws.sut.feed_section import Feed as Section
from tests.feed.test_outlets import needed
from tests.waiting import HANG_S, until

NATS = """
host: 127.0.0.1
port: {port}
authorization {{
  users = [
    {{ user: mute, password: x, permissions: {{ publish: {{ deny: "md" }} }} }}
    {{ user: deaf, password: x, permissions: {{ subscribe: {{ deny: "md" }} }} }}
    {{ user: apart, password: x, permissions: {{ subscribe: {{ deny: ">" }} }} }}
  ]
}}
"""


@pytest.fixture(scope="module")
def nats(tmp_path_factory):
    """Return what gives a broker as a user of fewer rights sees it."""
    needed("nats")
    folder, port = tmp_path_factory.mktemp("nats"), free_port()
    settings = folder / "nats.conf"
    settings.write_text(NATS.format(port=port))
    beside = Path(sys.executable).with_name("nats-server")
    program = str(beside) if beside.exists() else "nats-server"
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([program, "-c", str(settings)], stdout=quiet, stderr=quiet)
    url = f"nats://127.0.0.1:{port}"
    until(lambda: NatsServer().problem(url, None, 1) is None, "NATS")
    yield lambda user: Broker(f"nats://{user}:x@127.0.0.1:{port}", server=NatsServer())
    server.kill()
    server.wait()


def outlet(kind, broker):
    return outlet_of(broker, Section(kind=kind, broker="embedded"))


def test_a_subject_that_the_suite_may_not_publish_on_is_said(loop, nats):
    async def whole():
        denied = outlet("nats", nats("mute"))
        try:
            with pytest.raises(OSError, match=r"(?i)permissions violation for publish to .md"):
                await denied.publish("md", b"1")
            await denied.publish("elsewhere", b"2")  # which is said once, and of that message
        finally:
            await denied.close()

    loop.call(whole(), timeout_s=HANG_S)


@pytest.mark.parametrize("user", ["deaf", "apart"])
def test_who_may_not_listen_does_not_say_that_it_does(loop, nats, user):
    async def whole():
        listener = outlet("nats", nats(user)).listener("qaws-listens")
        await listener.begin(["md"], lambda *_: None)
        is_on = listener.is_on
        await listener.end()
        return is_on

    assert loop.call(whole(), timeout_s=HANG_S) is False


@pytest.fixture
def refusing():
    """Return a broker that lets everybody in, and refuses every subscription."""
    needed("mqtt")
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with server:
            line, _ = server.accept()
        with line:
            line.recv(4096)
            line.sendall(b"\x20\x02\x00\x00")
            asked = line.recv(4096)
            line.sendall(b"\x90\x04" + asked[2:4] + b"\x80\x80")
            while line.recv(4096):
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield Broker(f"mqtt://127.0.0.1:{server.getsockname()[1]}", server=MqttServer())
    thread.join(HANG_S)
    assert not thread.is_alive(), "the listener must have hung up"


def test_who_is_refused_a_topic_does_not_say_that_it_listens(loop, refusing):
    async def whole():
        listener = outlet("mqtt", refusing).listener("qaws-listens")
        await listener.begin(["md"], lambda *_: None)
        return listener.is_on

    assert loop.call(whole(), timeout_s=HANG_S) is False


def test_a_reader_of_streams_that_cannot_ask_does_not_say_that_it_listens(loop):
    async def whole():
        away = Broker(f"redis://127.0.0.1:{free_port()}/0")
        streams = outlet("redis-streams", away)
        listener = streams.listener("qaws-listens")
        await listener.begin(["md"], lambda *_: None)
        is_on = listener.is_on
        await listener.end()
        await streams.close()
        return is_on

    assert loop.call(whole(), timeout_s=HANG_S) is False


def test_nothing_that_a_publisher_has_started_outlives_it(loop, tmp_path):
    left = tmp_path / "left"
    script = f"sleep 1000 & echo $! >{left}; cat >/dev/null"

    async def whole():
        section = Section(command=["sh", "-c", script])
        publisher = outlet_of(Broker(""), section)
        await asyncio.to_thread(until, lambda: left.exists() and left.read_text().strip(), "sleep")
        await publisher.close()

    loop.call(whole(), timeout_s=2 * HANG_S)
    until(lambda: is_gone(int(left.read_text())), "the end of sleep")


def is_gone(pid):
    """Return whether a process has ended, also where nobody has asked for its exit code yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True

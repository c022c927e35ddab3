"""What the service does after a while, and what clients have to wait for: played all at once."""

import json
import signal
import socket
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.frames import Close

from app.limits import CLOSE_GRACE_S
from app.server import HANDSHAKE_TIMEOUT_S
from tests.app.harness import Lateness, bar, masked, option
from tests.app.meanwhile import Scenes, Stage
from tests.waiting import HANG_S, until

SUBSCRIBE_NIFTY = {"action": "subscribe", "symbols": ["NIFTY"]}
SUBSCRIBE_NIFTY_BARS = {"action": "subscribe", "symbol": "NIFTY", "type": "underlying"}

SCENES = Scenes()


@SCENES.scene
def test_a_session_ends_with_its_token(stage: Stage) -> Iterator[None]:
    service = stage.service
    yield
    exp = int(time.time()) + 4
    token = stage.issuer.token(exp=exp)
    with Lateness() as late:
        client = service.connect(token)
        assert client.receive()["type"] == "connection"
        assert client.closing() == Close(1008, "token expired")
        assert 0 <= time.time() - exp < 1 + late.worst_s
    assert service.connect(token).closing().reason == "Authentication required"


@SCENES.scene
def test_idle_timeout(stage: Stage) -> Iterator[None]:
    broker = stage.broker()
    service = stage.launch(TICKER_FEED_URL=broker.url, TICKER_IDLE_TIMEOUT_S="2")
    yield
    with Lateness() as late, ThreadPoolExecutor(1) as pool:
        before = time.monotonic()
        idle = service.welcomed()
        after = time.monotonic()

        def wait_for_close() -> float:
            assert idle.closing() == Close(1001, "idle timeout")
            return time.monotonic()

        closed = pool.submit(wait_for_close)
        pinging, listening = service.welcomed(), service.welcomed()
        listening.ask(SUBSCRIBE_NIFTY)
        end = time.monotonic() + 4
        while time.monotonic() < end or not closed.done():
            assert pinging.connection.ping().wait(HANG_S)
            broker.publish("ticker:options", option())
            assert listening.receive() == option()
            time.sleep(0.2)  # the pace of the activity, not a proof
        assert closed.result() - before >= 2
        assert closed.result() - after <= 2.5 + late.worst_s
    for client in (pinging, listening):
        assert client.ask({"action": "ping"}) == {"type": "pong"}


@SCENES.scene
def test_a_slow_consumer_is_evicted_and_the_others_are_not(stage: Stage) -> Iterator[None]:
    broker = stage.broker()
    service = stage.launch(TICKER_FEED_URL=broker.url, TICKER_MAX_UNSENT_BYTES="65536")
    yield
    with service.raw_client(receive_buffer=1024) as raw:
        raw.sendall(masked(0x81, json.dumps(SUBSCRIBE_NIFTY).encode()))
        healthy = service.welcomed()
        healthy.ask(SUBSCRIBE_NIFTY)
        until(lambda: service.stats()["total_subscriptions"] == 2, "both subscribed")
        published = 0
        padding = "x" * 60_000

        def evicted() -> bool:
            nonlocal published
            for _ in range(20):
                published += 1
                broker.publish("ticker:options", option(sequence=published, padding=padding))
                assert healthy.receive()["sequence"] == published
            return bool(service.stats()["evicted_slow"] == 1)

        until(evicted, "the slow client is evicted")
        until(lambda: service.stats()["active_connections"] == 1, "it is cut off")
    assert healthy.ask({"action": "ping"}) == {"type": "pong"}


@SCENES.scene
def test_broker_restart(stage: Stage) -> Iterator[None]:
    broker = stage.broker()
    service = stage.launch(TICKER_FEED_URL=broker.url)
    yield
    client = service.welcomed()
    client.ask(SUBSCRIBE_NIFTY)
    broker.stop()
    assert client.receive() == {"type": "status", "status": "degraded"}
    with pytest.raises(urllib.error.HTTPError, match="503"):
        service.get("/health")
    assert client.ask(SUBSCRIBE_NIFTY_BARS)["type"] == "subscribed"
    late = service.welcomed()
    assert late.receive() == {"type": "status", "status": "degraded"}
    broker.start()
    for each in (client, late):
        assert each.receive() == {"type": "status", "status": "recovered"}
    broker.publish("ticker:underlying", bar())
    assert client.receive() == bar()
    assert service.get("/health")["feed"] == "connected"
    assert service.end()[0] == 0


@SCENES.scene
def test_a_silent_broker_is_noticed(stage: Stage) -> Iterator[None]:
    broker = stage.broker()
    service = stage.launch(TICKER_FEED_URL=broker.url)
    yield
    client = service.welcomed()
    broker.send_signal(signal.SIGSTOP)
    assert client.receive() == {"type": "status", "status": "degraded"}
    broker.send_signal(signal.SIGCONT)
    assert client.receive() == {"type": "status", "status": "recovered"}


@SCENES.scene
def test_sigterm_does_not_wait_for_a_client_that_does_not_leave(stage: Stage) -> Iterator[None]:
    service = stage.launch(TICKER_SHUTDOWN_GRACE_S="0.5")
    yield
    with service.raw_client(), Lateness() as late:
        start = time.monotonic()
        assert service.end()[0] == 0
        assert time.monotonic() - start < 3 + late.worst_s


@SCENES.scene
def test_who_does_not_leave_is_cut_off(stage: Stage) -> Iterator[None]:
    service = stage.launch()
    yield
    with service.raw_client() as raw, Lateness() as late:
        began = time.monotonic()
        raw.sendall(b"\x89\x00")  # a ping without mask
        until(lambda: service.stats()["active_connections"] == 0, "cut off")
        taken = time.monotonic() - began
        assert CLOSE_GRACE_S - 0.5 < taken < CLOSE_GRACE_S + 2 + late.worst_s


@SCENES.scene
def test_who_does_not_answer_is_reaped(stage: Stage) -> Iterator[None]:
    service = stage.launch(TICKER_KEEPALIVE_S="0.3")
    yield
    with service.raw_client():
        until(lambda: service.stats()["active_connections"] == 0, "reaped")


@SCENES.scene
def test_a_handshake_that_stalls_is_dropped(stage: Stage) -> Iterator[None]:
    service = stage.service
    yield
    with socket.create_connection(service.address, timeout=HANG_S) as raw, Lateness() as late:
        raw.sendall(b"GET /ws/ticks HTTP/1.1\r\n")
        began = time.monotonic()
        assert raw.recv(1) == b""
        assert time.monotonic() - began < HANDSHAKE_TIMEOUT_S + 2 + late.worst_s

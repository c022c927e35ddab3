"""End to end: a real service, a real broker, real sockets."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from tests.app.harness import ROOT, Broker, Client, Issuer, Service, bar, dial, eventually, option

SUBSCRIBE_INSTRUMENT = {"action": "subscribe", "instruments": [256265]}
SUBSCRIBE_NIFTY = {"action": "subscribe", "symbols": ["NIFTY"]}
SUBSCRIBE_NIFTY_BARS = {"action": "subscribe", "symbol": "NIFTY", "type": "underlying"}


def closing(client: Client, timeout_s: float = 10) -> Close:
    """Return the close frame of a connection, which must come before any message."""
    with pytest.raises(ConnectionClosed) as caught:
        client.receive(timeout_s)
    assert caught.value.rcvd is not None, "the connection ended without a close frame"
    return caught.value.rcvd


def deaf_client(service: Service) -> socket.socket:
    """Connect with a bare socket that never reads; a library's client reads ahead."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    host, port = service.url.removeprefix("ws://").removesuffix("/ws/ticks").split(":")
    raw.connect((host, int(port)))
    raw.sendall(
        f"GET /ws/ticks?token={service.token} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return raw


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_bad_token_is_told_why_it_is_closed(service: Service, token: str) -> None:
    opened = service.stats()["sessions_opened"]
    assert closing(service.connect(token)) == Close(1008, "Authentication required")
    assert service.stats()["sessions_opened"] == opened


def test_no_token_is_refused(service: Service) -> None:
    assert closing(Client(dial(service.url))) == Close(1008, "Authentication required")


@pytest.mark.parametrize("length", [9_000, 100_000])
@pytest.mark.parametrize("carrier", ["query", "header"])
def test_a_long_token_is_refused_as_any_other(service: Service, carrier: str, length: int) -> None:
    token = "x" * length
    if carrier == "query":
        client = service.connect(token)
    else:
        headers = {"Authorization": f"Bearer {token}"}
        client = Client(dial(service.url, additional_headers=headers))
    assert closing(client) == Close(1008, "Authentication required")


def test_a_handshake_without_end_is_cut_off(service: Service) -> None:
    host, port = service.url.removeprefix("ws://").removesuffix("/ws/ticks").split(":")
    line = b"X-Filler: " + b"x" * 20_000 + b"\r\n"

    def send_for_ever(raw: socket.socket) -> None:
        for _ in range(50):
            raw.sendall(line)
            time.sleep(0.005)

    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"GET /ws/ticks HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            send_for_ever(raw)


def test_a_session_ends_with_its_token(service: Service, issuer: Issuer) -> None:
    exp = int(time.time()) + 2
    client = service.connect(issuer.token(exp=exp))
    assert client.receive()["type"] == "connection"
    assert closing(client) == Close(1008, "token expired")
    assert 0 <= time.time() - exp < 1
    assert closing(service.connect(issuer.token(exp=exp))).reason == "Authentication required"


def test_token_in_a_header(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.token}"}
    client = Client(dial(service.url, additional_headers=headers))
    assert client.receive()["status"] == "connected"
    client.close()


def test_two_tokens_are_ambiguous(service: Service) -> None:
    headers = {"Authorization": "Bearer garbage"}
    client = service.connect(additional_headers=headers)
    assert closing(client) == Close(1008, "Authentication required")


def test_welcome_ping_and_ids(service: Service) -> None:
    welcomes = [service.connect().receive() for _ in range(3)]
    assert all(w["type"] == "connection" and w["status"] == "connected" for w in welcomes)
    assert len({w["session_id"] for w in welcomes}) == 3
    assert service.welcomed().ask({"action": "ping"}) == {"type": "pong"}


def test_option_tick_is_relayed_byte_for_byte(service: Service, broker: Broker) -> None:
    client = service.welcomed()
    assert client.ask(SUBSCRIBE_INSTRUMENT) == {
        "type": "subscribed",
        "selector": {"instruments": [256265]},
        "totals": {"instruments": 1, "symbols": 0, "underlyings": 0},
    }
    published = (
        b'{"symbol":"NIFTY", "instrument_token":256265,"last_price":100.10000,'
        b'"type":"option_tick","sequence":12345678901234567890,"unknown":{"x":[1e0]}}'
    )
    broker.publish("ticker:options", published)
    assert client.connection.recv(timeout=5) == published.decode()


def test_type_comes_from_the_channel(service: Service, broker: Broker) -> None:
    client = service.welcomed()
    client.ask(SUBSCRIBE_NIFTY)
    tick, candle = option(), bar()
    del tick["type"], candle["type"]
    broker.publish("ticker:options", tick)
    broker.publish("ticker:underlying", candle)
    assert client.receive() == option()
    assert client.receive() == bar()


def test_bars_only(service: Service, broker: Broker) -> None:
    client = service.welcomed()
    client.ask(SUBSCRIBE_NIFTY_BARS)
    broker.publish("ticker:underlying", bar(close=1.5))
    broker.publish("ticker:options", option())
    broker.publish("ticker:underlying", bar("BANKNIFTY"))
    broker.publish("ticker:underlying", bar(close=2.5))
    assert [client.receive()["close"] for _ in range(2)] == [1.5, 2.5]


def test_filtering_is_exact(service: Service, broker: Broker) -> None:
    nifty, bank = service.welcomed(), service.welcomed()
    nifty.ask(SUBSCRIBE_NIFTY)
    bank.ask({"action": "subscribe", "symbols": ["BANKNIFTY", "*"]})
    for number, symbol in enumerate(["NIFTYNXT50", "BANKNIFTY", "NIFTY", "BANKNIFTY", "NIFTY"]):
        broker.publish("ticker:options", option(symbol=symbol, sequence=number))
    assert [nifty.receive()["sequence"] for _ in range(2)] == [2, 4]
    assert [bank.receive()["sequence"] for _ in range(2)] == [1, 3]


def test_several_matching_selectors_give_one_tick(service: Service, broker: Broker) -> None:
    client = service.welcomed()
    client.ask(SUBSCRIBE_NIFTY)
    client.ask(SUBSCRIBE_INSTRUMENT)
    client.ask(SUBSCRIBE_NIFTY)
    assert client.ask(SUBSCRIBE_NIFTY_BARS)["totals"] == {
        "instruments": 1,
        "symbols": 1,
        "underlyings": 1,
    }
    for number in range(3):
        broker.publish("ticker:options", option(sequence=number))
    assert [client.receive()["sequence"] for _ in range(3)] == [0, 1, 2]


def test_unsubscribe_is_exact_under_flow(service: Service, broker: Broker) -> None:
    """After each acknowledgement the flow starts, or stops, at once and without a gap."""
    client, witness = service.welcomed(), service.welcomed()
    for subscriber in (client, witness):
        subscriber.ask(SUBSCRIBE_NIFTY)
    stop = threading.Event()
    published = 0

    def publish() -> None:
        nonlocal published
        while not stop.is_set():
            published += 1
            broker.publish("ticker:options", option(sequence=published))

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        for _ in range(20):
            seen: list[int] = [client.receive()["sequence"]]
            client.send({**SUBSCRIBE_NIFTY, "action": "unsubscribe"})
            while (message := client.receive())["type"] != "unsubscribed":
                seen.append(message["sequence"])
            assert client.ask({"action": "ping"}) == {"type": "pong"}, "tick after the ack"
            assert client.ask(SUBSCRIBE_NIFTY)["type"] == "subscribed"
            first_after_ack = published + 1
            fresh = [client.receive()["sequence"] for _ in range(5)]
            assert fresh[0] <= first_after_ack
            assert fresh == list(range(fresh[0], fresh[0] + 5))
            assert [b - a for a, b in itertools.pairwise(seen)] == [1] * (len(seen) - 1)
    finally:
        stop.set()
        publisher.join()
    received = [witness.receive()["sequence"] for _ in range(published)]
    assert received == list(range(1, published + 1))


@pytest.mark.parametrize(
    "message",
    ["{", "", "[]", "7", "null", '{"action":"dance"}', '{"symbols":["NIFTY"]}', b"\x00binary"],
)
def test_an_invalid_message_is_answered_and_harmless(
    service: Service, broker: Broker, message: str | bytes
) -> None:
    client, other = service.welcomed(), service.welcomed()
    client.ask(SUBSCRIBE_INSTRUMENT)
    client.connection.send(message)
    answer = client.receive()
    assert answer["type"] == "error"
    assert "Invalid message format" in answer["message"]
    broker.publish("ticker:options", option())
    assert client.receive() == option()
    for each in (client, other):
        assert each.ask({"action": "ping"}) == {"type": "pong"}


def test_malformed_ticks_are_skipped_and_counted(service: Service, broker: Broker) -> None:
    client = service.welcomed()
    client.ask(SUBSCRIBE_NIFTY)
    before = service.stats()["ticks_malformed"]
    bad = [b"", b"{", b"[]", b'{"symbol":"NIFTY"}', b'{"symbol":"NIFTY","x":"\xff"}', b"[" * 9999]
    for payload in bad:
        broker.publish("ticker:options", payload)
    broker.publish("ticker:other", json.dumps({"symbol": "NIFTY", "last_price": 1}).encode())
    broker.publish("ticker:options", option())
    assert client.receive() == option()
    assert service.stats()["ticks_malformed"] == before + len(bad) + 1


def test_a_message_too_large_is_refused(service: Service) -> None:
    client = service.welcomed()
    client.connection.send("x" * 65_537)
    assert closing(client).code == 1009


def test_statistics_return_to_zero(service: Service) -> None:
    for number in range(5):
        client = service.welcomed()
        client.ask(SUBSCRIBE_NIFTY)
        client.ask(SUBSCRIBE_NIFTY_BARS)
        if number % 2:
            client.close()
        else:
            client.connection.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0"
            )
            client.connection.socket.close()
    eventually(lambda: service.stats()["active_connections"] == 0, "all have left")
    assert service.stats()["total_subscriptions"] == 0


def test_health_and_unknown_paths(service: Service) -> None:
    assert service.get("/health") == {"status": "ok", "feed": "connected"}
    with pytest.raises(urllib.error.HTTPError, match="404"):
        service.get("/ws/elsewhere")


def test_limit_is_exact_under_a_burst(launch: Callable[..., Service], broker: Broker) -> None:
    service = launch(TICKER_MAX_CONNECTIONS="10")

    def attempt(_: int) -> Client | Close:
        client = service.connect()
        try:
            assert client.receive()["type"] == "connection"
        except ConnectionClosed as closed:
            return closed.rcvd or Close(1006, "")
        return client

    with ThreadPoolExecutor(40) as pool:
        outcomes = list(pool.map(attempt, range(40)))
    admitted = [outcome for outcome in outcomes if isinstance(outcome, Client)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Close)]
    assert len(admitted) == 10
    assert set(map(str, refused)) == {str(Close(1008, "max connections reached"))}
    assert closing(service.connect("garbage")) == Close(1008, "Authentication required")
    admitted[0].close()
    eventually(lambda: service.stats()["active_connections"] == 9, "a free place")
    assert service.welcomed().ask({"action": "ping"}) == {"type": "pong"}
    service.settle()


def test_idle_timeout(launch: Callable[..., Service], broker: Broker) -> None:
    service = launch(TICKER_IDLE_TIMEOUT_S="1")
    idle, pinging, listening = (service.welcomed() for _ in range(3))
    listening.ask(SUBSCRIBE_INSTRUMENT)
    start = time.monotonic()
    closed_after: list[float] = []

    def wait_for_close() -> None:
        assert closing(idle) == Close(1001, "idle timeout")
        closed_after.append(time.monotonic() - start)

    waiter = threading.Thread(target=wait_for_close)
    waiter.start()
    while time.monotonic() < start + 2:
        assert pinging.connection.ping().wait(5)
        broker.publish("ticker:options", option())
        assert listening.receive() == option()
        time.sleep(0.2)  # the pace of the activity, not a proof
    waiter.join(5)
    assert 0.99 <= closed_after[0] <= 1.5
    for client in (pinging, listening):
        assert client.ask({"action": "ping"}) == {"type": "pong"}


def test_a_slow_consumer_is_evicted_and_the_others_are_not(
    launch: Callable[..., Service], broker: Broker
) -> None:
    service = launch(TICKER_MAX_UNSENT_BYTES="65536")
    raw = deaf_client(service)
    text = json.dumps(SUBSCRIBE_NIFTY).encode()
    raw.sendall(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text)  # masked with zeros
    healthy = service.welcomed()
    healthy.ask(SUBSCRIBE_NIFTY)
    eventually(lambda: service.stats()["total_subscriptions"] == 2, "both subscribed")
    published = 0
    padding = "x" * 60_000

    def evicted() -> bool:
        nonlocal published
        for _ in range(20):
            published += 1
            broker.publish("ticker:options", option(sequence=published, padding=padding))
            assert healthy.receive()["sequence"] == published
        return bool(service.stats()["evicted_slow"] == 1)

    eventually(evicted, "the slow client is evicted")
    eventually(lambda: service.stats()["active_connections"] == 1, "it is cut off")
    raw.close()
    assert healthy.ask({"action": "ping"}) == {"type": "pong"}


def test_broker_restart(launch: Callable[..., Service]) -> None:
    own = Broker()
    service = launch(TICKER_FEED_URL=own.url)
    client = service.welcomed()
    client.ask(SUBSCRIBE_NIFTY)
    own.stop()
    assert client.receive() == {"type": "status", "status": "degraded"}
    with pytest.raises(urllib.error.HTTPError, match="503"):
        service.get("/health")
    assert client.ask(SUBSCRIBE_NIFTY_BARS)["type"] == "subscribed"
    late = service.welcomed()
    assert late.receive() == {"type": "status", "status": "degraded"}
    own.start()
    for each in (client, late):
        assert each.receive() == {"type": "status", "status": "recovered"}
    own.publish("ticker:underlying", bar())
    assert client.receive() == bar()
    assert service.get("/health")["feed"] == "connected"
    assert service.end()[0] == 0
    own.stop()


def test_a_silent_broker_is_noticed(launch: Callable[..., Service]) -> None:
    own = Broker()
    service = launch(TICKER_FEED_URL=own.url)
    client = service.welcomed()
    assert own.server._process is not None
    os.kill(own.server._process.pid, signal.SIGSTOP)
    try:
        assert client.receive() == {"type": "status", "status": "degraded"}
    finally:
        os.kill(own.server._process.pid, signal.SIGCONT)
    assert client.receive() == {"type": "status", "status": "recovered"}
    own.stop()


def test_sigterm_hands_out_the_last_ticks(launch: Callable[..., Service], broker: Broker) -> None:
    service = launch()
    clients = [service.welcomed() for _ in range(5)]
    for client in clients:
        client.ask(SUBSCRIBE_NIFTY)
    for number in range(500):
        broker.publish("ticker:options", option(sequence=number))
    service.process.send_signal(signal.SIGTERM)
    for client in clients:
        assert [client.receive()["sequence"] for _ in range(500)] == list(range(500))
        assert closing(client) == Close(1001, "server shutdown")
    assert service.process.wait(5) == 0


def test_sigterm_does_not_wait_for_a_client_that_does_not_leave(
    launch: Callable[..., Service], broker: Broker
) -> None:
    service = launch(TICKER_SHUTDOWN_GRACE_S="0.5")
    raw = deaf_client(service)
    eventually(lambda: service.stats()["active_connections"] == 1, "it is in")
    start = time.monotonic()
    assert service.end()[0] == 0
    assert time.monotonic() - start < 3
    raw.close()


def test_no_token_is_ever_written(service: Service, issuer: Issuer, broker: Broker) -> None:
    own = Service(
        {
            "TICKER_PORT": "0",
            "TICKER_FEED_URL": broker.url,
            "TICKER_JWKS": str(issuer.jwks),
            "TICKER_ISSUER": "test-issuer",
            "TICKER_AUDIENCE": "test-audience",
            "TICKER_LOG_LEVEL": "DEBUG",
        },
        issuer.token(),
    )
    good, expired = issuer.token(), issuer.token(exp=1)
    for token in (good, expired, "canary-token"):
        own.connect(token).close()
    own.connect(good, additional_headers={"Authorization": "Bearer canary-token"}).close()
    code, errors = own.end()
    assert code == 0
    for secret in (good, expired, "canary-token"):
        assert secret not in errors


def fail_to_start(environment: dict[str, str], **changes: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env={**os.environ, **environment, **changes},
        capture_output=True,
        text=True,
        timeout=10,
    )
    return done.returncode, done.stderr


def test_port_in_use(environment: dict[str, str], service: Service) -> None:
    port = service.url.removesuffix("/ws/ticks").rpartition(":")[2]
    assert fail_to_start(environment, TICKER_PORT=port) == (
        1,
        f"TICKER_PORT={port}: port is in use on 127.0.0.1; choose another or 0 for any free one\n",
    )


def test_bad_settings_and_keys_end_with_2(environment: dict[str, str]) -> None:
    code, errors = fail_to_start(environment, TICKER_PORT="x", TICKER_IDLE_TIMOUT_S="1")
    assert code == 2
    assert len(errors.splitlines()) == 2
    code, errors = fail_to_start(environment, TICKER_JWKS="/nowhere/jwks.json")
    assert code == 2
    assert errors.startswith("TICKER_JWKS=/nowhere/jwks.json: cannot be read: No such file")
    assert len(errors.splitlines()) == 1

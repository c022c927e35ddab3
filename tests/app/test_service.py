"""End to end: a real service, a real broker, real sockets."""

import itertools
import json
import signal
import socket
import threading
import time
import urllib.error
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from app.server import HANDSHAKE_TIMEOUT_S
from tests.app.harness import Broker, Client, Issuer, Lateness, Service, bar, fail_to_start, option
from tests.waiting import HANG_S, until

SUBSCRIBE_INSTRUMENT = {"action": "subscribe", "instruments": [256265]}
SUBSCRIBE_NIFTY = {"action": "subscribe", "symbols": ["NIFTY"]}
SUBSCRIBE_NIFTY_BARS = {"action": "subscribe", "symbol": "NIFTY", "type": "underlying"}


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_bad_token_is_told_why_it_is_closed(service: Service, token: str) -> None:
    opened = service.stats()["sessions_opened"]
    assert service.connect(token).closing() == Close(1008, "Authentication required")
    assert service.stats()["sessions_opened"] == opened


def test_no_token_is_refused(service: Service) -> None:
    assert service.dial().closing() == Close(1008, "Authentication required")


@pytest.mark.parametrize("length", [9_000, 100_000])
@pytest.mark.parametrize("carrier", ["query", "header"])
def test_a_long_token_is_refused_as_any_other(service: Service, carrier: str, length: int) -> None:
    token = "x" * length
    if carrier == "query":
        client = service.connect(token)
    else:
        headers = {"Authorization": f"Bearer {token}"}
        client = service.dial(additional_headers=headers)
    assert client.closing() == Close(1008, "Authentication required")


def test_a_handshake_without_end_is_cut_off(service: Service) -> None:
    """Cut off for its size: the time that a handshake may take is not over."""
    line = b"X-Filler: " + b"x" * 20_000 + b"\r\n"

    def send_and_wait(raw: socket.socket) -> None:
        for _ in range(50):
            raw.sendall(line)
        if not raw.recv(1):
            raise ConnectionError("the end of the stream")

    with socket.create_connection(service.address, timeout=HANG_S) as raw, Lateness() as late:
        began = time.monotonic()
        raw.sendall(b"GET /ws/ticks HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            send_and_wait(raw)
        assert time.monotonic() - began < HANDSHAKE_TIMEOUT_S + late.worst_s


def test_token_in_a_header(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.token}"}
    client = service.dial(additional_headers=headers)
    assert client.receive()["status"] == "connected"


def test_two_tokens_are_ambiguous(service: Service) -> None:
    headers = {"Authorization": "Bearer garbage"}
    client = service.connect(additional_headers=headers)
    assert client.closing() == Close(1008, "Authentication required")


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
    assert client.connection.recv(timeout=HANG_S) == published.decode()


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
    assert client.closing().code == 1009


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
    until(lambda: service.stats()["active_connections"] == 0, "all have left")
    assert service.stats()["total_subscriptions"] == 0


def test_health_and_unknown_paths(service: Service) -> None:
    assert service.get("/health") == {"status": "ok", "feed": "connected"}
    with pytest.raises(urllib.error.HTTPError, match="404"):
        service.get("/ws/elsewhere")


def test_limit_is_exact_under_a_burst(strict: Service) -> None:
    def attempt(_: int) -> Client | Close:
        client = strict.connect()
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
    assert strict.connect("garbage").closing() == Close(1008, "Authentication required")
    admitted[0].close()
    until(lambda: strict.stats()["active_connections"] == 9, "a free place")
    assert strict.welcomed().ask({"action": "ping"}) == {"type": "pong"}


def test_a_user_has_a_limit_of_its_own(launch: Callable[..., Service], issuer: Issuer) -> None:
    service = launch(TICKER_MAX_CONNECTIONS_PER_USER="2")
    own = [service.connect(issuer.token(sub="carol", jti=n)) for n in "abc"]
    for client in own[:2]:
        assert client.receive()["status"] == "connected"
    assert own[2].closing() == Close(1008, "max connections of this user reached")
    assert service.connect(issuer.token(sub="dave")).receive()["status"] == "connected"
    own[0].close()
    until(lambda: service.stats()["active_connections"] == 2, "carol has left")
    assert service.connect(issuer.token(sub="carol")).receive()["status"] == "connected"
    assert service.connect(issuer.token(sub="carol")).closing() is not None


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
        assert client.closing() == Close(1001, "server shutdown")
    assert service.process.wait(HANG_S) == 0


def test_no_token_is_ever_written(
    launch: Callable[..., Service], issuer: Issuer, tmp_path: Path
) -> None:
    file = tmp_path / "ticker.log"
    own = launch(TICKER_LOG_LEVEL="DEBUG", TICKER_LOG_FILE=str(file))
    good, expired = issuer.token(), issuer.token(exp=1)
    for token in (good, expired, "canary-token"):
        own.connect(token).close()
    own.connect(good, additional_headers={"Authorization": "Bearer canary-token"}).close()
    code, errors = own.end()
    assert code == 0
    assert "client left" in file.read_text()
    for secret in (good, expired, "canary-token"):
        assert secret not in errors
        assert secret not in file.read_text()


def test_port_in_use(environment: dict[str, str], service: Service) -> None:
    port = str(service.address[1])
    assert fail_to_start(environment, {"TICKER_PORT": port}) == [
        (
            1,
            f"TICKER_PORT={port}: port is in use on 127.0.0.1; "
            "choose another or 0 for any free one\n",
        )
    ]


def test_bad_settings_and_keys_end_with_2(environment: dict[str, str]) -> None:
    (of_settings, bad_settings), (of_keys, bad_keys), (of_file, bad_file) = fail_to_start(
        environment,
        {"TICKER_PORT": "x", "TICKER_IDLE_TIMOUT_S": "1"},
        {"TICKER_JWKS": "/nowhere/jwks.json"},
        {"TICKER_LOG_FILE": "/nowhere/ticker.log"},
    )
    assert of_file == 2
    assert bad_file == (
        "TICKER_LOG_FILE=/nowhere/ticker.log: cannot be written: No such file or directory; "
        "name another\n"
    )
    assert of_settings == 2
    assert len(bad_settings.splitlines()) == 2
    assert of_keys == 2
    assert bad_keys.startswith("TICKER_JWKS=/nowhere/jwks.json: cannot be read: No such file")
    assert len(bad_keys.splitlines()) == 1

"""What a client may ask, and what happens to one that asks for more."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from app import limits
from app.limits import CLOSE_GRACE_S, RateLimit
from app.messages import MAX_DEPTH, MAX_SELECTED, MAX_SYMBOL_LENGTH, InvalidMessage, parse_command
from app.server import HANDSHAKE_TIMEOUT_S
from tests.app.harness import Client, Service, eventually

RATE_LIMIT_EXCEEDED = Close(1008, "rate limit exceeded")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])

    def advance(seconds: float) -> None:
        now[0] += seconds

    return advance


def spent(rate: RateLimit, payload_bytes: int = 10) -> int:
    """Return how many frames in a row are allowed."""
    for count in range(10_000):
        if not rate.allows(payload_bytes):
            return count
    raise AssertionError("no limit")


def test_twice_the_rate_at_once(clock: Callable[[float], None]) -> None:
    assert spent(RateLimit(100)) == 200


def test_the_rate_in_the_long_run(clock: Callable[[float], None]) -> None:
    rate = RateLimit(100)
    for _ in range(1000):
        clock(0.01)
        assert rate.allows(10)
    clock(3600)
    assert spent(rate) == 200


def test_ten_times_the_rate_is_caught_within_a_second(clock: Callable[[float], None]) -> None:
    rate, elapsed = RateLimit(300), 0.0
    while rate.allows(10):
        clock(0.001)
        elapsed += 0.001
    assert 0.8 < elapsed < 0.9


def test_bytes_count_too(clock: Callable[[float], None]) -> None:
    assert spent(RateLimit(100), 64 * 1024) == 3


def test_nesting_is_limited() -> None:
    def nested(depth: int) -> str:
        return '{"action":"ping","note":' + "[" * depth + "]" * depth + "}"

    parse_command(nested(MAX_DEPTH - 1))
    for depth in (MAX_DEPTH, 500, 30_000):
        with pytest.raises(InvalidMessage, match="nested too deeply"):
            parse_command(nested(depth))


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"instruments": [1] * (MAX_SELECTED + 1)}, "at most 1,000 in one message"),
        ({"symbols": ["A"] * (MAX_SELECTED + 1)}, "at most 1,000 in one message"),
        ({"symbols": ["A" * (MAX_SYMBOL_LENGTH + 1)]}, "1 to 64 characters"),
    ],
)
def test_a_selector_is_limited(members: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidMessage, match=why):
        parse_command(json.dumps({"action": "subscribe", **members}))


@pytest.mark.parametrize(
    "text",
    [
        '{"action":"ping","action":"ping"}',
        '{"action":"ping","\\u0061ction":"subscribe"}',
        '{"action":"ping","note":{"a":1,"a":2}}',
    ],
)
def test_a_member_comes_once(text: str) -> None:
    with pytest.raises(InvalidMessage, match="a member is given twice"):
        parse_command(text)


def closing(client: Client) -> Close | None:
    """Read until the connection is closed; return the close frame."""
    try:
        while True:
            client.connection.recv(timeout=10)
    except ConnectionClosed as closed:
        return closed.rcvd


def test_a_flood_is_closed(service: Service) -> None:
    client = service.welcomed()
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            client.connection.send('{"action":"ping"}')
    assert closing(client) == RATE_LIMIT_EXCEEDED


def test_a_flood_of_control_frames_is_closed(service: Service) -> None:
    client = service.welcomed()
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            client.connection.pong()
    assert closing(client) == RATE_LIMIT_EXCEEDED


def test_the_rate_is_a_setting(launch: Callable[..., Service]) -> None:
    service = launch(TICKER_MAX_FRAMES_PER_S="2")
    client = service.welcomed()
    for _ in range(4):
        assert client.ask({"action": "ping"}) == {"type": "pong"}
    client.send({"action": "ping"})
    assert closing(client) == RATE_LIMIT_EXCEEDED


def test_subscriptions_of_a_client_are_limited(launch: Callable[..., Service]) -> None:
    service = launch(TICKER_MAX_SUBSCRIPTIONS="3")
    client = service.welcomed()
    assert client.ask({"action": "subscribe", "instruments": [1, 2]})["type"] == "subscribed"
    error = client.ask({"action": "subscribe", "instruments": [2, 3, 4]})
    assert error["message"] == "Invalid message format: more than 3 subscriptions"
    assert client.ask({"action": "subscribe", "instruments": [1, 2, 3]})["type"] == "subscribed"
    assert service.stats()["total_subscriptions"] == 3


def test_a_message_in_fragments_is_limited_as_a_whole(service: Service) -> None:
    client = service.welcomed()
    with contextlib.suppress(ConnectionClosed):
        client.connection.send("a" * 1024 for _ in range(65))
    close = closing(client)
    assert close is not None
    assert close.code == 1009


@contextlib.contextmanager
def silent_client(service: Service) -> Iterator[socket.socket]:
    """Let a client in that answers nothing."""
    host, port = service.url.removeprefix("ws://").split("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(
            f"GET /ws/ticks?token={service.token} HTTP/1.1\r\nHost: {host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        eventually(lambda: service.stats()["active_connections"] == 1, "admitted")
        yield raw


def test_who_does_not_leave_is_cut_off(service: Service) -> None:
    with silent_client(service) as raw:
        began = time.monotonic()
        raw.sendall(b"\x89\x00")  # a ping without mask
        eventually(lambda: service.stats()["active_connections"] == 0, "cut off")
        assert CLOSE_GRACE_S - 0.5 < time.monotonic() - began < CLOSE_GRACE_S + 2


def test_who_does_not_answer_is_reaped(launch: Callable[..., Service]) -> None:
    service = launch(TICKER_KEEPALIVE_S="0.3")
    with silent_client(service):
        eventually(lambda: service.stats()["active_connections"] == 0, "reaped")


def test_a_handshake_that_stalls_is_dropped(service: Service) -> None:
    host, port = service.url.removeprefix("ws://").split("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"GET /ws/ticks HTTP/1.1\r\n")
        began = time.monotonic()
        assert raw.recv(1) == b""
        assert time.monotonic() - began < HANDSHAKE_TIMEOUT_S + 2

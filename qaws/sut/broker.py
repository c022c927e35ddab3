"""The broker that feeds the service: an embedded one, or one that already runs.

The embedded one is a real server on a free port of the loopback interface; which one, its kind
says (`qaws.sut.brokers`). A scenario may take the broker down on purpose and bring it up again at
the same address; that it is away then is not a death.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from qaws.protocol.templates import filled
from qaws.runtime.ports import free_port
from qaws.runtime.trust import read_authority
from qaws.sut.brokers.exchange_server import ExchangeServer
from qaws.sut.brokers.http_taker import HttpTaker
from qaws.sut.brokers.kafka_server import KafkaServer
from qaws.sut.brokers.mqtt_server import MqttServer
from qaws.sut.brokers.nats_server import NatsServer
from qaws.sut.brokers.no_server import NoServer
from qaws.sut.brokers.redis_server import RedisServer
from qaws.sut.brokers.server import Server, Start
from qaws.sut.feed_section import FeedKind
from qaws.sut.sections import Grants
from qaws.sut.target import Target
from qaws.verdict import Broken, NotVerified

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

SERVERS: dict[FeedKind, Callable[[], Server]] = {
    "redis": RedisServer,
    "redis-streams": RedisServer,
    "nats": NatsServer,
    "mqtt": MqttServer,
    "kafka": KafkaServer,
    "zeromq": NoServer,
    "websocket": ExchangeServer,
    "command": NoServer,
}


class NotStarted(Broken):
    """The embedded broker ended before it answered; `Broken` for all who do not ask closer."""


class Broker:
    """A broker that answered.

    `is_away` is true while it is down on purpose: what fails meanwhile is nobody's death. `is_own`
    tells whether the suite has made it, so that nobody else knows its address.
    """

    def __init__(
        self,
        url: str,
        start: Start | None = None,
        grants: Grants | None = None,
        server: Server | None = None,
        is_own: bool | None = None,
    ) -> None:
        """Start the embedded broker, or take one that runs.

        Args:
            url: its address.
            start: starts the embedded broker at this address; None for one that was there before.
            grants: the commands that stop and start one that was there before.
            server: what kind of broker it is; default Redis.
            is_own: whether the suite has made it; default where it is embedded.
        """
        self.url = url
        self.server = server or RedisServer()
        self.is_away = False
        self.is_own = start is not None if is_own is None else is_own
        self._grants = grants or Grants()
        self._start = start
        self._process = start() if start else None
        self._place: socket.socket | None = None

    @property
    def shown_url(self) -> str:
        """Return the URL without its password, for messages and reports."""
        return shown(self.url.removesuffix(self.server.added))

    @property
    def told_url(self) -> str:
        """Return the address as the libraries of a service want it."""
        return self.server.told(self.url)

    @property
    def pid(self) -> int | None:
        """Return the process id of the embedded broker, None for one that was there before."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path | None:
        """Return the log of the embedded broker since its last start, None for another one."""
        return self._process.log if self._process else None

    def await_answer(self, within_s: float) -> None:
        """Wait until the broker answers; the embedded one, and no other that has its port.

        Another run's broker may have taken the port: its ticks must not mix with ours.

        Raises:
            Broken: it does not within `within_s` seconds, or cannot.
        """
        deadline = time.monotonic() + within_s
        while problem := self.server.problem(self.url, self._process, 1.0):
            if self._process and self._process.exit_code() is not None:
                raise NotStarted(f"the embedded broker did not start: {self._process.last_line()}")
            if time.monotonic() > deadline or isinstance(problem, self.server.final):
                raise Broken(f"[feed] broker {self.shown_url}: {self.server.unanswered(problem)}")
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
            NotVerified: there is none between suite and service.
        """
        if isinstance(self.server, NoServer):
            raise NotVerified(f"{self.shown_url}: there is no broker that could be stopped")
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
        return self.server.problem(self.url, None, ANSWER_ALLOWANCE_S) is None

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


def broker_of(target: Target, folder: Path) -> Broker:
    """Start or find the broker of a target's [feed], as `open_broker` does."""
    assert target.feed
    feed = target.feed
    if feed.url:
        broker = Broker(feed.url, server=HttpTaker(feed, target.feed_secrets))
        broker.await_answer(ANSWER_ALLOWANCE_S)
        return broker
    if feed.speaks != "websocket" and feed.broker == "embedded":
        return open_broker("embedded", folder, target.grants, feed.speaks)
    if feed.speaks != "websocket":
        server = SERVERS[feed.speaks]()
        if isinstance(server, KafkaServer):
            server.client = filled(feed.client, target.feed_secrets)
        server.trusts = read_authority(feed.ca_file)
        address = server.trusting(target.broker_address, feed.ca_file)
        return open_broker(address, folder, target.grants, feed.speaks, server)
    make, tries = partial(ExchangeServer, feed), PORTS_TO_TRY
    address = "" if feed.broker == "embedded" else target.broker_address
    return _open_embedded(folder, tries, make, address)


def open_broker(
    wanted: str,
    folder: Path,
    grants: Grants | None = None,
    kind: FeedKind = "redis",
    server: Server | None = None,
) -> Broker:
    """Start the embedded broker, or make sure that the given one answers.

    Args:
        wanted: "embedded", or its address; "" where none is known.
        folder: where the embedded broker keeps its log.
        grants: the target's commands that stop and start a broker that was there before.
        kind: what it speaks.
        server: what is known of it besides; default what its kind has.

    Raises:
        Broken: it cannot be started, or nobody answers at the address.
    """
    if wanted != "embedded":
        server = server or SERVERS[kind]()
        broker = Broker(wanted.removeprefix("zmq+"), grants=grants, server=server)
        broker.await_answer(ANSWER_ALLOWANCE_S)
        return broker
    return _open_embedded(folder, PORTS_TO_TRY, SERVERS[kind])


def _open_embedded(
    folder: Path, tries: int, make: Callable[[], Server], url: str | None = None
) -> Broker:
    """Start the embedded broker on a free port; on another one if it could not have that.

    Args:
        folder: where it keeps its log.
        tries: how many ports are tried.
        make: what kind of broker it is.
        url: where it must be; "" or None for a free port.
    """
    server = make()
    port = (urlsplit(url).port if url else None) or free_port()
    start = server.embedded(port, folder)
    broker = Broker(url or server.address(port), start, server=server, is_own=True)
    try:
        broker.await_answer(START_ALLOWANCE_S)
    except NotStarted:
        if tries == 1 or url:
            raise
        return _open_embedded(folder, tries - 1, make)
    except BaseException:
        broker.stop()
        raise
    return broker


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
    """Return a URL with its password replaced by ***; what stands alone before an @ is a token."""
    parts = urlsplit(url)
    if parts.password:
        return url.replace(f":{parts.password}@", ":***@")
    return url.replace(f"//{parts.username}@", "//***@") if parts.username else url

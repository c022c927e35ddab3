"""A feed on NATS, core: no stream keeps what it takes.

`flush` of nats-py proves nothing: its PING overtakes what is still buffered (2.16.0). So behind
what is published goes a message to the suite itself, on the same line, and what the server passes
on of that it has passed on of everything before: a server handles a line's messages in order.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

try:
    import nats
    import nats.errors
    from nats.aio.client import Client
    from nats.aio.msg import Msg
except ImportError:
    from qaws.verdict import Broken

    raise Broken(
        "[feed] is NATS, which needs nats-py: make feeds, or pip install nats-py"
    ) from None

from qaws.feed.outlets.outlet import (
    ANSWER_S,
    Breath,
    Listened,
    Listener,
    Message,
    OneLine,
    Take,
)
from qaws.runtime.loop import LoopThread
from qaws.runtime.trust import client_context
from qaws.sut.broker import Broker
from qaws.sut.brokers.nats_server import NatsServer
from qaws.sut.service import open_url
from qaws.verdict import NotVerified

ERRORS = (nats.errors.Error, OSError, TimeoutError)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out what asyncio says of each connection of nats-py over TLS (2.16.0)."""
    return "eof_received" not in record.getMessage()


logging.getLogger("asyncio").addFilter(_is_worth_a_line)


async def _connect(broker: Broker, name: str, told: Callable[[Exception], None]) -> Client:
    """Connect, once; who reconnects by itself would publish what nobody can tell the fate of.

    Where nobody listens the library tries for two minutes, also when it is not to reconnect
    (2.16.0); what its callback raises ends that.

    Args:
        broker: where, and whom to trust over TLS.
        name: what the server knows the connection by.
        told: takes what the server complains of later, such as a subject that is not allowed.
    """
    is_connected = False

    async def failed(problem: Exception) -> None:
        """Raise what keeps it from connecting; later on who publishes or listens is told."""
        if not is_connected:
            raise problem
        told(problem)

    trust = {"tls": client_context(broker.server.trusts)} if broker.server.trusts else {}
    client = await nats.connect(
        broker.url,
        name=name,
        allow_reconnect=False,
        connect_timeout=int(ANSWER_S),
        error_cb=failed,
        **trust,
    )
    is_connected = True
    return client


class _Line:
    """A connection on which a probe comes back."""

    client: Client

    def __init__(self) -> None:
        self._inbox = self._complaint = ""
        self._sent = 0
        self._waiting: dict[int, asyncio.Future[None]] = {}

    @classmethod
    async def open(cls, broker: Broker, name: str) -> _Line:
        """Connect, and make sure that probes come back."""
        line = cls()
        line.client = client = await _connect(broker, name, line._complained)
        try:
            line._inbox = client.new_inbox()
            await client.subscribe(line._inbox, cb=line._came_back)
            await line.probe()
        except BaseException:
            await line.close()
            raise
        return line

    def _complained(self, problem: Exception) -> None:
        self._complaint = self._complaint or str(problem)

    async def _came_back(self, message: Msg) -> None:
        waiting = self._waiting.pop(int(message.data), None)
        if waiting and not waiting.done():
            waiting.set_result(None)

    async def probe(self, within_s: float = ANSWER_S) -> None:
        """Wait until the server has handled all that went this way before.

        Raises:
            TimeoutError: it does not say so in time.
            OSError: it has refused something since the last time: a complaint comes before the
                answer.
        """
        self._sent += 1
        number, came = self._sent, asyncio.get_running_loop().create_future()
        self._waiting[number] = came
        try:
            await self.client.publish(self._inbox, b"%d" % number)
            await asyncio.wait_for(came, within_s)
        except TimeoutError:
            said = self._complaint or f"the server took nothing for {within_s:g} s"
            raise TimeoutError(said) from None
        finally:
            self._waiting.pop(number, None)
        if self._complaint:
            complaint, self._complaint = self._complaint, ""
            raise OSError(complaint)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand over messages; return when the server has passed on all of them."""
        for channel, payload in messages:
            data = payload.encode() if isinstance(payload, str) else payload
            if len(data) > self.client.max_payload:
                raise NotVerified(
                    f"this NATS server takes no message of {len(data)} bytes "
                    f"(max_payload is {self.client.max_payload})"
                )
            await self.client.publish(channel, data)
        await self.probe()

    async def close(self) -> None:
        """Leave the server."""
        with suppress(*ERRORS):
            await self.client.close()


class NatsCore(OneLine):
    """NATS core. Only an embedded server tells who listens, and only when it is asked."""

    kind = "NATS"
    is_late = True
    errors = ERRORS

    async def open(self) -> _Line:
        """Connect."""
        return await _Line.open(self._broker, "qaws")

    def is_open(self, line: _Line) -> bool:
        """Return whether the server is there."""
        return bool(line.client.is_connected)

    async def hand_over(self, line: _Line, messages: Sequence[Message]) -> None:
        """Return when the server has passed on all."""
        await line.publish(messages)

    async def shut(self, line: _Line) -> None:
        """Leave the server."""
        await line.close()

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give a connection on a loop of its own, for whose answers a thread can wait."""
        loop = LoopThread()
        line = None
        try:
            line = loop.call(_Line.open(self._broker, "qaws"), 2 * ANSWER_S)
            yield _Apart(line, loop)
        finally:
            if line:
                with suppress(*ERRORS):
                    loop.call(line.close(), ANSWER_S)
            loop.stop()

    def listener(self, name: str) -> Listener | None:
        """Return what hears others who publish."""
        return _Subscriber(self._broker, name)

    async def listened_to(self) -> Listened | None:
        """Return the subjects that somebody has subscribed to, where the server is embedded."""
        server = self._broker.server
        if not isinstance(server, NatsServer) or not server.monitor:
            return None
        told = await asyncio.to_thread(_asked, f"{server.monitor}/connz?subs=1&limit=1024")
        of_others = [each for each in told["connections"] if each.get("name") != "qaws"]
        subjects = [s for each in of_others for s in each.get("subscriptions_list", ())]
        named = [each for each in subjects if not each.startswith("_INBOX.")]
        patterns = {each for each in named if not {"*", ">"}.isdisjoint(each.split("."))}
        plain = set(named) - patterns
        return Listened(tuple(sorted(plain)), tuple(sorted(patterns)), len(named), fits)


def _asked(url: str) -> Any:
    with open_url(url, ANSWER_S) as answer:
        return json.load(answer)


def fits(pattern: str, subject: str) -> bool:
    """Return whether a subject fits one with wildcards: `*` is one token, `>` the rest."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        if len(given) < len(wanted):
            return False
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    return len(wanted) == len(given) and all(
        w in ("*", g) for w, g in zip(wanted, given, strict=True)
    )


class _Apart(Breath):
    """Messages on a loop of their own."""

    def __init__(self, line: _Line, loop: LoopThread) -> None:
        self._line, self._loop = line, loop

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over messages behind each other; return when the server has passed them on."""
        if command:
            raise NotVerified("NATS cuts nobody off at the suite's word")
        self._loop.call(self._line.publish(messages), 2 * ANSWER_S)
        return [None] * len(messages)


class _Subscriber(Listener):
    """Subscribed to channels on a connection of its own, whose probe comes behind them."""

    def __init__(self, broker: Broker, name: str) -> None:
        self._broker = broker
        self._line: _Line | None = None
        self._subscriptions: list[Any] = []

    @property
    def is_on(self) -> bool:  # type: ignore[override]
        """Return whether it hears what is published."""
        return self._line is not None and self._line.client.is_connected

    async def begin(self, channels: Collection[str], take: Take) -> None:
        """Listen from now on: what is behind the probe is heard."""

        async def heard(message: Msg) -> None:
            take(message.subject, message.data)

        self.problem = ""
        try:
            line = await _Line.open(self._broker, "qaws")
            try:
                self._subscriptions = [await line.client.subscribe(c, cb=heard) for c in channels]
                await line.probe()
            except BaseException:
                await line.close()
                raise
            self._line = line
        except ERRORS as problem:
            self.problem = str(problem)

    async def settle(self, within_s: float) -> None:
        """Wait for a probe, and for what lies before it: each subscription has its own queue."""
        assert self._line
        with suppress(*ERRORS):
            async with asyncio.timeout(within_s):
                await self._line.probe(within_s)
                while any(s.pending_msgs for s in self._subscriptions):  # noqa: ASYNC110
                    await asyncio.sleep(0)

    async def end(self) -> None:
        """Listen no longer."""
        line, self._line = self._line, None
        if line:
            await line.close()

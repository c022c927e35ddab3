"""A feed over HTTP: each tick is the body of one request, and its answer says that it was taken.

The connection is kept between requests, as a publisher would. A server may end one that is idle at
any moment, and who then asks again does not know whether it was heard twice: so nothing is ever
sent twice here. A connection that has been idle for longer than any server leaves it alone, or that
the server has ended, is replaced before a tick goes over it.
"""

from __future__ import annotations

import asyncio
import math
import select
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from qaws.feed.outlets.outlet import ANSWER_S, Breath, Message, Outlet
from qaws.runtime.trust import context_for, problem_in_words
from qaws.sut.broker import Broker
from qaws.sut.brokers.http_taker import HttpTaker
from qaws.sut.service import DYING_S, Service
from qaws.verdict import NotVerified, without_tokens

IDLE_S = 1.0
"""For how long a connection is kept without a request: servers end one that was idle for 2 seconds
(gunicorn), for 5 (uvicorn, Node.js), or when they like."""
ENDING_S = 0.5
"""How long a service that was told to end may need for an answer: many give none any more."""
GOING_S = 0.9
"""For how long the port of a connection that has ended is nobody else's: on the loopback interface
Linux gives it to another one after a second at the earliest (net.ipv4.tcp_tw_reuse)."""
LONGEST = 64 * 1024
"""Bytes of an answer that are read; behind more of them the connection is given up."""
SHOWN = 120

HINTS = {
    **dict.fromkeys((401, 403, 407), "headers, secrets"),
    **dict.fromkeys((404, 405, 410, 501), "url, method"),
    **dict.fromkeys((411, 415, 406), "content_type, headers"),
}
"""Statuses that speak of the request and not of the tick → the keys to look at."""


class Refused(OSError):
    """An answer that is no 2xx."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


class _Line:
    """A connection to whoever takes ticks; it blocks whoever uses it."""

    def __init__(self, parts: SplitResult, authority: str, service: Service | None) -> None:
        """Connect.

        Args:
            parts: of the URL.
            authority: what `context_for` takes.
            service: who takes ticks there, where that is known; it is told the port of this end.

        Raises:
            OSError: nobody answers there, or with a certificate that is not trusted.
        """
        host, port = parts.hostname or "", parts.port
        self._service, self._port = service, 0
        context = context_for(f"{parts.scheme}:", authority)
        self._connection: HTTPConnection = (
            HTTPSConnection(host, port, timeout=ANSWER_S, context=context)
            if context
            else HTTPConnection(host, port, timeout=ANSWER_S)
        )
        try:
            self._connection.connect()
        except OSError as problem:
            self.close()
            said = problem_in_words(problem) or problem.strerror or str(problem)
            raise OSError(f"cannot connect: {said}") from None
        self._answered = time.monotonic()
        self._port = int(self._connection.sock.getsockname()[1])
        if service:
            service.fed_from[self._port] = math.inf

    @property
    def is_fresh(self) -> bool:
        """Return whether a request can go over it: it is open, and nobody may have ended it."""
        line = self._connection.sock
        if line is None or time.monotonic() - self._answered > IDLE_S:
            return False
        look = select.poll()  # select() knows no descriptor above 1023, and clients have those
        look.register(line, select.POLLIN)
        return not look.poll(0)  # its end, or an answer to nothing

    def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, within_s: float
    ) -> tuple[int, str, str, str]:
        """Ask once; return status, its phrase, where it points to, and the beginning of the body.

        Raises:
            OSError: no answer came, or not in time: whether the request was heard nobody knows.
        """
        try:
            assert self._connection.sock
            self._connection.sock.settimeout(within_s)
            self._connection.request(method, target, body, dict(headers))
            answer = self._connection.getresponse()
            text = answer.read(LONGEST)
            if answer.will_close or not answer.isclosed():  # the rest would be the next answer
                self.close()
        except TimeoutError:
            self.close()
            raise TimeoutError(f"gave no answer within {within_s:g} s") from None
        except (OSError, HTTPException) as problem:
            self.close()
            said = f"{type(problem).__name__}: {problem}".rstrip(": ")
            raise OSError(
                f"cut the connection before its answer was there ({said}); whether the tick was "
                "taken nobody knows"
            ) from None
        self._answered = time.monotonic()
        shown = text[: 4 * SHOWN].decode("utf-8", "replace")
        return answer.status, answer.reason or "", answer.getheader("Location") or "", shown

    def close(self) -> None:
        """End it."""
        self._connection.close()
        if self._service and self._service.fed_from.get(self._port) == math.inf:
            self._service.fed_from[self._port] = time.monotonic() + GOING_S


class HttpPosts(Outlet):
    """Requests, one for each tick, to each service of the scenario or to one address."""

    kind = "HTTP"
    is_direct = True

    def __init__(self, broker: Broker) -> None:
        """Begin without a connection.

        Args:
            broker: has an `HttpTaker`.
        """
        assert isinstance(broker.server, HttpTaker)
        self._broker, self._taker = broker, broker.server
        self._lines: dict[str, _Line] = {}
        self._leaving: list[Service] = []
        self._turn = threading.Lock()  # a step that is given up leaves its thread behind

    def hand_over(self, channel: str, payload: str | bytes) -> int | None:
        """Hand over one message to each that takes them; return how many have, None: nobody knows.

        A service that was told to end, or has died, may refuse it or take it: what comes of that is
        for scenarios to judge, and no problem of the feed.

        Raises:
            OSError: somebody else does not take it.
        """
        data = payload.encode() if isinstance(payload, str) else payload
        taken, is_known = 0, True
        for url, service in self._taker.addresses(channel):
            if service and any(service is each for each in self._leaving):
                is_known = False
                continue
            try:
                with self._turn:
                    self._post(url, service, channel, data)
                taken += 1
            except OSError:
                if service is None or not _is_leaving(service):
                    raise
                self._leaving.append(service)
                is_known = False
        return taken if is_known else None

    def _post(self, url: str, service: Service | None, channel: str, data: bytes) -> None:
        """Make one request.

        Raises:
            OSError: the answer is no 2xx, or there is none; the text says how and where.
        """
        section, parts = self._taker.section, urlsplit(url)
        where = f"{section.method} {self._taker.shown(url)}"
        within_s = ENDING_S if service and service.told_to_end else ANSWER_S
        try:
            line = self._line(parts, service)
            target = parts.path or "/"
            target += f"?{parts.query}" if parts.query else ""
            headers = self._taker.headers(channel)
            status, phrase, elsewhere, body = line.ask(
                section.method, target, headers, data, within_s
            )
        except OSError as problem:
            raise type(problem)(self._taker.shown(f"{where} {problem}")) from None
        except (ValueError, HTTPException) as problem:  # what cannot be sent at all
            said = f"{where}: {problem}; look at [feed] url, headers"
            raise OSError(self._taker.shown(said)) from None
        if not 200 <= status < 300:
            said = f"{where} answers {status} {phrase}".rstrip()
            raise Refused(self._taker.shown(said + _more(status, elsewhere, body)), status)

    def _line(self, parts: SplitResult, service: Service | None) -> _Line:
        """Return the connection to where a URL leads, a new one where the last is not to be used.

        A service is told its port, so that nobody takes it for a client's.
        """
        place = f"{parts.scheme}://{parts.netloc}"
        line = self._lines.get(place)
        if line and line.is_fresh:
            return line
        if line:
            line.close()
        line = self._lines[place] = _Line(parts, self._taker.authority, service)
        return line

    async def publish(self, channel: str, payload: str | bytes) -> int | None:
        """Hand over one message; who waits for the answer holds up nobody else."""
        return await asyncio.to_thread(self.hand_over, channel, payload)

    async def offer(self, channel: str, payload: bytes) -> None:
        """Hand over what is no tick: an answer that refuses what it says is right too."""
        try:
            await self.publish(channel, payload)
        except Refused as refused:
            if refused.status < 400 or refused.status in HINTS:
                raise

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Outlet]:
        """Give one with connections of its own."""
        other = HttpPosts(self._broker)
        try:
            yield other
        finally:
            await other.close()

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give requests that follow each other without a break."""
        yield _Requests(self)

    async def hang_up(self) -> None:
        """Give up the connections."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            line.close()

    async def close(self) -> None:
        """Give up the connections."""
        await self.hang_up()


class _Requests(Breath):
    """Requests behind each other."""

    def __init__(self, outlet: HttpPosts) -> None:
        self._outlet = outlet

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over messages behind each other; return when the last was answered."""
        if command:
            raise NotVerified("HTTP cuts nobody off at the suite's word")
        return [self._outlet.hand_over(*each) for each in messages]


def _is_leaving(service: Service) -> bool:
    """Return whether a service that took no tick was told to end, or has died."""
    if service.told_to_end or service.process is None:
        return service.told_to_end
    time.sleep(DYING_S)
    return service.has_ended()


def _more(status: int, elsewhere: str, body: str) -> str:
    """Return what an answer says besides its status, and the way out."""
    if 300 <= status < 400:
        to = f" to {elsewhere}" if elsewhere else ""
        return f", a redirect{to}, which is not followed; give [feed] url the right address"
    line = " ".join(without_tokens(body).split())
    line = line[:SHOWN] + "…" if len(line) > SHOWN else line
    said = f': "{line}"' if line else ""
    return f"{said}; look at [feed] {HINTS[status]}" if status in HINTS else said

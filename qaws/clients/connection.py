"""Client connections over real sockets: each records every frame, and what it is entitled to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from ssl import SSLError
from typing import Any

import msgspec
import websockets
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.protocol import Event, State

from qaws.clients.address import Untrusted, redacted
from qaws.clients.endings import Ending
from qaws.clients.frame_log import Frame, FrameKind
from qaws.clients.newcomer import Newcomer
from qaws.clients.recorder import CUT_HANDSHAKE, Rewritten, Unanswered, dial
from qaws.protocol.answers import in_words, seconds_ahead
from qaws.protocol.dialect import Said
from qaws.protocol.encoding import Undecodable
from qaws.protocol.joined import several_texts
from qaws.protocol.twice import ambiguity
from qaws.runtime.dialing import reset_at_close
from qaws.runtime.trust import problem_in_words
from qaws.verdict import Broken

OPENING = "opening"
"""The type of what a service says before the welcome, and a client waits for."""

OPEN_ALLOWANCE_S = 10.0
"""How long TCP connect and handshake may take before the service counts as unreachable."""


def _opens(number: int, frame: Frame) -> bool:
    said = frame.message
    return isinstance(said, dict) and said.get("type") == OPENING and said.get("number") == number


@dataclass
class Connection(Newcomer):
    """One client's connection, from the handshake to its end.

    `came_with` says in words what kind of token it showed, in which place, from which page;
    `authority` is what `client_context` takes. `end_was_due` is set by the step that found the
    service's close to be right; a client that loses its connection in any other way has not
    received what it was due. `goodbye` is code and reason of its own close frame; no code: no body.
    """

    authority: str = field(default="", repr=False, kw_only=True)
    came_with: str = ""
    breaches: list[str] = field(default_factory=list)
    url: str = ""
    started_ns: int = 0
    ending: Ending | None = None
    end_was_due: bool = False
    _fragments: list[bytes] = field(default_factory=list)
    _opcode: Opcode = Opcode.TEXT
    has_vanished: bool = False
    goodbye: tuple[int | None, str] = (1000, "")

    # --- opening and ending -------------------------------------------------------------------

    async def open(
        self,
        url: str,
        headers: Iterable[tuple[str, str]] = (),
        receive_buffer: int | None = None,
        *,
        may_be_gone: bool = False,
        compression: bool = False,
        written: Rewritten | None = None,
    ) -> None:
        """Connect and do the WebSocket handshake; whatever is answered is noted, not raised.

        Args:
            url: the endpoint, with its query.
            headers: names and values of headers; a name may come twice.
            receive_buffer: bytes that the kernel keeps (SO_RCVBUF), to see soon who does not read.
            may_be_gone: note it, too, when nobody listens or answers.
            compression: offer it, as browsers do.
            written: makes of the request another one that means the same.

        Raises:
            Broken: nobody listens there.
        """
        self.started_ns, self.url, self.owed = time.monotonic_ns(), redacted(url), []
        headers = list(headers)
        plain = [(n, v) for n, v in headers if n != "Authorization"]
        shown = [f"{n}: {v}" for n, v in plain if not any(each in v for each in self._secrets)]
        asked = "; ".join([f"GET {self.url}", *shown])
        self._note("→", "handshake", asked + self.dialect.encoding.remark)
        try:
            opened = await dial(
                self,
                url,
                headers,
                OPEN_ALLOWANCE_S,
                receive_buffer,
                compression=compression,
                authority=self.authority,
                written=written,
            )
        except InvalidStatus as refusal:
            self.refusal, self.http_status = refusal.response, refusal.response.status_code
            self.location = refusal.response.headers.get("Location")
            body = (refusal.response.body or b"")[:500].decode("utf-8", "replace").strip()
            self._note("←", "handshake", f"the answer's body: {body or '(empty)'}")
        except CUT_HANDSHAKE as problem:
            self.http_error = f"{type(problem).__name__}: {problem}"
            self._note("←", "end", f"the handshake failed: {self.http_error}")
        except Unanswered:
            self.unanswered()
        except TimeoutError:
            said = f"no network connection came about in {OPEN_ALLOWANCE_S:g} s"
            self._unreachable(said, url, may_be_gone)
        except SSLError as problem:
            raise Untrusted(f"{self.url}: {problem_in_words(problem)}") from None
        except OSError as problem:
            said = f"cannot connect: {problem}; is the service running there?"
            self._unreachable(said, url, may_be_gone)
        else:
            self.http_status = 101
            self._socket = opened
            self._pay()
            if agreed := self.extensions:
                self._note("←", "handshake", f"agreed: {agreed}")
            await self._say_openings()

    async def _say_openings(self) -> None:
        """Say what opens a session, each part when what it waits for has come."""
        for opening in self.dialect.openings(self.shown):
            if opening.after is not None:
                told = await self.wait_for(partial(_opens, opening.after), None, OPEN_ALLOWANCE_S)
                if told is not None:
                    self.dialect.remember(told.message["taken"])
            if opening.text:
                self._hide_token(await self.send(opening.text))
        if not self.dialect.welcomes:
            await self.send(self.dialect.ping())

    @property
    def is_welcomed(self) -> bool:
        """Return whether it was welcomed; where no service does so, whether a ping was answered."""
        return self.let_in is not None

    @property
    def let_in(self) -> Frame | None:
        """Return the first frame that shows that it was let in, as `is_welcomed` has it."""
        return next(self.received("welcome" if self.dialect.welcomes else "pong"), None)

    def _unreachable(self, problem: str, url: str, may_be_gone: bool) -> None:
        if not may_be_gone:
            raise Broken(f"{redacted(url)}: {problem}") from None
        self.http_error = problem
        self._note("←", "end", problem)

    def unanswered(self) -> None:
        """Note that somebody took the connection and did not answer the handshake in time."""
        self.http_error = f"it was not answered in {OPEN_ALLOWANCE_S:g} s"
        self._note("←", "end", f"the handshake failed: {self.http_error}")

    async def close(self) -> None:
        """Close cleanly and wait for the service's answer; cut what has vanished."""
        if self.is_open and self._socket:
            self._stop_entitlements()
            self._note("→", "close", self.goodbye[1], code=self.goodbye[0])
            await self._socket.close(*self.goodbye)  # type: ignore[arg-type]
        elif self.has_vanished:
            self.cut()

    def cut(self) -> None:
        """End the network connection at once, where there is one; nothing is noted."""
        if self._socket:
            self._socket.transport.abort()

    async def reset(self) -> None:
        """Cut the connection: a TCP reset, as when a machine loses power behind a router."""
        if self._socket is not None and not self._over:
            reset_at_close(self._socket.transport)
        await self._end_tcp("the client cuts the connection (TCP reset)")

    async def hang_up(self) -> None:
        """End TCP without a close frame, as the system does for a program that was killed."""
        await self._end_tcp("the client ends TCP (FIN) without a close frame")

    async def _end_tcp(self, how: str) -> None:
        if self._socket is not None and not self._over:
            self._stop_entitlements()
            self._note("→", "end", how)
            self._socket.transport.abort()
            await self._socket.wait_closed()

    @property
    def extensions(self) -> str:
        """Return the extensions that were agreed, "" for none."""
        return ", ".join(map(str, self._socket.protocol.extensions)) if self._socket else ""

    def stop_reading(self) -> None:
        """Leave everything that comes in the kernel's buffer, as a client that hangs does."""
        if self._socket and not self._over:
            self._note("→", "end", "the client stops reading")
            self._socket.transport.pause_reading()

    def pause_reading(self) -> None:
        """Leave what comes in the kernel's buffer for a while, as at the end of a long line."""
        if self._socket:
            self._socket.transport.pause_reading()

    def read_on(self) -> None:
        """Read again, and first what has come meanwhile."""
        if self._socket:
            self._socket.transport.resume_reading()

    def vanish(self) -> None:
        """Neither read nor answer from now on; the socket stays until the scenario ends."""
        if self._socket:
            self._stop_entitlements()
            self._note("→", "end", "the client vanishes: its socket stays, nobody reads from it")
            self.has_vanished = True
            self.ending = Ending(time.monotonic_ns(), 1006, "", "the client")
            self._socket.transport.pause_reading()

    @property
    def ended_by_service(self) -> bool:
        """Return whether the service began to close."""
        return self.ending is not None and self.ending.by == "the service"

    @property
    def disconnected_ns(self) -> int | None:
        """Return when the network connection ended (`time.monotonic_ns()`), None before that."""
        ends = (f.at_ns for f in reversed(self.log) if (f.kind, f.direction) == ("end", "←"))
        return next(ends, None)

    @property
    def was_lost(self) -> bool:
        """Return whether the connection ended while it held a subscription, for no known reason."""
        return (
            self.ending is not None
            and self.ending.by != "the client"
            and not self.end_was_due
            and any(e.ending_ns is None for e in self.entitlements)
        )

    @property
    def is_open(self) -> bool:
        """Return whether the handshake succeeded and neither side has begun to close."""
        return self.ending is None and self._socket is not None and self._socket.state is State.OPEN

    def lived_s(self) -> float:
        """Return for how long it has been open, in seconds: until now, or until its end."""
        end_ns = self.ending.at_ns if self.ending else time.monotonic_ns()
        return (end_ns - self.started_ns) / 1e9 if self.http_status == 101 else 0.0

    # --- the log ------------------------------------------------------------------------------

    def arrived(self, frame: WireFrame) -> None:
        """Log a frame that has just arrived; called by the socket."""
        at_ns = time.monotonic_ns()
        if frame.opcode is Opcode.CLOSE:
            close = websockets.frames.Close.parse(frame.data)
            by_us = any(f.kind == "close" and f.direction == "→" for f in self.log)
            self.ending = self.ending or Ending(
                at_ns, close.code, close.reason, "the client" if by_us else "the service"
            )
            self._note("←", "close", close.reason, code=close.code, at_ns=at_ns)
        elif frame.opcode in (Opcode.PING, Opcode.PONG):
            kind: FrameKind = "ping" if frame.opcode is Opcode.PING else "pong"
            self._note("←", kind, bytes(frame.data).hex(), at_ns=at_ns)
        else:
            if frame.opcode is not Opcode.CONT:
                self._opcode = frame.opcode
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                data = b"".join(self._fragments)
                self._fragments.clear()
                self._message(at_ns, data, binary=self._opcode is Opcode.BINARY)
        self._stop_waiting()

    def answered(self, event: Event) -> None:
        """Log the answer to the handshake; called by the socket."""
        if isinstance(event, Response):
            self.service_ahead_s = seconds_ahead(event.headers.get("Date"))
            self._note("←", "handshake", f"HTTP {event.status_code} {event.reason_phrase}")

    def misunderstood(self, problem: Exception) -> None:
        """Note bytes that are against RFC 6455; the library then ends the connection by itself."""
        if self.ending is None:
            self.ending = Ending(
                time.monotonic_ns(),
                1002,
                str(problem),
                "the client, because the service broke the WebSocket protocol",
            )
            self.breaches.append(f"{self.name} received bytes against RFC 6455: {problem}")
            self._note("←", "end", f"not understood, so the client ends the connection: {problem}")

    def ill_formed(self, problem: str) -> None:
        """Note bytes that are against RFC 6455 although the library reads them; once will do."""
        breach = f"{self.name} received bytes against RFC 6455: {problem}"
        if not any("against RFC 6455" in each for each in self.breaches):
            self.breaches.append(breach)

    def ended(self) -> None:
        """Note the end of the network connection; called by the socket."""
        now = time.monotonic_ns()
        if self.ending is None:
            cut_by_us = any(f.kind == "end" and f.direction == "→" for f in self.log)
            self.ending = Ending(
                now,
                1006,
                "",
                "the client" if cut_by_us else "nobody: the network connection was cut",
            )
        self._over = True
        self._note("←", "end", "the network connection has ended", at_ns=now)

    def _message(self, at_ns: int, data: bytes, binary: bool) -> None:
        encoding, unread = self.dialect.encoding, ""
        is_other = binary or encoding.reads_texts
        raw = data.decode("latin-1") if is_other and not encoding.tells_all else ""
        try:
            if is_other:
                data, binary = encoding.decoded(data, binary=binary), False
            doubled = ambiguity(data.decode("utf-8"))
            said = self.dialect.read(data)
            if doubled and said:
                said[0] = replace(said[0], problem=said[0].problem or doubled)
        except Undecodable as problem:
            said = [Said(None, str(problem))]
        except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as problem:
            unread = several_texts(data) or f"a frame that is not JSON: {problem}"
            self.breaches.append(f"{self.name} received {unread}")
            said = [Said(None)]
        kind: FrameKind = "binary" if binary else "text"
        text = data.decode("utf-8", "replace")
        for part, each in enumerate(said):
            if each.problem:
                broken = f"received a message that breaks the contract: {each.problem}"
                self.breaches.append(f"{self.name} {broken}: {text[:200]}")
            in_order_ns = at_ns + part  # what stands behind in one message came behind
            frame = self._note("←", kind, text, message=each.message, at_ns=in_order_ns)
            frame.part, frame.echo, frame.raw = part, each.echo, raw
            frame.problem = each.problem or unread
            if each.answer is not None:
                self._answer(each.answer)

    def exactly(self, frame: Frame) -> Any:
        """Return what a frame says in the words of `qa-ws`, each number kept digit for digit."""
        return self.dialect.exactly_as(frame.text, frame.part, frame.message)

    def received(self, kind: str | None = None) -> Iterator[Frame]:
        """Yield the messages that have arrived, oldest first.

        Args:
            kind: only these, in the words of the features: "welcome", "option tick", "error" …;
                "tick" stands for every kind of tick.
        """
        for frame in self.log:
            if frame.direction == "←" and isinstance(frame.message, dict):
                if frame.message.get("type") == OPENING:
                    continue
                is_it = (
                    self.dialect.is_tick(frame.message)
                    if kind == "tick"
                    else kind in (None, self.dialect.kind(frame.message))
                )
                if is_it:
                    yield frame

    @property
    def session_id(self) -> str | None:
        """Return the session id of the welcome, None before it came."""
        welcome = next(self.received("welcome"), None)
        return welcome.message.get("session_id") if welcome else None

    def summary(self) -> str:
        """Say in a few words what this client has seen, for messages."""
        if self.http_status not in (None, 101):
            at = f" at {self.turned_at}" if self.turned_at else ""
            words = f"{at}, which refused_when takes for a refusal" if self.turned_by_words else at
            return in_words(self.http_status, self.location) + words
        if self.http_error:
            return f"a handshake that failed: {self.http_error}"
        counts = Counter(self.dialect.kind(frame.message) for frame in self.received())
        if unread := [each for each in self.log if each.is_unread]:
            counts["message that nobody can read"] = len(unread)
        seen = ", ".join(f"{n} x {kind}" for kind, n in counts.items()) or "no message"
        if pings := sum(1 for f in self.log if f.kind == "ping" and f.direction == "←"):
            seen += f", {pings} x WebSocket ping of the service, answered by a pong"
        return f"{seen}; {self.ending or 'still open'}"

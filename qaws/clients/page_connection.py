"""A page's connection: the browser's own WebSocket, with the log and the dialect of any client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from qaws.clients.address import redacted
from qaws.clients.browser_page import BrowserPage, Heard
from qaws.clients.connection import OPEN_ALLOWANCE_S, Connection
from qaws.clients.endings import Ending
from qaws.clients.frame_log import Frame
from qaws.protocol.speech import concealed
from qaws.verdict import Broken

P = ParamSpec("P")
T = TypeVar("T")

LOOK_S = 0.02
"""How often the page's notes are read; each of them bears its own instant."""
CLOSE_ALLOWANCE_S = 1.0
CUT = 1006
"""What a browser says instead of a code where no close frame came (RFC 6455, section 7.1.5)."""


@dataclass
class PageConnection(Connection):
    """One connection of a page; what the browser does by itself, such as pongs, is not seen.

    `failed`: why the page could not be listened to any more; None while it can be.
    """

    page: BrowserPage = field(repr=False, kw_only=True)
    failed: Broken | None = field(default=None, kw_only=True)
    _agreed: str = ""
    _leaves: bool = False
    _listening: asyncio.Task[None] | None = None

    async def come(
        self, url: str, protocols: Sequence[str] = (), cookie: tuple[str, str] | None = None
    ) -> None:
        """Let the page connect and open its session; whatever is answered is noted, not raised.

        Args:
            url: the service's address, with the token where it goes there.
            protocols: the subprotocols that the page offers.
            cookie: name and value of one for the service's host.

        Raises:
            Broken: the browser does not do what it is told.
        """
        self.started_ns = time.monotonic_ns()
        self.url = redacted(url)
        remark = self.dialect.encoding.remark
        self._note("→", "handshake", f"GET {self.url}, by the page of {self.page.origin}{remark}")
        await self._in_page(self.page.connect, url, self.shown or "", protocols, cookie)
        self._listening = asyncio.get_running_loop().create_task(self._listen())
        answered = await self.wait_for(
            lambda f: f.kind in ("handshake", "end"), None, OPEN_ALLOWANCE_S
        )
        if answered is None:
            self.unanswered()
        if self.is_open:
            await self._say_openings()

    async def _in_page(self, act: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        return await asyncio.to_thread(act, *args, **named)

    async def _listen(self) -> None:
        try:
            while not self._over:
                for each in await self._in_page(self.page.heard):
                    await self._take(each)
                await asyncio.sleep(LOOK_S)
        except Broken as problem:
            if not self._leaves:
                self.failed = problem
                self._end_here(time.monotonic_ns(), CUT, "", str(problem))

    async def until_failed(self) -> None:
        """Wait until the page is listened to no more.

        Raises:
            Broken: its browser has died, or does not answer.
        """
        if self._listening:
            await asyncio.wait([self._listening])
        if self.failed:
            raise self.failed

    async def _take(self, heard: Heard) -> None:
        """Log what the page has noted."""
        if heard.kind == "open":
            self.http_status, self._agreed = 101, heard.text
            agreed = f", agreed: {heard.text}" if heard.text else ""
            self._note("←", "handshake", f"the page's socket is open{agreed}", at_ns=heard.at_ns)
        elif heard.kind == "close":
            told = await self._in_page(self.page.complaint) if heard.code == CUT else ""
            if self.http_status is None:
                self.http_error = f"the browser says: {told or 'nothing'}"
            self._end_here(heard.at_ns, heard.code, heard.text, told)
        else:
            is_binary = heard.kind == "binary"
            data = heard.text.encode("latin-1" if is_binary else "utf-8", "replace")
            self._message(heard.at_ns, data, binary=is_binary)

    def _end_here(self, at_ns: int, code: int, reason: str, told: str) -> None:
        if self.ending is None:
            by_us, cut = self._leaves, code == CUT
            self.ending = Ending(
                at_ns,
                code,
                reason,
                "the client"
                if by_us
                else "nobody: the network connection was cut"
                if cut
                else "the service",
            )
        if code != CUT:
            self._note("←", "close", reason, code=code, at_ns=at_ns)
        self._over = True
        said = f"; the browser says: {told}" if told else ""
        self._note("←", "end", f"the page's connection has ended{said}", at_ns=at_ns)

    @property
    def is_open(self) -> bool:
        """Return whether the handshake succeeded and neither side has begun to close."""
        return self.http_status == 101 and self.ending is None and not self._leaves

    @property
    def extensions(self) -> str:
        """Return the extensions that were agreed, "" for none."""
        return self._agreed

    async def send(self, text: str) -> Frame:
        """Let the page send one text message and log it; on a closed one only the log tells."""
        if not self.is_open:
            shown = f"(not sent, the connection is closed) {concealed(text)}"
            return self._note("→", "text", shown)
        frame = self._note("→", "text", concealed(text))
        await self._in_page(self.page.say, self.dialect.encoding.wire(text))
        return frame

    async def close(self) -> None:
        """Let the page close its connection, and listen to it no more."""
        if self.is_open:
            self._stop_entitlements()
            self._note("→", "close", "", code=1000)
            self._leaves = True
            await self._in_page(self.page.leave)
            await self.wait_for(lambda f: f.kind == "end", None, CLOSE_ALLOWANCE_S)
        if self._listening:
            self._listening.cancel()

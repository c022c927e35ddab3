"""A key set and a certificate on the web, for tokens that point at keys of their forger's own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping


class CallbackServer:
    """A small web server on this machine that notes who comes.

    A service that follows what an unverified token points at accepts the forgery, or can at least
    be made to call anybody. One on another machine comes to its own door instead: there only the
    forgery's refusal is tested.
    """

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        """Prepare to serve `pages`: path → body."""
        self._pages = dict(pages)
        self._server: asyncio.Server | None = None
        self.fetched: list[str] = []

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    def url(self, path: str) -> str:
        """Return the address of a page; the server must be open."""
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{path}"

    async def close(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode("latin-1")
            self.fetched.append(path)
            body = self._pages.get(path, b"")
            status = b"200 OK" if body else b"404 Not Found"
            writer.write(
                b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                % (status, len(body), body)
            )
            await writer.drain()
        writer.close()

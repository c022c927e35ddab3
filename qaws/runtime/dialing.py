"""Network connections whose receive buffer is set before they are made."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import struct

OWN_LIMITS = {
    errno.EMFILE: "this process may open no more files: raise ulimit -n",
    errno.ENFILE: "this machine may open no more files: raise fs.file-max",
    errno.EADDRNOTAVAIL: "this machine has no address or free port to connect from: see "
    "net.ipv4.ip_local_port_range",
    errno.ENOBUFS: "this machine has no memory for another connection",
    errno.ENOMEM: "this machine has no memory for another connection",
}
"""Number of an error that a connection ends with before anything of it reaches its peer → what is
missing, and the way out (connect(2), socket(2))."""


def own_limit(problem: OSError) -> str:
    """Say what of this machine kept a client from connecting; "" where that was the peer."""
    return OWN_LIMITS.get(problem.errno or 0, "")


def reset_at_close(transport: asyncio.BaseTransport) -> None:
    """Have a connection end with a TCP reset instead of a FIN: SO_LINGER of 0 s (socket(7))."""
    line: socket.socket = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def connected_socket(host: str, port: int, receive_buffer: int) -> socket.socket:
    """Return a connected socket; every address of the host is tried, as other clients do.

    Args:
        host: a name may have several addresses, of which nobody may listen on the first: a
            `localhost` that is ::1 too, say.
        port: where.
        receive_buffer: SO_RCVBUF in bytes, 0 for what the system gives. It must be set before the
            TCP handshake, which agrees on the window (tcp(7)).

    Raises:
        OSError: nobody listens at any of them; the first address's error.
    """
    loop = asyncio.get_running_loop()
    first: OSError | None = None
    for family, kind, number, _, address in await loop.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        opened = socket.socket(family, kind, number)
        try:
            opened.setblocking(False)
            if receive_buffer:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            await loop.sock_connect(opened, address)
        except OSError as problem:
            opened.close()
            first = first or problem
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise first or OSError(f"{host} has no address")


class Bytes:
    """Bytes over a connected socket that is read as slowly as its owner likes, with TLS or without.

    Nothing is read ahead but what TLS cannot do without: a record of at most 16 KiB.
    """

    def __init__(self, connected: socket.socket, context: ssl.SSLContext | None, host: str) -> None:
        self._socket = connected
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context and context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=host
        )

    async def shake_hands(self) -> None:
        """Agree on TLS, where there is to be any.

        Raises:
            OSError: that cannot be; an `ssl.SSLError` where the certificate is not trusted.
        """
        while self._tls:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed(16_384)
            else:
                await self._flush()
                return

    async def receive(self, most: int) -> bytes:
        """Return up to so many bytes, none when the line has ended.

        Raises:
            OSError: it was cut.
        """
        loop = asyncio.get_running_loop()
        while self._tls:
            try:
                return self._tls.read(most)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed(most)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
        return await loop.sock_recv(self._socket, most)

    async def send(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            OSError: the line was cut.
        """
        if self._tls:
            self._tls.write(data)
            await self._flush()
        else:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await asyncio.get_running_loop().sock_sendall(self._socket, self._outgoing.read())

    async def _feed(self, most: int) -> None:
        data = await asyncio.get_running_loop().sock_recv(self._socket, most)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()


class TlsLayer:
    """TLS between a client below asyncio's own TLS and its network connection.

    It says no goodbye for a client: whether that answers the end of the other side, and what it
    reads of what was left in a line that was cut, is its own affair.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.is_agreed = False
        self.is_over = False
        """Whether the other side has said that it sends nothing more."""

    def begin(self) -> bytes:
        """Return the bytes with which the handshake begins."""
        return self.received(b"")[1]

    def received(self, data: bytes) -> tuple[bytes, bytes]:
        """Take bytes from the network; return what they say, and what is to be sent for it.

        Raises:
            ssl.SSLError: they are no TLS, or the certificate is not trusted.
        """
        if data:
            self._incoming.write(data)
        said = bytearray()
        try:
            if not self.is_agreed:
                self._tls.do_handshake()
                self.is_agreed = True
            while part := self._tls.read(1 << 16):
                said += part
            self.is_over = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self.is_over = True
        return bytes(said), self._outgoing.read()

    def sent(self, data: bytes) -> bytes:
        """Return the bytes that carry `data`."""
        self._tls.write(data)
        return self._outgoing.read()

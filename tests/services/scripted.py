"""Services that do as the test says: real sockets, real broker, and one deliberate mistake each."""

import asyncio
import contextlib
import itertools
import json
import socket
import sys
import threading
from http import HTTPStatus

import redis.asyncio
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.waiting import HANG_S


class OnThread:
    """Runs `self.main()` on an event loop of its own until `stop`.

    All that goes on there ends before the loop does: nothing is left to the garbage collector.
    """

    def start(self):
        self._ready, self._problem = threading.Event(), None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(HANG_S), "the scripted service did not start"
        if self._problem:
            raise self._problem
        return self

    def _run(self):
        try:
            with asyncio.Runner() as runner:
                self._loop, self._end = runner.get_loop(), asyncio.Event()
                runner.run(self._whole())
        except BaseException as problem:
            self._problem = problem
        finally:
            self._ready.set()

    async def main(self):
        raise NotImplementedError

    async def _whole(self):
        try:
            await self.main()
        finally:
            await end_other_tasks()

    async def until_stopped(self):
        self._ready.set()
        await self._end.wait()

    def stop(self):
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(HANG_S)
        assert not self._thread.is_alive()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


async def end_other_tasks():
    """Cancel what else goes on in this loop, and let transports tell that they are closed."""
    await end(lambda: asyncio.all_tasks() - {asyncio.current_task()})
    await asyncio.sleep(0)


async def end(tasks):
    """Cancel tasks until there are none: what they wait for may swallow it, as redis-py does."""
    while left := tasks():
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.1)


class Client:
    """One client as the service sees it."""

    def __init__(self, connection: ServerConnection, session: str):
        self.connection, self.session, self.wishes = connection, session, set()

    async def send(self, message):
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        with contextlib.suppress(ConnectionClosed):
            await self.connection.send(text)

    async def close(self, code, reason):
        await self.connection.close(code, reason)

    def cut(self):
        self.connection.transport.abort()

    def wants(self, tick):
        keys = {("symbols", tick["symbol"]), ("instruments", tick.get("instrument_token"))}
        if tick["type"] == "underlying_bar":
            keys.add(("underlying", tick["symbol"]))
        return not keys.isdisjoint(self.wishes)


class Ticker(OnThread):
    """A small ticker service of the qa-ws dialect; a subclass overrides what it does wrong."""

    compression: str | None = "deflate"  # as the library offers it
    connection: type[ServerConnection] = ServerConnection
    pattern = "ticker:*"  # of the channels that it listens to

    def __init__(self, broker_url=None, port=0):
        self.broker_url, self.port = broker_url, port
        self.clients: list[Client] = []
        self.numbers = itertools.count(1)
        self.held = []

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws/ticks"

    def listens(self):
        """Called when clients and ticks can come."""

    # --- what tests override -----------------------------------------------------------------

    async def admit(self, client, token):
        """Return whether to serve this client."""
        if token:
            return True
        await client.close(1008, "Authentication required")
        return False

    async def welcome(self, client):
        await client.send(
            {"type": "connection", "status": "connected", "session_id": client.session}
        )

    async def ping(self, client):
        await client.send({"type": "pong"})

    async def invalid(self, client, text):
        await client.send({"type": "error", "message": "Invalid message format"})

    async def deliver(self, client, tick, text):
        if client.wants(tick):
            await client.send(text)

    async def left(self, client):
        self.clients.remove(client)

    def session_id(self):
        return f"session-{next(self.numbers)}"

    # --- what they leave alone ---------------------------------------------------------------

    async def main(self):
        self._subscribed, self._drained = asyncio.Event(), asyncio.Event()
        self._serving = set()
        feed = asyncio.create_task(self._feed()) if self.broker_url else None
        async with serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self.request,
            ping_interval=None,
            compression=self.compression,
            create_connection=self.connection,
        ) as server:
            self.port = _port(server)
            if feed:
                await asyncio.wait_for(self._subscribed.wait(), HANG_S)
            self.listens()
            await self.until_stopped()
            if feed:
                await end(lambda: {feed} if not feed.done() else set())
            for client in [*self.clients]:
                client.cut()
            await end(lambda: {task for task in self._serving if not task.done()})

    def request(self, connection, request):
        path = request.path.split("?")[0]
        if path == "/health":
            return connection.respond(HTTPStatus.OK, "ok\n")
        if path == "/ws/stats":
            return connection.respond(HTTPStatus.OK, json.dumps(self.statistics()) + "\n")
        return None

    def statistics(self):
        return {
            "active_connections": len(self.clients),
            "total_subscriptions": sum(len(client.wishes) for client in self.clients),
        }

    async def _serve(self, connection):
        self._serving.add(asyncio.current_task())
        client = Client(connection, self.session_id())
        shown = connection.request.headers.get("Authorization", "")
        token = "token=" in connection.request.path or shown.startswith("Bearer ")
        if not await self.admit(client, token):
            return
        self.clients.append(client)
        try:
            await self.welcome(client)
            async for text in connection:
                await self._answer(client, text)
        except ConnectionClosed:
            pass
        finally:
            await self.left(client)

    async def _answer(self, client, text):
        try:
            message = json.loads(text)
            action = message["action"]
            assert action in ("ping", "subscribe", "unsubscribe")
            wishes = set() if action == "ping" else wishes_of(message)
        except (ValueError, TypeError, KeyError, AssertionError):
            await self.invalid(client, text)
            return
        if action == "ping":
            await self.ping(client)
        elif action == "subscribe":
            await self.subscribe(client, wishes)
            await self.subscribed(client)
        else:
            await self.unsubscribe(client, wishes)
            await client.send({"type": "unsubscribed"})

    async def subscribe(self, client, wishes):
        client.wishes |= wishes

    async def unsubscribe(self, client, wishes):
        client.wishes -= wishes

    async def subscribed(self, client):
        await client.send({"type": "subscribed"})

    async def _feed(self):
        async with redis.asyncio.Redis.from_url(self.broker_url) as broker, broker.pubsub() as feed:
            self.feed = feed
            await feed.psubscribe(self.pattern)
            async for message in feed.listen():
                if message["type"] == "psubscribe":
                    self._subscribed.set()
                elif message["type"] == "pong":
                    self._drained.set()
                else:
                    text = message["data"].decode()
                    for client in [*self.clients]:
                        await self.deliver(client, json.loads(text), text)

    async def drain(self):
        """Return when all has been delivered that the broker has: its pong comes behind it."""
        await self.feed.ping()
        await self._drained.wait()


def wishes_of(message) -> set[tuple[str, object]]:
    if "instruments" in message:
        assert all(type(number) is int for number in message["instruments"])
        return {("instruments", number) for number in message["instruments"]}
    if "symbols" in message:
        assert all(isinstance(symbol, str) for symbol in message["symbols"])
        return {("symbols", symbol) for symbol in message["symbols"]}
    assert message["type"] == "underlying"
    return {("underlying", message["symbol"])}


def _port(server: Server) -> int:
    return next(iter(server.sockets)).getsockname()[1]


class Raw(OnThread):
    """A TCP server that does what `script(reader, writer)` says, for what no library would send."""

    def __init__(self, script):
        self.script = script

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws/ticks"

    async def main(self):
        async def serve_one(reader, writer):
            ends = ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
            try:
                with contextlib.suppress(*ends):
                    await self.script(reader, writer)
                    await self._end.wait()
            finally:
                writer.transport.abort()

        async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            await self.until_stopped()
            await end_other_tasks()


async def handshake(reader, writer, and_then=b""):
    """Answer a WebSocket handshake by hand (RFC 6455, section 4.2.2), and more in one piece."""
    import base64
    import hashlib

    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(
        x.split(": ")[1] for x in head.split("\r\n") if x.lower().startswith("sec-websocket-key")
    )
    accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n" + and_then
    )


def frame(opcode: int, data: bytes, fin: bool = True) -> bytes:
    """Return a server's frame of at most 125 bytes (RFC 6455, section 5.2)."""
    assert len(data) < 126
    return bytes([(0x80 if fin else 0) | opcode, len(data)]) + data


def silent_port() -> socket.socket:
    """Return a socket that accepts connections and never says a word."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(16)
    return server


@contextlib.contextmanager
def answering(greeting):
    """Give a port that answers the first words of whoever comes with these bytes, and hangs up."""
    with silent_port() as waiting:

        def answer():
            while True:
                try:
                    line, _ = waiting.accept()
                except OSError:
                    return
                line.recv(1024)
                with line, contextlib.suppress(OSError):  # who asks may have gone
                    line.sendall(greeting)
                    line.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=answer, daemon=True).start()
        yield waiting.getsockname()[1]


# --- as a process of its own, for what is measured on a process ---------------------------------


class KeepsSockets(Ticker):
    """Is left with a socket on its port for every client that has left."""

    async def left(self, client):
        self.held.append(socket.create_connection(("127.0.0.1", self.port)))
        await super().left(client)


class KeepsSessions(Ticker):
    """Goes on counting clients that have left."""

    async def left(self, client):
        self.held.append(client)


class KeepsMemory(Ticker):
    """Keeps 4 MiB of every client that has left."""

    async def left(self, client):
        await super().left(client)
        self.held.append(b"x" * (4 << 20))


async def as_process(service):
    """Run a service until its process is ended; it says its port once it listens."""
    service._ready, service._end = threading.Event(), asyncio.Event()
    service.listens = lambda: print(f"scripted service on {service.port}", flush=True)
    await service.main()


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]]()))

"""Doors before a broker of the tests: who comes to it comes by TLS."""

import asyncio
import ssl
import threading
from contextlib import contextmanager, suppress

from qaws.runtime.ports import free_port


@contextmanager
def serving(port, serve, certificates=None):
    """Serve connections to a port of this machine, on a thread of its own.

    Args:
        port: where.
        serve: takes the reader and the writer of each.
        certificates: of the door, as `qaws.runtime.certificates` issues them; None: no TLS.
    """
    loop = asyncio.new_event_loop()
    context = None
    if certificates:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", port, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def end():
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield
    finally:
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def tls_door(broker_port, certificates):
    """Open a door by TLS before a broker without it; yield its port."""

    async def carry(reader, writer):
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()

    async def serve(reader, writer):
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", broker_port)
        ways = [
            asyncio.ensure_future(carry(reader, up_writer)),
            asyncio.ensure_future(carry(up_reader, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (up_writer, writer):
            end.close()

    port = free_port()
    with serving(port, serve, certificates):
        yield port

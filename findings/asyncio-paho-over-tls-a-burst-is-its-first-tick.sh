#!/usr/bin/env bash
# asyncio-paho: over TLS, of five ticks that come in one record the first arrives; the other four wait until something else comes.
#
# Expected: a message that has arrived is given to on_message, over TLS as over plain TCP.
# Seen: asyncio-paho 0.6.0 lets the event loop watch the socket and calls paho's loop_read(), which reads one packet. Over TLS that one read takes the
#   whole record from the socket; the rest lies in the TLS layer, where the event loop sees nothing. paho's own loops ask the TLS layer
#   (pending()) for that reason, asyncio-paho doesn't. The four ticks come with the next bytes of any kind: the next tick, or the answer
#   to a ping, after a minute with the usual keepalive. Over plain TCP all five come at once.
# Why it matters: a broker puts what it has into one record: the burst at the open, the retained messages of all symbols after subscribing.
#   The last price before a quiet time is the one that counts, and it's seen a minute late or with the next price on top. Tests without
#   TLS pass, and so do tests with a tick now and then.
# Way to live with it: aiomqtt, or paho's loop_start() with call_soon_threadsafe(); with asyncio-paho a task that calls client.loop_read() while
#   client.socket().pending(). In tests five publishes in one write over TLS.
# Versions: asyncio-paho 0.6.0 (the newest), paho-mqtt 1.6.1, Python 3.11.7. Source: asyncio_paho/client.py. Nothing found about it.
#
# Output seen (the broker sends 1 to 5 in one write, waits 2 s, and sends 6):
#   plain TCP   after 1.5 s: 1 2 3 4 5   after tick 6: 1 2 3 4 5 6
#   TLS         after 1.5 s: 1           after tick 6: 1 2 3 4 5 6
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check asyncio-paho==0.6.0 paho-mqtt==1.6.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>openssl.log

cat > probe.py <<'PROBE'
import asyncio
import ssl
import sys
import threading

from asyncio_paho import AsyncioPahoClient


def publish(number):
    return b"\x30\x08\x00\x05ticks" + str(number).encode()


async def broker(reader, writer):
    async def ticks():
        await asyncio.sleep(0.5)
        writer.write(b"".join(map(publish, range(1, 6))))
        await asyncio.sleep(2)
        writer.write(publish(6))

    try:
        while True:
            kind, length = await reader.readexactly(2)
            body = await reader.readexactly(length)
            if kind >> 4 == 1:
                writer.write(b"\x20\x02\x00\x00")
            elif kind >> 4 == 8:
                writer.write(b"\x90\x03" + body[:2] + b"\x00")
                sending.append(asyncio.ensure_future(ticks()))
    except (asyncio.IncompleteReadError, OSError):
        writer.close()


def serve():
    async def main():
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain("cert.pem", "key.pem")
        for name, secure in (("plain TCP", None), ("TLS", context)):
            server = await asyncio.start_server(broker, "127.0.0.1", 0, ssl=secure)
            ports[name] = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.sleep(60)

    asyncio.run(main())


async def listen(name):
    got = []
    async with AsyncioPahoClient(client_id="desk") as client:
        if name == "TLS":
            client.tls_set("cert.pem")
        client.on_connect = lambda connected, *rest: connected.subscribe("ticks")
        client.on_message = lambda connected, data, message: got.append(int(message.payload))
        client.connect("127.0.0.1", ports[name])
        await asyncio.sleep(2)
        early = list(got)
        await asyncio.sleep(1.5)
    return early, got


ports, sending, ready = {}, [], threading.Event()
threading.Thread(target=serve, daemon=True).start()
ready.wait()
seen = {name: asyncio.run(listen(name)) for name in ports}
for name, (early, got) in seen.items():
    print(f"{name:11} after 1.5 s: {' '.join(map(str, early)):11} after tick 6: {' '.join(map(str, got))}")
five, six = [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]
if seen != {"plain TCP": (five, six), "TLS": ([1], six)}:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py

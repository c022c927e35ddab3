#!/usr/bin/env bash
# dnse-sdk-openapi: who subscribes in two calls has the symbols of the second one after a cut, an async handler for one board is never run, and one unsubscription takes the symbol out of all lists.
#
# Expected: "automatic reconnection with re-authentication and re-subscription": what was subscribed to before the cut is so after it. on_trade gets the
#   trades of its call's symbols. Handlers may be async, with a board as without. unsubscribe("tick.G1.json", ["SSI"]) is about that channel.
# Seen: dnse-sdk-openapi 2.4.1 keeps one entry a channel and each call writes it anew: SSI first, FPT later, after the cut FPT only. Handlers belong to the kind of
#   message, not to the call: both hear both. With board_id the handler is wrapped in a function that calls it and does not await: an async
#   one never runs, nothing but a RuntimeWarning at the next garbage collection; without board_id it does. The entries of all boards
#   hold the caller's own list: unsubscribe() on one of them takes the symbol out of all, and out of that list. Times sent as seconds become
#   the machine's clock, times sent as text stay in UTC, both without a zone.
# Why it matters: symbols are usually added one by one; after the first cut of the day the last one is alive and the others look quiet. A strategy with
#   an async on_trade trades never.
# Way to live with it: all symbols of a channel in one call, a copy of the list; the symbol is to be looked at in the handler; plain functions that create a task.
#   A stand-in that cuts and prints what it is asked for afterwards.
# Versions: dnse-sdk-openapi 2.4.1 (the newest on PyPI; it names no dependencies), websockets 17.4, msgpack 1.2.4, urllib3 2.8.0, Python 3.11.7.
#   Nothing found about it.
#
# Output seen (Vietnamese stocks, a TLS server on loopback):
#                                                     expected              dnse-sdk-openapi
#   async on_trade, all boards                        called                called
#   async on_trade, board_id="G1"                     called                not called
#   on_trade of the call for SSI hears                SSI                   SSI FPT
#   two calls, subscribed to after a cut              SSI FPT               FPT
#   list of two, SSI unsubscribed on G1; others       SSI FPT               FPT
#   the caller's own list                             SSI FPT               FPT
#   02:00:00Z as text and as seconds, in Hanoi        one time              02:00:00 09:00:00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check dnse-sdk-openapi==2.4.1 websockets==17.4 certifi msgpack==1.2.4 urllib3==2.8.0 cryptography==50.0.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import datetime
import ipaddress
import json
import logging
import os
import pathlib
import ssl
import sys

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
now = datetime.datetime.now(datetime.timezone.utc)
certificate = (
    x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - datetime.timedelta(1), now + datetime.timedelta(1))
    .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    .add_extension(x509.BasicConstraints(True, None), True)
    .sign(key, hashes.SHA256())
)
pem = certificate.public_bytes(serialization.Encoding.PEM)
plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
pathlib.Path("server.pem").write_bytes(key.private_bytes(*plain) + pem)
pathlib.Path("ca.pem").write_bytes(pem)
certifi.where = lambda: "ca.pem"

from dnse import TradingClient
from websockets.asyncio.server import serve

logging.disable(logging.CRITICAL)


class Exchange:
    async def __aenter__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("server.pem")
        self.server = await serve(self.talk, "127.0.0.1", 0, ssl=context)
        self.url = f"wss://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.client = TradingClient("key", "secret", base_url=self.url)
        await self.client.connect()
        return self

    async def __aexit__(self, *_):
        await self.client.disconnect()
        self.server.close()

    async def talk(self, line):
        self.line, self.asked = line, {}
        await line.send(json.dumps({"session_id": "1"}))
        async for message in line:
            request = json.loads(message)
            if request["action"] == "auth":
                await line.send(json.dumps({"action": "auth_success"}))
            for channel in request.get("channels", []):
                symbols = self.asked.setdefault(channel["name"], [])
                if request["action"] == "subscribe":
                    symbols += channel["symbols"]
                else:
                    self.asked[channel["name"]] = [symbol for symbol in symbols if symbol not in channel["symbols"]]

    async def trade(self, symbol, time="2026-01-05T02:00:00Z"):
        await self.line.send(json.dumps({"T": "t", "symbol": symbol, "boardId": "G1", "matchPrice": 25.1, "matchQtty": 100, "time": time}))
        await asyncio.sleep(0.3)

    async def cut(self):
        self.line.transport.abort()
        await asyncio.sleep(2)


async def main():
    rows = []
    for board, title in ((None, "async on_trade, all boards"), ("G1", 'async on_trade, board_id="G1"')):
        async with Exchange() as exchange:
            heard = []

            async def on_trade(trade):
                heard.append(trade)

            await exchange.client.subscribe_trades(["SSI"], on_trade=on_trade, board_id=board)
            await exchange.trade("SSI")
            rows.append((title, "called", "called" if heard else "not called"))

    async with Exchange() as exchange:
        first, second = [], []
        await exchange.client.subscribe_trades(["SSI"], on_trade=lambda trade: first.append(trade.symbol), board_id="G1")
        await exchange.client.subscribe_trades(["FPT"], on_trade=lambda trade: second.append(trade.symbol), board_id="G1")
        for symbol in ("SSI", "FPT"):
            await exchange.trade(symbol)
        rows.append(("on_trade of the call for SSI hears", "SSI", " ".join(first)))
        await exchange.cut()
        rows.append(("two calls, subscribed to after a cut", "SSI FPT", " ".join(exchange.asked["tick.G1.json"])))

    async with Exchange() as exchange:
        own = ["SSI", "FPT"]
        await exchange.client.subscribe_trades(own)
        await exchange.client.unsubscribe("tick.G1.json", ["SSI"])
        await exchange.cut()
        rows.append(("list of two, SSI unsubscribed on G1; others", "SSI FPT", " ".join(exchange.asked["tick.G4.json"])))
        rows.append(("the caller's own list", "SSI FPT", " ".join(own)))

    async with Exchange() as exchange:
        times = []
        await exchange.client.subscribe_trades(["SSI"], on_trade=lambda trade: times.append(trade.time[11:19]))
        await exchange.trade("SSI")
        await exchange.trade("SSI", {"Seconds": 1767578400, "Nanos": 0})
        rows.append(("02:00:00Z as text and as seconds, in Hanoi", "one time", " ".join(times)))

    print(" " * 49, "expected".ljust(21), "dnse-sdk-openapi")
    for title, expected, seen in rows:
        print(title.ljust(49), expected.ljust(21), seen)
    described = ["called", "not called", "SSI FPT", "FPT", "FPT", "FPT", "02:00:00 09:00:00"]
    right = [seen for *_, seen in rows] == described
    if not right:
        print("not as described any more", file=sys.stderr)
    sys.stdout.flush()
    os._exit(not right)


asyncio.run(main())
PROBE
TZ=Asia/Ho_Chi_Minh timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }

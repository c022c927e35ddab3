"""A small service that does on purpose, and by known amounts, what a faulty one does.

    python -m tests.services.load_service '{"count": 1000, "faults": [["drop", 2, 500]]}'

A fault has a kind, the client and the tick that it befalls. The service prints its port, admits
and acknowledges clients, and sends its ticks once it reads "go".
"""

import asyncio
import json
import sys
import time

from picows import WSCloseCode, WSListener, WSMsgType, ws_create_server

from qaws.measure.clock import now_us


class Script:
    """What to do. Clients are counted from 1 in the order of their subscriptions."""

    def __init__(self, text):
        self.symbols = ["NIFTY"]
        self.count = 1000
        self.per_second = 2000
        self.delay_ms = 0.0
        self.stall_ms = 0
        self.stall_every = 0
        self.batch = 1
        self.own_bytes = False
        self.ping_every = 0
        self.refuse = None
        self.silent = False
        self.faults = []
        vars(self).update(json.loads(text))


class Client(WSListener):
    def __init__(self, server):
        self.server = server

    def on_ws_connected(self, transport):
        self.transport = transport
        if self.server.script.refuse:
            transport.send_close(WSCloseCode.POLICY_VIOLATION, self.server.script.refuse.encode())
            return
        self.say({"type": "connection", "status": "connected", "session_id": str(id(self))})

    def on_ws_frame(self, transport, frame):
        if frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type is WSMsgType.TEXT and not self.server.script.silent:
            self.server.clients.append(self)
            self.say({"type": "subscribed", "totals": {"symbols": 1}})

    def say(self, message):
        self.transport.send(WSMsgType.TEXT, json.dumps(message).encode())


class Server:
    def __init__(self, script):
        self.script = script
        self.clients = []

    async def run(self):
        server = await ws_create_server(
            lambda _: Client(self), "127.0.0.1", 0, use_aiofastnet=False
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        while (line := await loop.run_in_executor(None, sys.stdin.readline)).strip() == "go":
            await self.send_all()
        assert not line

    async def send_all(self):
        script, start = self.script, now_us() / 1e6
        numbers = dict.fromkeys(script.symbols, 0)
        for first in range(0, script.count, script.batch):
            due = start + first / script.per_second
            await asyncio.sleep(max(0.0, due - now_us() / 1e6))
            if script.stall_every and first % script.stall_every == 0:
                time.sleep(script.stall_ms / 1000)  # noqa: ASYNC251 - to stand still is the point
            for index in range(first, min(first + script.batch, script.count)):
                symbol = script.symbols[index % len(script.symbols)]
                numbers[symbol] += 1
                if not script.stall_every:
                    due = now_us() / 1e6 - script.delay_ms / 1000
                self.send(symbol, numbers[symbol], int(due * 1e6))

    def send(self, symbol, number, due_us):
        tick = {
            "type": "option_tick",
            "instrument_token": 256265,
            "symbol": symbol,
            "last_price": 100.5,
            "greeks": {"delta": 0.5, "gamma": 0.1, "theta": -1.5, "vega": 2.5, "iv": 0.2},
            "seq": number,
            "due_us": due_us,
        }
        payload = json.dumps(tick).encode()
        for place, client in enumerate(self.clients, 1):
            mine = payload
            if self.script.own_bytes:
                mine = json.dumps({**tick, "for": place}).encode()
            self.send_one(client, place, number, tick, mine)

    def send_one(self, client, place, number, tick, payload):
        faults, transport = self.script.faults, client.transport
        text = WSMsgType.TEXT
        if self.script.ping_every and number % self.script.ping_every == 0:
            transport.send_ping(b"%d %d" % (place, number))
        match next((kind for kind, *where in faults if where == [place, number]), None):
            case "drop":
                return
            case "duplicate":
                transport.send(text, payload)
            case "swap":
                client.kept = payload
                return
            case "wrong type":
                payload = json.dumps({**tick, "type": "tock"}).encode()
            case "wrong symbol":
                payload = json.dumps({**tick, "symbol": "BANKNIFTY", "seq": 1}).encode()
            case "no number":
                payload = json.dumps({k: v for k, v in tick.items() if k != "seq"}).encode()
            case "wrong field":
                payload = json.dumps({**tick, "last_price": "high"}).encode()
            case "no JSON":
                payload = b"{"
            case "binary":
                transport.send(WSMsgType.BINARY, payload)
                return
            case "fragments":
                transport.send(text, payload[:40], fin=False)
                transport.send(WSMsgType.CONTINUATION, payload[40:], fin=True)
                return
            case "close":
                transport.send_close(WSCloseCode.POLICY_VIOLATION, b"slow consumer")
                return
            case "cut":
                transport.underlying_transport.abort()
                return
        if not transport.is_disconnected and not transport.is_close_frame_sent:
            transport.send(text, payload)
            if kept := client.__dict__.pop("kept", None):
                transport.send(text, kept)


if __name__ == "__main__":
    asyncio.run(Server(Script(sys.argv[1])).run())

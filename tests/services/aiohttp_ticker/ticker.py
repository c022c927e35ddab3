"""A ticker on aiohttp, as a team would write it from docs/specification.md: it knows no suite.

What aiohttp wants of an application that keeps the specification:

- `close()` in another task than the reader's closes TCP right behind the close frame, and who is
  sending loses that frame. So the writer sends it by `send_frame`, and the reader reads on.
- Of an address or header over 8 kB it sends back the first 100 bytes, and logs them, tokens among
  them. So its limits are higher than what a token may have, and the application looks itself.
"""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import struct
import time
from collections import Counter, deque

import jwt
import redis.asyncio as redis
from aiohttp import WSMsgType, web

LIMIT, TOO_SLOW = 64 * 1024, 2 * 1024 * 1024
LONGEST_LINE, LONGEST_HEAD, MOST_HEADERS, LONGEST_TOKEN = 128 * 1024, 160 * 1024, 100, 8 * 1024
MOST_NAMES, LONGEST_NAME, DEEPEST = 1000, 256, 32
PER_SECOND, AT_ONCE = 200, 400
SILENT_S, END_S, CLOSE_S = 5.0, 5.0, 1.5
GREEKS = ("delta", "gamma", "theta", "vega", "iv")
BAR = ("open", "high", "low", "close", "volume")
BAD = {"type": "error", "message": "Invalid message format: an object with a known action"}
log = logging.getLogger("ticker")


class Wrong(Exception):
    """What a client has said, or shown, is not as it must be."""


# --- JSON and tokens ------------------------------------------------------------------------------


def once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong("a member twice")
    return found


def constant(name):
    raise Wrong(name)


def is_too_deep(text):
    nested = deepest = 0
    within = escaped = False
    for letter in text:
        if escaped or (within and letter not in '\\"'):
            escaped = False
        elif letter == "\\":
            escaped = within
        elif letter == '"':
            within = not within
        elif letter in "{[":
            nested += 1
            deepest = max(deepest, nested)
        elif letter in "}]":
            nested -= 1
    return deepest > DEEPEST


def parsed(text):
    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=constant)
    except ValueError as problem:
        raise Wrong("no JSON") from problem
    if not isinstance(found, dict):
        raise Wrong("no object")
    return found


def keys():
    with open(os.environ["KEY_SET"]) as file:
        found = json.load(file)["keys"]
    rsa = [each for each in found if each.get("kty") == "RSA" and each.get("use", "sig") == "sig"]
    return {each["kid"]: jwt.PyJWK(each, "RS256").key for each in rsa}


def claims_of(token):
    """Return the claims of a good token."""
    if len(token) > LONGEST_TOKEN:
        raise Wrong("too long")
    try:
        head = jwt.get_unverified_header(token)
        if head.get("typ", "JWT") != "JWT" or "crit" in head:
            raise Wrong("another kind of token")
        claims = jwt.decode(
            token,
            keys()[head["kid"]],
            algorithms=["RS256"],
            issuer=os.environ["ISSUER"],
            audience=os.environ["AUDIENCE"],
            options={"require": ["exp", "sub", "iss", "aud"], "strict_aud": True},
        )
        if claims["sub"].strip() and claims["exp"] < 1e11:
            return claims
    except (jwt.PyJWTError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError):
        pass
    except RecursionError:
        pass
    raise Wrong("no good token")


# --- ticks ----------------------------------------------------------------------------------------


def is_number(value):
    return type(value) in (int, float)


def topics_of(tick):
    """Return by what names a tick is subscribed to; none for what is no tick."""
    symbol, kind = tick.get("symbol"), tick.get("type")
    if not isinstance(symbol, str) or not symbol:
        return []
    if kind == "underlying_bar" and all(is_number(tick.get(each)) for each in BAR):
        return [("bar", symbol), ("symbol", symbol)] if tick["volume"] >= 0 else []
    number, price, greeks = (tick.get(k) for k in ("instrument_token", "last_price", "greeks"))
    if (
        kind == "option_tick"
        and type(number) is int
        and number > 0
        and is_number(price)
        and price >= 0
        and isinstance(greeks, dict)
        and all(is_number(greeks.get(each)) for each in GREEKS)
        and abs(greeks["delta"]) <= 1
        and greeks["iv"] >= 0
    ):
        return [("instrument", number), ("symbol", symbol)]
    return []


def names_in(values, kind, is_good):
    if not isinstance(values, list) or not 0 < len(values) <= MOST_NAMES:
        raise Wrong("no list of names")
    if not all(map(is_good, values)):
        raise Wrong("no name")
    return [(kind, each) for each in values]


def is_symbol(value):
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def selected(said):
    """Return what a command selects, and the selector in its own words."""
    if "instruments" in said:
        names = names_in(said["instruments"], "instrument", lambda n: type(n) is int and n > 0)
        return names, {"instruments": said["instruments"]}
    if "symbols" in said:
        return names_in(said["symbols"], "symbol", is_symbol), {"symbols": said["symbols"]}
    if said.get("type") == "underlying":
        names = names_in([said.get("symbol")], "bar", is_symbol)
        return names, {"symbol": said["symbol"], "type": "underlying"}
    raise Wrong("no selector")


# --- sessions -------------------------------------------------------------------------------------


class Session:
    """One client: what it holds, and what is still to be written to it."""

    def __init__(self, service, ws, request, claims):
        self.service, self.ws, self.transport = service, ws, request.transport
        self.user, self.expires = claims["sub"], claims["exp"]
        rights = claims.get("symbols")
        self.rights = set(rights) if isinstance(rights, list) else None
        self.held, self.queue, self.queued, self.wake = set(), deque(), 0, asyncio.Event()
        self.closing = self.left = False
        self.allowance = float(AT_ONCE)
        self.counted = self.active = self.heard = time.monotonic()

    def may_see(self, symbol):
        return self.rights is None or symbol in self.rights

    def say(self, **message):
        self.put(json.dumps(message))

    def put(self, text, *, is_tick=False):
        if self.closing:
            return
        if is_tick:
            self.active = time.monotonic()
        self.queue.append(text)
        self.queued += len(text)
        self.wake.set()
        if self.queued > TOO_SLOW:
            self.queue.clear()
            self.end(1008, "slow consumer")

    def end(self, code, reason):
        """Close behind what is queued; a client that does not take it is cut off."""
        if not self.closing:
            self.closing = True
            self.queue.append((code, reason))
            self.wake.set()
            self.leave()
            asyncio.get_running_loop().call_later(END_S, self.transport.abort)

    async def write(self):
        with contextlib.suppress(ConnectionError):
            while True:
                while self.queue:
                    item = self.queue.popleft()
                    if isinstance(item, tuple):
                        payload = struct.pack("!H", item[0]) + item[1].encode()
                        await self.ws.send_frame(payload, WSMsgType.CLOSE)
                        asyncio.get_running_loop().call_later(CLOSE_S, self.transport.abort)
                        return
                    self.queued -= len(item)
                    await self.ws.send_str(item)
                self.wake.clear()
                await self.wake.wait()

    async def watch(self):
        """End it when its token does, or when it is idle; ping it, and cut it off if it is gone."""
        idle, ping = self.service.idle_s, self.service.ping_s
        pinged = time.monotonic()
        while not self.closing:
            now = time.monotonic()
            if self.expires <= time.time():
                return self.end(1008, "token expired")
            if now - self.active >= idle:
                return self.end(1000, "idle timeout")
            if now - pinged >= ping:
                pinged = now
                if now - self.heard > 2.5 * ping:
                    return self.transport.abort()
                with contextlib.suppress(ConnectionError):
                    await self.ws.ping()
            left = (self.expires - time.time(), self.active + idle - now, pinged + ping - now)
            await asyncio.sleep(max(0.005, min(left)))
        return None

    def leave(self):
        if not self.left:
            self.left = True
            for topic in self.held:
                self.service.drop(topic, self)
            self.service.leave(self)

    def is_within_its_rate(self):
        now = time.monotonic()
        regained = self.allowance + (now - self.counted) * PER_SECOND
        self.allowance, self.counted = min(AT_ONCE, regained) - 1, now
        if self.allowance < 0:
            self.end(1008, "rate limit exceeded")
        return not self.closing

    async def read(self):
        async for got in self.ws:
            self.heard = time.monotonic()
            if not self.is_within_its_rate() or got.type is WSMsgType.PONG:
                continue
            self.active = self.heard
            if got.type is WSMsgType.PING:
                await self.ws.pong(got.data)
            elif got.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                try:
                    self.take(got.data)
                except (Wrong, RecursionError):
                    self.say(**BAD)
        if self.closing:
            self.transport.close()
        else:
            code = self.ws.close_code or 1000
            await self.ws.close(code=code if code < 5000 else 1002)

    def take(self, text):
        if not isinstance(text, str):
            raise Wrong("binary")
        if is_too_deep(text):
            raise Wrong("nested too deeply")
        said = parsed(text)
        action = said.get("action")
        if action == "ping":
            return self.say(type="pong")
        if action not in ("subscribe", "unsubscribe"):
            raise Wrong("no action")
        names, selector = selected(said)
        known = self.service.symbols
        symbols = [known.get(name, "") if kind == "instrument" else name for kind, name in names]
        if action == "subscribe" and not all(map(self.may_see, symbols)):
            return self.say(type="error", message="You are not entitled to that")
        for name in names:
            if action == "subscribe":
                self.held.add(name)
                self.service.topics.setdefault(name, set()).add(self)
            elif name in self.held:
                self.held.remove(name)
                self.service.drop(name, self)
        totals = {"subscriptions": len(self.held)}
        return self.say(type=f"{action}d", selector=selector, totals=totals)


# --- the service ----------------------------------------------------------------------------------


class Service:
    """All sessions, what they hold, and the feed."""

    def __init__(self):
        env = os.environ.get
        self.most, self.most_per_user = int(env("MAX_CLIENTS", 1000)), int(env("MAX_PER_USER", 0))
        self.idle_s, self.ping_s = float(env("IDLE_SECONDS", 300)), float(env("PING_SECONDS", 20))
        self.origins = {each for each in env("ORIGINS", "").split(",") if each}
        self.sessions, self.topics, self.users, self.symbols = set(), {}, Counter(), {}
        self.live = self.serving = 0
        self.lost, self.ending, self.heard, self.drained = True, False, None, asyncio.Event()

    def drop(self, topic, session):
        self.topics[topic].discard(session)
        if not self.topics[topic]:
            del self.topics[topic]

    def leave(self, session):
        self.sessions.discard(session)
        self.live -= 1
        self.users -= Counter([session.user])

    # --- HTTP

    async def ticks(self, request):
        if status := self.is_unfit(request):
            return refusal(status)
        shown = request.query.getall("token", [])
        for each in request.headers.getall("Authorization", []):
            shown = [*shown, each[7:] if each.startswith("Bearer ") else ""]
        try:
            claims = claims_of(*shown) if len(shown) == 1 else None
        except Wrong:
            claims = None
        if claims is None:
            return refusal(401, error="Authentication required")
        ws = web.WebSocketResponse(
            max_msg_size=LIMIT, autoping=False, autoclose=False, compress=False, timeout=CLOSE_S
        )
        if not ws.can_prepare(request).ok:
            return refusal(400)
        user, full = claims["sub"], ""
        if self.live >= self.most:
            full = "max connections reached"
        elif self.most_per_user and self.users[user] >= self.most_per_user:
            full = "max connections of this user reached"
        if full:
            await ws.prepare(request)
            await ws.close(code=1008, message=full.encode())
            return ws
        self.live += 1
        self.users[user] += 1
        await self.serve(ws, request, Session(self, ws, request, claims))
        return ws

    def is_unfit(self, request):
        head = sum(len(name) + len(value) for name, value in request.raw_headers)
        if head > LONGEST_HEAD or len(request.raw_headers) > MOST_HEADERS:
            return 431
        if self.ending:
            return 503
        origins = request.headers.getall("Origin", [])
        return 403 if len(origins) > 1 or not self.origins.issuperset(origins) else 0

    async def serve(self, ws, request, session):
        helpers, self.serving = [], self.serving + 1
        try:
            await ws.prepare(request)
            self.sessions.add(session)
            welcome = {"type": "connection", "status": "connected"}
            session.say(**welcome, session_id=secrets.token_urlsafe(16))
            if self.lost:
                session.say(type="status", status="degraded")
            log.info("connected %s", session.user)
            helpers = [asyncio.create_task(each) for each in (session.write(), session.watch())]
            await session.read()
        except ConnectionError:
            pass
        finally:
            session.closing = True
            session.leave()
            for each in helpers:
                each.cancel()
            asyncio.get_running_loop().call_later(CLOSE_S, session.transport.abort)
            self.serving -= 1

    async def health(self, request):
        return refusal(503 if self.lost else 200)

    async def counts(self, request):
        if request.headers.get("X-Desk-Key") != os.environ["DESK_KEY"]:
            return refusal(401)
        held = sum(len(each.held) for each in self.sessions)
        return web.json_response({"clients": self.live, "topics": held})

    # --- the feed

    def deliver(self, raw):
        try:
            text = raw.decode()
            tick = parsed(text)
        except (Wrong, ValueError, RecursionError):
            return
        topics = topics_of(tick)
        for kind, name in topics:
            if kind == "instrument":
                self.symbols[name] = tick["symbol"]
        for each in set().union(*(self.topics.get(topic, ()) for topic in topics)):
            if each.may_see(tick["symbol"]):
                each.put(text, is_tick=True)

    def tell(self, lost):
        if self.lost != lost:
            self.lost = lost
            log.warning("the feed is %s", "lost" if lost else "there")
            for each in [*self.sessions]:
                each.say(type="status", status="degraded" if lost else "recovered")

    async def listen(self):
        while True:
            client = redis.Redis.from_url(
                os.environ["REDIS_URL"],
                socket_connect_timeout=2,
                socket_timeout=SILENT_S,
                retry=None,
            )
            try:
                async with client.pubsub() as self.heard:
                    await self.heard.psubscribe("ticker:*")
                    await self.follow(self.heard)
            except (redis.RedisError, OSError, TimeoutError) as problem:
                log.warning("feed: %s", type(problem).__name__)
            self.heard = None
            self.tell(lost=True)
            await client.aclose()
            await asyncio.sleep(0.2)

    async def follow(self, heard):
        alive = pinged = time.monotonic()
        while time.monotonic() - alive < SILENT_S:
            got = await heard.get_message(timeout=1.0)
            if time.monotonic() - pinged > 1:
                pinged = time.monotonic()
                await heard.ping("alive")
            if got is None:
                continue
            alive = time.monotonic()
            if got["type"] == "psubscribe":
                self.tell(lost=False)
            elif got["type"] == "pmessage":
                self.deliver(got["data"])
            elif got["type"] == "pong" and got["data"] == b"end":
                self.drained.set()

    async def end(self):
        """Deliver what the broker has answered for, and close."""
        if self.heard is not None:
            with contextlib.suppress(redis.RedisError, OSError, TimeoutError):
                await self.heard.ping("end")
                await asyncio.wait_for(self.drained.wait(), 1.5)
        for each in [*self.sessions]:
            each.end(1001, "server shutdown")
        until = time.monotonic() + END_S
        while self.serving and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def refusal(status, **body):
    return web.json_response(body, status=status, headers={"Connection": "close"})


async def main():
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(message)s")
    service, app, over = Service(), web.Application(), asyncio.Event()
    app.add_routes(
        [
            web.get("/ws/ticks", service.ticks),
            web.get("/health", service.health),
            web.get("/counts", service.counts),
        ]
    )
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=5,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
    )
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"]), backlog=2048)
    await site.start()
    feed = asyncio.create_task(service.listen())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    log.info("listening")
    await over.wait()
    service.ending = True
    await site.stop()
    await service.end()
    feed.cancel()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())

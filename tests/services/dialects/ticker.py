"""A sound tick service that speaks otherwise than `qa-ws`: how, its first argument says.

`tokens`: clients name instruments, as `tokens`; an acknowledgement names only what has changed; a
tick is in `data`, beside its `type`.
`first-message`: nobody is welcomed; the token is the first message; clients name symbols and their
exchange, with an id that the answer repeats; ticks come as a list, with numbers as text.
`signed`: the same, and the first message is signed with a secret that both know.
`challenged`: the same, but the first word is the service's, a challenge, which the first message
repeats and signs; what subscribes bears a JWT of its own, and what unsubscribes is signed too.
`batches`: the token is in a header; whatever waits for a client comes in one message, several ticks
in each, with numbers as text; clients are told when the feed is lost, and found again.
`lists`: the same with messages that are lists, and ticks of both kinds in one.
`numbered`: messages are lists, and ticks begin with a number that each client was given for itself.
The feed is what `BROKER` says: Redis, NATS, MQTT, Kafka, ZeroMQ, or an exchange by WebSocket; how
messages are encoded is in `encoded.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from tests.services.dialects.encoded import Encoded
from tests.services.dialects.feeds import in_force, listen, settle
from tests.services.dialects.lists import ROWS, Lists, Numbered
from tests.services.private_keys import (
    Unproven,
    require_fresh_jwt,
    require_proof,
    require_signed_leave,
)
from tests.services.signatures import is_signed

BREAKS = os.environ.get("BREAKS", "")
"""What it does wrong: "rounds" prices, "loses" every third tick, "mixes" up its clients' wishes; or
to one client only, with every 97th tick: "loses one", "doubles one", "swaps one" with the next,
"alters one" digit of its price."""
PRICE = r'"(?:last_price|ltp|p)": "?[\d.]*\d|\["quote", "[^"]*", "[\d.]*\d'
"""Where a message has a price, up to its last digit."""
LONGEST = 64 * 1024
LONGEST_NAME, MOST_NAMES, LARGEST = 64, 1000, 1 << 63
"""Of what clients ask for: characters of a name, names in a message, and what no number reaches."""
QUEUED = 20_000
"""Messages that may wait for a client before it counts as too slow."""
FIRST_MESSAGE_S = float(os.environ.get("FIRST_MESSAGE_S", "3"))
"""How long a client may take to show its token, where that is its first message."""
LASTS_S = 4
"""How long what a client signs in its first message is good, in seconds."""
FAREWELL_S = 2.0
"""How long a client may take to read what waits for it when the service ends."""
PER_SECOND = 200
"""Messages that a client may send in a second."""


class Refused(ValueError):
    """A command that is not understood; the text says why."""


def claims_of(token: str | None) -> dict[str, Any] | None:
    """Return the claims of a token that opens a session; None where it does not."""
    try:
        keys = jwt.PyJWKSet.from_dict(json.loads(Path(os.environ["KEYS"]).read_text()))
        header = jwt.get_unverified_header(token or "")
        key = next(k for k in keys.keys if k.key_id == header.get("kid") and k.key_type == "RSA")
        claims: dict[str, Any] = jwt.decode(
            token or "",
            key,
            algorithms=["RS256"],
            issuer=os.environ["ISSUER"],
            audience=os.environ["AUDIENCE"],
            options={"require": ["exp", "sub", "iat"], "strict_aud": True},
        )
    except (jwt.PyJWTError, StopIteration, ValueError, TypeError, RecursionError):
        return None
    sound = (
        header.get("typ", "JWT") == "JWT"
        and isinstance(claims["exp"], int | float)
        and isinstance(claims["sub"], str)
        and claims["sub"] != ""
    )
    return claims if sound else None


@dataclass(eq=False)
class Client:
    """One session: `wanted` is what it has subscribed to."""

    line: ServerConnection
    session: str = field(default_factory=lambda: str(uuid.uuid4()))
    challenge: str = field(default_factory=lambda: str(uuid.uuid4()))
    wanted: set[Any] = field(default_factory=set)
    served: int = 0
    held: str | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    begin: int = 0
    waiting: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    joins: bool = False
    heard: deque[float] = field(default_factory=lambda: deque(maxlen=PER_SECOND))

    def queue(self, text: str) -> None:
        """Let a message wait, damaged as `BREAKS` has it for one client."""
        self.served += 1
        held, self.held = self.held, None
        texts = [text] if held is None else [text, held]
        if self.served % 97 == 0:
            if BREAKS == "swaps one":
                self.held = text
            number = re.search(PRICE, text)
            assert number
            at = number.end() - 1
            altered = f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"
            texts = {"doubles one": [text, text], "alters one": [altered]}.get(BREAKS, [])
        for each in texts:
            self.waiting.put_nowait(each)

    def says_too_much(self) -> bool:
        """Return whether it sends more than `PER_SECOND` messages a second."""
        now = time.monotonic()
        too_much = len(self.heard) == PER_SECOND and now - self.heard[0] < 1
        self.heard.append(now)
        return too_much

    async def write(self) -> None:
        """Write what waits, in order, until the client leaves."""
        while True:
            texts = [await self.waiting.get()]
            while self.joins and not self.waiting.empty():
                texts.append(self.waiting.get_nowait())
            for text in joined(texts):
                await self.line.send(text)
            for _ in texts:
                self.waiting.task_done()

    async def bid_farewell(self) -> None:
        """Close when all that waits has been written, or after a while all the same."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.waiting.join(), FAREWELL_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.line.close(1001, "server shutdown"), FAREWELL_S)
        self.line.transport.abort()


TICKS, BARS = '{"event":"ticks","ticks":[', '{"event":"bars","bars":['
"""How a message of several begins; each ends with `]}`, and one that is a list with `]]`."""


def joined(texts: list[str]) -> list[str]:
    """Return messages in which ticks that follow each other stand together, and bars too."""
    found: list[str] = []
    for text in texts:
        begin = next((each for each in (TICKS, BARS, ROWS) if text.startswith(each)), None)
        if begin and found and found[-1].startswith(begin):
            found[-1] = f"{found[-1][:-2]},{text[len(begin) :]}"
        else:
            found.append(text)
    return found


class Tokens:
    """The dialect `tokens`."""

    shown_in = "query"
    speaks = dict

    def told(self, status: str) -> dict[str, Any] | None:
        """Return what clients are told of the feed: nothing."""
        return None

    def welcome(self, client: Client) -> dict[str, Any] | None:
        """Return the first message to a client."""
        return {"type": "connected", "connection_id": client.session, "user": {"id": 7}}

    def opened_by(self, message: Any) -> str | None:
        """Return the token of an opening message."""
        return None

    def answer(self, client: Client, message: Any) -> dict[str, Any]:
        """Do what a client asks for; return what it is told."""
        action = message.get("action")
        if action == "ping":
            return {"type": "pong"}
        tokens = message.get("tokens")
        if action not in ("subscribe", "unsubscribe") or not isinstance(tokens, list):
            raise Refused("Invalid message format: an action and its tokens are expected")
        if any(type(token) is not int or not 0 <= token < LARGEST for token in tokens):
            raise Refused("Invalid message format: tokens are integers of 63 bits")
        _require_few(tokens)
        if action == "subscribe":
            changed = [token for token in tokens if token not in client.wanted]
            client.wanted.update(tokens)
        else:
            changed = [token for token in tokens if token in client.wanted]
            client.wanted.difference_update(tokens)
        return {"type": f"{action}d", "tokens": changed, "total": len(client.wanted)}

    def error(self, words: str) -> dict[str, Any]:
        """Return an error."""
        return {"type": "error", "message": words}

    def published(self, tick: dict[str, Any]) -> tuple[Any, str]:
        """Return what a tick is of, and the message that clients get."""
        return tick["instrument_token"], json.dumps({"type": "tick", "data": tick})


class FirstMessage:
    """The dialect `first-message`."""

    shown_in = "message"
    speaks = dict

    def told(self, status: str) -> dict[str, Any] | None:
        """Return what clients are told of the feed: nothing."""
        return None

    def welcome(self, client: Client) -> dict[str, Any] | None:
        """Return the first message to a client: there is none."""
        return None

    def opened_by(self, message: Any) -> str | None:
        """Return the token of an opening message."""
        return str(message.get("api_key")) if message.get("action") == "authenticate" else None

    def answer(self, client: Client, message: Any) -> dict[str, Any]:
        """Do what a client asks for; return what it is told."""
        action, number = message.get("action"), message.get("request_id")
        if action == "ping":
            return {"type": "pong", "id": message.get("id")}
        if action not in ("subscribe", "unsubscribe"):
            raise Refused("Invalid message format: no such action")
        named = message.get("symbols")
        if not isinstance(named, list) or not all(map(_is_listed, named)):
            raise Refused("Invalid message format: symbols with their exchange are expected")
        _require_few(named)
        keys = {(each["exchange"], each["symbol"]) for each in named}
        if action == "subscribe":
            client.wanted |= keys
        else:
            client.wanted -= keys
        return {"type": action, "status": "success", "request_id": number}

    def error(self, words: str) -> dict[str, Any]:
        """Return an error."""
        return {"status": "error", "code": "INVALID", "message": words}

    def published(self, tick: dict[str, Any]) -> tuple[Any, str]:
        """Return what a tick is of, and the message that clients get."""
        message = {
            "type": "market_data",
            "symbol": tick["s"],
            "exchange": tick["x"],
            "data": {"ltp": tick["p"], "qty": tick["q"], "n": tick["n"]},
        }
        return (tick["x"], tick["s"]), json.dumps([message], ensure_ascii=False)


class Signed(FirstMessage):
    """The dialect `signed`: until when the first message is good is signed."""

    def opened_by(self, message: Any) -> str | None:
        """Return the token of an opening message that is signed as it should be."""
        until, shown = message.get("expires"), message.get("signature")
        if type(until) is not int or not isinstance(shown, str):
            return None
        said, secret = f"GET/realtime{until}", os.environ["DESK_SECRET"]
        try:
            good = is_signed(secret, said, "sha256", bytes.fromhex(shown), until - LASTS_S)
        except ValueError:
            return None
        return super().opened_by(message) if good else None


class Challenged(FirstMessage):
    """The dialect `challenged`: everything but a ping is signed with a private key."""

    def __init__(self) -> None:
        """Begin without a nonce."""
        self._nonces: set[str] = set()

    def opened_by(self, message: Any, challenge: str = "") -> str | None:
        """Return the token of an opening message whose challenge is signed as it should be."""
        token = super().opened_by(message)
        if token is None or message.get("challenge") != challenge:
            return None
        try:
            require_proof(token, challenge, message.get("proof"))
        except Unproven:
            return None
        return token

    def answer(self, client: Client, message: Any) -> dict[str, Any]:
        """Do what a client asks for, if it is signed; return what it is told."""
        action, named = message.get("action"), message.get("symbols")
        if not isinstance(named, list) or not all(map(_is_listed, named)):
            return super().answer(client, message)  # which says what is wrong with it
        try:
            if action == "subscribe":
                require_fresh_jwt(message.get("jwt"), self._nonces)
            elif action == "unsubscribe":
                names = ",".join(each["symbol"] for each in named)
                shown, at = message.get("proof"), message.get("at")
                require_signed_leave(at, names, client.challenge, shown)
        except Unproven:
            raise Refused("Invalid signature") from None
        return super().answer(client, message)


class Batches:
    """The dialect `batches`."""

    shown_in = "header"
    speaks = dict

    def told(self, status: str) -> dict[str, Any] | None:
        """Return what clients are told of the feed."""
        return {"event": "feed", "state": {"degraded": "lost", "recovered": "live"}[status]}

    def welcome(self, client: Client) -> dict[str, Any] | None:
        """Return the first message to a client."""
        client.joins = True
        return {"event": "hello", "session": client.session}

    def opened_by(self, message: Any) -> str | None:
        """Return the token of an opening message: there is none."""
        return None

    def answer(self, client: Client, message: Any) -> dict[str, Any]:
        """Do what a client asks for; return what it is told."""
        wish, number = message.get("op"), message.get("id")
        if wish == "ping":
            return {"event": "pong", "id": number}
        if wish not in ("add", "drop"):
            raise Refused("Invalid message format: no such op")
        keys = message.get("keys")
        if not isinstance(keys, list) or not keys or not all(map(_is_name, keys)):
            raise Refused("Invalid message format: keys are a list of texts")
        _require_few(keys)
        (client.wanted.update if wish == "add" else client.wanted.difference_update)(keys)
        return {"event": wish, "ok": True, "id": number}

    def error(self, words: str) -> dict[str, Any]:
        """Return an error."""
        return {"event": "error", "why": words}

    def published(self, tick: dict[str, Any]) -> tuple[Any, str]:
        """Return what a tick is of, and the message that clients get: the feed's words again."""
        begin = TICKS if "p" in tick else BARS
        return tick["k"], f"{begin}{json.dumps(tick, ensure_ascii=False)}]}}"


def _is_listed(named: Any) -> bool:
    return (
        isinstance(named, dict)
        and _is_name(named.get("symbol"))
        and _is_name(named.get("exchange"))
    )


class Ticker:
    """The service."""

    def __init__(self, dialect: Tokens | FirstMessage | Batches | Lists) -> None:
        """Begin without clients."""
        self.dialect = dialect
        self.clients: set[Client] = set()
        self.heard = 0
        self.first: Client | None = None
        self.feed = "recovered"

    async def admit(self, line: ServerConnection, request: Request) -> Response | None:
        """Answer a handshake; None lets it go on."""
        parts = urlsplit(request.path)
        if parts.path == "/counts":
            counts = {
                "clients": len(self.clients),
                "topics": sum(len(client.wanted) for client in self.clients),
            }
            return _response(HTTPStatus.OK, json.dumps(counts))
        if self.dialect.shown_in != "message":
            shown: list[Any] = parse_qs(parts.query).get("token", [None])
            if self.dialect.shown_in == "header":
                given = request.headers.get_all("Authorization")
                shown = [each.removeprefix("Bearer ") for each in given] or [None]
            if len(shown) != 1 or claims_of(shown[0]) is None:
                return _response(HTTPStatus.UNAUTHORIZED, "Authentication required")
            line.claims = claims_of(shown[0])  # type: ignore[attr-defined]
        return None

    async def serve(self, line: ServerConnection) -> None:
        """Serve one client until it leaves."""
        client = Client(line)
        try:
            claims = getattr(line, "claims", None) or await self._opened(client)
            if claims is None:
                await line.close(1008, "Authentication required")
                return
            if welcome := self.dialect.welcome(client):
                await line.send(json.dumps(welcome))
            self.clients.add(client)
            if self.feed == "degraded":
                self._say_how_the_feed_is(client)
            self.first = self.first if self.first in self.clients else client
            chores = [
                asyncio.create_task(client.write()),
                asyncio.create_task(_expire(line, claims["exp"])),
                asyncio.create_task(_cut_off(line)),
            ]
            try:
                async for text in line:
                    if client.says_too_much():
                        await line.close(1008, "rate limit exceeded")
                        return
                    client.waiting.put_nowait(json.dumps(self._answered(client, text)))
            finally:
                for chore in chores:
                    chore.cancel()
        except ConnectionClosed:
            pass
        finally:
            self.clients.discard(client)

    async def _opened(self, client: Client) -> dict[str, Any] | None:
        line, challenges = client.line, isinstance(self.dialect, Challenged)
        if challenges:
            await line.send(json.dumps({"type": "challenge", "challenge": client.challenge}))
        further = (client.challenge,) if challenges else ()
        try:
            async with asyncio.timeout(FIRST_MESSAGE_S):
                text = await line.recv()
            message = json.loads(text)
            is_message = isinstance(message, dict)
            token = self.dialect.opened_by(message, *further) if is_message else None
        except (TimeoutError, ValueError, RecursionError):
            return None
        claims = claims_of(token)
        if claims:
            await line.send(json.dumps({"type": "auth", "status": "success"}))
        return claims

    def _answered(self, client: Client, text: str | bytes) -> Any:
        try:
            if isinstance(text, bytes):
                raise Refused("Invalid message format: a message of another kind is expected")
            message = json.loads(
                text, parse_constant=_no_constant, object_pairs_hook=_with_members_once
            )
            if not isinstance(message, self.dialect.speaks):
                raise Refused("Invalid message format: a message of another kind is expected")
            return self.dialect.answer(client, message)
        except (ValueError, RecursionError) as problem:
            words = str(problem) if isinstance(problem, Refused) else "Invalid message format"
            return self.dialect.error(words)

    def tell(self, status: str) -> None:
        """Tell all clients that the feed is lost, or found again."""
        self.feed = status
        for client in self.clients:
            self._say_how_the_feed_is(client)

    def _say_how_the_feed_is(self, client: Client) -> None:
        if words := self.dialect.told(self.feed):
            client.waiting.put_nowait(json.dumps(words))

    def _hand_out(self, payload: bytes) -> None:
        try:
            tick = json.loads(payload)
            if not isinstance(tick, dict):
                return
            if BREAKS == "rounds":
                name = "last_price" if "last_price" in tick else "p"
                tick[name] = type(tick[name])(round(float(tick[name]), 2))
            self.heard += 1
            if BREAKS == "loses" and self.heard % 3 == 0:
                return
            key, text = self.dialect.published(tick)
            everybody = BREAKS == "mixes"
            wanting = [each for each in self.clients if key in each.wanted or everybody]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        for client in wanting:
            if BREAKS.endswith(" one") and client is self.first:
                client.queue(text)
            elif client.waiting.qsize() > QUEUED:
                client.line.transport.abort()
                self.clients.discard(client)
            else:
                client.waiting.put_nowait(self._addressed(client, key, text))

    def _addressed(self, client: Client, key: Any, text: str) -> str:
        named = isinstance(self.dialect, Numbered)
        return self.dialect.addressed(client, key, text) if named else text


async def _cut_off(line: ServerConnection) -> None:
    """End the network connection of a client that is closed, and stays: the library would wait."""
    while line.state is State.OPEN:  # noqa: ASYNC110 (the library has no event for it)
        await asyncio.sleep(0.5)
    await asyncio.sleep(2)
    line.transport.abort()


async def _expire(line: ServerConnection, at: float) -> None:
    """End a session when its token expires."""
    await asyncio.sleep(max(0.0, at - time.time()))
    await line.close(1008, "token expired")


def _response(status: HTTPStatus, body: str) -> Response:
    headers = Headers({"Content-Type": "text/plain", "Content-Length": str(len(body.encode()))})
    return Response(status, status.phrase, headers, body.encode())


def _with_members_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise Refused("Invalid message format: a member occurs twice")
    return found


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME and value.isprintable()


def _require_few(named: list[Any]) -> None:
    if len(named) > MOST_NAMES:
        raise Refused(f"Invalid message format: more than {MOST_NAMES} names")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


async def main() -> None:
    """Serve until SIGTERM."""
    known: dict[str, Callable[[], Tokens | FirstMessage | Batches | Lists]]
    known = {"tokens": Tokens, "first-message": FirstMessage, "signed": Signed, "batches": Batches}
    known["challenged"] = Challenged
    known["lists"], known["numbered"] = lambda: Lists(Refused), lambda: Numbered(Refused)
    ticker = Ticker(known[sys.argv[1]]())
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    listening = asyncio.create_task(listen(os.environ["BROKER"], ticker._hand_out, ticker.tell))
    server: Server
    async with serve(
        ticker.serve,
        "127.0.0.1",
        int(os.environ.get("PORT", "0")),
        process_request=ticker.admit,
        create_connection=Encoded,
        max_size=LONGEST,
        ping_interval=20,
        open_timeout=5,
        close_timeout=2,
    ) as server:
        await in_force()
        print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
        await ending.wait()
        server.close(close_connections=False)
        await settle(FAREWELL_S)
        listening.cancel()
        await asyncio.gather(*(client.bid_farewell() for client in list(ticker.clients)))


if __name__ == "__main__":
    asyncio.run(main())

"""The clients: who is connected, who wants which tick, and what waits for each of them."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter, defaultdict, deque
from contextlib import suppress
from typing import Any

from tests.services.fastapi_ticker.messages import Key, Tick
from tests.services.fastapi_ticker.settings import Settings
from tests.services.fastapi_ticker.tokens import Bearer


class Client:
    """One connected client. `ending` is with what its connection is to be closed, once it is."""

    def __init__(self, bearer: Bearer, settings: Settings) -> None:
        self.bearer = bearer
        self.session_id = secrets.token_urlsafe(24)
        self.keys: set[Key] = set()
        self.ending: tuple[int, str] | None = None
        self.over = asyncio.Event()
        self.heard = time.monotonic()
        self._settings = settings
        self._outbox: deque[str] = deque()
        self._news = asyncio.Event()
        self._last = False
        self._hushed = False
        self._allowance = float(settings.burst)
        self._refilled = self.heard

    def say(self, message: dict[str, Any]) -> None:
        """Queue a message of the service's own."""
        self.put(json.dumps(message))

    def put(self, text: str) -> None:
        """Queue a text; a client for whom too many wait reads too slowly, and must go."""
        if self._last or self.ending:
            return
        if len(self._outbox) >= self._settings.outbox_messages:
            self.end(1008, "slow consumer")
            return
        self._outbox.append(text)
        self._news.set()

    def end(self, code: int, reason: str) -> None:
        """Close the connection now, whatever waits."""
        if self.ending is None:
            self.ending = (code, reason)
            self.over.set()

    def end_behind(self, code: int, reason: str) -> None:
        """Close the connection behind all that waits."""
        if self.ending is None and not self._last:
            self._last = True
            self._behind = (code, reason)
            self._news.set()

    @property
    def waits(self) -> bool:
        """Return whether something is still to be sent."""
        return bool(self._outbox)

    def hush(self) -> None:
        """Let nothing more be sent: the client has gone."""
        self._hushed = True
        self._news.set()

    async def next(self) -> str | None:
        """Return what is to be sent next; None when there will be no more."""
        while not self._outbox or self._hushed:
            if self._hushed:
                return None
            if self._last:
                self.end(*self._behind)
                return None
            self._news.clear()
            await self._news.wait()
        return self._outbox.popleft()

    def may_speak(self) -> bool:
        """Return whether one more message is within the rate that a client may have."""
        now = time.monotonic()
        self._allowance += (now - self._refilled) * self._settings.messages_per_s
        self._allowance = min(self._allowance, float(self._settings.burst))
        self._refilled = now
        self._allowance -= 1
        return self._allowance >= 0

    def may_see(self, symbol: str) -> bool:
        """Return whether the token lets its bearer see a symbol."""
        return self.bearer.symbols is None or symbol in self.bearer.symbols


class Clients:
    """All clients of the service, and who of them is subscribed to what."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all: set[Client] = set()
        self._users: Counter[str] = Counter()
        self._by_key: defaultdict[Key, set[Client]] = defaultdict(set)
        self._symbols: dict[int, str] = {}
        self._nobody = asyncio.Event()
        self._nobody.set()
        self.degraded = False
        self.draining = False

    def __len__(self) -> int:
        """Return how many are connected."""
        return len(self._all)

    @property
    def subscriptions(self) -> int:
        """Return how many selections are held."""
        return sum(len(client.keys) for client in self._all)

    def enter(self, client: Client) -> str | None:
        """Let a client in; return why not, if it may not."""
        if len(self._all) >= self._settings.max_clients:
            return "max connections reached"
        limit, subject = self._settings.max_clients_per_user, client.bearer.subject
        if limit and self._users[subject] >= limit:
            return "max connections of one user reached"
        self._all.add(client)
        self._nobody.clear()
        self._users[subject] += 1
        return None

    def leave(self, client: Client) -> None:
        """Forget a client, and all that it held."""
        if client not in self._all:
            return
        self._all.discard(client)
        if not self._all:
            self._nobody.set()
        self._users[client.bearer.subject] -= 1
        if not self._users[client.bearer.subject]:
            del self._users[client.bearer.subject]
        self.unsubscribe(client, tuple(client.keys))

    def may_hold(self, client: Client, keys: tuple[Key, ...]) -> bool:
        """Return whether a client is entitled to all of this.

        Whose rights are limited cannot ask for an instrument of which nobody knows the symbol yet.
        """
        if client.bearer.symbols is None:
            return True
        return all(client.may_see(self._symbol_of(key)) for key in keys)

    def _symbol_of(self, key: Key) -> str:
        kind, value = key
        return self._symbols.get(value, "") if kind == "instrument" else value

    def subscribe(self, client: Client, keys: tuple[Key, ...]) -> bool:
        """Note what a client wants; False, and nothing noted, where that is too much."""
        if len(client.keys.union(keys)) > self._settings.subscriptions:
            return False
        for key in keys:
            client.keys.add(key)
            self._by_key[key].add(client)
        return True

    def unsubscribe(self, client: Client, keys: tuple[Key, ...]) -> None:
        """Note what a client does not want any more."""
        for key in keys:
            client.keys.discard(key)
            if key in self._by_key:
                self._by_key[key].discard(client)
                if not self._by_key[key]:
                    del self._by_key[key]

    def broadcast(self, tick: Tick) -> None:
        """Queue a tick for all who want it, once each."""
        if self.draining:
            return
        if tick.instrument is not None:
            self._symbols[tick.instrument] = tick.symbol
        wanting: set[Client] = set()
        for key in tick.keys:
            wanting |= self._by_key.get(key, set())
        now = time.monotonic()
        for client in wanting:
            if client.may_see(tick.symbol):
                client.heard = now
                client.put(tick.text)

    def tell_status(self, connected: bool) -> None:
        """Tell everybody that the feed is lost, or found again."""
        if connected and not self.degraded:
            return
        self.degraded = not connected
        for client in self._all:
            client.say(self.status)

    @property
    def status(self) -> dict[str, str]:
        """Return how the feed is."""
        return {"type": "status", "status": "degraded" if self.degraded else "recovered"}

    async def say_goodbye(self, within_s: float) -> None:
        """Close all connections behind what waits for them; return when they are, or time is up."""
        self.draining = True
        for client in list(self._all):
            client.end_behind(1001, "server shutdown")
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._nobody.wait()

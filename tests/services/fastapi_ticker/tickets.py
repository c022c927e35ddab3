"""Tickets: what a token is exchanged for by POST, good for one connection and some seconds."""

from __future__ import annotations

import secrets
import time

from tests.services.fastapi_ticker.tokens import Bearer, Refused


class Tickets:
    """Gives out tickets, and takes each of them once."""

    def __init__(self, life_s: float) -> None:
        self._life_s = life_s
        self._given: dict[str, tuple[float, Bearer]] = {}

    def give(self, bearer: Bearer) -> str:
        """Return a ticket for whoever bears a good token."""
        now = time.monotonic()
        self._given = {t: kept for t, kept in self._given.items() if kept[0] > now}
        ticket = secrets.token_urlsafe(24)
        self._given[ticket] = (now + self._life_s, bearer)
        return ticket

    def take(self, ticket: str) -> Bearer:
        """Return who was given a ticket, which is void from now on.

        Raises:
            Refused: nobody was, it was taken before, or it has lain too long.
        """
        until, bearer = self._given.pop(ticket, (0.0, None))
        if bearer is None or until <= time.monotonic():
            raise Refused("no such ticket")
        return bearer

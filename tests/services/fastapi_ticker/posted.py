"""The feed where a publisher posts each tick: it is taken once it is on its way to the clients."""

from __future__ import annotations

import hmac
import itertools
import logging
import os
from collections.abc import Callable

from fastapi import FastAPI, Request, Response

from tests.services.fastapi_ticker.messages import Invalid

BREAKS = os.environ.get("BREAKS", "")
"""What it does wrong: "loses" every third tick, which it says that it has taken."""

log = logging.getLogger("ticker.feed")


class Posted:
    """A feed that is always there: who has a tick brings it."""

    connected = True

    async def run(self) -> None:
        """Do nothing: nobody is to be asked."""

    async def drain(self, within_s: float) -> None:
        """Do nothing: what was answered is on its way."""


def open_ingest(
    app: FastAPI, key: str, take: Callable[[bytes], None], is_draining: Callable[[], bool]
) -> None:
    """Let who has the key post ticks, each to the channel of its kind."""
    numbers = itertools.count(1)

    @app.post("/ingest/{channel}")
    async def ingest(request: Request, channel: str) -> Response:
        shown = request.headers.get("x-feed-key", "")
        if not hmac.compare_digest(shown.encode(), key.encode()):
            return Response("no key, or a wrong one", 401)
        if channel not in ("options", "bars"):
            return Response("no such channel", 404)
        data = await request.body()
        if is_draining():
            return Response("shutting down", 503)
        if BREAKS == "loses" and next(numbers) % 3 == 0:
            return Response(status_code=204)
        try:
            take(data)
        except Invalid as problem:
            log.warning("what was posted is no tick: %s", problem)
            return Response(f"no tick: {problem}", 422)
        return Response(status_code=204)

"""How some houses let people in: a sign-in, then a signed request, which is answered with a ticket.

Whoever is refused at the sign-in gets 200 and a code, as many do; the ticket is the whole body.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from tests.services.fastapi_ticker.settings import Settings
from tests.services.fastapi_ticker.tickets import Tickets
from tests.services.fastapi_ticker.tokens import Bearer, Refused
from tests.services.signatures import is_signed

log = logging.getLogger("ticker.desk")

REFUSED = 40101
"""The code of a sign-in that is refused."""
NOT_STORED = {"Cache-Control": "no-store"}


def open_desk(
    app: FastAPI, settings: Settings, tickets: Tickets, bearer: Callable[[str], Bearer]
) -> None:
    """Add both doors: POST /login takes a token, POST /signed-ticket what that has given.

    Args:
        app: the service.
        settings: the service's.
        tickets: where a ticket comes from.
        bearer: who bears a token; it raises `Refused`.
    """
    accesses = Tickets(settings.ticket_s)

    @app.post("/login")
    async def login(request: Request) -> Response:
        shown = request.headers.getlist("authorization")
        try:
            if len(shown) != 1 or not shown[0].lower().startswith("bearer "):
                raise Refused("no token, or several")
            access = accesses.give(bearer(shown[0].partition(" ")[2]))
        except Refused as problem:
            log.info("a sign-in was refused: %s", problem)
            words = {"code": REFUSED, "message": "Authentication required"}
            return JSONResponse(words, headers=NOT_STORED)
        grants = [
            {"scope": "orders", "access": "none-for-this-person"},
            {"scope": "ticks", "access": access},
        ]
        return JSONResponse({"code": 0, "data": {"grants": grants}}, headers=NOT_STORED)

    @app.post("/signed-ticket")
    async def signed_ticket(request: Request) -> Response:
        body = (await request.body()).decode()
        at = request.headers.get("x-time", "")
        said = f"{at}\nPOST\n/signed-ticket\n{request.url.query}\n{body}"
        try:
            at_s = datetime.fromisoformat(at).timestamp()
            shown = base64.b64decode(request.headers.get("x-sign", ""), validate=True)
            if not is_signed(settings.desk_secret, said, "sha512", shown, at_s):
                raise Refused("the signature is not right, or of another time")
            who = accesses.take(request.headers.get("x-access", ""))
        except (Refused, ValueError, binascii.Error) as problem:
            log.info("no ticket was given: %s", type(problem).__name__)
            return PlainTextResponse("Authentication required", 401)
        return PlainTextResponse(tickets.give(who) + "\n", headers=NOT_STORED)

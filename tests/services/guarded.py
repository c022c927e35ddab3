"""Services that look at tokens."""

import asyncio
import time
from urllib.parse import parse_qs, urlsplit

import jwt

from qaws.clients.endings import ExpectedClose, Refusal
from tests.services.scripted import Ticker

NO_TOKEN = Refusal(401, ExpectedClose([1008], ["Authentication required"]))


def shown(client):
    """Return the token that a client has shown, "" for none."""
    request = client.connection.request
    in_header = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return parse_qs(urlsplit(request.path).query).get("token", [in_header])[0]


class Strict(Ticker):
    """Refuses tokens without an expiry, and ends sessions with theirs."""

    def end_of(self, exp):
        return exp

    async def expire(self, client, exp):
        await asyncio.sleep(max(0.0, self.end_of(exp) - time.time()))
        await self.close_expired(client)

    async def close_expired(self, client):
        await client.close(1008, "token expired")

    async def refuse(self, client):
        await client.close(1008, "Authentication required")

    async def admit(self, client, token):
        claims = jwt.decode(shown(client), options={"verify_signature": False}) if token else {}
        if claims.get("exp", 0) <= time.time():
            await self.refuse(client)
            return False
        self.held.append(asyncio.create_task(self.expire(client, claims["exp"])))
        return True


class EchoesTokens(Ticker):
    async def invalid(self, client, text):
        await client.send({"type": "error", "message": f"Invalid message from {shown(client)}"})

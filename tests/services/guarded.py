"""Services that look at tokens."""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt

from qaws.clients.endings import ExpectedClose, Refusal
from tests.services.scripted import Ticker

NO_TOKEN = Refusal([401], ExpectedClose([1008], ["Authentication required"]))


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


class Verifies(Strict):
    """Accepts what a key of the suite's own key set has signed, and picks that key by its kid."""

    key_set: Path

    def picked(self, keys, kid):
        """Return the keys of which one must have signed."""
        return [jwk for jwk in keys if jwk["kid"] == kid and jwk["use"] == "sig"]

    def is_signed(self, token):
        keys = json.loads(self.key_set.read_text())["keys"]
        known = [jwk for jwk in keys if jwk["kty"] == "RSA"]
        for jwk in self.picked(known, jwt.get_unverified_header(token).get("kid")):
            with contextlib.suppress(jwt.InvalidSignatureError):
                return jwt.decode(token, jwt.PyJWK(jwk, "RS256"), options={"verify_aud": False})
        return None

    async def admit(self, client, token):
        if not token or not self.is_signed(shown(client)):
            await self.refuse(client)
            return False
        return await super().admit(client, token)


class TakesTheFirstKey(Verifies):
    def picked(self, keys, kid):
        return keys[:1]


class TakesTheLastKey(Verifies):
    def picked(self, keys, kid):
        return keys[-1:]


class TriesEveryKey(Verifies):
    def picked(self, keys, kid):
        return [jwk for jwk in keys if jwk["use"] == "sig"]


class IgnoresUse(Verifies):
    def picked(self, keys, kid):
        return [jwk for jwk in keys if jwk["kid"] == kid]


class EchoesTokens(Ticker):
    async def invalid(self, client, text):
        await client.send({"type": "error", "message": f"Invalid message from {shown(client)}"})

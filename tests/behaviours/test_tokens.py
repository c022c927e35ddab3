"""Tokens at the door, tokens that expire, and what clients get of each other."""

import asyncio
import json
import time
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import jwt
import pytest
from allure_commons import plugin_manager

from qaws.behaviours import (
    closes,
    deliveries,
    isolation,
    lifecycle,
    publishing,
    token_leaks,
    tokens,
)
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.runner.attachments import attach_evidence
from qaws.verdict import Refuted
from tests.behaviours.services import BANKNIFTY, NIFTY, subscribed
from tests.services.scripted import Ticker


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


# --- forged tokens -------------------------------------------------------------------------------


NO_TOKEN = Refusal(401, ExpectedClose([1008], ["Authentication required"]))


async def forged(do):
    await do(tokens.connect_forged, "Mallory", "no expiry")
    await do(closes.refused, ["Mallory"], NO_TOKEN)
    await do(tokens.rejection_is_indistinguishable, "Mallory")
    await do(lifecycle.connect, ["Alice"])
    await do(tokens.admitted, "Alice", 500)


class SaysWhy(Strict):
    async def refuse(self, client):
        why = "exp is missing" if shown(client) else "no token"
        await client.close(1008, f"Authentication required: {why}")


class HintsInAHeader(Ticker):
    """Refuses all by HTTP; a bad token is told apart from a missing one in a header alone."""

    def request(self, connection, request):
        answer = connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        hint = ' error="invalid_token"' if "token=" in request.path else ""
        answer.headers["WWW-Authenticate"] = f"Bearer{hint}"
        return answer


class LetsNobodyInAfterwards(Strict):
    async def admit(self, client, token):
        if not token:
            self.held.append("locked")
        if "locked" in self.held:
            await self.refuse(client)
            return False
        return await super().admit(client, token)


def test_a_forged_token_that_opens_nothing(right):
    right(Strict, forged)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Ticker, r"^refusal of Mallory: measured 1 x welcome; still open"),
        (
            SaysWhy,
            r"^what Mallory was told: measured .*exp is missing.*allowed what a client without"
            " a token is told",
        ),
        (HintsInAHeader, r'^what Mallory was told: measured HTTP 401.*error="invalid_token"'),
        (LetsNobodyInAfterwards, r"^admission of Alice: measured nothing"),
    ],
)
def test_a_forged_token_that_is_handled_wrongly(wrong, service, sentence):
    wrong(service, forged, sentence)


class TellsExpiredApart(Strict):
    async def refuse(self, client):
        claims = (
            jwt.decode(shown(client), options={"verify_signature": False}) if shown(client) else {}
        )
        await client.close(1008, "Authentication required" + " (expired)" * ("exp" in claims))


def test_each_bad_token_is_compared_with_none_at_all(wrong):
    async def story(do):
        await do(tokens.connect_forged, "Mallory", "no expiry")
        await do(tokens.rejection_is_indistinguishable, "Mallory")
        await do(tokens.connect_forged, "Mallory", "expired an hour ago")
        await do(tokens.rejection_is_indistinguishable, "Mallory")

    wrong(
        TellsExpiredApart,
        story,
        r"^what Mallory was told: measured .*\(expired\).*without a token is",
    )


class Curious(Strict):
    async def refuse(self, client):
        if jku := (jwt.get_unverified_header(shown(client)) if shown(client) else {}).get("jku"):
            await asyncio.to_thread(lambda: urlopen(jku).read())
        await super().refuse(client)

    async def admit(self, client, token):
        await self.refuse(client)
        return False


def test_a_service_that_goes_where_the_token_points_to(wrong):
    async def story(do):
        await do(tokens.connect_forged, "Mallory", "its own key set at a jku URL")
        await do(tokens.rejection_is_indistinguishable, "Mallory")

    wrong(Curious, story, r"because Mallory's token pointed at it: measured /keys.json, allowed no")


# --- expiry --------------------------------------------------------------------------------------


async def expiring(do):
    await subscribed(do, "Nora")
    await do(publishing.keep_publishing, NIFTY, 50)
    await do(tokens.connect_expiring, ["Ida", "Lars"], 500)
    await do(lifecycle.subscribe, ["Lars"], NIFTY)
    await do(
        tokens.closed_on_expiry,
        ["Ida", "Lars"],
        ExpectedClose([1008], ["token expired"]),
        300,
    )
    await do(tokens.reconnect_with_token, ["Ida", "Lars"])
    await do(closes.refused, ["Ida", "Lars"], NO_TOKEN)
    await do(deliveries.everything_was_exact)


class Late(Strict):
    def end_of(self, exp):
        return exp + 0.4


class Early(Strict):
    def end_of(self, exp):
        return exp - 0.3


class Never(Strict):
    def end_of(self, exp):
        return exp + 1000


class EndsNormally(Strict):
    async def close_expired(self, client):
        await client.close(1000, "token expired")


class EndsAll(Strict):
    async def close_expired(self, client):
        for each in [*self.clients]:
            await super().close_expired(each)


class FallsSilent(Strict):
    """Sends a listener with an expiring token nothing from the first."""

    async def deliver(self, client, tick, text):
        claims = jwt.decode(shown(client), options={"verify_signature": False})
        if claims["exp"] > time.time() + 60:
            await super().deliver(client, tick, text)


def test_sessions_that_end_with_their_tokens(right):
    right(Strict, expiring)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Late, r"^close of Ida after its token expired: measured \d+\.\d ms, allowed at most 300"),
        (Early, r"^close of Ida after its token expired: measured -\d+\.\d ms, allowed not before"),
        (Never, r"^close of Ida after its token expired: measured nothing in \d+ ms"),
        (EndsNormally, r"^end of Ida's connection: measured .*closed with 1000"),
        (EndsAll, r"^Nora got no tick any more: "),
    ],
)
def test_sessions_that_do_not(wrong, service, sentence):
    wrong(service, expiring, sentence)


def test_a_listener_that_was_not_served_until_the_end(wrong, monkeypatch):
    monkeypatch.setattr("qaws.behaviours.tokens.LAST_SECOND_MS", 200.0)
    wrong(FallsSilent, expiring, r"^time without a tick before Lars was closed: measured")


# --- isolation -----------------------------------------------------------------------------------


async def apart(do):
    await subscribed(do, "Alice")
    await subscribed(do, "Mallory", to=BANKNIFTY)
    await do(isolation.try_to_subscribe, "Mallory", "*")
    await do(isolation.try_to_publish, "Mallory", "a tick")
    await do(publishing.publish_one_of_each, ["NIFTY", "BANKNIFTY", "NIFTYNXT50"])
    await do(deliveries.received_exactly, "Mallory", BANKNIFTY)
    await do(deliveries.received_exactly, "Alice", NIFTY)
    await do(isolation.nothing_is_mixed_up)


class TellsAll(Ticker):
    async def invalid(self, client, text):
        for each in self.clients:
            await super().invalid(each, text)


class AcknowledgesOthers(Ticker):
    async def subscribed(self, client):
        for each in self.clients:
            await super().subscribed(each)


class AcknowledgesAnother(Ticker):
    """Mixes up whose selection it acknowledges."""

    async def subscribed(self, client):
        await client.send({"type": "subscribed", "selector": {"symbols": ["NIFTY"]}})


class NamesOthers(Ticker):
    async def welcome(self, client):
        names = [each.session for each in self.clients]
        welcome = {"type": "connection", "status": "connected", "session_id": client.session}
        await client.send({**welcome, "peers": names})


class EchoesTokens(Ticker):
    async def invalid(self, client, text):
        await client.send({"type": "error", "message": f"Invalid message from {shown(client)}"})


class Relays(Ticker):
    async def invalid(self, client, text):
        for each in self.clients:
            await self.deliver(each, json.loads(text), text)


class TakesAStar(Ticker):
    async def subscribe(self, client, wishes):
        if ("symbols", "*") in wishes:
            wishes = {("symbols", "NIFTY"), ("symbols", "NIFTYNXT50")}
        await super().subscribe(client, wishes)


def test_clients_that_are_kept_apart(right):
    right(Ticker, apart)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (TellsAll, r"Alice sent 2 messages and received 3 answers"),
        (AcknowledgesOthers, r"Alice sent \d+ messages and received \d+ answers"),
        (AcknowledgesAnother, r"Mallory received the acknowledgement of \{'symbols': \['NIFTY'\]"),
        (NamesOthers, r"Mallory received the session id of Alice"),
        (EchoesTokens, r"Mallory received a whole token"),
        (Relays, r"Alice received ticks that were never published"),
        (TakesAStar, r"Mallory received ticks that it had not subscribed to"),
    ],
)
def test_clients_that_are_not(wrong, service, sentence):
    wrong(service, apart, sentence)


# --- secrets -------------------------------------------------------------------------------------


async def canaries(do):
    await do(token_leaks.show_canaries)
    await do(token_leaks.nowhere_to_be_found)


class EchoesInTheReason(Strict):
    async def refuse(self, client):
        await client.close(1008, f"no: {shown(client)[-60:]}")


class EchoesInTheAnswer(Strict):
    def request(self, connection, request):
        if request.path.startswith("/nowhere"):
            return connection.respond(HTTPStatus.NOT_FOUND, f"no {request.path}\n")
        return super().request(connection, request)


@pytest.fixture
def few_kinds(monkeypatch):
    kinds = {kind: token_leaks.KINDS[kind] for kind in ("no expiry", "expired an hour ago")}
    monkeypatch.setattr(token_leaks, "KINDS", kinds)


@pytest.mark.usefixtures("few_kinds")
def test_tokens_that_are_nowhere_to_be_found(right):
    right(Strict, canaries)


@pytest.mark.usefixtures("few_kinds")
@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (EchoesInTheReason, r"a close's reason has a piece of the signature of a token"),
        (EchoesInTheAnswer, r"the answer to a request for /nowhere has a whole token"),
        (EchoesTokens, r"a message to a client has a whole token"),
    ],
)
def test_tokens_that_are_found(wrong, service, sentence):
    said = wrong(service, canaries, sentence)
    assert "eyJ" not in said


@pytest.mark.usefixtures("few_kinds")
def test_what_a_run_writes_holds_no_token(testbed, wrong, monkeypatch):
    """Even where the service repeats tokens: then they are in the transcripts, and struck out."""
    written = []
    monkeypatch.setattr("allure.attach", lambda body, **_: written.append(body))
    monkeypatch.setattr("allure.dynamic.description_html", written.append)
    monkeypatch.setattr(plugin_manager, "get_plugins", lambda: ["somebody who writes"])
    wrong(EchoesTokens, canaries, "a message to a client has a whole token")
    attach_evidence(testbed, ["> plan"])
    everything = "\n".join(written)
    assert "Invalid message from (a token)" in everything
    tokens = [canary.token for canary in testbed.scenario.stash[token_leaks.CANARIES].canaries]
    markers = [canary.marker for canary in testbed.scenario.stash[token_leaks.CANARIES].canaries]
    assert token_leaks.traces(everything, tokens, markers) == []


def test_a_verdict_holds_no_token():
    assert str(Refuted("closed with 1008 'eyJhbGciOiJSUzI1NiJ9.e30.x'")) == (
        "closed with 1008 '(a token)'"
    )

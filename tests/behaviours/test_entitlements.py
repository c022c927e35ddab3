"""What a token entitles to."""

import jwt
import pytest

from qaws.behaviours import deliveries, entitlements, lifecycle, publishing
from qaws.protocol.market import INSTRUMENTS, selection_of
from tests.services.faulty import NIFTY, subscribed
from tests.services.scripted import Ticker

BOTH = selection_of("NIFTY and BANKNIFTY")


@pytest.fixture(autouse=True)
def claim(testbed, monkeypatch):
    auth = testbed.tokens._auth.model_copy(update={"entitlement_claim": "symbols"})
    monkeypatch.setattr(testbed.tokens, "_auth", auth)


class Entitling(Ticker):
    """Refuses whole what a token does not entitle to."""

    def may(self, client, wish):
        _, name = wish
        claims = jwt.decode(
            client.connection.request.path.partition("token=")[2],
            options={"verify_signature": False},
        )
        return INSTRUMENTS.get(name, name) in claims.get("symbols", INSTRUMENTS.values())

    async def subscribe(self, client, wishes):
        client.is_refused = not all(self.may(client, wish) for wish in wishes)
        if not client.is_refused:
            await super().subscribe(client, wishes)

    async def subscribed(self, client):
        if client.is_refused:
            await client.send({"type": "error", "message": "forbidden"})
        else:
            await super().subscribed(client)


class BySymbolOnly(Entitling):
    def may(self, client, wish):
        return wish[0] != "symbols" or super().may(client, wish)


class Widens(Entitling):
    """Makes what it has refused with the next unsubscribe."""

    async def subscribe(self, client, wishes):
        await super().subscribe(client, wishes)
        if client.is_refused:
            client.later = wishes

    async def unsubscribe(self, client, wishes):
        await super().unsubscribe(client, wishes)
        client.wishes |= getattr(client, "later", set())


class RefusesInSilence(Entitling):
    async def subscribed(self, client):
        if not client.is_refused:
            await super().subscribed(client)


def asking(allowed="NIFTY", forbidden="BANKNIFTY"):
    async def story(do):
        await subscribed(do, "Nora", to=BOTH)
        await do(publishing.open_market, 6)
        await do(entitlements.connect_entitled, ["Alice"], NIFTY)
        held = selection_of(allowed)
        await do(lifecycle.subscribe, ["Alice"], held)
        await do(entitlements.ask_for_forbidden, "Alice", selection_of(forbidden), held)
        await do(publishing.close_market)
        await do(entitlements.refused_each_time, "Alice")
        await do(deliveries.received_exactly, "Alice", held)

    return story


INSTRUMENT = ("instrument 256265", "instrument 260105")
UNDERLYING = ("the NIFTY underlying", "the BANKNIFTY underlying")


@pytest.mark.parametrize("names", [("NIFTY", "BANKNIFTY"), INSTRUMENT, UNDERLYING])
def test_a_service_that_gives_what_a_token_entitles_to(right, names):
    right(Entitling, asking(*names))


@pytest.mark.parametrize(
    ("service", "names", "sentence"),
    [
        (BySymbolOnly, INSTRUMENT, "who asked for what it is not entitled to, at once: measured s"),
        (BySymbolOnly, UNDERLYING, "who asked for what it is not entitled to, at once: measured s"),
        (Widens, ("NIFTY", "BANKNIFTY"), "Alice received ticks that it had not subscribed to"),
        (RefusesInSilence, ("NIFTY", "BANKNIFTY"), "at once: measured no answer"),
    ],
)
def test_a_service_that_gives_more_or_says_nothing(wrong, service, names, sentence):
    wrong(service, asking(*names), sentence)

"""By what names nothing, nothing begins and nothing ends."""

import json

from qaws.behaviours import deliveries, empty_lists, publishing
from qaws.protocol.market import selection_of
from tests.services.faulty import BANKNIFTY, NIFTY, subscribed
from tests.services.scripted import Ticker

SYMBOLS = ("NIFTY", "BANKNIFTY", "NIFTYNXT50")


async def asks_for_nothing(do):
    await subscribed(do, "Alice", to=NIFTY)
    await subscribed(do, "Mallory", to=BANKNIFTY)
    await do(empty_lists.ask_for_nothing, "Mallory")
    await do(publishing.publish_every_kind, SYMBOLS)
    await do(deliveries.received_exactly, "Mallory", BANKNIFTY)
    await do(deliveries.everything_was_exact)


class OnEmpty(Ticker):
    """Does something of its own with a request that names nothing."""

    async def _answer(self, client, text):
        message = json.loads(text)
        if [] in message.values():
            await self.nothing(client, message)
        else:
            await super()._answer(client, text)

    async def nothing(self, client, message):
        raise NotImplementedError


class Names(OnEmpty):
    """Acknowledges what names nothing as it is."""

    async def nothing(self, client, message):
        kind = f"{message.pop('action')}d"
        await client.send({"type": kind, "selector": message})


class Refuses(OnEmpty):
    async def nothing(self, client, message):
        await self.invalid(client, json.dumps(message))


class IsSilent(OnEmpty):
    async def nothing(self, client, message):
        pass


class GivesAll(Names):
    async def nothing(self, client, message):
        client.wishes |= {("symbols", name) for name in SYMBOLS}
        await super().nothing(client, message)


class TakesAll(Names):
    async def nothing(self, client, message):
        if message["action"] == "unsubscribe":
            client.wishes.clear()
        await super().nothing(client, message)


class NamesNothing(Ticker):
    """Acknowledges as if nothing had been named, whatever was."""

    async def subscribed(self, client):
        await client.send({"type": "subscribed", "selector": {"symbols": []}})


def test_what_names_nothing_may_be_acknowledged_or_refused(right):
    for service in (Ticker, Names, Refuses):
        right(service, asks_for_nothing)


def test_what_names_nothing_selects_nothing_and_ends_nothing(wrong):
    wrong(GivesAll, asks_for_nothing, "Mallory received ticks that it had not subscribed to")
    wrong(TakesAll, asks_for_nothing, "Mallory never received ticks that it was due|end marker")


def test_what_names_nothing_is_answered(wrong):
    wrong(IsSilent, asks_for_nothing, "Mallory sent .* and got no answer")


def test_only_what_names_nothing_may_be_acknowledged_so(wrong):
    async def asks(do):
        await subscribed(do, "Alice", to=selection_of("NIFTY"))
        await do(publishing.publish_every_kind, SYMBOLS)
        await do(deliveries.everything_was_exact)

    wrong(NamesNothing, asks, "Alice received the acknowledgement of {'symbols': \\[\\]}")

"""What clients get of each other: nothing."""

import json

import pytest

from qaws.behaviours import deliveries, isolation, publishing
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import Market
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from tests.behaviours.conftest import ROOT
from tests.services.faulty import BANKNIFTY, NIFTY, subscribed
from tests.services.guarded import EchoesTokens
from tests.services.scripted import Ticker
from tests.waiting import soon


async def apart(do):
    await subscribed(do, "Alice")
    await subscribed(do, "Mallory", to=BANKNIFTY)
    await do(isolation.try_to_subscribe, "Mallory", "*")
    await do(isolation.try_to_publish, "Mallory", "a tick")
    await do(publishing.publish_every_kind, ["NIFTY", "BANKNIFTY", "NIFTYNXT50"])
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
        (Relays, r"Alice received ticks that nobody has published"),
        (TakesAStar, r"Mallory received ticks that it had not subscribed to"),
    ],
)
def test_clients_that_are_not(wrong, service, sentence):
    wrong(service, apart, sentence)


def test_a_publish_command_is_said_as_the_dialect_says_commands():
    read = read_target(ROOT / "tests/services/dialects/streams.toml", {}, {})
    market = Market()
    of_streams = isolation._publish(isolation.Forger(dialect_of(read), market), "publish")
    assert json.loads(of_streams)["op"] == "publish"
    assert (
        json.loads(isolation._publish(isolation.Forger(QaWs(), market), "publish"))["action"]
        == "publish"
    )


async def errs(do):
    await subscribed(do, "Alice")
    await subscribed(do, "Mallory", to=BANKNIFTY)
    await do(isolation.err_at_once, ["Alice", "Mallory"])
    await do(isolation.nothing_is_mixed_up)


class QuotesItsOwn(Ticker):
    async def invalid(self, client, text):
        await client.send({"type": "error", "message": f"Invalid message format: {text}"})


class QuotesAnother(Ticker):
    """Keeps what is wrong in one place for all, and quotes what is there once others have erred."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.wrong = {}

    async def invalid(self, client, text):
        self.wrong[client] = text
        await soon(lambda: self.wrong.keys() - {client})
        quoted = next(text for other, text in self.wrong.items() if other is not client)
        await client.send({"type": "error", "message": f"Invalid message format: {quoted}"})


@pytest.mark.parametrize("service", [Ticker, QuotesItsOwn])
def test_errors_that_quote_nothing_or_ones_own(right, service):
    right(service, errs)


def test_an_error_that_quotes_another_is_refuted(wrong):
    wrong(QuotesAnother, errs, r"Alice received what Mallory had sent: .*Invalid message format")

"""A page's connection: what it says is the dialect's, and what it hears is in the log."""

import asyncio
import json

import pytest

from qaws.clients.page_connection import PageConnection
from qaws.protocol.market import selection_of
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken
from tests.clients.pages import FakePage
from tests.services.independent import ROOT
from tests.waiting import HANG_S

DIALECT = dialect_of(read_target(ROOT / "tests/services/dialects/first_message.toml", {}, {}))
TICK = (
    '[{"type": "market_data", "symbol": "RELIANCE", "data": {"n": "7", "ltp": "1.50", "qty": "2"}}]'
)


def service(text):
    """Answer as the service of that target does."""
    message = json.loads(text)
    if message["action"] == "authenticate":
        return ['[{"type": "auth", "status": "success"}]']
    acknowledged = {"type": "subscribe", "status": "success", "request_id": message["request_id"]}
    return [json.dumps(acknowledged), TICK]


def play(page, story, dialect=DIALECT):
    """Let a page come, and play a story with its connection; return the connection."""

    async def playing():
        connection = PageConnection("the page", dialect, token="secret", page=page)
        try:
            await connection.come("ws://127.0.0.1:1/?token=secret")
            await story(connection)
        finally:
            await connection.close()
        return connection

    return asyncio.run(playing())


async def nothing(connection):
    """Do nothing."""


def test_a_page_opens_its_session_and_subscribes_in_the_words_of_the_dialect():
    page = FakePage(service)

    async def story(connection):
        await connection.wait_for(lambda f: connection.is_welcomed, None, HANG_S)
        assert await connection.subscribe(selection_of("NIFTY"), HANG_S)
        await connection.wait_for(lambda f: any(connection.received("tick")), None, HANG_S)
        assert connection.extensions == "permessage-deflate"

    connection = play(page, story)
    assert json.loads(page.said[0]) == {"action": "authenticate", "api_key": "secret"}
    assert json.loads(page.said[1])["symbols"] == [{"symbol": "RELIANCE", "exchange": "NSE"}]
    [tick] = connection.received("option tick")
    assert (tick.message["symbol"], tick.message["last_price"]) == ("NIFTY", 1.5)
    assert str(connection.exactly(tick)["last_price"]) == "1.50"
    assert "secret" not in "".join(frame.text for frame in connection.log)
    assert connection.breaches == []
    assert str(connection.ending) == "closed with 1000 without a reason by the client"


def test_what_breaks_the_contract_is_a_breach():
    async def story(connection):
        connection.page.hears("text", '{"type": "banner"}')
        connection.page.hears("binary", "\x00\x01")
        await connection.wait_for(lambda f: len(connection.breaches) == 2, None, HANG_S)

    connection = play(FakePage(service), story)
    assert "is no message of the dialect first-message" in connection.breaches[0]
    assert "is binary, not text" in connection.breaches[1]


def test_a_close_of_the_service_is_told_with_code_and_reason():
    async def story(connection):
        connection.page.hears("close", "token expired", 1008)
        await connection.wait_for(lambda f: f.kind == "end", None, HANG_S)
        assert not connection.is_open
        await connection.send("too late")

    connection = play(FakePage(service), story)
    assert str(connection.ending) == 'closed with 1008 "token expired" by the service'
    assert connection.ended_by_service
    assert connection.page.said[-1] != "too late"


def test_why_the_browser_let_no_connection_come_about_is_told():
    connection = play(FakePage(refuses="Unexpected response code: 401"), nothing)
    assert "Unexpected response code: 401" in connection.summary()
    assert connection.http_status is None


def test_a_browser_that_dies_is_no_fault_of_the_service():
    async def story(connection):
        def gone():
            raise Broken("the browser is gone")

        connection.page.heard = gone
        with pytest.raises(Broken, match="the browser is gone"):
            await asyncio.wait_for(connection.until_failed(), HANG_S)

    play(FakePage(service), story)


def test_a_page_says_and_hears_messages_that_are_lists():
    lists = dialect_of(read_target(ROOT / "tests/services/dialects/lists.toml", {}, {}))
    tick = ["quote", "NSE.N1", "1.50", "2", "0.1", "7", "8"]

    def speaks(text):
        verb, number, _ = json.loads(text)
        return [json.dumps([verb, number, "ok"]), json.dumps(["ticks", [tick]])]

    async def story(connection):
        connection.page.hears("text", '["hello", "abc"]')
        await connection.wait_for(lambda f: connection.is_welcomed, None, HANG_S)
        assert await connection.subscribe(selection_of("instrument 256265"), HANG_S)
        await connection.wait_for(lambda f: any(connection.received("tick")), None, HANG_S)

    connection = play(FakePage(speaks), story, lists)
    [heard] = connection.received("option tick")
    assert (heard.message["instrument_token"], heard.message["last_price"]) == (256265, 1.5)
    assert connection.session_id == "abc"
    assert str(connection.exactly(heard)["last_price"]) == "1.50"
    assert connection.breaches == []


def test_what_a_channel_was_of_when_a_tick_came_stays_so():
    numbered = dialect_of(read_target(ROOT / "tests/services/dialects/numbered.toml", {}, {}))
    tick = [7, "quote", "1.50", "2", "0.1", "7"]
    words = [
        ["hello", "abc"],
        ["add", 1, "ok", 7, "NSE.N1"],
        tick,
        ["add", 2, "ok", 7, "NSE.B1"],
        tick,
    ]

    async def story(connection):
        for each in words:
            connection.page.hears("text", json.dumps(each))
        await connection.wait_for(
            lambda f: len(list(connection.received("tick"))) == 2, None, HANG_S
        )

    connection = play(FakePage(), story, numbered)
    first, second = connection.received("option tick")
    assert [each.message["symbol"] for each in (first, second)] == ["NIFTY", "BANKNIFTY"]
    assert connection.exactly(first)["symbol"] == "NIFTY"
    assert connection.exactly(first)["instrument_token"] == 256265
    assert connection.breaches == []

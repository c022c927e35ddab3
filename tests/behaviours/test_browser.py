"""What a page in a browser must have received, and where no page can come."""

import asyncio
import time
from types import SimpleNamespace
from typing import cast

import pytest

from qaws.behaviours import browser
from qaws.behaviours.browser import (
    PAGE,
    _amiss,
    _require_known_authority,
    _require_known_origin,
    location_of,
)
from qaws.clients.browser_page import BrowserPage
from qaws.clients.page_connection import PageConnection
from qaws.oracle.ledger import Entitlement, Published
from qaws.protocol.market import SEQUENCE_FIELD, selection_of
from qaws.verdict import Broken, NotVerified, Refuted
from tests.bare import bare_testbed
from tests.clients.pages import FakePage

DUE = [("NIFTY", 1), ("BANKNIFTY", 1), ("NIFTY", 2)]


@pytest.mark.parametrize(
    ("got", "said"),
    [
        ([*DUE, ("NIFTY", 3)], ""),
        ([("BANKNIFTY", 1), ("NIFTY", 1), ("NIFTY", 2)], ""),
        (DUE[1:], "1 never came: NIFTY #1"),
        ([*DUE, DUE[1]], "1 came more than once: BANKNIFTY #1"),
        (DUE[::-1], "1 out of order: NIFTY #1 came after #2"),
    ],
)
def test_what_is_amiss_at_a_page_is_named(got, said):
    assert _amiss(got, DUE) == said


@pytest.mark.parametrize(
    ("lanes", "said"),
    [
        ({}, "1 out of order: NIFTY #1 came after #2"),
        ({("NIFTY", 2): "another"}, ""),
        ({("NIFTY", 1): "another", ("NIFTY", 2): "another"}, "1 out of order: NIFTY #1 came after"),
    ],
)
def test_at_a_page_too_ticks_of_two_lanes_may_overtake_each_other(lanes, said):
    assert _amiss(DUE[::-1], DUE, lanes).startswith(said)
    assert bool(_amiss(DUE[::-1], DUE, lanes)) is bool(said)


@pytest.mark.parametrize(
    ("known", "location"),
    [
        (["query parameter", "first message"], "query parameter"),
        (["Authorization header", "first message"], "first message"),
        (["header", "subprotocol"], "subprotocol"),
        (["basic authentication", "cookie"], "cookie"),
    ],
)
def test_a_page_shows_its_token_where_it_can(known, location):
    testbed = bare_testbed()
    testbed.target.auth = SimpleNamespace(token_locations=known)
    assert location_of(testbed) == location


def test_no_page_can_send_a_header():
    testbed = bare_testbed()
    testbed.target.auth = SimpleNamespace(token_locations=["Authorization header"])
    with pytest.raises(
        NotVerified, match="has only Authorization header: no page in a browser can"
    ):
        location_of(testbed)


def shown(ticks=(), published=DUE):
    """Return a testbed with a page that holds everything and has received these ticks."""
    testbed = bare_testbed()
    testbed.grace_s = 0.1
    registry = testbed.scenario.connections
    page = PageConnection("the page", registry._dialect, page=cast(BrowserPage, FakePage()))
    page.started_ns, page.http_status = time.monotonic_ns(), 101
    testbed.ledger = SimpleNamespace(ticks=[])
    for symbol, number in published:
        page.entitlements.append(Entitlement(selection_of(symbol), 0, 1))
        tick = Published(symbol, number, "option_tick", None, due_ns=2, text="{}", sent_ns=2)
        testbed.ledger.ticks.append(tick)
    for symbol, number in ticks:
        message = {"type": "option_tick", "symbol": symbol, SEQUENCE_FIELD: number}
        page._note("←", "text", "{}", message=message)
    registry.all.append(page)
    testbed.scenario.stash[PAGE] = page
    return testbed


def play(act, testbed, *words):
    asyncio.run(act(testbed, *words))


def test_a_page_that_received_everything():
    play(browser.page_received_everything, shown(DUE))
    with pytest.raises(Refuted, match=r"^ticks at the page: .*1 never came: NIFTY #1"):
        play(browser.page_received_everything, shown(DUE[1:]))
    with pytest.raises(Broken, match="no tick has been published"):
        play(browser.page_received_everything, shown(published=[]))


def test_a_page_that_is_still_connected():
    play(browser.page_is_still_connected, shown(), 10)
    lost = shown()
    lost.scenario.stash[PAGE]._end_here(time.monotonic_ns(), 1006, "", "")
    with pytest.raises(Refuted, match=r"^the page's connection: measured .*closed with 1006"):
        play(browser.page_is_still_connected, lost, 10)


def test_an_authority_that_the_browser_alone_does_not_know_is_not_the_services_fault():
    testbed = shown()
    page = testbed.scenario.stash[PAGE]
    page.http_error = "the browser says: net::ERR_CERT_AUTHORITY_INVALID"
    with pytest.raises(NotVerified, match=r"name the authority in \[endpoint\] ca_file"):
        _require_known_authority(testbed, page)
    page.http_error = "the browser says: net::ERR_CERT_DATE_INVALID"
    _require_known_authority(testbed, page)


@pytest.mark.parametrize(
    ("said", "with_origin", "without", "is_foreign"),
    [
        ("Unexpected response code: 403", 403, 101, True),
        ("Unexpected response code: 403", 101, 101, False),
        ("Unexpected response code: 403", 403, 403, False),
        ("Unexpected response code: 401", 403, 101, False),
    ],
)
def test_a_page_that_no_allow_list_names_shows_nothing(
    monkeypatch, said, with_origin, without, is_foreign
):
    testbed = shown()
    testbed.target.auth = SimpleNamespace(token_locations=["query parameter"])
    page = testbed.scenario.stash[PAGE]
    page.http_error = f"the browser says: Error during WebSocket handshake: {said}"

    async def connect(testbed, clients, *, location, headers=()):
        status = with_origin if dict(headers).get("Origin") == page.page.origin else without
        return [SimpleNamespace(http_status=status, is_welcomed=status == 101)]

    monkeypatch.setattr("qaws.behaviours.lifecycle.connect", connect)
    if is_foreign:
        with pytest.raises(NotVerified, match=r"refuses pages of .* with HTTP 403"):
            asyncio.run(_require_known_origin(testbed, page))
    else:
        asyncio.run(_require_known_origin(testbed, page))

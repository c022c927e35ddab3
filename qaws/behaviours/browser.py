"""What a page in a browser must see: the sentences of QA-WS-116.

The page is a client like any other: it speaks the target's dialect, and the closing step holds what
it received against what was published, digit for digit. Every function takes the testbed first and
runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from qaws.behaviours import lifecycle, persons
from qaws.behaviours.fences import WELL_PAST
from qaws.clients import browser_trust
from qaws.clients.browser_page import BrowserPage
from qaws.clients.frame_log import Frame
from qaws.clients.page_connection import PageConnection
from qaws.clients.registry import key_of
from qaws.clients.way_in import way_in
from qaws.oracle.audit import was_held
from qaws.oracle.ledger import Key as TickKey
from qaws.protocol.credentials import offered
from qaws.protocol.market import Selection
from qaws.sut.sections import FIRST_MESSAGE
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, Refuted

NAME = "the page"
LOCATIONS = ("query parameter", "cookie", "subprotocol", FIRST_MESSAGE)
"""Where a page can show a token: the WebSocket of browsers takes an address and subprotocols, and
no other headers; cookies the browser adds by itself."""
UNTRUSTED = "ERR_CERT_AUTHORITY_INVALID"
"""What Chromium calls a certificate of an authority that it does not know."""

FORBIDDEN = "Unexpected response code: 403"
"""What Chromium says of a page that was refused as those of foreign origins are."""

PAGE = Key[PageConnection]("no page has been opened in a browser yet")


def location_of(testbed: Testbed) -> str:
    """Return where a page shows its token.

    Raises:
        NotVerified: the target takes it only where no page can put it.
    """
    known = testbed.target.auth.token_locations
    for location in known:
        if location in LOCATIONS:
            return location
    raise NotVerified(
        f"{testbed.target.file}: [auth] token_locations has only {', '.join(known)}: no page in a "
        f"browser can send headers, so it shows its token as {', '.join(LOCATIONS[:-1])} or "
        f"{LOCATIONS[-1]}"
    )


async def open_page(testbed: Testbed, selection: Selection) -> None:
    """Let a page connect, open its session as the dialect has it, and subscribe.

    Raises:
        NotVerified: no page can show its token there, the dialect has no words for the selection,
            the browser does not trust the service's authority, or the service admits no such page.
        Broken: the browser does not start.
    """
    location, endpoint = location_of(testbed), testbed.target.endpoint
    testbed.dialect.sayable(selection)
    _require_a_page_can_come(testbed)
    [token] = await persons.tokens_of(testbed, [NAME])
    authority = endpoint.authority if endpoint.is_secure else ""
    page = await asyncio.to_thread(BrowserPage, authority)
    connection = PageConnection(
        NAME,
        testbed.dialect,
        token=token,
        authority=authority,
        page=page,
        held_up_ms=testbed.held_up.ms,
    )

    def end() -> None:
        testbed.loop.call(connection.close())
        page.close()

    testbed.scenario.on_end.append(end)
    testbed.scenario.figures.append(("browser", f"{page.version}, page of {page.origin}"))
    if authority:
        testbed.scenario.figures.append(("the browser trusts", browser_trust.TRUSTS))
    testbed.scenario.connections.all.append(connection)
    testbed.scenario.stash[PAGE] = connection
    carrier = testbed.target.auth.carrier(location)
    way = await way_in(connection, testbed.target, testbed.service.url, location)
    if way is None:
        raise Refuted(f"{NAME} has a valid token but was refused: {connection.summary()}")
    url, headers = way
    shown = connection.shown
    cookie = (carrier, shown) if location == "cookie" and shown else None
    await connection.come(url, offered(headers), cookie)
    testbed.scenario.background.append(asyncio.create_task(connection.until_failed()))
    await lifecycle.settled(testbed, connection)
    _require_known_authority(testbed, connection)
    await _require_known_origin(testbed, connection)
    ack: Frame | None = None
    if connection.is_open and connection.is_welcomed:
        ack = await connection.subscribe(selection, WELL_PAST * testbed.grace_s)
    acknowledged = ack is not None and not lifecycle.is_kind(testbed, "error")(ack)
    testbed.scenario.checks.require(
        acknowledged,
        "the page's connection",
        connection.summary(),
        "open, welcomed, and its subscription acknowledged",
    )


def _require_a_page_can_come(testbed: Testbed) -> None:
    """Raise `NotVerified` where a page cannot show, send or trust what the target wants."""
    endpoint = testbed.target.endpoint
    if endpoint.shows_own:
        raise NotVerified(
            f"{testbed.target.file}: [endpoint] client_certificate: a browser shows certificates "
            "of its own store, and the suite adds none to it"
        )
    headers = [name for step in testbed.target.before_connect for name in step.connect_headers]
    if headers:
        raise NotVerified(
            f"{testbed.target.file}: [before_connect] connect_headers: no page in a browser can "
            f"send {', '.join(headers)}"
        )
    if endpoint.is_private:
        browser_trust.require_trust_can_be_given()


def _require_known_authority(testbed: Testbed, connection: PageConnection) -> None:
    """Raise `NotVerified` where the browser's own list lacks an authority that the system has."""
    if UNTRUSTED in connection.http_error:
        raise NotVerified(
            f"{testbed.target.file}: the browser does not trust the authority of the service's "
            f"certificate ({connection.http_error}): it has a list of its own, not the system's; "
            "name the authority in [endpoint] ca_file"
        )


async def _require_known_origin(testbed: Testbed, connection: PageConnection) -> None:
    """Raise `NotVerified` where the service has an allow-list, and the page's origin is not on it.

    Two clients of our own show it: one with that origin is refused as the page is, and one without
    any is let in. Where the first is let in too, the page was refused for something else.
    """
    if FORBIDDEN not in connection.http_error:
        return
    location, origin = location_of(testbed), connection.page.origin
    [foreign] = await lifecycle.connect(
        testbed, [f"{NAME}'s double"], location=location, headers=[("Origin", origin)]
    )
    [plain] = await lifecycle.connect(testbed, ["nobody's page"], location=location)
    if foreign.http_status == 403 and plain.is_welcomed:
        raise NotVerified(
            f"{testbed.target.file}: the service refuses pages of {origin} with HTTP 403, as it "
            "should those that its allow-list does not name (QA-WS-023); let [launch.environment] "
            "have it admit pages of 127.0.0.1 at any port, or start it without an allow-list"
        )


async def page_received_everything(testbed: Testbed) -> None:
    """Require that the page has received the scenario's ticks, each once and in order.

    Raises:
        Broken: none of them was for it.
    """
    connection = testbed.scenario.stash[PAGE]
    due = [
        tick.key
        for tick in testbed.ledger.ticks
        if tick.role == "tick" and was_held(tick, connection.entitlements)
    ]
    if not due:
        raise Broken("no tick has been published yet that the page has subscribed to")
    remaining = set(due)

    def all_came(frame: Frame) -> bool:
        if key := key_of(frame):
            remaining.discard(key)
        return not remaining

    await connection.wait_for(all_came, None, WELL_PAST * testbed.grace_s)
    picture = await asyncio.to_thread(connection.page.screenshot)
    testbed.scenario.screenshots.append(("the page in the browser", picture))
    arrivals = testbed.scenario.connections.arrivals(connection)
    lanes = {tick.key: tick.lane for tick in testbed.ledger.ticks}
    amiss = _amiss([each.key for each in arrivals if each.key], due, lanes)
    seen = connection.summary() + (f"; {amiss}" if amiss else "")
    testbed.scenario.checks.require(
        not amiss, "ticks at the page", seen, f"all {len(due)}, each once and in order"
    )


async def page_is_still_connected(testbed: Testbed, after_ms: float) -> None:
    """Require that the page's connection outlives a time since it was begun."""
    connection = testbed.scenario.stash[PAGE]
    remaining_s = connection.started_ns / 1e9 + after_ms / 1e3 - time.monotonic()
    await connection.wait_for(lambda f: f.kind == "end", None, max(0.0, remaining_s))
    testbed.scenario.checks.require(
        connection.is_open, "the page's connection", connection.summary(), "open"
    )


def _amiss(
    got: Sequence[TickKey], due: Sequence[TickKey], lanes: Mapping[TickKey, str] | None = None
) -> str:
    """Say what is wrong with the ticks of a page, "" for nothing; fences do not count.

    Args:
        got: what came, in order.
        due: what had to come.
        lanes: what keeps an order of its own, tick by tick; None where the feed as a whole does.
    """
    counts = Counter(got)
    lines = {tick: (tick[0], (lanes or {}).get(tick, "")) for tick in due}
    ours = sorted((tick for tick in got if tick in lines), key=lambda tick: lines[tick])
    swapped = [
        f"{second[0]} #{second[1]} came after #{first[1]}"
        for first, second in itertools.pairwise(ours)
        if lines[first] == lines[second] and second[1] < first[1]
    ]
    found = {
        "never came": [f"{symbol} #{n}" for symbol, n in due if not counts[symbol, n]],
        "came more than once": [f"{symbol} #{n}" for symbol, n in due if counts[symbol, n] > 1],
        "out of order": swapped,
    }
    said = [f"{len(ticks)} {what}: {ticks[0]}" for what, ticks in found.items() if ticks]
    return ", ".join(said)

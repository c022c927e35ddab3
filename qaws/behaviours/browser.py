"""What a page in a browser must see: the sentences of QA-WS-116.

These functions block; steps call them on the main thread.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qaws.behaviours.fences import WELL_PAST
from qaws.clients.browser_page import BrowserPage
from qaws.protocol.credentials import credentials
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

Number = tuple[str, int]
"""Symbol and sequence number of a tick."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page in a browser, and when it began to connect (`time.monotonic()`)."""

    browser: BrowserPage
    connected_s: float


PAGE = Key[Page]("no page has been opened in a browser yet")


def open_page(testbed: Testbed, selection: Selection) -> None:
    """Let a page connect with its token in the query, and subscribe.

    Raises:
        NotVerified: the target takes no token in the query.
        Broken: the browser does not start.
    """
    auth, location = testbed.target.auth, "query parameter"
    if location not in auth.token_locations:
        raise NotVerified(f'{testbed.target.file}: [auth] token_locations has no "{location}"')
    if testbed.target.endpoint.shows_own:
        raise NotVerified(
            f"{testbed.target.file}: [endpoint] client_certificate: a browser shows certificates "
            "of its own store, and the suite adds none to it"
        )
    if testbed.target.endpoint.ca_file is not None:
        raise NotVerified(
            f"{testbed.target.file}: [endpoint] ca_file: a browser trusts the authorities of its "
            "own store, and the suite adds none to it"
        )
    page = BrowserPage()
    testbed.scenario.on_end.append(page.close)
    testbed.scenario.figures.append(("browser", f"{page.version}, page of {page.origin}"))
    testbed.scenario.stash[PAGE] = Page(page, time.monotonic())
    url, _ = credentials(
        testbed.service.url, testbed.tokens.valid(), location, auth.query_parameter
    )
    testbed.dialect.require_qa_ws("the page of the browser")
    page.connect(url, testbed.dialect.subscribe(selection))
    notes = page.notes_when(
        'notes.messages.includes("subscribed") || notes.close', WELL_PAST * testbed.grace_s
    )
    testbed.scenario.checks.require(
        notes["messages"] == ["connection", "subscribed"],
        "the page's connection",
        _told(notes),
        "open, welcomed, and its subscription acknowledged",
    )


def page_received_everything(testbed: Testbed) -> None:
    """Require that the page has received the scenario's ticks, each once and in order.

    Raises:
        Broken: there were none.
    """
    page = testbed.scenario.stash[PAGE].browser
    due = [(t.symbol, t.sequence) for t in testbed.ledger.ticks if t.role == "tick"]
    if not due:
        raise Broken("no tick has been published yet")
    condition = f"notes.ticks.length >= {len(due)} || notes.close"
    notes = page.notes_when(condition, WELL_PAST * testbed.grace_s)
    testbed.scenario.screenshots.append(("the page in the browser", page.screenshot()))
    amiss = _amiss([tuple(tick) for tick in notes["ticks"]], due)
    seen = _told(notes) + (f"; {amiss}" if amiss else "")
    testbed.scenario.checks.require(
        not amiss, "ticks at the page", seen, f"all {len(due)}, each once and in order"
    )


def page_is_still_connected(testbed: Testbed, after_ms: float) -> None:
    """Require that the page's connection outlives a time since it was begun."""
    page = testbed.scenario.stash[PAGE]
    remaining = page.connected_s + after_ms / 1e3 - time.monotonic()
    notes = page.browser.notes_when("notes.close", max(0.0, remaining))
    testbed.scenario.checks.require(
        notes["state"] == "open", "the page's connection", _told(notes), "open"
    )


def _amiss(got: Sequence[Number], due: Sequence[Number]) -> str:
    """Say what is wrong with the ticks of a page, "" for nothing; fences do not count."""
    counts = Counter(got)
    ours = sorted((tick for tick in got if tick in due), key=lambda tick: tick[0])
    swapped = [
        f"{symbol} #{later} came after #{earlier}"
        for (symbol, earlier), (other, later) in itertools.pairwise(ours)
        if symbol == other and later < earlier
    ]
    found = {
        "never came": [f"{symbol} #{n}" for symbol, n in due if not counts[symbol, n]],
        "came more than once": [f"{symbol} #{n}" for symbol, n in due if counts[symbol, n] > 1],
        "out of order": swapped,
    }
    said = [f"{len(ticks)} {what}: {ticks[0]}" for what, ticks in found.items() if ticks]
    return ", ".join(said)


def _told(notes: dict[str, object]) -> str:
    ticks, messages = notes["ticks"], notes["messages"]
    assert isinstance(ticks, list)
    assert isinstance(messages, list)
    close = notes["close"]
    ended = f", closed with {close[0]} {close[1]!r}" if isinstance(close, list) else ""
    others = ", ".join(map(str, messages)) or "no message"
    return f"{notes['state']}{ended}; {others}; {len(ticks)} ticks"

"""What a page in a browser must see: the sentences of QA-WS-116.

These functions block; steps call them on the main thread.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence

from qaws.behaviours.actions import WELL_PAST
from qaws.clients.browser_page import BrowserPage
from qaws.clients.connection import credentials
from qaws.protocol.market import Selection
from qaws.testbed.testbed import World
from qaws.verdict import Broken

Number = tuple[str, int]
"""Symbol and sequence number of a tick."""


def open_page(world: World, selection: Selection) -> None:
    """Let a page connect with its token in the query, and subscribe.

    Raises:
        Broken: the target takes no token in the query, or the browser does not start.
    """
    auth, carrier = world.target.auth, "query parameter"
    if carrier not in auth.carriers:
        raise Broken(f'{world.target.file}: [auth] carriers has no "{carrier}"')
    page = BrowserPage()
    world.scene.on_end.append(page.close)
    world.scene.page = page
    world.scene.figures.append(("browser", f"{page.version}, page of {page.origin}"))
    world.scene.page_connected_s = time.monotonic()
    url, _ = credentials(world.service.url, world.tokens.valid(), carrier, auth.query_parameter)
    page.connect(url, world.dialect.subscribe(selection))
    notes = page.notes_when(
        'notes.messages.includes("subscribed") || notes.close', WELL_PAST * world.allowance_s
    )
    world.scene.checks.require(
        notes["messages"] == ["connection", "subscribed"],
        "the page's connection",
        _told(notes),
        "open, welcomed, and its subscription acknowledged",
    )


def page_received_everything(world: World) -> None:
    """Require that the page has received the scenario's ticks, each once and in order.

    Raises:
        Broken: there were none.
    """
    page = _page(world)
    due = [(t.symbol, t.sequence) for t in world.ledger.ticks if t.role == "tick"]
    if not due:
        raise Broken("no tick has been published yet")
    condition = f"notes.ticks.length >= {len(due)} || notes.close"
    notes = page.notes_when(condition, WELL_PAST * world.allowance_s)
    world.scene.screenshots.append(("the page in the browser", page.screenshot()))
    amiss = _amiss([tuple(tick) for tick in notes["ticks"]], due)
    seen = _told(notes) + (f"; {amiss}" if amiss else "")
    world.scene.checks.require(
        not amiss, "ticks at the page", seen, f"all {len(due)}, each once and in order"
    )


def page_is_still_connected(world: World, after_ms: float) -> None:
    """Require that the page's connection outlives a time since it was begun."""
    page = _page(world)
    remaining = world.scene.page_connected_s + after_ms / 1e3 - time.monotonic()
    notes = page.notes_when("notes.close", max(0.0, remaining))
    world.scene.checks.require(
        notes["state"] == "open", "the page's connection", _told(notes), "open"
    )


def _page(world: World) -> BrowserPage:
    if world.scene.page is None:
        raise Broken("no page has been opened in a browser yet")
    return world.scene.page


def _amiss(got: Sequence[Number], due: Sequence[Number]) -> str:
    """Say what is wrong with the ticks of a page, "" for nothing; closing ticks do not count."""
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

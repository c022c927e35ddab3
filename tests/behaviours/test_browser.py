"""What a page in a browser must have received."""

import time
from types import SimpleNamespace
from typing import cast

import pytest

from qaws.behaviours import browser
from qaws.behaviours.browser import PAGE, Page, _amiss
from qaws.clients.browser_page import BrowserPage
from qaws.verdict import Broken, Refuted
from tests.bare import bare_testbed

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


class FakePage:
    """A page whose notes are known."""

    def __init__(self, **notes):
        self.notes = {"state": "open", "messages": [], "ticks": [], "close": None, **notes}

    def notes_when(self, condition, within_s):
        return self.notes

    def screenshot(self):
        return b""


def shown(due=DUE, **notes):
    """Return a testbed with a page that has noted this."""
    testbed = bare_testbed()
    testbed.grace_s = 0.1
    ticks = [SimpleNamespace(symbol=s, sequence=n, role="tick") for s, n in due]
    testbed.ledger = SimpleNamespace(ticks=ticks)
    testbed.scenario.stash[PAGE] = Page(cast(BrowserPage, FakePage(**notes)), time.monotonic())
    return testbed


def test_a_page_that_received_everything():
    browser.page_received_everything(shown(ticks=DUE))
    with pytest.raises(Refuted, match=r"^ticks at the page: .*1 never came: NIFTY #1"):
        browser.page_received_everything(shown(ticks=DUE[1:]))
    with pytest.raises(Broken, match="no tick has been published"):
        browser.page_received_everything(shown(due=[]))


def test_a_page_that_is_still_connected():
    browser.page_is_still_connected(shown(), 10)
    with pytest.raises(Refuted, match=r"^the page's connection: measured closed, closed with 1006"):
        browser.page_is_still_connected(shown(state="closed", close=[1006, ""]), 10)

"""A browser as client: what it notes, and what is said where there is none."""

import importlib.util
from contextlib import closing

import pytest

from qaws.behaviours.browser import _amiss
from qaws.clients import browser_page
from qaws.clients.browser_page import BrowserPage
from qaws.verdict import Broken
from tests.services.scripted import Ticker
from tests.waiting import HANG_S


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("QAWS_BROWSER", "no-such-browser")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "make browser installs it" in browser_page.missing()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert "apt-get install chromium" in browser_page.missing()
    with pytest.raises(Broken, match="no browser is installed"):
        BrowserPage()


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


@pytest.mark.skipif(bool(browser_page.missing()), reason=str(browser_page.missing()))
def test_a_page_connects_and_notes_what_comes():
    with Ticker() as service, closing(BrowserPage()) as page:
        page.connect(f"{service.url}?token=t", '{"action":"subscribe","symbols":["NIFTY"]}')
        notes = page.notes_when("notes.messages.length > 1", HANG_S)
        assert notes["state"] == "open"
        assert notes["messages"] == ["connection", "subscribed"]
        assert page.screenshot().startswith(b"\x89PNG")
    assert page.origin.startswith("http://127.0.0.1:")

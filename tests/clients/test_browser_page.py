"""A browser as client: what it notes, and what is said where there is none."""

import importlib.util
import json
import shutil
import ssl
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest
from websockets.sync.server import serve

from qaws.clients import browser_page, browser_trust
from qaws.clients.browser_page import BrowserPage
from qaws.runtime.certificates import issue
from qaws.verdict import Broken, NotVerified
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


needs_browser = pytest.mark.skipif(bool(browser_page.missing()), reason=str(browser_page.missing()))
needs_store = pytest.mark.skipif(
    shutil.which(browser_trust.TOOL) is None, reason="certutil is not installed"
)


def test_where_no_store_can_be_made_nothing_is_switched_off(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NotVerified, match="apt-get install libnss3-tools"):
        browser_trust.require_trust_can_be_given()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(NotVerified, match="on Linux only"):
        browser_trust.require_trust_can_be_given()


def until(page, kind):
    """Return what a page has noted, up to the first of a kind."""
    heard, deadline = [], time.monotonic() + HANG_S
    while time.monotonic() < deadline:
        heard += page.heard()
        if any(each.kind == kind for each in heard):
            return heard
        time.sleep(0.02)
    raise AssertionError(f"no {kind} among {heard}")


@needs_browser
def test_a_page_notes_what_comes_and_when():
    with Ticker() as service, closing(BrowserPage()) as page:
        began_ns = time.monotonic_ns()
        page.connect(f"{service.url}?token=t", "t")
        welcome = until(page, "text")[-1]
        assert json.loads(welcome.text)["type"] == "connection"
        assert began_ns < welcome.at_ns
        page.say('{"action":"ping"}')
        assert until(page, "text")[-1].text == '{"type": "pong"}'
        assert page.screenshot().startswith(b"\x89PNG")
        page.leave()
        assert until(page, "close")[-1].code == 1000
        assert page.complaint() == ""
    assert page.origin.startswith("http://127.0.0.1:")


@needs_browser
def test_why_no_connection_came_about_is_told_without_the_address():
    with closing(BrowserPage()) as page:
        page.connect("ws://127.0.0.1:1/?token=secret", "secret")
        assert until(page, "close")[-1].code == 1006
        assert "ERR_CONNECTION_REFUSED" in page.complaint() or "UNSAFE_PORT" in page.complaint()
        assert "secret" not in page.complaint()


@contextmanager
def secured(folder):
    """Serve over TLS with a certificate of an authority of this test; yield address and files."""
    made = issue(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)

    def greet(line):
        line.send("hello")
        for _ in line:
            pass

    with serve(greet, "127.0.0.1", 0, ssl=context) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"wss://127.0.0.1:{server.socket.getsockname()[1]}/", made
        finally:
            server.shutdown()
            serving.join()


@needs_browser
@needs_store
@pytest.mark.parametrize("named", ["authority", "certificate"])
def test_a_private_authority_is_trusted_by_the_browser_that_is_told_to(tmp_path, named):
    with (
        secured(tmp_path) as (url, made),
        closing(BrowserPage(getattr(made, named).read_text())) as page,
    ):
        page.connect(url)
        assert [each.kind for each in until(page, "text")] == ["open", "text"]


@needs_browser
@needs_store
def test_another_authority_is_not(tmp_path):
    (tmp_path / "other").mkdir()
    other = issue(tmp_path / "other").authority.read_text()
    with secured(tmp_path) as (url, _), closing(BrowserPage(other)) as page:
        page.connect(url)
        until(page, "close")
        assert "ERR_CERT_AUTHORITY_INVALID" in page.complaint()

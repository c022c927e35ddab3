"""A real browser as client: headless Chromium, driven through Playwright (QA-WS-116).

The page is served from loopback, so that the browser sends an Origin as it does for any page. It
uses the browser's own WebSocket; only the page's own notes are read from outside.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from qaws.protocol.market import SEQUENCE_FIELD
from qaws.verdict import Broken

NEED = "browser"
"""What scenarios need that want one: not of the target, but of the machine of the suite."""

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--disable-gpu"]
START_ALLOWANCE_S = 30.0

PAGE = """<!doctype html><meta charset="utf-8"><title>Ticker</title>
<style>body{font:16px sans-serif;margin:24px}td{padding:2px 16px 2px 0}</style>
<h1>Ticker</h1><p id="state">not connected</p><table id="last"></table>
<script>
const notes = {state: "connecting", messages: [], ticks: [], close: null};
const show = () => {
  document.getElementById("state").textContent = notes.state + ", " + notes.ticks.length + " ticks";
};
function connect(url, subscribe, sequence) {
  const socket = new WebSocket(url);
  socket.onopen = () => { notes.state = "open"; show(); };
  socket.onclose = e => { notes.state = "closed"; notes.close = [e.code, e.reason]; show(); };
  socket.onmessage = e => {
    const message = JSON.parse(e.data);
    if (message.type === "connection") socket.send(subscribe);
    if (!("last_price" in message)) { notes.messages.push(message.type); return show(); }
    notes.ticks.push([message.symbol, message[sequence]]);
    const row = document.getElementById("last").insertRow(0);
    for (const name of ["symbol", sequence, "last_price"])
      row.insertCell().textContent = message[name];
    show();
  };
}
</script>
"""


def missing() -> str | None:
    """Say what is not installed that a browser as client needs; None when all is there."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed (make browser installs it)"
    if program() is None:
        return "no browser is installed (apt-get install chromium, or name one in QAWS_BROWSER)"
    return None


def program() -> str | None:
    """Return the browser: the one that QAWS_BROWSER names, or the machine's Chromium."""
    chosen = os.environ.get("QAWS_BROWSER")
    return next(filter(None, map(shutil.which, [chosen] if chosen else PROGRAMS)), None)


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent."""


class BrowserPage:
    """One page in a browser of its own; use it from any thread but an event loop's."""

    def __init__(self) -> None:
        """Start the browser and open the page.

        Raises:
            Broken: it is not installed, or does not start.
        """
        if why := missing():
            raise Broken(why)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._hand = ThreadPoolExecutor(1)  # Playwright wants one thread for all its calls
        try:
            self._hand.submit(self._open).result(START_ALLOWANCE_S)
        except Exception as problem:
            self.close()
            raise Broken(f"the browser does not start: {problem}") from None

    def _open(self) -> None:
        from playwright.sync_api import sync_playwright

        self._driver = sync_playwright().start()
        self._browser = self._driver.chromium.launch(
            executable_path=program(), args=FLAGS, chromium_sandbox=False
        )
        self.version = f"Chromium {self._browser.version}"
        self._page = self._browser.new_page(viewport={"width": 640, "height": 480})
        self._page.goto(self.origin)

    def connect(self, url: str, subscribe: str) -> None:
        """Let the page connect, and subscribe as soon as it is welcomed."""
        arguments = ", ".join(map(json.dumps, (url, subscribe, SEQUENCE_FIELD)))
        self._evaluate(f"connect({arguments})")

    def notes(self) -> dict[str, Any]:
        """Return the page's notes: state, messages (types), ticks (symbol, number), close."""
        noted: dict[str, Any] = self._evaluate("notes")
        return noted

    def notes_when(self, condition: str, within_s: float) -> dict[str, Any]:
        """Return the notes once a condition on them (JavaScript) holds, or the time is over."""
        deadline = time.monotonic() + within_s
        while not self._evaluate(condition) and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.notes()

    def screenshot(self) -> bytes:
        """Return a picture of the page, as PNG."""
        picture: bytes = self._hand.submit(self._page.screenshot).result(START_ALLOWANCE_S)
        return picture

    def _evaluate(self, expression: str) -> Any:
        call = functools.partial(self._page.evaluate, expression)
        return self._hand.submit(call).result(START_ALLOWANCE_S)

    def close(self) -> None:
        """End the browser and the page's server."""
        self._hand.submit(self._end).result(START_ALLOWANCE_S)
        self._hand.shutdown()
        self._server.shutdown()
        self._server.server_close()

    def _end(self) -> None:
        if browser := getattr(self, "_browser", None):
            browser.close()
        if driver := getattr(self, "_driver", None):
            driver.stop()

"""A real browser as client: headless Chromium, driven through Playwright (QA-WS-116).

The page is served from loopback, so that the browser sends an Origin as it does for any page. It
uses the browser's own WebSocket, says what it is told to, and notes what comes, each with its
instant; what that means is read outside of it, by `qaws.clients.page_connection`.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qaws.clients import browser_trust
from qaws.verdict import Broken

NEED = "browser"
"""What scenarios need that want one: not of the target, but of the machine of the suite."""

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--disable-gpu"]
START_ALLOWANCE_S = 30.0
CLOCK_LOOKS = 5
"""How often the page's clock is read at first: the quickest answer tells most."""
NOTHING = "\0"
"""What no message has in it."""
COMPLAINT = re.compile(r"^WebSocket connection to '.*' failed: (.+)", re.DOTALL)

PAGE = """<!doctype html><meta charset="utf-8"><title>Ticker</title>
<style>body{font:16px sans-serif;margin:24px}td{padding:2px 0;font:12px monospace}</style>
<h1>Ticker</h1><p id="state">not connected</p><table id="last"></table>
<script>
let socket, state = "connecting", messages = 0, noted = [];
const SHOWN = 20;
const note = (kind, text, code) => noted.push([performance.now(), kind, text, code]);
const take = () => noted.splice(0);
function show(text) {
  document.getElementById("state").textContent = state + ", " + messages + " messages";
  const table = document.getElementById("last");
  if (text) table.insertRow(0).insertCell().textContent = text.slice(0, 80);
  if (table.rows.length > SHOWN) table.deleteRow(SHOWN);
}
function connect(url, secret, protocols) {
  socket = new WebSocket(url, protocols);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { state = "open"; note("open", socket.extensions, 0); show(); };
  socket.onclose = e => { state = "closed"; note("close", e.reason, e.code); show(); };
  socket.onmessage = e => {
    const isText = typeof e.data === "string";
    const bytes = isText ? [] : Array.from(new Uint8Array(e.data), b => String.fromCharCode(b));
    messages += 1;
    note(isText ? "text" : "binary", isText ? e.data : bytes.join(""), 0);
    show(isText ? e.data.replaceAll(secret, "(the token)") : bytes.length + " bytes");
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


@dataclass(frozen=True, slots=True)
class Heard:
    """What a page has noted of its socket.

    Attributes:
        at_ns: when (`time.monotonic_ns()`).
        kind: "open", "text", "binary" or "close".
        text: the message; of a binary one its bytes, a character each; the agreed extensions
            of an "open", the reason of a "close".
        code: the code of a "close".
    """

    at_ns: int
    kind: str
    text: str
    code: int


def _cookie(url: str, name: str, value: str) -> dict[str, Any]:
    """Return a cookie that a page of another port, and over TLS of another host, sends along."""
    parts = urlsplit(url)
    is_secure = parts.scheme == "wss"
    return {
        "name": name,
        "value": value,
        "url": f"http{'s' * is_secure}://{parts.netloc}/",
        "secure": is_secure,
        "sameSite": "None" if is_secure else "Lax",
    }


class BrowserPage:
    """One page in a browser of its own; use it from any thread but an event loop's."""

    def __init__(self, authority: str = "") -> None:
        """Start the browser and open the page.

        Args:
            authority: certificates in PEM that it trusts besides its own; "" for none.

        Raises:
            Broken: it is not installed, or does not start.
        """
        if why := missing():
            raise Broken(why)
        self._home = tempfile.TemporaryDirectory(prefix="qaws-browser-")
        self._complaints: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._hand = ThreadPoolExecutor(1)  # Playwright wants one thread for all its calls
        try:
            if authority:
                browser_trust.make_home(Path(self._home.name), authority)
            self._hand.submit(self._open, bool(authority)).result(START_ALLOWANCE_S)
        except Exception as problem:
            self.close()
            raise Broken(f"the browser does not start: {problem}") from None

    def _open(self, at_home: bool) -> None:
        from playwright.sync_api import sync_playwright

        self._driver = sync_playwright().start()
        self._browser = self._driver.chromium.launch(
            executable_path=program(),
            args=FLAGS,
            chromium_sandbox=False,
            env={**os.environ, "HOME": self._home.name} if at_home else None,
        )
        self.version = f"Chromium {self._browser.version}"
        self._page = self._browser.new_page(viewport={"width": 640, "height": 480})
        self._page.on("console", lambda message: self._complaints.append(message.text))
        self._page.goto(self.origin)
        self._zero_ns = min(map(self._look_at_clock, range(CLOCK_LOOKS)))

    def _look_at_clock(self, _: int) -> int:
        """Return when the page's clock was zero, or later: never may something seem too early."""
        told_ms = self._page.evaluate("performance.now()")
        return time.monotonic_ns() - int(told_ms * 1e6)

    def connect(
        self,
        url: str,
        secret: str = "",
        protocols: Sequence[str] = (),
        cookie: tuple[str, str] | None = None,
    ) -> None:
        """Let the page connect.

        Args:
            url: the service's address.
            secret: what the page's picture never shows.
            protocols: the subprotocols that it offers.
            cookie: name and value of a cookie that the browser has for the service's host.
        """
        if cookie:
            jar: Any = [_cookie(url, *cookie)]
            add = functools.partial(self._page.context.add_cookies, jar)
            self._hand.submit(add).result(START_ALLOWANCE_S)
        shown = (url, secret or NOTHING, list(protocols))
        self._call(f"connect({', '.join(map(json.dumps, shown))})")

    def say(self, message: str | bytes) -> None:
        """Let the page send a message: a text, or bytes as a binary one."""
        sent = json.dumps(message) if isinstance(message, str) else f"new Uint8Array({[*message]})"
        self._call(f"socket.send({sent})")

    def leave(self) -> None:
        """Let the page close its connection."""
        self._call("socket.close(1000)")

    def heard(self) -> list[Heard]:
        """Return what the page has noted since it was last asked, oldest first."""
        noted: list[Any] = self._call("take()")
        return [
            Heard(self._zero_ns + int(at_ms * 1e6), kind, text, code)
            for at_ms, kind, text, code in noted
        ]

    def complaint(self) -> str:
        """Return why the browser has ended a connection, as it tells developers; "" for nothing.

        The address, which may hold a token, is left out.
        """
        self._call("0")  # what it has told by now is handed on with an answer
        found = (COMPLAINT.search(text) for text in reversed(self._complaints))
        return next((each[1].strip() for each in found if each), "")

    def screenshot(self) -> bytes:
        """Return a picture of the page, as PNG."""
        picture: bytes = self._hand.submit(self._page.screenshot).result(START_ALLOWANCE_S)
        return picture

    def _call(self, expression: str) -> Any:
        """Evaluate JavaScript in the page.

        Raises:
            Broken: the browser is gone, or does not understand.
        """
        try:
            call = functools.partial(self._page.evaluate, expression)
            return self._hand.submit(call).result(START_ALLOWANCE_S)
        except Exception as problem:
            said = type(problem).__name__  # its words may hold the address, and so a token
            raise Broken(f"the browser does not do what the page is told: {said}") from None

    def close(self) -> None:
        """End the browser and the page's server."""
        try:
            self._hand.submit(self._end).result(START_ALLOWANCE_S)
        finally:
            self._hand.shutdown(wait=False)
            self._server.shutdown()
            self._server.server_close()
            self._home.cleanup()

    def _end(self) -> None:
        if browser := getattr(self, "_browser", None):
            browser.close()
        if driver := getattr(self, "_driver", None):
            driver.stop()

"""The exchange to which a gateway connects by WebSocket: the suite plays it, and no other is fed.

The program is `exchange`.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.server import Problem, Server, Start, started_with
from qaws.sut.feed_section import Feed


class ExchangeServer(Server):
    """An exchange.

    Attributes:
        token: the path at which the suite says what is published.
    """

    def __init__(self, section: Feed | None = None) -> None:
        """Begin without one.

        Args:
            section: says how services are greeted and answered; None: not at all.
        """
        self.token = secrets.token_hex(12)
        answers = section.answers if section else []
        self._settings = json.dumps(
            {
                "greeting": section.greeting if section else None,
                "answers": [each.model_dump() for each in answers],
            }
        )
        self.waits_for_words = any(each.listens for each in answers)

    def order_url(self, url: str) -> str:
        """Return where the suite says what is to be published."""
        return f"ws://{urlsplit(url).netloc}/{self.token}"

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Ask who listens: nobody else knows the path."""
        try:
            with connect(
                self.order_url(url), open_timeout=within_s, close_timeout=within_s, proxy=None
            ) as line:
                line.send('["who"]')
                line.recv(within_s)
        except (OSError, TimeoutError) as problem:
            return problem
        except WebSocketException:
            return "another server has its port"
        return None

    def address(self, port: int) -> str:
        """Return the address of an embedded one."""
        return f"ws://127.0.0.1:{port}"

    def embedded(self, port: int, folder: Path) -> Start:
        """Return what starts one on a port."""
        command = [sys.executable, "-m", "qaws.sut.brokers.exchange", str(port), self.token]
        return started_with("the embedded exchange", [*command, self._settings], folder)

"""A client that wants in: what it shows, what it asks before it connects, how it is turned away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from websockets.datastructures import Headers
from websockets.http11 import Response

from qaws.clients.frame_log import Direction, Frame
from qaws.clients.sender import Sender
from qaws.protocol.answers import seconds_ahead
from qaws.protocol.http_step import TurnedAway, Way
from qaws.verdict import hidden


@dataclass
class Newcomer(Sender):
    """What is known of a client when it connects, and how it was answered.

    `token` is what it has. `way` is what it was given before it connected, where its target asks
    for that, and `turned_at` is where it was given nothing: "POST /ticket". `turned_by_words`: with
    a good status, and words that the target file takes for a refusal.
    """

    token: str | None = field(default=None, repr=False, kw_only=True)
    way: Way | None = field(default=None, repr=False, kw_only=True)
    turned_at: str = field(default="", kw_only=True)
    turned_by_words: bool = field(default=False, kw_only=True)
    http_status: int | None = field(default=None, kw_only=True)
    http_error: str = field(default="", kw_only=True)
    location: str | None = field(default=None, kw_only=True)
    service_ahead_s: float | None = field(default=None, kw_only=True)
    refusal: Response | None = field(default=None, kw_only=True)

    @property
    def shown(self) -> str | None:
        """Return what it shows in the place of the token: that, or what it was given for it."""
        return self.way.shown if self.way else self.token

    @property
    def _secrets(self) -> list[str]:
        return [each for each in (self.token, *(self.way.secrets if self.way else ())) if each]

    def _hide_token(self, said: Frame) -> None:
        """Let nobody read the token in what the client has said: the report shows the log."""
        for secret in self._secrets:
            for spelled in (secret, json.dumps(secret)[1:-1]):
                said.text = said.text.replace(spelled, "(the token)")

    def note_step(self, direction: Direction, text: str) -> None:
        """Log what was asked, or answered, before it connects."""
        self._note(direction, "step", text)
        for secret in self._secrets:
            hidden(secret)

    def turned_away(self, at: str, answer: TurnedAway) -> None:
        """Note that it was given nothing to connect with: that is how it was refused."""
        self.turned_at, self.http_status, self.location = at, answer.status, answer.location
        self.turned_by_words = answer.by_words
        headers = Headers(answer.headers)
        self.refusal = Response(answer.status, answer.phrase, headers, answer.body)
        self.service_ahead_s = seconds_ahead(headers.get("Date"))
        self._over = True

    def lost_at_step(self, at: str, problem: str) -> None:
        """Note that nobody told it whether it may connect."""
        self.turned_at, self.http_error, self._over = at, f"{at}: {problem}", True
        self._note("←", "step", problem)

"""What a load client says, and when, until the service has acknowledged its subscription."""

from __future__ import annotations

import json

from qaws.load.subscriber.message import OPENING, PASSED_OVER, Message
from qaws.protocol.dialect import Dialect, Opening
from qaws.protocol.market import Selection


class Conversation:
    """What one client says: what opens its session, then its wish, then its answers.

    Attributes:
        is_welcome: whether the service has let it in, as far as the dialect tells.
    """

    def __init__(self, dialect: Dialect, selection: Selection, token: str | None = None) -> None:
        """Prepare.

        Args:
            dialect: how that is spelled.
            selection: what the client wishes to receive.
            token: what it shows, where that is a message of its own.

        Raises:
            NotVerified: the dialect has no words for the selection.
        """
        self.is_welcome = False
        self._welcomes = dialect.welcomes
        self._dialect, self._token = dialect.for_connection(), token
        self._openings: list[Opening] = []
        self._ahead: list[Message] | None = []
        self._was_welcomed = False
        self._selection = dialect.sayable(selection)
        self._acks = self._pongs = 0
        self._wishes = [] if dialect.signs else self._spelled()
        self._has_asked = False

    def _spelled(self) -> list[str]:
        """Spell what subscribes, and count what will acknowledge it."""
        wishes = self._dialect.subscribing(self._selection)
        self._acks = sum(wish.acks for wish in wishes)
        said: list[str] = [*wishes]  # which know what of them is not to be shown
        if any(wish.acks == 0 for wish in wishes):
            # Nothing acknowledges it: a ping that is answered behind it shows that it was heard.
            said.append(self.ping())
            self._pongs = 1
        return said

    def ping(self) -> str:
        """Return what this client says to get a pong."""
        return self._dialect.ping()

    @property
    def is_acknowledged(self) -> bool:
        """Return whether all that it has asked for has been acknowledged."""
        return self._has_asked and self._acks <= 0 and self._pongs <= 0

    def opened(self) -> list[str]:
        """Return what it says when the handshake is done.

        Raises:
            NotVerified: nobody could sign with this token.
        """
        self._openings = list(self._dialect.openings(self._token))  # signed at this instant
        said, ahead = self._say_openings(None), self._ahead or []
        self._ahead = None
        return said + [text for message in ahead for text in self.heard(message)]

    def heard(self, message: Message) -> list[str]:
        """Return what it says to a message that is for itself, before its wish.

        A service that speaks first may have done so in one piece with its answer to the handshake:
        what comes ahead of `opened` is answered there.
        """
        if self._ahead is not None:
            self._ahead.append(message)
            return []
        if message.kind == OPENING:
            self._dialect.remember(json.loads(message.text))
            return self._say_openings(message.sequence)
        if message.kind == "connection":
            self._was_welcomed = True
            self.is_welcome = not self._openings
        elif message.kind == "subscribed":
            self._acks -= 1
        elif message.kind == "pong" and self._has_asked:
            self._pongs -= 1
        elif message.kind == PASSED_OVER and message.text:
            return [message.text]
        return []

    def wishes(self) -> list[str]:
        """Return what it says to subscribe, once."""
        if self._has_asked:
            return []
        self._has_asked = True
        return self._spelled() if self._dialect.signs else self._wishes  # signed at this instant

    def _say_openings(self, number: int | None) -> list[str]:
        said = []
        while self._openings and self._openings[0].after in (None, number):
            said.append(self._openings.pop(0).text)
        if not self._openings and (self._was_welcomed or not self._welcomes):
            self.is_welcome = True
        return [text for text in said if text]

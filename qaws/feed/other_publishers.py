"""Who else publishes on the feed's channels, where the broker is not the suite's own.

What a colleague's run or a real feed publishes on a shared broker reaches the service's clients
like any tick. To the oracles it would be a duplicate, a tick out of order, or one that nobody
published: textbook accusations of a service that did its duty. So the suite listens itself.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Container

from qaws.feed.outlets.outlet import Listener
from qaws.protocol.market import RUN_FIELD
from qaws.sut.broker import Broker
from qaws.verdict import Broken, NotVerified

SHOWN_BYTES = 80
"""So much of a payload is shown."""

ANSWER_S = 5.0
"""How long the broker may take to answer; what it has sent before has come then.

Where it does not, nobody else counts as heard, and the service is blamed: so not too soon.
"""


BEGIN_S = 20.0
"""How long it may take until the suite hears: some brokers are asked for each channel."""


class OtherPublishers:
    """Listens to channels of a broker; use it on the loop thread.

    `own_words` are texts that what the suite has caused bears, without having published it; `name`
    is what the broker knows the listener by, and a channel on which only the suite publishes.
    """

    def __init__(
        self,
        broker: Broker,
        channels: Collection[str],
        own: Container[str],
        listener: Callable[[str], Listener | None],
    ) -> None:
        """Begin without listening.

        Args:
            broker: where.
            channels: on which.
            own: the payloads that the suite publishes.
            listener: makes what hears them, by its name; None where nobody can.
        """
        self.own_words: set[str] = set()
        self.name = f"qaws-listens-{secrets.token_hex(4)}"
        self._broker, self._channels, self._own = broker, tuple(channels), own
        self._listener = listener(self.name)
        self._heard = ""
        self._asked = False
        self._expected: list[str] | None = None

    async def expect(self) -> list[str]:
        """Take what others publish for what it should be, until `leave`; return it as it grows.

        Raises:
            Broken: the broker does not let the suite listen.
            NotVerified: nobody can hear what is published over this kind of feed.
        """
        if self._listener is None:
            raise NotVerified("what others publish over this kind of feed is heard by nobody else")
        await self.listen()
        self._expected = []
        if not self.is_listening:
            raise Broken(self.deafness)
        return self._expected

    async def settle(self) -> None:
        """Wait until what has been published so far was heard."""
        if self._listener and self.is_listening:
            await self._listener.settle(ANSWER_S)

    @property
    def deafness(self) -> str:
        """Say that others would not be heard, and why; "" where they would be, or nobody asks."""
        if not self._asked or self._listener is None or self.is_listening:
            return ""
        why = f" ({self._listener.problem})" if self._listener.problem else ""
        return (
            f"{self._broker.shown_url} does not let the suite listen{why}, so that it does not "
            f"hear who else publishes: allow it to read {', '.join(self._channels)}, and on Redis "
            "and MQTT the channels qaws-listens-* of its own"
        )

    async def listen(self) -> None:
        """Listen from now on; what was heard before is forgotten. A dead line is replaced.

        Raises:
            Broken: the broker takes too long to let it.
        """
        self._heard, self._expected, self._asked = "", None, True
        if self._listener is None or self.is_listening:
            return
        try:
            async with asyncio.timeout(BEGIN_S):
                await self._listener.end()
                await self._listener.begin(self._channels, self._judge)
        except TimeoutError:
            raise Broken(
                f"{self._broker.shown_url} has not let the suite listen within {BEGIN_S:g} s: is "
                "it overloaded?"
            ) from None

    async def leave(self) -> None:
        """Listen no longer."""
        self._expected, self._asked = None, False
        if self._listener:
            await self._listener.end()

    @property
    def is_listening(self) -> bool:
        """Return whether the broker counts this listener among those who hear a tick."""
        return self._listener is not None and self._listener.is_on

    async def heard(self) -> str:
        """Say what others have published so far, in one sentence; "" for nothing."""
        if not self._heard:
            await self.settle()
        return self._heard

    def _judge(self, channel: str, payload: bytes) -> None:
        text = payload.decode("utf-8", "backslashreplace")
        if self._expected is not None:
            self._expected.append(text)
            return
        if self._heard or text in self._own or any(word in text for word in self.own_words):
            return
        shown = text[:SHOWN_BYTES] + ("…" if len(text) > SHOWN_BYTES else "")
        who = "another run of the suite" if f'"{RUN_FIELD}"' in text else "somebody else"
        self._heard = (
            f"{who} publishes at {self._broker.shown_url}, on the channel {channel}: "
            f"{shown!r}; give the suite a broker, or channels in [feed], of its own"
        )

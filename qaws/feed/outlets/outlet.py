"""What the suite needs of a feed, and no more.

What a kind of feed cannot do it says by `NotVerified`, with the reason: nothing follows for a
service from what its feed does not tell.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from qaws.sut.broker import Broker
from qaws.verdict import NotVerified

Message = tuple[str, str | bytes]
"""A channel (subject, topic, stream), and what is published there."""

Take = Callable[[str, bytes], None]
"""Takes channel and payload of what somebody has published."""

ANSWER_S = 3.0
"""How long whoever takes a message may need to say so."""


@dataclass(frozen=True, slots=True)
class Listened:
    """What somebody listens to: `channels` by name, `patterns` with signs that fit several.

    `covers` tells whether one of them takes what is published on a channel; `count` is how many
    subscriptions there are; `more` says who is there and does not listen. `is_all`: nobody else can
    listen; where it is false, others may whom the broker does not know.
    """

    channels: tuple[str, ...]
    patterns: tuple[str, ...]
    count: int = 0
    fits: Callable[[str, str], bool] = lambda pattern, name: fnmatchcase(name, pattern)
    more: str = ""
    is_all: bool = True

    def covers(self, channel: str) -> bool:
        """Return whether somebody takes what is published on a channel."""
        return channel in self.channels or any(self.fits(each, channel) for each in self.patterns)


class Breath(ABC):
    """A line on which ticks follow each other without a break; it blocks whoever uses it."""

    @abstractmethod
    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over messages all together, behind a command of the broker.

        Returns:
            Once all were taken: how many heard each, None where nobody can tell.
        """


class Listener(ABC):
    """Hears what is published on channels, the suite's own included.

    Attributes:
        is_on: whether it does.
        problem: why it does not, in the broker's words, where it has said so.
    """

    is_on = False
    problem = ""

    @abstractmethod
    async def begin(self, channels: Collection[str], take: Take) -> None:
        """Listen from now on."""

    @abstractmethod
    async def settle(self, within_s: float) -> None:
        """Wait until what had been published before this call was taken, or cannot be any more."""

    @abstractmethod
    async def end(self) -> None:
        """Listen no longer."""


class Outlet(ABC):
    """Takes what the suite publishes, in order; to be used on one loop.

    Attributes:
        errors: what a message that is not taken raises.
        confirms: whether a message that was taken is with those who listen, or on its way there
            for certain: it is owed then.
        is_late: whether a subscription may be in force later than its library says.
        is_direct: whether the service itself answers for a message, so that it must not stand still
            meanwhile.
        pid: the process that publishes, where it is another than the suite's.
    """

    kind: ClassVar[str]
    errors: tuple[type[Exception], ...] = (OSError,)
    confirms = True
    is_late = False
    is_direct = False
    pid: int | None = None

    @abstractmethod
    async def publish(self, channel: str, payload: str | bytes) -> int | None:
        """Hand over one message; return how many heard it once it was taken, None: nobody knows."""

    async def publish_all(self, messages: Sequence[Message]) -> list[int | None]:
        """Hand over several in order; return how many heard each."""
        return [await self.publish(*each) for each in messages]

    async def offer(self, channel: str, payload: bytes) -> None:
        """Hand over what is no tick, which whoever takes messages may also refuse."""
        await self.publish(channel, payload)

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Outlet]:
        """Give one more outlet beside this one, where the kind has several publishers."""
        yield self

    @abstractmethod
    def breath(self) -> AbstractContextManager[Breath]:
        """Give a line on which ticks follow each other without a break."""

    def listener(self, name: str) -> Listener | None:
        """Return what hears others who publish; None where the kind lets nobody hear that.

        Args:
            name: what the broker knows it by, and a channel on which only the suite publishes.
        """
        return None

    async def listened_to(self) -> Listened | None:
        """Return what somebody listens to now, but for the suite itself; None: nobody can tell."""
        return None

    async def subscribers(self, but: str) -> set[str]:
        """Return the ids of all who listen, but of one name.

        Raises:
            NotVerified: the kind does not tell.
        """
        raise NotVerified(f"{self.kind} cuts nobody off at the suite's word")

    async def configure(self, name: str, value: str) -> str:
        """Set a parameter of the broker; return what it was.

        Raises:
            NotVerified: the kind has none that the suite could set.
        """
        raise NotVerified(f"{self.kind} has no buffer for a listener that the suite could narrow")

    @abstractmethod
    async def hang_up(self) -> None:
        """Give up the connections; the next message opens new ones."""

    @abstractmethod
    async def close(self) -> None:
        """End it."""


class OneLine(Outlet):
    """An outlet over one connection, which is opened when it is wanted, and again when it is dead.

    `line` is whatever the kind makes of a connection.
    """

    def __init__(self, broker: Broker) -> None:
        """Begin without a connection.

        Args:
            broker: where.
        """
        self._broker = broker
        self._line: Any = None

    @abstractmethod
    async def open(self) -> Any:
        """Return a new connection."""

    @abstractmethod
    def is_open(self, line: Any) -> bool:
        """Return whether a connection still is one."""

    @abstractmethod
    async def hand_over(self, line: Any, messages: Sequence[Message]) -> list[int | None] | None:
        """Hand over messages in order; return when the broker has taken all of them.

        Returns:
            How many heard each; None where nobody knows.
        """

    @abstractmethod
    async def shut(self, line: Any) -> None:
        """End a connection."""

    async def publish(self, channel: str, payload: str | bytes) -> int | None:
        """Hand over one message; return how many heard it, None where nobody knows."""
        return (await self.publish_all([(channel, payload)]))[0]

    async def publish_all(self, messages: Sequence[Message]) -> list[int | None]:
        """Hand over several; return how many heard each, None where nobody knows."""
        heard = await self.hand_over(await self.opened(), messages)
        return heard or [None] * len(messages)

    async def opened(self) -> Any:
        """Return the connection, a new one where there is none or it is dead."""
        if self._line is None or not self.is_open(self._line):
            await self.hang_up()
            self._line = await self.open()
        return self._line

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Outlet]:
        """Give one more connection."""
        other = type(self)(self._broker)
        try:
            yield other
        finally:
            await other.close()

    async def hang_up(self) -> None:
        """Give up the connection."""
        line, self._line = self._line, None
        if line:
            await self.shut(line)

    async def close(self) -> None:
        """Leave the broker."""
        await self.hang_up()

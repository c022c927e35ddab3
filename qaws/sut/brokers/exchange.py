"""The exchange that a gateway connects to, played by the suite: a program of its own.

    python -m qaws.sut.brokers.exchange PORT TOKEN '{"greeting": …, "answers": […]}'

A service connects to it by WebSocket on any path, and says what it would say to its exchange: it is
answered as the target file has it, and what it says is logged. The suite connects to the path that
the token is, and says what is to be published. Each connection that listens gets every tick, one
text frame each, in order.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from qaws.protocol.paths import Path, Pattern
from qaws.protocol.templates import said
from qaws.verdict import without_tokens

LONGEST = 1 << 24
"""Bytes of a message, of the suite's too."""
SHOWN, MOST = 200, 100
SECRET = re.compile(r"key|secret|token|pass|sign|auth.*ion|credential", re.IGNORECASE)
"""In the name of a member: its value is not shown, unless the target file has such a one."""


class Answer:
    """What is said to a message that fits; `literals` are members whose values the file has."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Take it from a table of the target file."""
        self.when = Pattern(table["when"])
        literals = (name for name, want in table["when"].items() if not isinstance(want, dict))
        self.literals = {Path(name).steps[-1] for name in literals}
        self.say, self.listens = table.get("say"), bool(table.get("listens"))

    def text(self, message: Any) -> str | None:
        """Return what is said to a message; None: nothing.

        Raises:
            ValueError: it repeats what the message has not.
        """
        if self.say is None:
            return None
        names = message if isinstance(message, dict) else {}
        try:
            return said(self.say, names)
        except (LookupError, TypeError) as problem:
            raise ValueError(f"the message has no {problem}, which say repeats") from None


class Listener:
    """A connection of a service."""

    def __init__(self, number: int, line: ServerConnection, listens: bool) -> None:
        """Begin.

        Args:
            number: which one it is, from 1 on.
            line: the connection.
            listens: whether it gets ticks already.
        """
        self.number, self.line, self.listens = number, line, listens
        self.path = (line.request.path if line.request else "/").partition("?")[0]
        self.last = ""

    def takes(self, channel: str) -> bool:
        """Return whether it gets what is published on a channel: a path, or any other name."""
        is_open = self.listens and self.line.state is State.OPEN
        return is_open and (not channel.startswith("/") or channel == self.path)


class Exchange:
    """All connections, and what they are told."""

    def __init__(self, token: str, settings: Mapping[str, Any]) -> None:
        """Begin without any.

        Args:
            token: the path of the suite, without its slash.
            settings: `greeting` and `answers` of the target file.
        """
        self._suite = f"/{token}"
        self._greeting = settings.get("greeting")
        self._answers = [Answer(each) for each in settings.get("answers", ())]
        self._at_once = not any(each.listens for each in self._answers)
        self._said = {name for each in self._answers for name in each.literals}
        self._listeners: dict[int, Listener] = {}
        self._left_mute: list[str] = []
        """What those said last who have left without having listened, since somebody did."""
        self._numbers = itertools.count(1)

    async def serve(self, line: ServerConnection) -> None:
        """Serve one connection until it ends."""
        with suppress(ConnectionClosed):
            if line.request and line.request.path == self._suite:
                async for text in line:
                    await line.send(json.dumps(self._done(json.loads(text))))
                return
            await self._listen(line)

    # --- a service ----------------------------------------------------------------------------

    async def _listen(self, line: ServerConnection) -> None:
        listener = Listener(next(self._numbers), line, listens=False)
        _log(listener, f"connected to {listener.path}")
        try:
            if self._greeting is not None:
                await line.send(said(self._greeting, {}))
            self._listeners[listener.number] = listener
            listener.listens = self._at_once
            async for text in line:
                await self._answer(listener, text)
        finally:
            self._listeners.pop(listener.number, None)
            if not listener.listens:
                self._left_mute = [*self._left_mute, listener.last][-MOST:]
            _log(listener, "left")

    async def _answer(self, listener: Listener, text: str | bytes) -> None:
        try:
            message = json.loads(text)
            listener.last = without_tokens(json.dumps(self._shown(message), ensure_ascii=False))[
                :SHOWN
            ]
        except (ValueError, RecursionError):
            message, listener.last = None, f"{len(text)} that are no JSON"
        fitting = (each for each in self._answers if each.when.fits(message))
        if (answer := next(fitting, None)) is None:
            _log(listener, f"said {listener.last}, which is not answered")
            return
        try:
            words = answer.text(message)
        except ValueError as problem:
            _log(listener, f"said {listener.last}, which is not answered: {problem}")
            return
        _log(listener, f"said {listener.last}, and was told {words!r}")
        if words is not None:
            await listener.line.send(words)
        if answer.listens and not listener.listens:
            listener.listens, self._left_mute = True, []
            _log(listener, "gets ticks from now on")

    def _shown(self, value: Any) -> Any:
        """Return a message without what may be secret in it."""
        if isinstance(value, dict):
            return {
                name: "…" if SECRET.search(name) and name not in self._said else self._shown(each)
                for name, each in value.items()
            }
        return [self._shown(each) for each in value] if isinstance(value, list) else value

    # --- the suite ----------------------------------------------------------------------------

    def _done(self, order: Sequence[Any]) -> Any:
        """Do what the suite asks for; return the answer."""
        if order[0] == "who":
            there = [
                [each.number, each.path, each.listens, each.last]
                for each in self._listeners.values()
                if each.line.state is State.OPEN
            ]
            return [there, self._left_mute]
        _, cut, messages = order
        if cut:
            for each in self._listeners.values():
                each.line.transport.abort()
            self._listeners.clear()
        return [self._publish(*each) for each in messages]

    def _publish(self, channel: str, text: str) -> int:
        """Send a text to all that listen to a channel; return how many do."""
        lines = [each.line for each in self._listeners.values() if each.takes(channel)]
        broadcast(lines, text)
        return len(lines)


def _log(listener: Listener, what: str) -> None:
    print(f"connection {listener.number} {what}", flush=True)


async def main(port: int, token: str, settings: Mapping[str, Any]) -> None:
    """Serve for ever: who ends it ends all connections with it, as they are."""
    exchange = Exchange(token, settings)
    async with serve(
        exchange.serve,
        "127.0.0.1",
        port,
        compression=None,  # so that the link to it carries a tick as it is
        max_size=LONGEST,
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])))
    except OSError as problem:
        sys.exit(str(problem))

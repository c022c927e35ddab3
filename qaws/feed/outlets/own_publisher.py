"""A feed that is a command of the team: it takes one JSON document a line, and publishes it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from qaws.feed.outlets.outlet import ANSWER_S, Breath, Message, Outlet
from qaws.sut.broker import shown
from qaws.verdict import Broken, NotVerified


class OwnPublisher(Outlet):
    """The team's own publisher. Nothing tells when it has published, or who heard it."""

    kind = "the command of [feed]"
    confirms = False

    def __init__(self, command: Sequence[str], broker_url: str) -> None:
        """Start it.

        Args:
            command: program and arguments, in which `{python}` and `{broker_url}` are filled in.
            broker_url: where it publishes, as far as that is known.

        Raises:
            Broken: it cannot be started.
        """
        values = {"{python}": sys.executable, "{broker_url}": broker_url}
        for name, value in values.items():
            command = [part.replace(name, value) for part in command]
        self._shown = " ".join(command).replace(broker_url or " ", shown(broker_url) or " ")
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for the suite, which still has to clean up
            )
        except OSError as problem:
            raise Broken(f"[feed] command = {self._shown}: {problem.strerror}") from None
        self.pid = self._process.pid

    def _hand_over(self, payload: str | bytes) -> None:
        data = payload.encode() if isinstance(payload, str) else payload
        if isinstance(payload, str):  # in JSON a line break stands between members only
            data = data.replace(b"\r\n", b" ")
        if b"\n" in data or not data:
            raise NotVerified(f"{self.kind} takes one document a line, which this payload is not")
        code = self._process.poll()
        if code is not None:
            raise OSError(f"{self._shown} has ended with exit code {code}")
        assert self._process.stdin
        whole = memoryview(data + b"\n")
        while whole:
            whole = whole[self._process.stdin.write(whole) :]

    async def publish(self, channel: str, payload: str | bytes) -> None:
        """Hand over one line; a pipe that is full holds up nobody else."""
        try:
            async with asyncio.timeout(ANSWER_S):
                await asyncio.to_thread(self._hand_over, payload)
        except TimeoutError:
            raise OSError(f"{self._shown} took no line for {ANSWER_S:g} s") from None

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give the same pipe, without a break."""
        yield _Lines(self)

    async def hang_up(self) -> None:
        """Do nothing: the command sees to its connections."""

    async def close(self) -> None:
        """End the command: its input ends, and then it does, with all that it has started."""
        assert self._process.stdin
        with suppress(OSError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._process.wait, ANSWER_S)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await asyncio.to_thread(self._process.wait)


class _Lines(Breath):
    """Lines behind each other."""

    def __init__(self, outlet: OwnPublisher) -> None:
        self._outlet = outlet

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over lines behind each other."""
        if command:
            raise NotVerified("the broker behind the command of [feed] is not in our hands")
        for _, payload in messages:
            self._outlet._hand_over(payload)
        return [None] * len(messages)

"""The service under test: started per distinct settings, watched, measured from outside.

A service is started as anybody's service is: by a command and environment variables from the target
file. Its memory and sockets are read from the operating system, its own counts from its statistics.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
import urllib.request
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import psutil

from qaws.measure.family import families, has_ended, holds_port, others_that_hold
from qaws.measure.memory import MIB, private_bytes
from qaws.runtime.process import ManagedProcess
from qaws.runtime.trust import context_for
from qaws.sut.proxy import ReverseProxy
from qaws.sut.resources import CLIENT_PARTS, ResourceSnapshot, closing_sockets, own_sockets
from qaws.sut.sections import Statistics
from qaws.sut.statistics_answers import StatisticsAnswers
from qaws.sut.target import Target
from qaws.verdict import Broken, NotVerified

__all__ = ["MIB", "Service", "http_url", "open_url"]

DYING_S = 0.1
"""How long a process may take from losing its sockets to being seen as dead."""

SHOWN_CHARS = 60
"""So much of a command is shown in a sentence."""

NO_SUCH_COUNT = "the answer has"
"""What a sentence says of statistics without a member that the target file names."""


class Service:
    """One running service."""

    def __init__(
        self,
        target: Target,
        settings: Mapping[str, str],
        port: int | None,
        process: ManagedProcess | None,
        token: Callable[[], str] | None = None,
        proxy: ReverseProxy | None = None,
        answers: StatisticsAnswers | None = None,
    ) -> None:
        self.target = target
        self._answers = answers or StatisticsAnswers()
        self.proxy = proxy
        self._token = token
        self.settings = dict(settings)
        self.process = process
        self.told_to_end = False
        self.moved = False
        """Whether its sockets and statistics were seen to follow clients that came."""
        self.left_at = -math.inf
        """When the clients of a scenario last left it (`time.monotonic()`)."""
        self.slow_refusals: list[dict[str, str]] = []
        """What it has told clients without a token, part by part, where that took its time."""
        self.fed_from: dict[int, float] = {}
        """Port from which ticks are posted to it → until when (`time.monotonic()`): no client's."""
        self._unknown_since: dict[tuple[int, int], float] = {}
        self._holders: list[psutil.Process] = []
        self._held: list[psutil.Process] = []
        self._roots: list[int] = []
        self.listens_on(port)

    def listens_on(self, port: int | None) -> None:
        """Note the port of a service, which one that was just launched may not have told yet."""
        self.port = port
        at = self.proxy.before(port) if self.proxy and port is not None else port
        self.url = self.target.endpoint.url.format(port=at)

    def clients_have_left(self) -> None:
        """Note that the clients of a scenario have said goodbye just now."""
        self.left_at = time.monotonic()

    def require_alive(self) -> None:
        """Raise `Broken` when the service's process has ended without having been told to."""
        if self.told_to_end:
            return
        if self.process and (code := self.process.exit_code()) is not None:
            raise Broken(
                f'the service "{self.target.name}" ended in mid-run with exit code {code}; '
                f"its last line: {self.process.last_line()}"
            )
        if self.proxy:
            self.proxy.require_alive()

    def snapshot(self, parts: Collection[str] = CLIENT_PARTS) -> ResourceSnapshot:
        """Return what the service holds now.

        Files, threads and sockets are counted before the statistics are asked for: that takes a
        socket too.

        Args:
            parts: names of fields of `ResourceSnapshot`; the others are not looked for. Counting
                sockets takes the system as long as it has sockets of any kind.

        Raises:
            Broken: the statistics cannot be read.
            NotVerified, Inconclusive: they could before, and now no answer came in time.
        """
        looked_at = [part for part in ("files", "threads", "sockets") if part in parts]
        members = self._members() if looked_at and self.process else []
        seen = {part: self._count(part, members) for part in looked_at}
        section = self.target.statistics
        if section and not {"sessions", "subscriptions"}.isdisjoint(parts):
            counts = self._statistics(section)
            seen["sessions"] = counts[section.connections]
            seen["subscriptions"] = counts[section.subscriptions]
        return ResourceSnapshot(**seen)

    def _count(self, part: str, members: Iterable[psutil.Process]) -> int | None:
        """Count the files, threads or sockets of the service's processes; None where it has none.

        Sockets are those on its own port, but for the listening one. One whose client has gone
        counts as long as the service holds it: half-closed (CLOSE_WAIT), or closed on both sides
        and only its descriptor left.
        """
        if self.process is None:
            return None
        if part == "files":
            return sum(member.num_fds() for member in members)
        if part == "threads":
            return sum(member.num_threads() for member in members)
        port = self.port
        return (
            None if port is None else sum(own_sockets(m, port, self._no_clients) for m in members)
        )

    def memory_bytes(self) -> int:
        """Return the service's private memory in bytes, all its processes included.

        Raises:
            Broken: the service is not a process of this machine.
            NotVerified: the process that holds its port is none that can be observed.
        """
        return private_bytes(self.serving_pids())

    @property
    def _no_clients(self) -> set[int]:
        now = time.monotonic()
        return {port for port, until in [*self.fed_from.items()] if now < until}

    def closing_sockets(self) -> int:
        """Count the sockets that clients who have gone still hold; 0 where nobody can see them."""
        if self.process is None or self.port is None:
            return 0
        port, but, since = self.port, self._no_clients, self._unknown_since
        return sum(closing_sockets(member, port, but, since) for member in self._members())

    def serving_pids(self) -> list[int]:
        """Return the processes that, with their descendants, are the service.

        They are what was launched, and what has left its family where the port is held there.

        Raises:
            Broken: the service is not a process of this machine, or has ended.
            NotVerified: none of them holds the port, so that another process serves.
        """
        if self.process is None:
            raise Broken("the target has no [launch]: the service's process cannot be observed")
        self.require_alive()
        if not (self._holders and any(not has_ended(holder) for holder in self._holders)):
            self._find_holders(self.process)
        return self._roots

    def _find_holders(self, process: ManagedProcess) -> None:
        """Find out who holds the port, among all that the launch has started."""
        found, self._roots = families([process.pid]), [process.pid]
        self._holders = self._holding(found)
        if not self._holders:
            left = process.strays()
            self._holders = self._holding(left)
            self._roots = [process.pid, *(stray.pid for stray in left)]
        if not self._holders:
            raise NotVerified(self._unobserved(process.pid, [each.pid for each in found]))

    def _holding(self, processes: Iterable[psutil.Process]) -> list[psutil.Process]:
        return [each for each in processes if self.port and holds_port(each, self.port)]

    def _unobserved(self, launched: int, family: Collection[int]) -> str:
        """Say in one line why what the service holds cannot be observed."""
        who = f"the process that was launched ({launched}) and the {len(family) - 1} below it"
        others = [] if self.port is None else others_that_hold(self.port)
        held = ", ".join(f"{_name(each)} ({each.pid})" for each in others) or "nobody to be seen"
        return (
            f'what the service "{self.target.name}" holds cannot be observed: port {self.port} is '
            f"held by {held}, not by {who}"
        )

    def _members(self) -> list[psutil.Process]:
        members = families(self.serving_pids())
        if not members:
            self.require_alive()
            raise Broken(f'the service "{self.target.name}" has ended')
        return members

    def processes_that_listen(self) -> int | None:
        """Return how many processes may answer for the service; None where nobody can tell."""
        if self.process is None or self.port is None:
            return None
        return len(self._holding(self._members()))

    def told_to_listeners(self, variable: str) -> dict[int, str | None]:
        """Return what an environment variable says to each process that holds the port, by pid.

        None where it is not set, or nobody may look, as with processes of another user.

        Raises:
            Broken, NotVerified: as `serving_pids`.
        """
        self.serving_pids()
        told: dict[int, str | None] = dict.fromkeys(each.pid for each in self._holders)
        for each in self._holders:
            with contextlib.suppress(psutil.Error):
                told[each.pid] = each.environ().get(variable)
        return told

    def has_ended(self) -> bool:
        """Return whether what was launched has ended, and who held the port when it was told."""
        launched = self.process is None or self.process.exit_code() is not None
        return launched and all(has_ended(holder) for holder in self._holders)

    def statistics_headers(self) -> dict[str, str]:
        """Return what opens the statistics, as the target file says; nothing where nothing does."""
        section = self.target.statistics
        if section is None:
            return {}
        bearer = (
            {"Authorization": f"Bearer {self._token()}"} if section.token and self._token else {}
        )
        return {**section.headers, **bearer}

    def _statistics(self, section: Statistics) -> dict[str, int]:
        url = http_url(self.url, section.path)
        self.require_alive()
        asked_ns = time.monotonic_ns()
        try:
            with open_url(
                url,
                self._answers.patience_s,
                self.statistics_headers(),
                self.target.endpoint.authority,
            ) as answer:
                counts = json.load(answer)
        except (OSError, HTTPException, ValueError) as problem:
            self.require_alive()
            raise self._answers.missed(url, problem, asked_ns) from None
        self._answers.came(asked_ns)
        return _counted(section, counts, url)

    def note_who_serves(self) -> None:
        """Find out which processes serve, so that their end is awaited too when it is told to end.

        This takes some ten milliseconds, which must not pass between a tick and the signal.
        """
        with contextlib.suppress(Broken, NotVerified):
            self.serving_pids()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let those who serve not have a turn (SIGSTOP) while the block runs; they go on behind it.

        What happens meanwhile they meet all at once, however the machine shares out its cores.
        Nobody is held whom `note_who_serves` did not find, or who is not ours to hold.
        """
        held = self._held
        try:
            for holder in self._holders:
                with contextlib.suppress(psutil.Error):
                    holder.suspend()
                    held.append(holder)
            yield
        finally:
            while held:
                holder = held.pop()
                with contextlib.suppress(psutil.Error):
                    holder.resume()

    def tell_to_end(self) -> None:
        """Send the process SIGTERM, and return at once: what follows is the scenario's to judge.

        Raises:
            Broken: the service is not a process that the suite has started.
        """
        if self.process is None:
            raise Broken("the target has no [launch]: the service cannot be told to end")
        self.told_to_end = True
        stands_still = self.process.pid in (each.pid for each in self._held)
        self.process.interrupt(stands_still=stands_still)

    def out_of_reach(self) -> str | None:
        """Say so where SIGTERM went to a process that is not the one that serves, which lives on.

        A shell or a launcher that stands between the two may not hand the signal on.
        """
        living = [holder for holder in self._holders if not has_ended(holder)]
        if self.process is None or not living or self.process.pid in (h.pid for h in living):
            return None
        gone = "has ended" if self.process.exit_code() is not None else "goes on"
        command = " ".join(self.target.launch.command) if self.target.launch else ""
        command = command.splitlines()[0][:SHOWN_CHARS] if command else ""
        return (
            f"SIGTERM went to what was launched ({self.process.pid}: {command}), which {gone}; "
            f"{_name(living[0])} ({living[0].pid}), which holds port {self.port}, serves on: the "
            "signal has not reached it. Let the launcher hand it on, or start the service by exec"
        )

    def stop(self) -> None:
        """End the service's process; a service that was there before is left alone."""
        if self.process and self.target.launch:
            self.process.stop_all(0.0 if self.told_to_end else self.target.launch.stop_within_s)
            self.told_to_end = True
        if self.proxy:
            self.proxy.stop()


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return "a process"


def http_url(websocket_url: str, path: str) -> str:
    """Return the http(s) URL of `path` on the host of a ws(s) URL."""
    parts = urlsplit(websocket_url)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}{path}"


def open_url(
    url: str, timeout_s: float, headers: Mapping[str, str] | None = None, authority: str = ""
) -> HTTPResponse:
    """Open an http(s) URL, on this machine without the proxy that the environment may name.

    `authority` is what `client_context` takes.

    Raises:
        OSError: it cannot be had; an `HTTPError` where the status is not 200.
    """
    loopback = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    proxies = urllib.request.ProxyHandler({} if loopback else None)
    secure = urllib.request.HTTPSHandler(context=context_for(url, authority))
    request = urllib.request.Request(url, headers=dict(headers or {}))
    answer: HTTPResponse = urllib.request.build_opener(proxies, secure).open(
        request, timeout=timeout_s
    )
    return answer


def _counted(section: Statistics, said: Any, url: str) -> dict[str, int]:
    """Return what statistics say, once what the target file names is there.

    Raises:
        Broken: it is not, or is no whole number.
    """
    if not isinstance(said, dict):
        what = f"a JSON {type(said).__name__}, not an object"
        raise Broken(f"{url}: no statistics there ({what}); check [statistics] in the target file")
    for key in ("connections", "subscriptions"):
        name = getattr(section, key)
        named = f'{url}: [statistics] {key} = "{name}"'
        if name not in said:
            has = ", ".join(f'"{each}"' for each in said) or "nothing"
            raise Broken(f"{named}: {NO_SUCH_COUNT} {has}")
        if type(said[name]) is not int:
            raise Broken(f"{named}: that is {said[name]!r}, which is not a number")
    return dict(said)

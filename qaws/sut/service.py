"""The service under test: started per distinct settings, watched, measured from outside.

A service is started as anybody's service is: by a command and environment variables from the target
file. Its memory and sockets are read from the operating system, its own counts from its statistics.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Collection, Mapping
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import psutil

from qaws.runtime.process import ManagedProcess
from qaws.sut.resources import CLIENT_PARTS, ResourceSnapshot, own_sockets
from qaws.sut.target import Statistics, Target
from qaws.verdict import Broken

MIB = 1024 * 1024


class Service:
    """One running service."""

    def __init__(
        self,
        target: Target,
        settings: Mapping[str, str],
        port: int | None,
        process: ManagedProcess | None,
        token: Callable[[], str] | None = None,
    ) -> None:
        self.target = target
        self._token = token
        self.settings = dict(settings)
        self.process = process
        self.told_to_end = False
        self.listens_on(port)

    def listens_on(self, port: int | None) -> None:
        """Note the port of a service, which one that was just launched may not have told yet."""
        self.port = port
        self.url = self.target.endpoint.url.format(port=port)

    def require_alive(self) -> None:
        """Raise `Broken` when the service's process has ended without having been told to."""
        if self.told_to_end:
            return
        if self.process and (code := self.process.exit_code()) is not None:
            raise Broken(
                f'the service "{self.target.name}" ended in mid-run with exit code {code}; '
                f"its last line: {self.process.last_line()}"
            )

    def snapshot(self, parts: Collection[str] = CLIENT_PARTS) -> ResourceSnapshot:
        """Return what the service holds now.

        Files, threads and sockets are counted before the statistics are asked for: that takes a
        socket too.

        Args:
            parts: names of fields of `ResourceSnapshot`; the others are not looked for. Counting
                sockets takes the system as long as it has sockets of any kind.

        Raises:
            Broken: the statistics cannot be read.
        """
        seen = {
            part: count()
            for part, count in (
                ("files", self._files),
                ("threads", self._threads),
                ("sockets", self._sockets),
            )
            if part in parts
        }
        section = self.target.statistics
        if section and not {"sessions", "subscriptions"}.isdisjoint(parts):
            counts = self._statistics(section)
            seen["sessions"] = counts[section.connections]
            seen["subscriptions"] = counts[section.subscriptions]
        return ResourceSnapshot(**seen)

    def _files(self) -> int | None:
        if self.process is None:
            return None
        return sum(member.num_fds() for member in self._members())

    def _threads(self) -> int | None:
        if self.process is None:
            return None
        return sum(member.num_threads() for member in self._members())

    def memory_bytes(self) -> int:
        """Return the service's private memory (unique set size) in bytes, children included.

        Raises:
            Broken: the service is not a process of this machine.
        """
        return sum(member.memory_full_info().uss for member in self._members())

    def _sockets(self) -> int | None:
        """Count the service's sockets on its own port, but for the listening one.

        A socket whose client has gone counts as long as the service holds it: half-closed
        (CLOSE_WAIT), or closed on both sides and only its descriptor left. None for a remote
        service.
        """
        if self.process is None or self.port is None:
            return None
        return sum(own_sockets(member, self.port) for member in self._members())

    def _members(self) -> list[psutil.Process]:
        if self.process is None:
            raise Broken("the target has no [launch]: the service's process cannot be observed")
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            self.require_alive()
            raise

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
        try:
            with open_url(url, 5, self.statistics_headers()) as answer:
                counts = json.load(answer)
            for key in (section.connections, section.subscriptions):
                if type(counts[key]) is not int:
                    raise Broken(f"{url}: {key} = {counts[key]!r} is not a number")
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as problem:
            raise Broken(
                f"{url}: no statistics there ({type(problem).__name__}: {problem}); "
                "check [statistics] in the target file"
            ) from None
        return dict(counts)

    def tell_to_end(self) -> None:
        """Send the process SIGTERM, and return at once: what follows is the scenario's to judge.

        Raises:
            Broken: the service is not a process that the suite has started.
        """
        if self.process is None:
            raise Broken("the target has no [launch]: the service cannot be told to end")
        self.told_to_end = True
        self.process.interrupt()

    def stop(self) -> None:
        """End the service's process; a service that was there before is left alone."""
        if self.process and self.target.launch:
            self.process.stop(0.0 if self.told_to_end else self.target.launch.stop_within_s)
            self.told_to_end = True


def http_url(websocket_url: str, path: str) -> str:
    """Return the http(s) URL of `path` on the host of a ws(s) URL."""
    parts = urlsplit(websocket_url)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}{path}"


def open_url(url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    """Open an http(s) URL, on this machine without the proxy that the environment may name.

    Raises:
        OSError: it cannot be had; an `HTTPError` where the status is not 200.
    """
    loopback = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    proxies = urllib.request.ProxyHandler({} if loopback else None)
    request = urllib.request.Request(url, headers=dict(headers or {}))
    answer: HTTPResponse = urllib.request.build_opener(proxies).open(request, timeout=timeout_s)
    return answer

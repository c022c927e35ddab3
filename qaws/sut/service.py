"""The service under test: started per distinct settings, watched, measured from outside.

A service is started as anybody's service is: by a command and environment variables from the target
file. Its memory and sockets are read from the operating system, its own counts from its statistics.
"""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Iterable, Mapping
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from qaws.runtime.ports import answers, free_port
from qaws.runtime.process import ManagedProcess
from qaws.sut.resources import CLIENT_PARTS, ResourceSnapshot, own_sockets
from qaws.sut.target import Launch, Statistics, Target
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


class Services:
    """The services of a run, one per distinct settings, started when first asked for."""

    def __init__(
        self,
        target: Target,
        folder: Path,
        placeholders: Mapping[str, str],
        timeout_factor: float = 1.0,
        token: Callable[[], str] | None = None,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            target: the service under test.
            folder: where logs go.
            placeholders: values for the `{…}` of the launch section.
            timeout_factor: factor for start allowances, for slow machines.
            token: makes the valid tokens that open the statistics, where the target says so.
        """
        self._target = target
        self._folder = folder
        self._placeholders = dict(placeholders)
        self._timeout_factor = timeout_factor
        self._token = token
        self._running: dict[tuple[tuple[str, str], ...], Service] = {}
        self._started = 0

    def get(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        afresh: bool = False,
        node: int = 1,
        placeholders: Mapping[str, str] | None = None,
    ) -> Service:
        """Return the running service with these settings, starting it if need be.

        Args:
            settings: name in the features' words → value.
            afresh: end one that runs with these settings, and start another.
            node: which one of several with the same settings.
            placeholders: values that differ from those of all others.

        Raises:
            Broken: it does not start, or the target has no such setting.
        """
        wanted = dict(settings or {})
        own = dict(placeholders or {})
        key = (*sorted(wanted.items()), ("node", str(node)), *sorted(own.items()))
        service = self._running.get(key)
        if service and afresh and service.process:
            self.retire(service)
            service = None
        if service is None:
            service = self._running[key] = self._start(wanted, own)
        self.require_alive([service])
        return service

    def require_alive(self, services: Iterable[Service] | None = None) -> None:
        """Raise `Broken` when one of these has died; the next `get` starts another in its place.

        One that was retired may be dead.

        Args:
            services: which; default all that run.
        """
        deaths = []
        for service in list(self._running.values() if services is None else services):
            if service in self._running.values():
                try:
                    service.require_alive()
                except Broken as death:
                    self.retire(service)
                    deaths.append(death)
        if deaths:
            raise deaths[0]

    def retire(self, service: Service) -> None:
        """Stop a service whose state can no longer be trusted; the next `get` starts another."""
        self.forget(service)
        service.stop()

    def forget(self, service: Service) -> None:
        """Leave a service to whoever asks for it to be forgotten; the next `get` starts another."""
        self._running = {k: s for k, s in self._running.items() if s is not service}

    def retire_others(self, service: Service) -> None:
        """Stop every service but one."""
        for other in list(self._running.values()):
            if other is not service:
                self.retire(other)

    def stop(self) -> None:
        """End every service."""
        for service in list(self._running.values()):
            self.retire(service)

    def _start(self, settings: Mapping[str, str], own: Mapping[str, str]) -> Service:
        launch = self._target.launch
        if launch is None:
            if settings:
                raise Broken(f"{self._target.file}: without [launch] nothing can be configured")
            port = urlsplit(self._target.endpoint.url).port
            return Service(self._target, settings, port, None, self._token)
        process, port = self._spawn(launch, settings, own)
        try:
            port = self._await_ready(launch, process, port)
        except BaseException:
            process.stop()
            raise
        return Service(self._target, settings, port, process, self._token)

    def launch(self) -> Service:
        """Start a service of its own, and do not wait until it is ready: `await_ready` does.

        Raises:
            Broken: the target has no [launch].
        """
        launch = self._target.launch
        if launch is None:
            raise Broken(f"{self._target.file}: without [launch] nothing can be started")
        process, port = self._spawn(launch, {}, {})
        service = Service(self._target, {}, port, process, self._token)
        self._running[(("launched", str(self._started)),)] = service
        return service

    def await_ready(self, service: Service) -> None:
        """Wait until a service that was launched is ready, for as long as a start may take.

        Raises:
            Broken: it is not, or has ended.
        """
        assert self._target.launch
        assert service.process
        service.listens_on(self._await_ready(self._target.launch, service.process, service.port))

    def told_port(self, service: Service) -> int | None:
        """Return the port of a service that was launched, None while nothing tells it."""
        pattern = self._target.launch.ready_log if self._target.launch else None
        if service.port is None and service.process and pattern:
            found = re.search(pattern, service.process.read_log())
            if found and "port" in found.groupdict():
                service.listens_on(int(found["port"]))
        return service.port

    def _spawn(
        self, launch: Launch, settings: Mapping[str, str], own: Mapping[str, str]
    ) -> tuple[ManagedProcess, int | None]:
        variables = dict(self._target.environment_for(k, v) for k, v in settings.items())
        texts = [*launch.command, *launch.environment.values()]
        port = None
        if any("{port}" in text for text in texts):
            port = free_port()
        elif "{port}" not in self._target.endpoint.url:
            port = urlsplit(self._target.endpoint.url).port
            if port and answers("127.0.0.1", port):
                raise Broken(
                    f"{self._target.file}: port {port} is in use by another program; end that, or "
                    "use {port} in the url and the launch section"
                )
        ours = {"python": sys.executable, "port": str(port)}
        values = {**ours, **self._placeholders, **own}
        self._started += 1
        process = ManagedProcess(
            f'the service "{self._target.name}"',
            [text.format(**values) for text in launch.command],
            self._folder / f"service-{self._started}.log",
            {k: v.format(**values) for k, v in launch.environment.items()} | variables,
            launch.directory,
        )
        return process, port

    def _await_ready(self, launch: Launch, process: ManagedProcess, port: int | None) -> int | None:
        """Wait for the ready line and the ready path; return the port."""
        grace_s = launch.ready_within_s * self._timeout_factor
        deadline = time.monotonic() + grace_s
        waiting_for = "its ready line"
        line_seen = launch.ready_log is None
        while time.monotonic() < deadline:
            if (code := process.exit_code()) is not None:
                raise Broken(
                    f'the service "{self._target.name}" ended before it was ready '
                    f"(exit code {code}): {process.last_line()}"
                )
            if not line_seen and (found := re.search(launch.ready_log or "", process.read_log())):
                line_seen = True
                port = int(found["port"]) if "port" in found.groupdict() else port
            if line_seen:
                url = http_url(self._target.endpoint.url.format(port=port), launch.ready_path or "")
                waiting_for = f"{url} to answer 200"
                if launch.ready_path is None or _is_ready(url):
                    return port
            time.sleep(0.02)
        raise Broken(
            f'the service "{self._target.name}" was not ready within {grace_s:g} s, waiting for '
            f"{waiting_for}; its last line: {process.last_line()}"
        )


def _is_ready(url: str) -> bool:
    try:
        with open_url(url, 1) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException, ValueError):
        return False


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

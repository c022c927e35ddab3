"""The services of a run: one for each set of settings, started, watched and ended."""

from __future__ import annotations

import re
import shlex
import shutil
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

from qaws.measure.family import listened_ports
from qaws.runtime.ports import answers, free_port
from qaws.runtime.process import ManagedProcess
from qaws.runtime.trust import client_complaint, problem_in_words
from qaws.sut.launch_sections import Launch
from qaws.sut.proxy import ReverseProxy
from qaws.sut.sections import Endpoint
from qaws.sut.service import Service, http_url, open_url
from qaws.sut.statistics_answers import StatisticsAnswers
from qaws.sut.target import CERTIFICATE_SETTINGS, Target
from qaws.verdict import Broken, NotVerified, no_stall

NO_TLS_S = 2.0
"""For how long that must be so: whoever comes up may cut off who is early."""


class NoTls(Broken):
    """What listens answers a TLS handshake in another way; `Broken` for all who do not ask."""


class Services:
    """The services of a run, one per distinct settings, started when first asked for."""

    def __init__(
        self,
        target: Target,
        folder: Path,
        placeholders: Mapping[str, str],
        timeout_factor: float = 1.0,
        token: Callable[[], str] | None = None,
        held_up_ms: Callable[[int, int], float] = no_stall,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            target: the service under test.
            folder: where logs go.
            placeholders: values for the `{…}` of the launch section.
            timeout_factor: factor for start allowances, for slow machines.
            token: makes the valid tokens that open the statistics, where the target says so.
            held_up_ms: for how many ms the machine held up harness or service between two instants.
        """
        self._target = target
        self._folder = folder
        self._placeholders = dict(placeholders)
        self._timeout_factor = timeout_factor
        self._token = token
        self._answers = StatisticsAnswers(held_up_ms)
        self._running: dict[tuple[tuple[str, str], ...], Service] = {}
        self._started = 0
        self._started_in_s: list[float] = []
        self.around_start: Callable[[], AbstractContextManager[None]] = nullcontext
        self.doubts: list[str] = []
        """Why what tells of one of them could not be believed."""

    def get(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        afresh: bool = False,
        node: int = 1,
        placeholders: Mapping[str, str] | None = None,
        behind_proxy: bool = False,
    ) -> Service:
        """Return the running service with these settings, starting it if need be.

        Args:
            settings: name in the features' words → value.
            afresh: end one that runs with these settings, and start another.
            node: which one of several with the same settings.
            placeholders: values that differ from those of all others.
            behind_proxy: whether clients come through the target's proxy, if not all do anyway.

        Raises:
            Broken: it does not start.
            NotVerified: the target has no such setting, or this machine not the proxy.
        """
        wanted = dict(settings or {})
        own = dict(placeholders or {})
        section = self._target.proxy
        through = "all" if section is None or section.for_all else "some" * behind_proxy
        place = ("node", str(node)), ("proxy", through)
        key = (*sorted(wanted.items()), *place, *sorted(own.items()))
        service = self._running.get(key)
        if service and afresh and service.process:
            self.retire(service)
            service = None
        if service is None:
            service = self._running[key] = self._start(wanted, own, behind_proxy)
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

    def read_no_statistics(self) -> None:
        """Let nobody ask a service for its statistics from now on, as if the target had none."""
        self._target = self._target.model_copy(update={"statistics": None})
        for service in self._running.values():
            service.target = self._target

    def stop(self) -> None:
        """End every service."""
        for service in list(self._running.values()):
            self.retire(service)

    def _start(
        self, settings: Mapping[str, str], own: Mapping[str, str], behind_proxy: bool
    ) -> Service:
        target, launch = self._target, self._target.launch
        if launch is None:
            if settings:
                raise NotVerified(f"{target.file}: without [launch] nothing can be configured")
            port = urlsplit(target.endpoint.url).port
            return Service(target, settings, port, None, self._token, answers=self._answers)
        if not CERTIFICATE_SETTINGS.keys().isdisjoint(settings):
            ca_file = Path(self._placeholders["ca_file"])
            target = target.model_copy(update={"endpoint": target.endpoint.secured(ca_file)})
        proxy = self._proxy(own, behind_proxy)
        with self.around_start():
            begin_s = time.monotonic()
            process, port = self._spawn(launch, settings, own)
            try:
                port = self._await_ready(launch, process, port, target.endpoint, proxy)
                self._started_in_s.append(time.monotonic() - begin_s)
                shared = self._token, proxy, self._answers
                return Service(target, settings, port, process, *shared)
            except BaseException:
                process.stop()
                if proxy:
                    proxy.stop()
                raise

    def _proxy(self, own: Mapping[str, str], is_wanted: bool) -> ReverseProxy | None:
        """Return a proxy for one service more; None where its clients come without one."""
        section = self._target.proxy
        if section is None or not (section.for_all or is_wanted):
            return None
        values = {"python": sys.executable, **self._placeholders, **own}
        ports = {"port": "", "proxy_port": ""}
        name = section.command[0].format(**values, **ports)
        beside = Path(sys.executable).parent  # of a virtual environment that no PATH names
        program = shutil.which(name) or shutil.which(name, path=beside)
        if program is None:
            missing = f"{self._target.file}: [proxy] {name!r} is not on this machine"
            raise (Broken if section.for_all else NotVerified)(f"{missing}; install it")
        said = program.replace("{", "{{").replace("}", "}}")
        return ReverseProxy(
            self._target.name,
            section.model_copy(update={"command": [said, *section.command[1:]]}),
            values,
            self._folder / f"proxy-{self._started + 1}.log",
            section.ready_within_s * self._timeout_factor,
        )

    def usual_start_s(self) -> float:
        """Return how long the quickest start took, in seconds; one is started if none was yet.

        Raises:
            Broken: it does not start.
        """
        if not self._started_in_s:
            self.get()
        return min(self._started_in_s, default=0.0)

    def launch(self) -> Service:
        """Start a service of its own, and do not wait until it is ready: `await_ready` does.

        Raises:
            Broken: the target has no [launch].
        """
        launch = self._target.launch
        if launch is None:
            raise Broken(f"{self._target.file}: without [launch] nothing can be started")
        proxy = self._proxy({}, False)
        process, port = self._spawn(launch, {}, {})
        service = Service(self._target, {}, port, process, self._token, proxy, self._answers)
        self._running[(("launched", str(self._started)),)] = service
        return service

    def await_ready(self, service: Service) -> None:
        """Wait until a service that was launched is ready, for as long as a start may take.

        Raises:
            Broken: it is not, or has ended.
        """
        assert self._target.launch
        assert service.process
        endpoint = self._target.endpoint
        port = self._await_ready(
            self._target.launch, service.process, service.port, endpoint, service.proxy
        )
        service.listens_on(port)

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
        variables = self._target.environment_for(settings)
        arguments = self._target.arguments_for(settings)
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
        values = {**ours, **self._placeholders, **own, "arguments": shlex.join(arguments)}
        self._started += 1
        process = ManagedProcess(
            f'the service "{self._target.name}"',
            _command(launch, values, arguments),
            self._folder / f"service-{self._started}.log",
            {k: v.format(**values) for k, v in launch.environment.items()} | variables,
            launch.directory,
        )
        return process, port

    def _await_ready(
        self,
        launch: Launch,
        process: ManagedProcess,
        port: int | None,
        endpoint: Endpoint,
        proxy: ReverseProxy | None,
    ) -> int | None:
        """Wait for the ready line and the ready path; return the port of the service itself."""
        grace_s = launch.ready_within_s * self._timeout_factor
        deadline = time.monotonic() + grace_s
        waiting_for, no_tls_since = "its ready line ([launch] ready_log)", None
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
                at = proxy.before(port) if proxy and port is not None else port
                url = http_url(endpoint.url.format(port=at), launch.ready_path or "")
                waiting_for = f"{url} to answer 200 ([launch] ready_path)"
                try:
                    if launch.ready_path is None or _is_ready(url, endpoint.authority):
                        return port
                    no_tls_since = None
                except NoTls:
                    no_tls_since = no_tls_since or time.monotonic()
                    if time.monotonic() - no_tls_since > NO_TLS_S:
                        raise
            time.sleep(0.02)
        elsewhere = "" if port is None else _elsewhere(process, port)
        raise Broken(
            f'the service "{self._target.name}" was not ready within {grace_s:g} s, waiting for '
            f"{waiting_for}{elsewhere}; its last line: {process.last_line()}"
        )


def _elsewhere(process: ManagedProcess, port: int) -> str:
    """Say so where a service listens, and not on the port that it was given."""
    ports = listened_ports(process.pid)
    if not ports or port in ports:
        return ""
    return f"; it listens on {', '.join(map(str, ports))}, and {{port}} was {port}"


def _command(launch: Launch, values: Mapping[str, str], arguments: list[str]) -> list[str]:
    """Return the command with the arguments of settings: where it wants them, or at its end."""
    made: list[str] = []
    for text in launch.command:
        made += arguments if text == "{arguments}" else [text.format(**values)]
    return made if launch.reads("arguments") else [*made, *arguments]


def _is_ready(url: str, authority: str) -> bool:
    try:
        with open_url(url, 1, authority=authority) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise Broken(f"{url}: {problem_in_words(reason)}") from None
        parts = urlsplit(url)
        answered = isinstance(problem, HTTPError) or isinstance(reason, ConnectionRefusedError)
        if parts.scheme == "https" and not answered:
            host, port = parts.hostname or "", parts.port or 443
            if said := client_complaint(host, port, authority):
                raise Broken(f"{url}: {said}") from None
        if isinstance(reason, ssl.SSLError):
            raise NoTls(f"{url}: {problem_in_words(reason)}") from None
        return False

"""A reverse proxy of the team's, in front of a service that the suite has launched."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from qaws.runtime.ports import answers, free_port
from qaws.runtime.process import ManagedProcess
from qaws.sut.launch_sections import Proxy
from qaws.verdict import Broken

LOOKS_EVERY_S = 0.02


class ReverseProxy:
    """One proxy for one service. It is started as soon as the service's port is known."""

    def __init__(
        self,
        target: str,
        section: Proxy,
        placeholders: Mapping[str, str],
        log: Path,
        within_s: float,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            target: the name of the service that it stands before.
            section: how it is started.
            placeholders: values for the `{…}` of that section, but for the two ports.
            log: file for its output.
            within_s: how long its start may take, in seconds.
        """
        self._name = f'the proxy of "{target}"'
        self._section, self._placeholders, self._log = section, placeholders, log
        self._within_s = within_s
        self._process: ManagedProcess | None = None
        self._port = 0

    def before(self, port: int) -> int:
        """Return the port at which clients come to a service on `port`; start it the first time.

        Raises:
            Broken: it does not start.
        """
        if self._process is None:
            self._port = free_port()
            ports = {"port": str(port), "proxy_port": str(self._port)}
            values = {**self._placeholders, **ports}
            self._process = ManagedProcess(
                self._name,
                [text.format(**values) for text in self._section.command],
                self._log,
                {k: text.format(**values) for k, text in self._section.environment.items()},
            )
            self._await_ready()
        return self._port

    def _await_ready(self) -> None:
        deadline = time.monotonic() + self._within_s
        while not answers("127.0.0.1", self._port):
            self.require_alive()
            if time.monotonic() > deadline:
                self.stop()
                raise Broken(
                    f"{self._name} does not listen on port {self._port} within "
                    f"{self._within_s:g} s; look at [proxy] command, and {self._log}"
                )
            time.sleep(LOOKS_EVERY_S)
        self.require_alive()  # who answers may be another that has the port

    def require_alive(self) -> None:
        """Raise `Broken` when it has ended."""
        if self._process and (code := self._process.exit_code()) is not None:
            raise Broken(
                f"{self._name} ended with exit code {code}; its last line: "
                f"{self._process.last_line()}"
            )

    def stop(self) -> None:
        """End it; safe to call twice."""
        if self._process:
            self._process.stop_all(0.0)

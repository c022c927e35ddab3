"""Who takes ticks over HTTP: the services of a scenario themselves, or somebody at an address."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlsplit

from qaws.protocol.templates import filled
from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.no_server import NoServer
from qaws.sut.brokers.server import Problem
from qaws.sut.feed_section import CHANNEL, PORT, Feed
from qaws.sut.service import Service, http_url

PORTS = {"http": 80, "https": 443}


class HttpTaker(NoServer):
    """No broker: whoever takes a tick says so in its answer."""

    way_out = "start it, or correct [feed] url"

    def __init__(self, section: Feed, secrets: Mapping[str, str]) -> None:
        """Note what is asked.

        Args:
            section: of HTTP.
            secrets: name → value of what it calls secret.
        """
        self.section = section
        self._secrets = dict(secrets)

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Connect where one address takes all ticks; a service is asked once it is there."""
        if self.section.is_of_service:
            return None
        try:
            parts = urlsplit(url)
            where = (parts.hostname or "", parts.port or PORTS[parts.scheme])
            with socket.create_connection(where, within_s):
                return None
        except (OSError, ValueError) as problem:
            return problem

    def headers(self, channel: str) -> dict[str, str]:
        """Return what stands above a tick of a channel."""
        names = {**self._secrets, CHANNEL: channel}
        given = {name: str(filled(text, names)) for name, text in self.section.headers.items()}
        if any(name.lower() == "content-type" for name in given):
            return given
        return {"Content-Type": self.section.content_type, **given}

    def addresses(self, channel: str) -> Iterator[tuple[str, Service | None]]:
        """Yield where a tick of a channel is to go, and which service is there.

        Of a scenario's services those are left out that have ended, or are not known to listen.
        """
        names = {**self._secrets, CHANNEL: channel}
        quoted = {name: quote(value, safe="") for name, value in names.items()}
        url = self.section.url or ""
        if not self.section.is_of_service:
            yield str(filled(url, quoted)), None
            return
        for service in self.services():
            if service.port is None or (service.process and service.has_ended()):
                continue
            text = str(filled(url, {**quoted, PORT: service.port}))
            yield http_url(service.url, text) if text.startswith("/") else text, service

    @property
    def authority(self) -> str:
        """Return whom to trust where ticks are taken over TLS: as the clients do."""
        return next((each.target.endpoint.authority for each in self.services()), "")

    def shown(self, text: str) -> str:
        """Return a text without secrets."""
        for secret in self._secrets.values():
            for spelled in (secret, quote(secret, safe="")):
                text = text.replace(spelled, "***")
        return text

"""Where a service logs, and what it has logged since a handshake began."""

from __future__ import annotations

import glob
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from qaws.clients.connection import Connection
from qaws.sut.log_files import LogPlace
from qaws.sut.service import Service
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified

OUTPUT = "the service's output"


@dataclass(slots=True)
class Handshake:
    """A client that was not let in, and how to see what the service logs of it.

    Attributes:
        connection: its connection.
        service: who turned it away.
        logs: the service's, from before the handshake on.
        again: connects a client of this name in the same way once more.
        is_judged: whether it is a refusal as it should be, as far as its client can tell.
    """

    connection: Connection
    service: Service
    logs: Sequence[LogPlace]
    again: Callable[[str], Awaitable[Connection]]
    is_judged: bool = False


HANDSHAKES = Key[dict[str, Handshake]]("nobody was turned away in this scenario")
"""The latest handshake of each client that was turned away."""


def places(testbed: Testbed, service: Service, *, deep: bool = True) -> list[LogPlace]:
    """Return where a service writes, from now on: its output, and what the target names.

    Where `deep` is not set, patterns with `**` are left out: whole trees take time to look through.

    Raises:
        NotVerified: it was not launched, so that nobody sees what it writes.
        OSError: a log cannot be read.
    """
    launch = service.target.launch
    if service.process is None or launch is None:
        raise NotVerified(f"{service.target.file}: without [launch] nobody sees what it writes")
    values = {**testbed.placeholders, "port": str(service.port)}
    files = [each for each in launch.log_files if deep or "**" not in each]
    named = [str(launch.directory / each.format(**values)) for each in files]
    output = LogPlace(OUTPUT, glob.escape(str(service.process.log)))
    return [output, *(LogPlace(f"the log file {pattern}", pattern) for pattern in named)]


def places_if_any(testbed: Testbed, service: Service) -> list[LogPlace]:
    """Do the same for a handshake, quickly; return nothing where nobody sees what it writes."""
    try:
        return places(testbed, service, deep=False)
    except (NotVerified, OSError):
        return []


def note(testbed: Testbed, handshake: Handshake) -> None:
    """Note a handshake whose client was turned away, until the scenario ends or it comes again."""
    known = testbed.scenario.stash.setdefault(HANDSHAKES, {})
    connection = handshake.connection
    if former := known.pop(connection.name, None):
        close(former.logs)
    if connection.is_welcomed:
        close(handshake.logs)
    elif handshake.logs:
        known[connection.name] = handshake
        testbed.scenario.on_end.append(lambda: close(handshake.logs))


def close(logs: Sequence[LogPlace]) -> None:
    """Let go of the files."""
    for place in logs:
        place.close()

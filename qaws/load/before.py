"""What a load client asks over HTTP before it connects, where its target wants that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from qaws.load.refusal import Refusal
from qaws.protocol.credentials import Location, credentials
from qaws.protocol.http_step import HttpStep, TurnedAway, passed
from qaws.runtime.http_client import asked


@dataclass(frozen=True, slots=True)
class Before:
    """What clients take turns in asking before they connect, and how they show what they get.

    `url` is the service's address, `authority` as `client_context` takes it; `location` and
    `carrier` are as in `credentials`. It holds tokens: keep it out of logs.
    """

    step: HttpStep
    url: str
    location: Location | str
    carrier: str
    tokens: tuple[str, ...]
    authority: str = ""

    async def way(self, turn: int, name: str) -> tuple[str, dict[str, str], str | None]:
        """Return URL, headers, and what is shown, of the client whose turn it is.

        Raises:
            Refusal: the step turned it away.
            Broken: the step does not work.
            OSError: nobody answers there.
        """
        token = self.tokens[turn % len(self.tokens)]
        url, further, shown = await taken_before(self.step, self.url, self.authority, token, name)
        url, headers = credentials(url, shown, self.location, self.carrier)
        return url, {**further, **headers}, shown


async def taken_before(
    step: HttpStep | None, url: str, authority: str, token: str | None, name: str
) -> tuple[str, dict[str, str], str | None]:
    """Return where a client goes on to, with which further headers, and what it shows there.

    Args:
        step: the target's; None where there is none.
        url: the service's address.
        authority: as `client_context` takes it.
        token: what the client has.
        name: the client's.

    Raises:
        Refusal: the step turned it away.
        Broken: the step does not work.
        OSError: nobody answers there.
    """
    if step is None:
        return url, {}, token
    came = await passed(step, partial(asked, authority), url, token, name)
    if isinstance(came, TurnedAway):
        raise Refusal(f"HTTP {came.status} at {step}")
    return came.url, came.headers, came.shown

"""What a load client asks over HTTP before it connects, where its target wants that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from qaws.load.refusal import Refusal
from qaws.protocol.credentials import Location, credentials
from qaws.protocol.http_step import HttpStep, Passage
from qaws.runtime.http_client import asked


@dataclass(frozen=True, slots=True)
class Before:
    """What clients take turns in asking before they connect, and how they show what they get.

    `url` is the service's address, `authority` as `client_context` takes it; `location` and
    `carrier` are as in `credentials`. It holds tokens: keep it out of logs.
    """

    steps: tuple[HttpStep, ...]
    url: str
    location: Location | str
    carrier: str
    tokens: tuple[str, ...]
    authority: str = ""

    async def way(self, turn: int, name: str) -> tuple[str, dict[str, str], str | None]:
        """Return URL, headers, and what is shown, of the client whose turn it is.

        Raises:
            Refusal: a step turned it away.
            Broken: a step does not work.
            OSError: nobody answers there.
        """
        token = self.tokens[turn % len(self.tokens)]
        url, further, shown = await taken_before(self.steps, self.url, self.authority, token, name)
        url, headers = credentials(url, shown, self.location, self.carrier)
        return url, {**further, **headers}, shown


async def taken_before(
    steps: Sequence[HttpStep], url: str, authority: str, token: str | None, name: str
) -> tuple[str, dict[str, str], str | None]:
    """Return where a client goes on to, with which further headers, and what it shows there.

    Args:
        steps: the target's; none where it wants none.
        url: the service's address.
        authority: as `client_context` takes it.
        token: what the client has.
        name: the client's.

    Raises:
        Refusal: a step turned it away, or did not answer in time.
        Broken: a step does not work.
        OSError: nobody answers there.
    """
    if not steps:
        return url, {}, token
    passage = Passage(url, token, name)
    for step in steps:
        try:
            away = await passage.take(step, partial(asked, authority))
        except TimeoutError:
            raise Refusal(f"{step}: it was not answered in {step.within_s:g} s") from None
        if away:
            words = ", which refused_when takes for a refusal" if away.by_words else ""
            raise Refusal(f"HTTP {away.status} at {step}{words}")
    way = passage.way(steps[-1])
    return way.url, way.headers, way.shown

"""How a client finds its way to its connection: by what its target asks for before it, or at once.

Each connection takes the steps anew, as tickets are good for one. What is asked and answered
stands in the client's log, without secrets.
"""

from __future__ import annotations

from functools import partial
from ssl import SSLError

from qaws.clients.address import Untrusted
from qaws.clients.connection import Connection
from qaws.protocol.credentials import credentials
from qaws.protocol.http_step import HttpStep, Passage
from qaws.runtime.http_client import asked
from qaws.runtime.trust import problem_in_words
from qaws.sut.target import Target
from qaws.verdict import hidden


async def way_in(
    connection: Connection,
    target: Target,
    service_url: str,
    location: str,
    *,
    may_be_gone: bool = False,
    bare: bool = False,
) -> tuple[str, dict[str, str]] | None:
    """Return where a client connects, and with which headers.

    Args:
        connection: the client's, not open yet; it shows its `token`.
        target: whose steps it takes, where that has some.
        service_url: the address of the service.
        location: where the token, or what it is given for it, is shown.
        may_be_gone: note it, too, when nobody listens.
        bare: leave the steps out.

    Returns:
        Address and headers; None where a step has turned the client away, as is noted.

    Raises:
        Broken: a step does not work: nobody listens there, or its answer has not what is to be
            taken from it.
        NotVerified: no client can show this token there.
    """
    carrier = target.auth.carrier(location)
    steps = () if bare else target.steps
    if not steps:
        return credentials(service_url, connection.token, location, carrier)
    passage = Passage(service_url, connection.token, connection.name)
    for step in steps:
        if not await _stepped(connection, passage, step, may_be_gone):
            return None
    way = connection.way = passage.way(steps[-1])
    url, headers = credentials(way.url, way.shown, location, carrier)
    return url, {**way.headers, **headers}


async def _stepped(
    connection: Connection, passage: Passage, step: HttpStep, may_be_gone: bool
) -> bool:
    """Take a step; return whether the client may go on."""
    token = connection.token
    without = ", without a token" if token is None else ""
    connection.note_step("→", f"{step}{without}")
    before = len(passage.taken)
    try:
        away = await passage.take(step, partial(asked, connection.authority))
    except SSLError as problem:
        raise Untrusted(f"{step.file}: {step}: {problem_in_words(problem)}") from None
    except (ConnectionResetError, BrokenPipeError) as problem:
        connection.lost_at_step(str(step), f"the connection was cut: {problem}")
        return False
    except TimeoutError:
        connection.lost_at_step(str(step), f"it was not answered in {step.within_s:g} s")
        return False
    except OSError as problem:
        said = f"cannot connect: {problem}; is the service running there?"
        if not may_be_gone:
            raise step.broken(said) from None
        connection.lost_at_step(str(step), said)
        return False
    finally:
        for secret in passage.secrets:
            hidden(secret)
    if away:
        said = away.body[:500].decode("utf-8", "replace").strip()
        body = step.redacted(said, token, *passage.secrets)
        connection.turned_away(str(step), away)
        connection.note_step("←", f"HTTP {away.status} {away.phrase}: {body or '(empty)'}")
        return False
    if step.url:
        names = ", ".join(list(passage.taken)[before:])
        took = f"; taken: {names}" if names else ""
        connection.note_step("←", f"the step is answered as it should be{took}")
    return True

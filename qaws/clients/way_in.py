"""How a client finds its way to its connection: by what its target asks for before it, or at once.

Each connection has a step of its own, as tickets are good for one. What is asked and answered
stands in the client's log, without secrets.
"""

from __future__ import annotations

from functools import partial
from ssl import SSLError

from qaws.clients.address import Untrusted
from qaws.clients.connection import Connection
from qaws.protocol.credentials import credentials
from qaws.protocol.http_step import HttpStep, TurnedAway, passed
from qaws.runtime.http_client import asked
from qaws.runtime.trust import problem_in_words
from qaws.sut.target import Target


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
        target: whose step it takes, where that has one.
        service_url: the address of the service.
        location: where the token, or what it is given for it, is shown.
        may_be_gone: note it, too, when nobody listens.
        bare: leave the step out.

    Returns:
        Address and headers; None where the step has turned the client away, as is noted.

    Raises:
        Broken: the step does not work: nobody listens there, or its answer has not what is to be
            taken from it.
        NotVerified: no client can show this token there.
    """
    carrier = target.auth.carrier(location)
    step = None if bare else target.step
    if step is None:
        return credentials(service_url, connection.token, location, carrier)
    if not await _stepped(connection, step, service_url, may_be_gone):
        return None
    way = connection.way
    assert way
    url, headers = credentials(way.url, way.shown, location, carrier)
    return url, {**way.headers, **headers}


async def _stepped(
    connection: Connection, step: HttpStep, service_url: str, may_be_gone: bool
) -> bool:
    """Take the step; return whether the client may go on."""
    token = connection.token
    without = ", without a token" if token is None else ""
    connection.note_step("→", f"{step}{without}")
    ask = partial(asked, connection.authority)
    try:
        came = await passed(step, ask, service_url, token, connection.name)
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
    if isinstance(came, TurnedAway):
        body = step.redacted(came.body[:500].decode("utf-8", "replace").strip(), token)
        connection.turned_away(str(step), came)
        connection.note_step("←", f"HTTP {came.status} {came.phrase}: {body or '(empty)'}")
        return False
    connection.way = came
    took = f"; taken: {', '.join(came.taken)}" if came.taken else ""
    connection.note_step("←", f"the step is answered as it should be{took}")
    return True

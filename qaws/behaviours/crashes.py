"""That a refusal is a decision, and not what a server answers when its application has crashed.

On Granian, an exception before `accept` gives the same 403 as a refusal. So what the service has
logged since the handshake began is looked at. A service is not blamed

- for an exception that it caught, logged with its stack trace, and answered with a refusal;
- for one that is named for a refusal (`InvalidOrigin`, `PermissionError`): that is how some decide;
- for one that comes with refusals of clients without a token too;
- for one that does not come again with the same handshake: it may be of another client.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence

from qaws.behaviours import lifecycle, service_logs
from qaws.behaviours.service_logs import HANDSHAKES, Handshake
from qaws.clients.connection import Connection
from qaws.oracle.stack_traces import StackTrace, stack_traces
from qaws.sut.log_files import LogPlace
from qaws.testbed.testbed import Testbed

LINE_S = 1.0
"""How long a line may take to be written once its cause is there, where one is waited for."""

ONCE_MORE = "{client} once more"

UNCAUGHT = re.compile(
    r"application callable raised an exception|exception in (?:asgi|wsgi|callback|thread)"
    r"|error in asgi|exception inside application|exception occurred while handling"
    r"|error handling request|(?:process_request|opening handshake|connection handler) failed"
    r"|\b(?:uncaught|unhandled)|never retrieved|\bpanic|\bthrew exception|exceptioncaught"
    r"|#PID<\S+ .*(?:raised an exception|terminat)|GenServer .* terminating"
    r"|terminated with exception",
    re.IGNORECASE,
)
"""What servers say, in the line before a stack trace or in its first ones, of what nobody caught:
uvicorn, Hypercorn, Granian, websockets and asyncio (seen), and as documented Daphne, aiohttp,
Sanic, Tomcat, Netty, Kestrel, Node.js, net/http of Go, Rust, Ruby and Erlang."""

DECIDING = re.compile(
    r"forbid|unauthori|denied|permission|notallowed|refus|reject|origin|auth|token|jwt|jose|"
    r"credential|httpexc|websocketexc|disconnect|handshake|expired|signature|claim|access|"
    r"toolong|toolarge|badhttp|badrequest|badmessage|invalidheader|httpinput",
    re.IGNORECASE,
)
"""In the name of an exception: it stands for a refusal, also of a request that is too long to read
(aiohttp's `LineTooLong`, Netty's `TooLongHttpLineException`)."""

_NAME = re.compile(r"[\w.$]*[A-Z][\w$]*(?:Error|Exception|Denied|Forbidden|Refused)\b")


async def refusals_were_decisions(testbed: Testbed) -> None:
    """Require that no client was turned away by an exception that nobody had caught.

    Only where its refusal is right as far as a client can tell, and only where the target lets the
    suite see what the service logs.

    Raises:
        Refuted: one was.
    """
    for handshake in [*testbed.scenario.stash.setdefault(HANDSHAKES, {}).values()]:
        if handshake.is_judged:
            await _require_decision(testbed, handshake)


def is_right(testbed: Testbed, connection: Connection) -> None:
    """Note that a client was refused as it should be, as far as a client can tell."""
    handshake = testbed.scenario.stash.setdefault(HANDSHAKES, {}).get(connection.name)
    if handshake and handshake.connection is connection:
        handshake.is_judged = True


async def _require_decision(testbed: Testbed, handshake: Handshake) -> None:
    found = _uncaught(handshake.logs)
    if found is None:
        return
    handshake.is_judged = False  # whatever comes of it: it is looked into once
    connection = handshake.connection
    place, trace = found[0], _without(connection.token, found[1])
    if not await _comes_with(testbed, handshake, handshake.again, trace):
        testbed.scenario.remarks.append(
            f"when {connection.name} was refused, {place} got {trace}; the same handshake did not "
            "cause it again, so it may be of something else"
        )
        return

    async def without_token(name: str) -> Connection:
        (control,) = await lifecycle.connect(testbed, [name], None, service=handshake.service)
        return control

    if await _comes_with(testbed, handshake, without_token, trace):
        testbed.scenario.remarks.append(f"whoever shows no token causes {trace} in {place} too")
        return
    shown = " … ".join(f'"{line}"' for line in trace.ends)
    testbed.scenario.checks.require(
        False,
        f"refusal of {connection.name}",
        f"{connection.summary()}, but by an exception, not by a decision: {trace.kind} in {place}, "
        f"{shown}",
        "a refusal that the service has decided on",
    )


async def _comes_with(
    testbed: Testbed,
    handshake: Handshake,
    connect: Callable[[str], Awaitable[Connection]],
    trace: StackTrace,
) -> bool:
    """Return whether a handshake makes the service log the same exception, in time."""
    logs = service_logs.places_if_any(testbed, handshake.service)
    try:
        came = await connect(ONCE_MORE.format(client=handshake.connection.name))
        if came.is_welcomed:
            await came.close()
            return False
        deadline = time.monotonic() + LINE_S
        while True:
            found = _uncaught(logs)
            if found and _gist(_without(came.token, found[1])) == _gist(trace):
                return True
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(0.02)
    finally:
        service_logs.close(logs)


def _uncaught(logs: Sequence[LogPlace]) -> tuple[str, StackTrace] | None:
    """Return the first exception in the logs that nobody has caught, and where it is."""
    for place in logs:
        text = _written(place)
        for trace in stack_traces(text) if UNCAUGHT.search(text) else ():
            said = "\n".join([trace.before, *trace.lines[:2]])
            if UNCAUGHT.search(said) and not any(map(DECIDING.search, _names(trace))):
                return place.name, trace
    return None


def _without(token: str | None, trace: StackTrace) -> StackTrace:
    """Return a stack trace that can be shown: logs of services are not free of tokens."""
    lines = [line.replace(token, "(the token)") if token else line for line in trace.lines]
    return StackTrace(trace.kind, lines, trace.before, trace.says)


def _written(place: LogPlace) -> str:
    try:
        return place.written()
    except OSError:
        return ""


def _names(trace: StackTrace) -> list[str]:
    """Return the names of what was thrown, without those of modules."""
    names = [trace.thrown.split(":")[0]] if "Python" in trace.kind else _NAME.findall(trace.thrown)
    return [name.rpartition(".")[2] for name in names]


def _gist(trace: StackTrace) -> str:
    """Return what was thrown, without numbers, which may differ each time."""
    return re.sub(r"0x[0-9a-f]+|\d+", "", trace.thrown)

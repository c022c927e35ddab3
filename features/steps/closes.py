"""How connections end: refused, or closed by the service with a code and a reason."""

from qaws.behaviours import closes, expiry, idleness, shutdown
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.gherkin.steps import then
from qaws.testbed.context import StepContext


@then("{clients:Clients} {be:Be} refused with {refusal:Refusal}")
async def are_refused(context: StepContext, clients: list[str], be: str, refusal: Refusal) -> None:
    """In the handshake, or by a close that tells the client why."""
    await context.testbed.do(closes.refused, clients, refusal)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}"
)
async def are_closed(
    context: StepContext, clients: list[str], be: str, codes: list[int], reasons: list[str]
) -> None:
    """The close itself was seen."""
    await context.testbed.do(closes.closed_by_service, clients, ExpectedClose(codes, reasons))


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}, {window:Window} after pinging"
)
async def are_closed_after_ping(
    context: StepContext,
    clients: list[str],
    be: str,
    codes: list[int],
    reasons: list[str],
    window: tuple[float, float],
) -> None:
    """Who has pinged once is idle from then on, and not from the connect."""
    expected = ExpectedClose(codes, reasons)
    await context.testbed.do(idleness.closed_after_ping, clients, expected, *window)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}, within {bound:Duration} of SIGTERM"
)
async def are_closed_after_sigterm(
    context: StepContext,
    clients: list[str],
    be: str,
    codes: list[int],
    reasons: list[str],
    bound: float,
) -> None:
    """The close of the last of them came in time."""
    expected = ExpectedClose(codes, reasons)
    await context.testbed.do(shutdown.closed_in_time, clients, expected, bound)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}, within {bound:Duration} of SIGTERM, and their TCP connections within {tcp:Duration} of that"
)
async def are_closed_with_tcp_after_sigterm(
    context: StepContext,
    clients: list[str],
    be: str,
    codes: list[int],
    reasons: list[str],
    bound: float,
    tcp: float,
) -> None:
    """The same, and behind each close frame TCP: the service has to close it (RFC 6455), and browsers wait two seconds for that before a page hears of the close."""
    expected = ExpectedClose(codes, reasons)
    await context.testbed.do(shutdown.closed_in_time, clients, expected, bound)
    await context.testbed.do(closes.disconnected, clients, tcp)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}, within {bound:Duration} of the expiry and not before"
)
async def are_closed_on_expiry(
    context: StepContext,
    clients: list[str],
    be: str,
    codes: list[int],
    reasons: list[str],
    bound: float,
) -> None:
    """Until then those that listen are served; they get no tick afterwards."""
    expected = ExpectedClose(codes, reasons)
    await context.testbed.do(expiry.closed_on_expiry, clients, expected, bound)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}, and TCP within {tcp:Duration} of that"
)
async def are_closed_with_tcp(
    context: StepContext,
    clients: list[str],
    be: str,
    codes: list[int],
    reasons: list[str],
    tcp: float,
) -> None:
    """The close itself was seen, and behind it the end of TCP: the service has to bring it about (RFC 6455, section 7.1.1), and browsers wait two seconds for it before a page hears of the close."""
    await context.testbed.do(closes.closed_by_service, clients, ExpectedClose(codes, reasons))
    await context.testbed.do(closes.disconnected, clients, tcp)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}, {window:Window} after connecting, and TCP within {tcp:Duration} of that"
)
async def are_closed_between_with_tcp(
    context: StepContext,
    clients: list[str],
    be: str,
    codes: list[int],
    reasons: list[str],
    window: tuple[float, float],
    tcp: float,
) -> None:
    """The close itself was seen, neither too early nor too late, and behind it the end of TCP."""
    expected = ExpectedClose(codes, reasons)
    await context.testbed.do(closes.closed_between, clients, expected, *window)
    await context.testbed.do(closes.disconnected, clients, tcp)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}, within {bound:Duration} of the expiry and not before, and TCP within {tcp:Duration} of that"
)
async def are_closed_on_expiry_with_tcp(
    context: StepContext,
    clients: list[str],
    be: str,
    codes: list[int],
    reasons: list[str],
    bound: float,
    tcp: float,
) -> None:
    """Until then those that listen are served; they get no tick afterwards, and TCP ends soon."""
    expected = ExpectedClose(codes, reasons)
    await context.testbed.do(expiry.closed_on_expiry, clients, expected, bound)
    await context.testbed.do(closes.disconnected, clients, tcp)

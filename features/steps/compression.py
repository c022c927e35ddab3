"""Clients that offer compression, as browsers do."""

from qaws.behaviours import closes, compression
from qaws.clients.endings import ExpectedClose
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given(
    "{clients:Clients} {be:Be} connected and subscribed to {selection:Selection}, offering compression"
)
async def clients_offer_compression(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """As browsers offer it; not verified where the service does not agree."""
    await context.testbed.do(compression.be_subscribed, clients, selection)


@when(
    "{clients:Clients} connect, offering compression, subscribe to {selection:Selection}, ping, and disconnect with {ending}"
)
async def clients_come_and_go_compressed(
    context: StepContext, clients: list[str], selection: Selection, ending: str
) -> None:
    """With "a clean close" or "an abrupt reset"."""
    newcomers = [f"short-lived {client}" for client in clients]
    await context.testbed.do(compression.come_and_go, newcomers, selection, ending)


@when(
    "{client:Client} sends a compressed message that is over {kib:Number} KiB when inflated, in {fragments:Number} frames"
)
async def sends_padded(context: StepContext, client: str, kib: int, fragments: int) -> None:
    """A command with padding, by one byte more."""
    await context.testbed.do(compression.send_padded, client, kib, fragments)


@then("{clients:Clients} {be:Be} closed by the service with code {codes:Codes}")
async def are_closed_with_code(
    context: StepContext, clients: list[str], be: str, codes: list[int]
) -> None:
    """Whatever the reason says."""
    await context.testbed.do(closes.closed_by_service, clients, ExpectedClose(codes, []))

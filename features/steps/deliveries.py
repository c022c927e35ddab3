"""What reached clients, and what did not."""

from qaws.behaviours import crashes, deliveries, deviations
from qaws.gherkin.steps import then
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@then("{clients:Clients} {verb:Receive} that tick exactly once, within {bound:Duration}")
async def receive_that_tick(
    context: StepContext, clients: list[str], verb: str, bound: float
) -> None:
    """The last tick that a step published reaches each of them once; timed from the publish."""
    await context.testbed.do(deliveries.receives_that_tick, clients, bound)


@then(
    "{client:Client} receives that tick exactly once, within {bound:Duration}, and has received no {kind:Kind}"
)
async def receives_that_tick_and_no(
    context: StepContext, client: str, bound: float, kind: str
) -> None:
    """The same, and no message of that kind has come since the client connected."""
    await context.testbed.do(deliveries.receives_that_tick, [client], bound)
    await context.testbed.do(deliveries.received_none, [client], [kind])


@then("{client:Client} receives each of them exactly once, within {bound:Duration}")
async def receives_each(context: StepContext, client: str, bound: float) -> None:
    """All ticks that steps published for it; each is timed from its publish."""
    await context.testbed.do(deliveries.receives_each, client, bound)


@then("the {fields:Fields} that {client:Client} receives match what was published, digit for digit")
async def fields_match(context: StepContext, fields: list[str], client: str) -> None:
    """Nothing was rounded, swapped, or left over from the tick before."""
    await context.testbed.do(deliveries.equals_published, client, fields)


@then("{clients:Clients} {have:Have} received no {kind:Kind}")
async def have_received_none(
    context: StepContext, clients: list[str], have: str, kind: str
) -> None:
    """Proven by something later on the same path, not by a pause."""
    await context.testbed.do(deliveries.received_none, clients, [kind])


@then(
    "{client:Client} has received every tick for {selection:Selection} published while subscribed, and no tick without a subscription"
)
async def received_exactly(context: StepContext, client: str, selection: Selection) -> None:
    """Each once and in order; others are known to have been published, so that they could come."""
    await context.testbed.do(deliveries.received_exactly, client, selection)


@then("every client has received exactly what it was due, in frames that conform to the contract")
async def everything_was_exact(context: StepContext) -> None:
    """The closing step of every scenario; the suite adds it by itself."""
    await context.testbed.do(crashes.refusals_were_decisions)
    await context.testbed.do(deliveries.everything_was_exact)
    context.testbed.scenario.require_no_reservations()
    deviations.tell(context.testbed)

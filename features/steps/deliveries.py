"""What reached clients, and what did not."""

from qaws.behaviours import deliveries
from qaws.gherkin.steps import then
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@then("{clients:Clients} {verb:Receive} it exactly once, within {bound:Duration}")
async def receive_it(context: StepContext, clients: list[str], verb: str, bound: float) -> None:
    """The last tick reaches each of them once; latency runs from the publish."""
    await context.testbed.do(deliveries.receives_it, clients, bound)


@then(
    "a further option tick for {selection:Selection} reaches {clients:Clients} within {bound:Duration}"
)
async def further_tick_reaches(
    context: StepContext, selection: Selection, clients: list[str], bound: float
) -> None:
    """A tick that is published now still arrives, once."""
    await context.testbed.do(deliveries.further_tick, clients, selection, bound)


@then("the {fields:Fields} that {client:Client} receives match what was published, digit for digit")
async def fields_match(context: StepContext, fields: list[str], client: str) -> None:
    """Nothing was rounded, swapped, or left over from the tick before."""
    await context.testbed.do(deliveries.equals_published, client, fields)


@then("{clients:Clients} has received no {kind:Kind}")
async def received_no(context: StepContext, clients: list[str], kind: str) -> None:
    """Proven by something later on the same path, not by a pause."""
    await context.testbed.do(deliveries.received_none, clients, [kind])


@then(
    "{client:Client} has received every tick of {selection:Selection} published since subscribing, and nothing else"
)
async def received_exactly(context: StepContext, client: str, selection: Selection) -> None:
    """All of its own, once and in order; none of the others, which are known to have existed."""
    await context.testbed.do(deliveries.received_exactly, client, selection)


@then("every client has received exactly what it was due, in frames that keep the contract")
async def everything_was_exact(context: StepContext) -> None:
    """The closing step of every scenario; the suite adds it by itself."""
    await context.testbed.do(deliveries.everything_was_exact)

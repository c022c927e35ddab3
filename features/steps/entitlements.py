"""What a token entitles its bearer to, and clients that try to get more or disturb others."""

from qaws.behaviours import entitlements, neighbours
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given("{clients:Clients} {be:Be} connected, entitled to {selection:Selection} only")
async def clients_are_entitled(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """Their token names these symbols; the target file says in which claim."""
    await context.testbed.do(entitlements.connect_entitled, clients, selection)


@when(
    "{client:Client} asks for {forbidden:Selection} without being entitled to it, before and after resubscribing to {held:Selection}"
)
async def asks_for_forbidden(
    context: StepContext, client: str, forbidden: Selection, held: Selection
) -> None:
    """While ticks flow; after each attempt another client receives one that this one may not see."""
    await context.testbed.do(entitlements.ask_for_forbidden, client, forbidden, held)


@then("{client:Client} gets an error each time")
async def gets_an_error_each_time(context: StepContext, client: str) -> None:
    """And no acknowledgement."""
    await context.testbed.do(entitlements.refused_each_time, client)


@when(
    "{client:Client} authenticates again on the open connection {times:Number} times, with {kind}"
)
async def authenticates_again(context: StepContext, client: str, times: int, kind: str) -> None:
    """With "the same token", "another valid token" or "a forged token", in a message."""
    await context.testbed.do(neighbours.authenticate_again, client, times, kind)


@when(
    "{client:Client} opens a second connection with {kind}, subscribes there to {selection:Selection}, unsubscribes and leaves"
)
async def connects_again(
    context: StepContext, client: str, kind: str, selection: Selection
) -> None:
    """Nothing is asked for where the token is forged."""
    await context.testbed.do(neighbours.connect_again, client, kind, selection)


@when("{client:Client} subscribes to what is only half valid: {name:HalfSelection}")
async def subscribes_to_half_valid(context: StepContext, client: str, name: str) -> None:
    """A selection with two members, one of them wrong; docs/rows.md lists the names."""
    await context.testbed.do(neighbours.subscribe_half, client, name)


@then("{client:Client} gets an error, and holds what was acknowledged and nothing else")
async def half_was_refused(context: StepContext, client: str) -> None:
    """What it receives is judged by that."""
    await context.testbed.do(neighbours.half_was_refused, client)

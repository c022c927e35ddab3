"""The team's own publisher, and what clients get of it."""

from qaws.behaviours import own_publisher
from qaws.gherkin.steps import then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@when(
    "{client:Client} subscribes to {selection:Selection}, and the team's own publisher runs for at most {limit:Duration} until a tick of it has reached her"
)
async def own_publisher_runs(
    context: StepContext, client: str, selection: Selection, limit: float
) -> None:
    """It is started after the subscription and ended then; a tick of the suite's follows."""
    await context.testbed.do(own_publisher.run, client, selection, limit)


@then("an option tick of the team's own publisher has reached {client:Client} as it was published")
async def its_tick_has_reached(context: StepContext, client: str) -> None:
    """Whatever names the publisher and the service have for it, they are the same."""
    await context.testbed.do(own_publisher.reached)


@then("a tick that was published behind it has reached {client:Client} once")
async def the_one_behind_has_reached(context: StepContext, client: str) -> None:
    """It shows that the client was served, and that the service has not stumbled."""
    await context.testbed.do(own_publisher.was_served)

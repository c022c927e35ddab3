"""A service that starts while its broker is away."""

from qaws.behaviours import startup
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given("the broker is down")
async def broker_is_down(context: StepContext) -> None:
    """Nobody listens at its address until a step brings it up."""
    await context.testbed.do(startup.take_broker_down)


@when(
    "the ticker service starts, and {client:Client} tries to connect and subscribe to {selection:Selection} while the broker stays away for {away:Duration}"
)
async def service_starts_early(
    context: StepContext, client: str, selection: Selection, away: float
) -> None:
    """A process of its own; nobody waits for it to be ready."""
    await context.testbed.do(startup.start_early, client, selection, away)


@when(
    "the broker comes up, with {selection:Selection} ticking every {every:Duration}, and {clients:Clients} are connected as soon as the service is ready"
)
async def broker_comes_up(
    context: StepContext, selection: Selection, every: float, clients: list[str]
) -> None:
    """Whoever is not subscribed yet connects and subscribes then; nothing is started again."""
    await context.testbed.do(startup.bring_broker_up, selection, every, clients)


@then(
    '{client:Client} has been welcomed and told "degraded", or refused, and the service is running'
)
async def nobody_hung(context: StepContext, client: str) -> None:
    """A handshake that nobody answers is neither."""
    await context.testbed.do(startup.nobody_hung)


@then("the service is ready without another start")
async def became_ready(context: StepContext) -> None:
    """Within the time that the target gives a start, counted from the broker's return."""
    await context.testbed.do(startup.became_ready)


@then(
    "{clients:Clients} receive ticks within {bound:Duration} of the broker's return, or of subscribing later"
)
async def ticks_arrive(context: StepContext, clients: list[str], bound: float) -> None:
    """The first tick of each."""
    await context.testbed.do(startup.ticks_arrive, clients, bound)

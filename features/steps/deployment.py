"""Services end, and others take their place."""

from qaws.behaviours import deployment, senders, shutdown, stalled_readers
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given(
    "{client:Client} is connected and subscribed to {selection:Selection}, but has stopped reading"
)
async def client_has_stopped_reading(
    context: StepContext, client: str, selection: Selection
) -> None:
    """A client with a small receive buffer and a full line: it hangs, but its machine is there."""
    await context.testbed.do(stalled_readers.stall_reader, client, selection)


@given(
    "{clients:Clients} are connected and subscribed to {selection:Selection}, of which {count:Number} will be sending pings when SIGTERM comes"
)
async def some_will_be_sending(
    context: StepContext, clients: list[str], selection: Selection, count: int
) -> None:
    """Two at a time, until they are closed, which they hear of a little late, as at the end of a long line."""
    await context.testbed.do(senders.be_subscribed, clients, selection, count)


@when(
    "the service is restarted, and {clients:Clients} reconnect and subscribe to {selection:Selection} at once"
)
async def reconnect_at_once(context: StepContext, clients: list[str], selection: Selection) -> None:
    """A new process takes the place of the old one; all connect as soon as it is ready."""
    await context.testbed.do(deployment.expect_restart, clients)
    context.testbed.use_service(context.testbed.service.settings, afresh=True)
    await context.testbed.do(deployment.reconnect_all, clients, selection)


@when(
    "ticks for {selection:Selection} are published without a break, and {node:Node} receives SIGTERM after {count:Number} of them"
)
async def receives_sigterm(
    context: StepContext, selection: Selection, node: str, count: int
) -> None:
    """Between two ticks, and the ticks go on; who serves gets no turn (SIGSTOP, SIGCONT) between the last of them and the signal."""
    await context.testbed.do(shutdown.terminate_mid_stream, count, selection, node)


@then("{clients:Clients} have received every tick published before SIGTERM")
async def have_received_what_came_before(context: StepContext, clients: list[str]) -> None:
    """All that the broker had taken before the signal was sent; what came behind it may be there."""
    await context.testbed.do(shutdown.received_what_came_before, clients)


@then("the service's process ends in good order within {bound:Duration} of SIGTERM")
async def process_ends(context: StepContext, bound: float) -> None:
    """By itself, with exit code 0 or by that very signal: -15, or 143 as shells say it."""
    await context.testbed.do(shutdown.ends_in_good_order, bound)


@then("no new connection is accepted")
async def no_new_connection_is_accepted(context: StepContext) -> None:
    """Newcomers try from the first close on, until the process has ended, and once more then."""
    await context.testbed.do(shutdown.nobody_was_let_in)


@then(
    "{clients:Clients} are welcomed and subscribed again within {bound:Duration}, each in a new session"
)
async def are_back(context: StepContext, clients: list[str], bound: float) -> None:
    """All of them, none turned away; the time runs from when the service was ready again."""
    await context.testbed.do(deployment.are_back, clients, bound)

"""Services end, and others take their place."""

from behave import given, then, when

from qaws.behaviours import nodes, shutdown


@given("{client:Client} is connected and subscribed to {selection:Selection}, but no longer reads")
async def client_is_deaf(context, client, selection):
    """A client with a small receive buffer and a full line: it hangs, but its machine is there."""
    await context.testbed.do(shutdown.stall_reader, client, selection)


@when(
    "the service is restarted, and {clients:Clients} come back and subscribe to {selection:Selection} at once"
)
async def herd_comes_back(context, clients, selection):
    """A new process takes the place of the old one; all connect as soon as it is ready."""
    context.testbed.use_service(context.testbed.service.settings, afresh=True)
    await context.testbed.do(nodes.come_back, clients, selection)


@when(
    "{count:d} ticks of {selection:Selection} are published, and at once {node:Node} is told to end"
)
async def service_is_told_to_end(context, count, selection, node):
    """SIGTERM, as soon as the broker has the ticks: mid-stream."""
    await context.testbed.do(shutdown.end_amid_ticks, count, selection, node)


@then("{clients:Clients} have received every tick that was published before")
async def have_received_what_came_before(context, clients):
    """All that the broker had taken before the service was told to end."""
    await context.testbed.do(shutdown.received_what_came_before, clients)


@then(
    "nobody is let in any more, and the service's process ends with exit code {code:d} within {bound:Duration}"
)
async def process_ends(context, code, bound):
    """By itself, from SIGTERM on; newcomers try from the first close on, and once it has ended."""
    await context.testbed.do(shutdown.process_ends, code, bound)
    await context.testbed.do(shutdown.nobody_was_let_in)


@then(
    "{clients:Clients} are welcomed and subscribed again within {bound:Duration}, each in a new session"
)
async def are_back(context, clients, bound):
    """All of them, none turned away; the time runs from when the service was ready again."""
    await context.testbed.do(nodes.are_back, clients, bound)

"""The broker goes away, and comes back."""

from behave import then, when

from qaws.behaviours import outage


@when(
    "{mishap:Mishap}, while all clients ping and {client:Client} subscribes to {selection:Selection}"
)
async def broker_has_a_mishap(context, mishap, client, selection):
    """It hangs up on its listeners, ends and comes back empty, or cannot keep what they are due."""
    await context.testbed.do(mishap, client, selection)


@then("all clients receive ticks again within {bound:Duration} of the broker's return")
async def ticks_resume(context, bound):
    """The first new tick of everything that each client holds; no client does anything for it."""
    await context.testbed.do(outage.ticks_resume, bound)


@then(
    "all clients were told degraded within {bound:Duration} of the loss, and recovered before the first new tick"
)
async def told_of_the_loss(context, bound):
    """Whoever misses ticks must find both words around the gap."""
    await context.testbed.do(outage.told_of_the_loss, bound)


@then("all clients are connected, and each of their pings was answered within {bound:Duration}")
async def pings_were_answered(context, bound):
    """WebSocket pings of the whole outage until now, and ping messages while the broker was away."""
    await context.testbed.do(outage.pings_were_answered, bound)

"""The broker goes away, and comes back."""

from behave import then, when

from qaws import outage


@when(
    "the broker cuts the service's feed, while all clients ping and {client:Client} subscribes to {selection:Selection}"
)
async def broker_cuts_feed(context, client, selection):
    """The broker hangs up on those that listen to it, who may come back at once."""
    await context.world.do(outage.cut_feed, client, selection)


@when(
    "the broker is down for {length:Duration}, while all clients ping and {client:Client} subscribes to {selection:Selection}"
)
async def broker_is_down(context, length, client, selection):
    """The broker ends, and starts again at the same address, having forgotten everything."""
    await context.world.do(outage.take_broker_down, length / 1000, client, selection)


@when(
    "the broker's buffer for the service overflows, while all clients ping and {client:Client} subscribes to {selection:Selection}"
)
async def broker_buffer_overflows(context, client, selection):
    """More ticks at once than the broker may keep for a subscriber, so that it hangs up."""
    await context.world.do(outage.overflow_feed, client, selection)


@then("all clients receive ticks again within {bound:Duration} of the broker's return")
async def ticks_resume(context, bound):
    """The first new tick of everything that each client holds; no client does anything for it."""
    await context.world.do(outage.ticks_resume, bound)


@then(
    "all clients were told degraded within {bound:Duration} of the loss, and recovered before the first new tick"
)
async def told_of_the_loss(context, bound):
    """Whoever misses ticks must find both words around the gap."""
    await context.world.do(outage.told_of_the_loss, bound)


@then("all clients are connected, and each of their pings was answered within {bound:Duration}")
async def pings_were_answered(context, bound):
    """WebSocket pings of the whole outage until now, and ping messages while the broker was away."""
    await context.world.do(outage.pings_were_answered, bound)

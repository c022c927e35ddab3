"""The broker goes away, and comes back."""

from qaws.behaviours import broken_link, latecomers, liveness, outage, silent_link, slow_link
from qaws.behaviours.outage import Change
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given("the ticker service is running, linked to the broker through a relay")
def service_is_running_behind_a_relay(context: StepContext) -> None:
    """A service of the scenario's own; the relay stands at the address that it takes for the broker's."""
    silent_link.start_behind_relay(context.testbed)


@given("all clients ping continuously")
async def clients_ping_continuously(context: StepContext) -> None:
    """A WebSocket ping of each every 250 ms, until a step says that all were answered."""
    await context.testbed.do(liveness.keep_pinging)


@when(
    "the broker cuts the service's feed twice, while {client:Client} subscribes to {selection:Selection} and unsubscribes from {given_up:Selection}"
)
async def broker_cuts_the_feed(
    context: StepContext, client: str, selection: Selection, given_up: Selection
) -> None:
    """It hangs up on its subscribers, and ticks are published in the same breath; again when they have come back."""
    await context.testbed.do(outage.cut_feed_twice, client, Change(selection, given_up))


@when(
    "the broker is down for {length:Duration}, while {client:Client} subscribes to {selection:Selection} and unsubscribes from {given_up:Selection}"
)
async def broker_is_down(
    context: StepContext, length: float, client: str, selection: Selection, given_up: Selection
) -> None:
    """It ends, and comes back empty."""
    change = Change(selection, given_up)
    await context.testbed.do(outage.take_broker_down, client, change, length)


@when(
    "the broker is down for {length:Duration}, while {client:Client} subscribes to {selection:Selection}, and {newcomer:Client} connects and subscribes to it"
)
async def broker_is_down_when_clients_come(
    context: StepContext, length: float, client: str, selection: Selection, newcomer: str
) -> None:
    """It ends, and comes back empty; where a service lets nobody in meanwhile there is no newcomer."""
    await context.testbed.do(
        latecomers.ask_while_broker_is_away, client, newcomer, selection, length
    )


@when(
    "the broker's output buffer for the service overflows, while {client:Client} subscribes to {selection:Selection}"
)
async def broker_buffer_overflows(context: StepContext, client: str, selection: Selection) -> None:
    """It cannot keep what the service is due, and hangs up on it."""
    await context.testbed.do(outage.overflow_feed, client, Change(selection))


@when(
    "the link to the broker goes silent until that is announced, for at most {length:Duration}, while {client:Client} subscribes to {selection:Selection}"
)
async def link_goes_silent(
    context: StepContext, length: float, client: str, selection: Selection
) -> None:
    """Nothing is closed; what was connected stays dead, and who connects anew is served on its return."""
    await context.testbed.do(silent_link.silence_link, client, selection, length)


@when(
    "the link to the broker is reset in the middle of a tick, while {client:Client} subscribes to {selection:Selection}"
)
async def link_is_reset(context: StepContext, client: str, selection: Selection) -> None:
    """Either end is told of a reset behind half a tick; whoever connects anew is served at once."""
    await context.testbed.do(broken_link.break_link, "reset", client, selection)


@when(
    "the link to the broker ends in one direction in the middle of a tick, while {client:Client} subscribes to {selection:Selection}"
)
async def link_ends_one_way(context: StepContext, client: str, selection: Selection) -> None:
    """Behind half a tick the service is told that no more comes; what it says is still taken."""
    await context.testbed.do(broken_link.break_link, "ended one way", client, selection)


@when(
    "the link to the broker delivers every byte {late:Duration} late for {length:Duration}, while {client:Client} subscribes to {selection:Selection}"
)
async def link_is_late(
    context: StepContext, late: float, length: float, client: str, selection: Selection
) -> None:
    """In either direction, as over a long way; afterwards the link is as fast as before."""
    await context.testbed.do(slow_link.slow_down, length, client, selection, late)


@when(
    "the link to the broker delivers a few bytes at a time for {length:Duration}, while {client:Client} subscribes to {selection:Selection}"
)
async def link_trickles(
    context: StepContext, length: float, client: str, selection: Selection
) -> None:
    """Up to 40 bytes, wherever that cuts a message; afterwards the link is as fast as before."""
    await context.testbed.do(slow_link.slow_down, length, client, selection, None)


@then("no client has been told of a loss")
async def no_loss_was_told(context: StepContext) -> None:
    """No word about the feed has come since the link was slow; none is on its way."""
    await context.testbed.do(slow_link.nobody_was_told)


@then('all clients receive status "degraded" within {bound:Duration} of the link\'s last byte')
async def silence_is_announced(context: StepContext, bound: float) -> None:
    """The time runs from the last byte that the relay let through, either way."""
    await context.testbed.do(silent_link.receive_degraded, bound)


@then('all clients receive status "recovered" before the first new tick')
async def recovery_is_announced(context: StepContext) -> None:
    """Whoever misses ticks must find both words around the gap."""
    await context.testbed.do(outage.receive_recovered)


@then("all clients receive ticks again within {bound:Duration} of the link's return")
async def ticks_resume_on_the_link(context: StepContext, bound: float) -> None:
    """The first new tick of everything that each client holds; no client does anything for it."""
    await context.testbed.do(outage.ticks_resume, bound)


@then("all clients receive ticks again within {bound:Duration} of the broker's return")
async def ticks_resume(context: StepContext, bound: float) -> None:
    """The first new tick of everything that each client holds; no client does anything for it."""
    await context.testbed.do(outage.ticks_resume, bound)


@then(
    'all clients receive status "degraded" within {bound:Duration} of the loss, and "recovered" before the first new tick'
)
async def loss_is_announced(context: StepContext, bound: float) -> None:
    """Whoever misses ticks must find both words around the gap."""
    await context.testbed.do(outage.receive_loss_status, bound)


@then("all clients are still connected, and every ping was answered within {bound:Duration}")
async def pings_were_answered(context: StepContext, bound: float) -> None:
    """WebSocket pings since the clients began, and ping messages while the broker was away."""
    await context.testbed.do(liveness.pings_were_answered, bound)

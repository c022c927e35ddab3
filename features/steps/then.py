"""What must hold."""

from behave import then

from qaws.behaviours import deliveries, lifecycle
from qaws.clients.endings import ExpectedClose


@then("{clients:Clients} {be:Be} connected{alive:Alive}")
async def are_connected(context, clients, be, alive):
    """Their connections are open, after that time of watching them, and the service answers."""
    await context.testbed.do(alive, clients)


@then("a {ping:Ping} from {clients:Clients} is answered within {bound:Duration}")
async def ping_is_answered(context, ping, clients, bound):
    """A ping frame of the protocol, or a ping message of the dialect, comes back as a pong."""
    await context.testbed.do(lifecycle.ping_answered, clients, ping, bound)


@then("{clients:Clients}{refused:Refused} {be:Be} refused with {refusal:Refusal}")
async def are_refused(context, clients, refused, be, refusal):
    """In the handshake, or by a close that tells the client why."""
    await context.testbed.do(refused, clients, refusal)


@then(
    "{clients:Clients} {be:Be} closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}{closed:Closed}"
)
async def are_closed(context, clients, be, codes, reasons, closed):
    """The close itself was seen, in time; until an expiry those that listen are served."""
    await context.testbed.do(closed, clients, ExpectedClose(codes, reasons))


@then("{client:Client} is welcomed within {bound:Duration} with")
async def is_welcomed(context, client, bound):
    """The welcome is the first message, and has the fields of the table."""
    await context.testbed.do(
        lifecycle.welcomed, client, bound, [(r[0], r[1]) for r in context.table]
    )


@then("{client:Client} has a new session")
async def has_new_session(context, client):
    """The session id differs from that of the connection before."""
    await context.testbed.do(lifecycle.new_session, client)


@then("{clients:Clients} {verb:Receive} it exactly once, within {bound:Duration}")
async def receive_it(context, clients, verb, bound):
    """The last tick reaches each of them once; latency runs from the publish."""
    await context.testbed.do(deliveries.receives_it, clients, bound)


@then(
    "a further option tick for {selection:Selection} reaches {clients:Clients} within {bound:Duration}"
)
async def further_tick_reaches(context, selection, clients, bound):
    """A tick that is published now still arrives, once."""
    await context.testbed.do(deliveries.further_tick, clients, selection, bound)


@then("{fields:Fields} at {client:Client} equal what was published, digit for digit")
async def fields_equal(context, fields, client):
    """Nothing was rounded, swapped, or left over from the tick before."""
    await context.testbed.do(deliveries.equals_published, client, fields)


@then("{clients:Clients} has received no {kind:Kind}")
async def received_no(context, clients, kind):
    """Proven by something later on the same path, not by a pause."""
    await context.testbed.do(deliveries.received_none, clients, [kind])


@then(
    "{client:Client} has received every tick of {selection:Selection} due since subscribing, and no other"
)
async def received_exactly(context, client, selection):
    """All of its own, once and in order; none of the others, which are known to have existed."""
    await context.testbed.do(deliveries.received_exactly, client, selection)


@then("{client:Client} gets an error containing {text:Quoted} within {bound:Duration}")
async def gets_error(context, client, text, bound):
    """The service says what is wrong."""
    await context.testbed.do(lifecycle.gets_error, client, text[0], bound)


@then("{back:Back} are back as before within {bound:Duration}")
async def resources_are_back(context, back, bound):
    """Exactly as noted, or as before visitors came, on its process and in its own statistics."""
    await context.testbed.do(back, bound)


@then("the service's memory has grown by less than {megabytes:g} MB{growth:Growth}")
async def memory_has_grown_less(context, megabytes, growth):
    """Private memory of the service's process, against what was noted, or before a load."""
    await context.testbed.do(growth, megabytes)


@then("every client has received exactly what it was due, in frames that keep the contract")
async def everything_was_exact(context):
    """The closing step of every scenario; the suite adds it by itself."""
    await context.testbed.do(deliveries.everything_was_exact)

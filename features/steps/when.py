"""What happens."""

from behave import when

from qaws.behaviours import deliveries, lifecycle, publishing


@when("{client:Client} connects {showing:Showing}")
async def connects(context, client, showing):
    """In the way that the target names first, from no page, unless it says more."""
    await context.testbed.do(lifecycle.connect, [client], **showing)


@when("{clients:Clients} connect, subscribe to {selection:Selection}, ping, and leave by {ending}")
async def clients_come_and_go(context, clients, selection, ending):
    """Clients that come, are served, and leave by "a clean close" or "an abrupt reset"."""
    newcomers = [f"visiting {client}" for client in clients]
    await context.testbed.do(lifecycle.come_and_go, newcomers, selection, ending)


@when("{client:Client} reconnects after {ending}")
async def reconnects(context, client, ending):
    """A client's connection ends with "a clean close" or "an abrupt reset", and it comes back."""
    await context.testbed.do(lifecycle.end_connection, client, ending)
    await context.testbed.do(lifecycle.connect, [client])


@when("{client:Client} subscribes to {selection:Selection}")
async def subscribes(context, client, selection):
    """A client subscribes and gets the acknowledgement."""
    await context.testbed.do(lifecycle.subscribe, [client], selection)


@when("an option tick for {selection:Selection} is published{clients:Reached}")
async def option_tick_is_published(context, selection, clients):
    """One option tick goes into the feed; clients that are due it have received it."""
    await context.testbed.do(publishing.publish, selection, "option_tick")
    await context.testbed.do(deliveries.have_seen_it, clients)


@when("these ticks of {symbol} are published in turn")
async def these_ticks_are_published(context, symbol):
    """The ticks of a table; an empty cell leaves the field to the suite."""
    rows = [dict(zip(row.headings, row.cells, strict=True)) for row in context.table]
    await context.testbed.do(publishing.publish_rows, symbol, rows)


@when("{publish:Publish} each of {selection:Selection} are published in turn")
async def ticks_are_published_in_turn(context, publish, selection):
    """Ticks of several symbols, which take turns, at a steady rate."""
    await context.testbed.do(publish, selection.symbols)


@when(
    "{each:d} ticks each of {selection:Selection} are published at once, each symbol by a publisher of its own"
)
async def ticks_are_published_side_by_side(context, each, selection):
    """Option ticks and bars of several symbols, on several connections to the broker."""
    await context.testbed.do(publishing.publish_side_by_side, selection.symbols, each)


@when("a malformed payload is published between them: {name}")
async def malformed_payload_is_published(context, name):
    """Something that is no tick goes into the feed; docs/editing.md lists the names."""
    await context.testbed.do(publishing.publish_malformed, name)


@when("{client:Client} vanishes without a word")
async def vanishes(context, client):
    """Its connection stays, but nobody reads from it, answers on it, or closes it."""
    await context.testbed.do(lifecycle.vanish, client)


@when("{client:Client} {misdeed:Misdeed}: {name}")
async def does_what_it_must_not(context, client, misdeed, name):
    """Something that no client should do, of a kind; docs/editing.md lists them."""
    await context.testbed.do(misdeed, client, name)


@when("{client:Client} stays silent until closed, for {at_most:Duration} at most")
async def stays_silent(context, client, at_most):
    """A client that neither sends nor receives."""
    await context.testbed.do(lifecycle.stay_silent, client, at_most / 1000)

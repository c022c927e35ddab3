"""Pages that clients come from."""

from behave import given, when

from qaws import actions


@given("{client:Client} is connected from {origin}")
async def is_connected_from(context, client, origin):
    """A client with a valid token whose browser shows a page of that origin; it was welcomed."""
    await context.world.do(actions.be_connected, [client], origin)


@when("{client:Client} connects with a valid token from {origin}")
async def connects_from(context, client, origin):
    """A client whose browser shows a page of that origin connects; docs/editing.md lists them."""
    await context.world.do(actions.connect, [client], origin=origin)

"""Tokens: forged ones, and those that expire."""

from behave import given, then, when

from qaws import actions, admission, expiry


@then("{client:Client} is told no more than a client without a token")
async def is_told_no_more(context, client):
    """Status, headers, body, code and reason are the same, so that nothing helps a forger."""
    await context.world.do(admission.told_no_more, client)


@then("the service has no session and no socket more than noted, after {bound:Duration} at most")
async def no_place_is_taken(context, bound):
    """Whoever was refused is not counted, and nothing of it stays behind."""
    await context.world.do(admission.no_place_taken, bound)


@then("{client:Client} is admitted with a valid token within {bound:Duration}")
async def is_admitted(context, client, bound):
    """The service still lets in whom it should."""
    await context.world.do(admission.admitted, client, bound)


@given("{clients:Clients} {be:Be} connected with a token that expires in {lifetime:Duration}")
async def connected_with_expiring_token(context, clients, be, lifetime):
    """Clients that are welcomed; their token expires at the next whole second after that time."""
    await context.world.do(expiry.connect_expiring, clients, lifetime / 1000)


@when("{client:Client} pings every {every:Duration}")
async def pings_every(context, client, every):
    """A client sends a ping message again and again until the scenario's last step."""
    await context.world.do(actions.keep_pinging, client, every / 1000)

"""Tokens: forged ones, and those that expire."""

from behave import then, when

from qaws.behaviours import lifecycle, resources, tokens


@then("{client:Client} is told no more than a client without a token")
async def is_told_no_more(context, client):
    """Status, headers, body, code and reason are the same, so that nothing helps a forger."""
    await context.testbed.do(tokens.rejection_is_indistinguishable, client)


@then("the service has no session and no socket more than noted, after {bound:Duration} at most")
async def no_place_is_taken(context, bound):
    """Whoever was refused is not counted, and nothing of it stays behind."""
    await context.testbed.do(
        resources.no_more_than_baseline,
        ("sessions", "subscriptions", "files"),
        bound,
        "sessions and sockets",
    )


@then("{leaver:Leaving}{client:Client} is admitted with a valid token within {bound:Duration}")
async def is_admitted(context, leaver, client, bound):
    """The service lets in whom it should; a place that is given back can be taken."""
    await context.testbed.do(tokens.admitted, client, bound, leaver)


@when("{client:Client} pings every {every:Duration}")
async def pings_every(context, client, every):
    """A client sends a ping message again and again until the scenario's last step."""
    await context.testbed.do(lifecycle.keep_pinging, client, every / 1000)

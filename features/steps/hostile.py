"""Hostile clients, and those who must not notice them."""

from behave import then, when

from qaws import siege


@when("{count:Number} hostile clients come with {attack}")
async def hostile_clients_come(context, count, attack):
    """Each plays one input of an attack, on a connection of its own; docs/editing.md lists them."""
    await context.world.do(siege.attack, attack, count)


@then("each of them is answered by {answer}")
async def each_is_answered(context, answer):
    """Every hostile client got what its attack deserves; each has its own check."""
    await context.world.do(siege.answered, answer)


@then("{percentile:g} % of the deliveries to {clients:Clients} took less than {bound:Duration}")
async def deliveries_to_took_less(context, percentile, clients, bound):
    """A percentile over every pair of tick and client, from the due time."""
    await context.world.do(siege.deliveries_took_less, clients, percentile, bound)


@then("the service's memory stayed within {megabytes:g} MB of what was noted")
async def memory_stayed_within(context, megabytes):
    """Private memory of the service's process, at its peak during the attack."""
    await context.world.do(siege.memory_stayed_within, megabytes)


@then(
    "when the hostile clients have left, sockets, sessions and subscriptions are back as noted within {bound:Duration}"
)
async def nothing_of_them_stays(context, bound):
    """Exactly as before they came, on the service's process and in its own statistics."""
    await context.world.do(siege.nothing_stays, bound)

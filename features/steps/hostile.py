"""Hostile clients, and those who must not notice them."""

from behave import then, when

from qaws.behaviours import attack_responses, attacks, choices


@when("{count:Number} hostile clients come with {attack}")
async def hostile_clients_come(context, count, attack):
    """Each plays one input of an attack, on a connection of its own; docs/editing.md lists them."""
    await context.testbed.do(attacks.attack, attack, count)


@then("each of them is answered by {answer}")
async def each_is_answered(context, answer):
    """Every hostile client got what its attack deserves; each has its own check."""
    await context.testbed.do(attack_responses.answered, answer)


@then("{percentile:g} % of the deliveries{receivers:Receivers} took less than {bound:Duration}")
async def deliveries_took_less(context, percentile, receivers, bound):
    """A percentile over every pair of tick and client, from the due time."""
    await context.testbed.do(choices.deliveries_took_less, receivers, percentile, bound)

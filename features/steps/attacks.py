"""Hostile clients, and those who must not notice them."""

from qaws.behaviours import attack_responses, attacks, bystanders
from qaws.gherkin.steps import then, when
from qaws.testbed.context import StepContext


@when("{count:Number} hostile clients attack with {attack:Attack}")
async def hostile_clients_attack(context: StepContext, count: int, attack: str) -> None:
    """Each plays one input of an attack, on a connection of its own; docs/rows.md lists them."""
    await context.testbed.do(attacks.attack, attack, count)


@when("the hostile clients disconnect")
async def hostile_clients_disconnect(context: StepContext) -> None:
    """Those that are still connected close their connections."""
    await context.testbed.do(attacks.leave)


@then("each of them is met with {response}")
async def each_is_met_with(context: StepContext, response: str) -> None:
    """Every hostile client got what its attack deserves; each has its own check."""
    await context.testbed.do(attack_responses.met_with, response)


@then("{percentile:Percentile} delivery latency to {clients:Clients} is below {bound:Duration}")
async def latency_to_clients_is_below(
    context: StepContext, percentile: float, clients: list[str], bound: float
) -> None:
    """Over every pair of tick and client since the attack began, from the due time."""
    await context.testbed.do(bystanders.deliveries_took_less, clients, percentile, bound)

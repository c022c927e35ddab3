"""Clients that say nothing for the whole run."""

from qaws.behaviours import quiet_clients
from qaws.gherkin.steps import given, then, when
from qaws.testbed.context import StepContext


@given("a silent and a subscribed client have been connected since the run began")
def quiet_clients_are_connected(context: StepContext) -> None:
    """To a service with the target's own settings, which no other scenario uses."""
    quiet_clients.take_up(context.testbed)


@when("they have been connected for at least {at_least:Duration}")
def quiet_clients_wait(context: StepContext, at_least: float) -> None:
    """For the whole run, or until 10 s before the target's idle timeout; this is what is missing."""
    quiet_clients.stay(context.testbed, at_least)


@then("neither of them has been closed")
async def neither_was_closed(context: StepContext) -> None:
    """Nobody has closed or cut their connections."""
    await context.testbed.do(quiet_clients.neither_was_closed)


@then("the service has never been silent to the {kind} client for longer than {bound:Duration}")
async def was_never_silent(context: StepContext, kind: str, bound: float) -> None:
    """Something came at least every so often: a message or a ping."""
    await context.testbed.do(quiet_clients.was_never_silent, kind, bound)

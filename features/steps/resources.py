"""What the service holds: it must give everything back."""

from qaws.behaviours import background_load, bystanders, load_checks, resources
from qaws.gherkin.steps import given, then
from qaws.sut.resources import ALL_PARTS
from qaws.testbed.context import StepContext

HELD_FOR_CLIENTS = ("sessions", "subscriptions", "files")


@given("the service's sockets, sessions, subscriptions and memory are recorded")
async def resources_and_memory_are_recorded(context: StepContext) -> None:
    """The baseline: what its process and its own statistics show once they are steady."""
    await context.testbed.do(resources.record)
    await context.testbed.do(resources.record_memory)


@given("the service's sessions and sockets are recorded")
async def sessions_and_sockets_are_recorded(context: StepContext) -> None:
    """The baseline of what a client can take up: also files and subscriptions."""
    await context.testbed.do(resources.record, HELD_FOR_CLIENTS)


@then("the service's {parts:Resources} return to the recorded baseline within {bound:Duration}")
async def resources_return(context: StepContext, parts: list[str], bound: float) -> None:
    """Exactly as recorded, on its process and in its own statistics."""
    await context.testbed.do(resources.return_to_baseline, parts, bound)


@then(
    "the service's sockets, sessions, subscriptions, files and threads were back to what they were within {bound:Duration}"
)
async def resources_were_back(context: StepContext, bound: float) -> None:
    """As before the short-lived clients came; fewer threads will do."""
    await context.testbed.do(background_load.resources_are_back, ALL_PARTS, bound)


@then("the service holds no more sessions or sockets than recorded, within {bound:Duration}")
async def no_more_is_held(context: StepContext, bound: float) -> None:
    """Whoever was refused is not counted, and nothing of it stays behind."""
    what = "sessions and sockets"
    await context.testbed.do(resources.no_more_than_baseline, HELD_FOR_CLIENTS, bound, what)


@then("the service's memory has grown by less than {megabytes:g} MB")
async def memory_has_grown_less(context: StepContext, megabytes: float) -> None:
    """Private memory of the service's process, compared with what was recorded."""
    await context.testbed.do(resources.memory_grew_less, megabytes)


@then("the service's memory has grown by less than {megabytes:g} MB at its peak")
async def memory_peak_is_bounded(context: StepContext, megabytes: float) -> None:
    """At no time of the attack was it more."""
    await context.testbed.do(bystanders.memory_stayed_within, megabytes)


@then("the service's memory has grown by less than {megabytes:g} MB per slow client at its peak")
def memory_per_slow_client_is_bounded(context: StepContext, megabytes: float) -> None:
    """From before the load, shared out to the clients that are slow."""
    load_checks.memory_bounded(context.testbed, megabytes)

"""What the service holds: it must give everything back."""

from qaws.behaviours import background_load, bystanders, load_checks, resources
from qaws.gherkin.steps import given, then
from qaws.testbed.context import StepContext

MEMORY = "memory"


@given("the service's {parts:Baseline} are recorded")
async def resources_are_recorded(context: StepContext, parts: list[str]) -> None:
    """The baseline: what its process and its own statistics show once they are steady."""
    counted = [part for part in parts if part != MEMORY]
    await context.testbed.do(resources.record, counted)
    if MEMORY in parts:
        await context.testbed.do(resources.record_memory)


@then("the service's {parts:Resources} return to the recorded baseline within {bound:Duration}")
async def resources_return(context: StepContext, parts: list[str], bound: float) -> None:
    """Exactly as recorded, on its process and in its own statistics."""
    await context.testbed.do(resources.return_to_baseline, parts, bound)


@then("the service's {parts:Resources} returned to pre-load levels within {bound:Duration}")
async def resources_returned(context: StepContext, parts: list[str], bound: float) -> None:
    """As before the short-lived clients came; fewer threads will do."""
    await context.testbed.do(background_load.resources_are_back, parts, bound)


@then("the service holds no more {parts:AnyResources} than recorded, within {bound:Duration}")
async def no_more_is_held(context: StepContext, parts: list[str], bound: float) -> None:
    """Whoever was refused is not counted, and nothing of it stays behind."""
    await context.testbed.do(resources.no_more_than_baseline, parts, bound)


@then("the service's memory growth is below {megabytes:g} MB")
async def memory_has_grown_less(context: StepContext, megabytes: float) -> None:
    """Private memory of the service's process, compared with what was recorded."""
    await context.testbed.do(resources.memory_grew_less, megabytes)


@then("the service's peak memory growth is below {megabytes:g} MB")
async def memory_peak_is_bounded(context: StepContext, megabytes: float) -> None:
    """At no time of the attack was it more."""
    await context.testbed.do(bystanders.memory_stayed_within, megabytes)


@then("the service's peak memory growth per slow client is below {megabytes:g} MB")
def memory_per_slow_client_is_bounded(context: StepContext, megabytes: float) -> None:
    """From before the load, shared out to the clients that are slow."""
    load_checks.memory_bounded(context.testbed, megabytes)

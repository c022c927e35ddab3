"""Who may read the service's statistics."""

from qaws.behaviours import statistics_access
from qaws.gherkin.steps import then, when
from qaws.testbed.context import StepContext


@when("a stranger asks for the statistics with {shown}")
async def stranger_asks(context: StepContext, shown: str) -> None:
    """With "no credentials", "wrong credentials", "an expired token" or "a forged token"."""
    await context.testbed.do(statistics_access.ask_as_stranger, shown)


@then("the stranger is answered with HTTP {codes:Codes}, and learns no number")
async def stranger_learns_nothing(context: StepContext, codes: list[int]) -> None:
    """Neither in the answer's body nor in its headers."""
    await context.testbed.do(statistics_access.stranger_learned_nothing, codes)


@then("whoever has the credentials can read the statistics")
async def operator_reads(context: StepContext) -> None:
    """They are in the target file."""
    await context.testbed.do(statistics_access.operator_reads)

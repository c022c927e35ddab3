"""A connection storm, and the churn behind it."""

from qaws.behaviours import storm
from qaws.clients.endings import ExpectedClose
from qaws.gherkin.steps import rows_of, then, when
from qaws.testbed.context import StepContext


@when("clients connect and reset in these phases")
def storm_and_churn(context: StepContext) -> None:
    """A storm, and then churn, by the two rows of a table; each client is due at its time."""
    storm.storm(context.testbed, *storm.profile_of(rows_of(context.table)))


@then("no more than {limit:Number} clients are connected at any time")
def limit_holds(context: StepContext, limit: int) -> None:
    """As the clients count themselves, observers included, and in the service's statistics."""
    storm.limit_holds(context.testbed, limit)


@then(
    "the excess clients are closed by the service with code {codes:Codes} and a reason containing {reasons:Quoted}"
)
def excess_is_closed(context: StepContext, codes: list[int], reasons: list[str]) -> None:
    """Each of them; and nobody else is cut off or left waiting."""
    storm.excess_is_closed(context.testbed, ExpectedClose(codes, reasons))


@then(
    "{percentile:Percentile} welcome latency is at most {bound:Duration}, and all session ids are unique"
)
def welcomes_come(context: StepContext, percentile: float, bound: float) -> None:
    """From the time at which a client was due to connect to its welcome."""
    storm.welcomes_come(context.testbed, percentile, bound)

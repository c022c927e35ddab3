"""A connection storm, and the churn behind it."""

from qaws.behaviours import background_load, early_clients, storm, storm_profile
from qaws.clients.endings import ExpectedClose
from qaws.gherkin.steps import given, rows_of, then, when
from qaws.testbed.context import StepContext


@when("clients connect and reset in these phases")
def storm_and_churn(context: StepContext) -> None:
    """A storm, churn and a lull, by the rows of a table; each client is due at its time."""
    storm.storm(context.testbed, *storm_profile.profile_of(rows_of(context.table)))


@given(
    "{count:Number} observers, behind {early:Number} clients that will leave politely, receive {rate:Number} ticks per second for {symbol}"
)
def observers_behind_others(
    context: StepContext, count: int, early: int, rate: int, symbol: str
) -> None:
    """Those that come first leave one by one amid the churn, and are back when it is over."""
    early_clients.come(context.testbed, early, symbol, rate)
    background_load.observers_receive(context.testbed, count, rate, symbol)


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
    "everyone who comes while at least {free:Number} places have been free for {span:Duration} is welcomed"
)
def free_places_are_given(context: StepContext, free: int, span: float) -> None:
    """A place counts as taken from a client's first attempt until it has left."""
    storm.free_places_are_given(context.testbed, free, span)


@then(
    "{percentile:Percentile} welcome latency is at most {bound:Duration}, and all session ids are unique"
)
def welcomes_come(context: StepContext, percentile: float, bound: float) -> None:
    """From the time at which a client was due to connect to its welcome."""
    storm.welcomes_come(context.testbed, percentile, bound)

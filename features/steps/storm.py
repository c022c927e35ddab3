"""A connection storm, and the churn behind it."""

from qaws.behaviours import storm
from qaws.clients.endings import ExpectedClose
from qaws.gherkin.steps import then, when
from qaws.testbed.context import StepContext


@when(
    "{clients:Number} clients connect within {span:Duration}, {resets:Number} of them resetting in mid-handshake, and then {rate:Number} per second reset and as many connect and subscribe to {symbol}, for {length:Duration}"
)
def storm_and_churn(
    context: StepContext,
    clients: int,
    span: float,
    resets: int,
    rate: int,
    symbol: str,
    length: float,
) -> None:
    """Many come at once, and then come and go; each is due at its time."""
    profile = storm.StormProfile(clients, span / 1000, resets, rate, length / 1000)
    storm.storm(context.testbed, profile, symbol)


@then(
    "no more than {limit:Number} clients are live at any time, and the others are closed with code {codes:Codes} and a reason containing {reasons:Quoted}"
)
def limit_holds(context: StepContext, limit: int, codes: list[int], reasons: list[str]) -> None:
    """As the clients count themselves, observers included, and in the service's statistics."""
    storm.limit_holds(context.testbed, limit, ExpectedClose(codes, reasons))


@then(
    "{percentile:Percentile} welcome latency is below {bound:Duration}, and no session id comes twice"
)
def welcomes_come(context: StepContext, percentile: float, bound: float) -> None:
    """From the time at which a client was due to connect to its welcome."""
    storm.welcomes_come(context.testbed, percentile, bound)

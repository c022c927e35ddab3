"""Swarms of clients, and ticks at a rate."""

from qaws.behaviours import breakpoint, compression, load, load_checks
from qaws.clients.endings import ExpectedClose
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given("a swarm of {clients:Number} clients will subscribe to {selection:Selection}")
def swarm(context: StepContext, clients: int, selection: Selection) -> None:
    """Clients in processes of their own, which check all they receive; they connect with the load."""
    load.prepare_swarm(context.testbed, clients, selection)


@given(
    "a swarm of {clients:Number} clients, offering compression, will subscribe to {selection:Selection}"
)
async def swarm_with_compression(context: StepContext, clients: int, selection: Selection) -> None:
    """As browsers offer it; not verified where the service does not agree, as one client finds out before."""
    await context.testbed.do(compression.see_it_agreed)
    load.prepare_swarm(context.testbed, clients, selection, compression=True)


@given(
    "a swarm of {clients:Number} clients will subscribe to {selection:Selection}, plus one that stops reading and one that reads slowly"
)
def swarm_with_slow_clients(context: StepContext, clients: int, selection: Selection) -> None:
    """The slow ones have small receive buffers, so that the system does not hide them."""
    load.prepare_swarm(context.testbed, clients, selection)
    load.add_slow_clients(context.testbed, selection)


@given(
    "a swarm of {clients:Number} clients, offering compression, will subscribe to {selection:Selection}, plus one that stops reading and one that reads slowly"
)
async def swarm_with_compression_and_slow_clients(
    context: StepContext, clients: int, selection: Selection
) -> None:
    """All of them offer it as browsers do, the slow ones too; one client finds out before whether it is agreed to."""
    await context.testbed.do(compression.see_it_agreed)
    load.prepare_swarm(context.testbed, clients, selection, compression=True)
    load.add_slow_clients(context.testbed, selection)


@when("{count:Number} ticks for {symbol} are published at {rate:Number} per second")
def ticks_at_a_rate(context: StepContext, count: int, symbol: str, rate: int) -> None:
    """Ticks on an open-loop schedule: each is due at its time, come what may."""
    load.publish_and_show(context.testbed, load.LoadProfile(symbol, count, rate))


@when(
    "{count:Number} ticks for {symbol} are published at {rate:Number} per second, bursting to {factor:Number} times the rate for {length:Duration}"
)
def ticks_with_a_spike(
    context: StepContext, count: int, symbol: str, rate: int, factor: int, length: float
) -> None:
    """The burst begins after two seconds."""
    profile = load.with_a_spike(symbol, count, rate, factor, length / 1000)
    load.publish_and_show(context.testbed, profile)


@when(
    "{count:Number} ticks for {symbol} are published at {rate:Number} per second, stopping early once the slow clients are evicted"
)
def ticks_until_evicted(context: StepContext, count: int, symbol: str, rate: int) -> None:
    """Publishing ends early once the service has let the slow clients go."""
    profile = load.LoadProfile(symbol, count, rate, until_evicted_s=count / rate)
    load.publish_and_show(context.testbed, profile)


@when(
    "the rate of ticks for {symbol} is raised from {low:Number} to {high:Number} per second, holding each rate for {length:Duration}, until {percentile:Percentile} exceeds {bound:Duration} or a delivery is wrong"
)
def rate_is_raised(
    context: StepContext,
    symbol: str,
    low: int,
    high: int,
    length: float,
    percentile: float,
    bound: float,
) -> None:
    """Half as much again each time, until the service no longer keeps up."""
    rates = breakpoint.rates(low, high)
    breakpoint.find(context.testbed, symbol, rates, length / 1000, percentile, bound)


@then("the service keeps up at {rate:Number} ticks per second")
def service_keeps_up(context: StepContext, rate: int) -> None:
    """The highest rate without a wrong delivery and with the percentile below the bound."""
    breakpoint.keeps_up_at(context.testbed, rate)


@then("the swarm has received every tick exactly once, in order")
def swarm_has_received_everything(context: StepContext) -> None:
    """No gap, no duplicate, no disorder, and no frame of a wrong kind at any client."""
    load_checks.received_everything(context.testbed)


@then("the observers have received every tick exactly once, in order")
def observers_have_received_everything(context: StepContext) -> None:
    """The same, of ticks that flowed at their rate as long as the others came and went."""
    load_checks.observers_received_everything(context.testbed)


@then("{percentile:Percentile} delivery latency to the observers is below {bound:Duration}")
@then("{percentile:Percentile} delivery latency is below {bound:Duration}")
def latency_is_below(context: StepContext, percentile: float, bound: float) -> None:
    """Over every pair of tick and client, from the due time."""
    load_checks.percentile_below(context.testbed, percentile, bound)


@then("the backlog was drained within {bound:Duration} of the last publish")
def backlog_was_drained(context: StepContext, bound: float) -> None:
    """When the slowest client had the last tick."""
    load_checks.drained_within(context.testbed, bound / 1000)


@then("the ticks were offered at {rate:Number} per second")
def ticks_were_offered(context: StepContext, rate: int) -> None:
    """The publisher kept its schedule, so the load was what the scenario says."""
    load_checks.rate_was_kept(context.testbed, rate)


@then(
    "the slow clients were evicted within {bound:Duration} with code {codes:Codes} and a reason containing {reasons:Quoted}"
)
def slow_clients_were_evicted(
    context: StepContext, bound: float, codes: list[int], reasons: list[str]
) -> None:
    """Seen on the service's side, and told to the clients once they read again."""
    load_checks.slow_evicted(context.testbed, bound / 1000, ExpectedClose(codes, reasons))

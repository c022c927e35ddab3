"""Swarms of clients, and ticks at a rate."""

from behave import given, then, when

from qaws.behaviours import breakpoint, load, load_checks
from qaws.clients.endings import ExpectedClose


@given("a swarm of {clients:Number} clients is ready for {selection:Selection}{prepare:Swarm}")
def swarm_is_ready(context, clients, selection, prepare):
    """Clients in processes of their own; each decodes and checks everything it receives."""
    prepare(context.testbed, clients, selection)


@when(
    "{count:Number} ticks of {symbol} are published at {rate:Number} per second{demand:LoadProfile}"
)
def ticks_at_a_rate(context, count, symbol, rate, demand):
    """Ticks on an open-loop schedule: each is due at its time, come what may."""
    load.publish_and_show(context.testbed, demand(symbol, count, rate))


@when(
    "the rate of {symbol} ticks is raised from {low:Number} to {high:Number} per second, {length:Duration} each, until 99 % take more than {bound:Duration}"
)
def rate_is_raised(context, symbol, low, high, length, bound):
    """Half as much again each time, until the service no longer keeps up."""
    rates = [low * 1.5**step for step in range(20) if low * 1.5**step <= high]
    breakpoint.find_knee(context.testbed, symbol, rates, length / 1000, bound)


@then("the service keeps up at {rate:Number} per second")
def service_keeps_up(context, rate):
    """The highest rate without a wrong delivery and with a p99 below the bound."""
    breakpoint.knee_above(context.testbed, rate)


@then("{delivered:Delivered} has received every tick once and in order")
def everything_was_delivered(context, delivered):
    """No gap, no duplicate, no disorder; of a swarm no frame of a wrong kind at any client."""
    delivered(context.testbed)


@then("the backlog was drained within {bound:Duration} of the last publish")
def backlog_was_drained(context, bound):
    """When the slowest client had the last tick."""
    load_checks.drained_within(context.testbed, bound / 1000)


@then("the ticks were offered at {rate:Number} per second")
def ticks_were_offered(context, rate):
    """The publisher kept its schedule, so the load was what the scenario says."""
    load_checks.rate_was_kept(context.testbed, rate)


@then(
    "the slow clients were evicted within {bound:Duration} with code {code:d} and a reason containing {reason:Quoted}"
)
def slow_clients_were_evicted(context, bound, code, reason):
    """Seen on the service's side, and told to the clients once they read again."""
    load_checks.slow_evicted(context.testbed, bound / 1000, ExpectedClose([code], reason))

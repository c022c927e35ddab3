"""Swarms of clients, and ticks at a rate."""

from behave import given, then, when

from qaws import knee, load, load_verdicts
from qaws.load import Demand
from qaws.swarm.schedule import Burst

BURST_BEGINS_S = 2.0


@given("a swarm of {clients:Number} clients is ready for {selection:Selection}")
def swarm_is_ready(context, clients, selection):
    """Clients in processes of their own; each decodes and checks everything it receives."""
    load.prepare_swarm(context.world, clients, selection)


@given(
    "the swarm has a client that stops reading and one that trickles, both for {selection:Selection}"
)
def swarm_has_slow_clients(context, selection):
    """Clients with small receive buffers, so that the system does not hide that they are slow."""
    load.add_slow_clients(context.world, selection)


@when("{count:Number} ticks of {symbol} are published at {rate:Number} per second")
def ticks_at_a_rate(context, count, symbol, rate):
    """Ticks on an open-loop schedule: each is due at its time, come what may."""
    load.publish_and_show(context.world, Demand(symbol, count, rate))


@when(
    "{count:Number} ticks of {symbol} are published at {rate:Number} per second with a burst of {factor:Number} times the rate for {length:Duration}"
)
def ticks_with_a_burst(context, count, symbol, rate, factor, length):
    """Ticks at a rate that rises for a while."""
    burst = Burst(factor=factor, start_s=BURST_BEGINS_S, length_s=length / 1000)
    load.publish_and_show(context.world, Demand(symbol, count, rate, burst))


@when(
    "ticks of {symbol} are published at {rate:Number} per second until the slow clients are evicted, for {at_most:Duration} at most"
)
def ticks_until_evicted(context, symbol, rate, at_most):
    """Ticks at a rate, until the service's own statistics show that the slow clients are gone."""
    seconds = at_most / 1000
    demand = Demand(symbol, int(rate * seconds), rate, until_evicted_s=seconds)
    load.publish_and_show(context.world, demand)


@when(
    "the rate of {symbol} ticks is raised from {low:Number} to {high:Number} per second, {length:Duration} each, until 99 % take more than {bound:Duration}"
)
def rate_is_raised(context, symbol, low, high, length, bound):
    """Half as much again each time, until the service no longer keeps up."""
    rates = [low * 1.5**step for step in range(20) if low * 1.5**step <= high]
    knee.find_knee(context.world, symbol, rates, length / 1000, bound)


@then("the service keeps up at {rate:Number} per second")
def service_keeps_up(context, rate):
    """The highest rate without a wrong delivery and with a p99 below the bound."""
    knee.knee_above(context.world, rate)


@then("{delivered:Delivered} has received every tick once and in order")
def everything_was_delivered(context, delivered):
    """No gap, no duplicate, no disorder; of a swarm no frame of a wrong kind at any client."""
    delivered(context.world)


@then("the backlog was drained within {bound:Duration} of the last publish")
def backlog_was_drained(context, bound):
    """When the slowest client had the last tick."""
    load_verdicts.drained_within(context.world, bound / 1000)


@then("the ticks were offered at {rate:Number} per second")
def ticks_were_offered(context, rate):
    """The publisher kept its schedule, so the load was what the scenario says."""
    load_verdicts.rate_was_kept(context.world, rate)


@then(
    "the slow clients were evicted within {bound:Duration} with code {code:d} and a reason containing {reason:Quoted}"
)
def slow_clients_were_evicted(context, bound, code, reason):
    """Seen on the service's side, and told to the clients once they read again."""
    load_verdicts.slow_evicted(context.world, bound / 1000, code, reason[0])

"""Visitors that come and go, many and often, and what is left of them."""

from behave import given, then, when

from qaws.behaviours import background_load, soak, storm
from qaws.clients.endings import ExpectedClose


@given("{witnesses:Number} witnesses receive {rate:Number} ticks of {symbol} per second")
def observers_receive(context, witnesses, rate, symbol):
    """Clients that stay, and to which ticks flow while others come and go."""
    background_load.observers_receive(context.testbed, witnesses, rate, symbol)


@given("the service is warmed up by {cycles:Number} connection cycles with {symbol}")
def service_is_warmed_up(context, cycles, symbol):
    """Clients that connect, subscribe, receive a tick and leave, until the caches are full."""
    soak.warm_up(context.testbed, cycles, symbol)


@when("{cycles:Number} connection cycles with {symbol} follow, {per_second:Pace}")
def cycles_follow(context, cycles, symbol, per_second):
    """Clients that connect, subscribe, receive a tick and leave, some at a time."""
    soak.cycles(context.testbed, cycles, symbol, per_second)


@when(
    "{clients:Number} clients connect within {span:Duration}, {resets:Number} of them resetting in mid-handshake, and then {rate:Number} per second reset and as many connect and subscribe to {symbol}, for {length:Duration}"
)
def storm_and_churn(context, clients, span, resets, rate, symbol, length):
    """A crowd that comes at once, and then comes and goes; each is due at its time."""
    plan = storm.StormProfile(clients, span / 1000, resets, rate, length / 1000)
    storm.storm(context.testbed, plan, symbol)


@then(
    "the service's private memory has grown by less than {percent:g} %, and by less than {per_cycle:Number} bytes per cycle"
)
def memory_is_stable(context, percent, per_cycle):
    """Against the end of the warm-up; the slope is a robust one, with its confidence interval."""
    soak.memory_is_stable(context.testbed, percent, per_cycle)


@then(
    "no more than {limit:Number} clients are live at any time, and the others are closed with code {code:d} and a reason containing {reason:Quoted}"
)
def limit_holds(context, limit, code, reason):
    """As the clients count themselves, witnesses included, and in the service's statistics."""
    storm.limit_holds(context.testbed, limit, ExpectedClose([code], reason))


@then(
    "{percentile:g} % of the welcomes come within {bound:Duration}, each with a session id of its own"
)
def welcomes_come(context, percentile, bound):
    """From the time at which a client was due to connect to its welcome."""
    storm.welcomes_come(context.testbed, percentile, bound)

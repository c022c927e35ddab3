"""Short-lived clients, many and often, and what is left of them."""

from qaws.behaviours import background_load, soak
from qaws.gherkin.steps import given, then, when
from qaws.testbed.context import StepContext


@given("{observers:Number} observers receive {rate:Number} ticks per second for {symbol}")
def observers_receive(context: StepContext, observers: int, rate: int, symbol: str) -> None:
    """Clients that stay, and to which ticks flow while others come and go."""
    background_load.observers_receive(context.testbed, observers, rate, symbol)


@given("the service is warmed up with {cycles:Number} connection cycles subscribing to {symbol}")
def service_is_warmed_up(context: StepContext, cycles: int, symbol: str) -> None:
    """Clients that connect, subscribe, receive a tick and leave, until the caches are full."""
    soak.warm_up(context.testbed, cycles, symbol)


@when("{cycles:Number} more connection cycles subscribing to {symbol} run {per_second:Pace}")
def cycles_run(context: StepContext, cycles: int, symbol: str, per_second: float | None) -> None:
    """Clients that connect, subscribe, receive a tick and leave, some at a time."""
    soak.cycles(context.testbed, cycles, symbol, per_second)


@then(
    "the service's private memory growth is below {percent:g} %, and below {per_cycle:Number} bytes per cycle"
)
def memory_is_stable(context: StepContext, percent: float, per_cycle: int) -> None:
    """Compared with the end of the warm-up; the slope is robust, with its confidence interval."""
    soak.memory_is_stable(context.testbed, percent, per_cycle)

"""The service under test, and the market that feeds it."""

from qaws.behaviours import deployment, publishing, time_zones
from qaws.gherkin.steps import given, when
from qaws.testbed.context import StepContext
from qaws.testbed.testbed import Testbed


@given("the ticker service is running")
def service_is_running(context: StepContext) -> None:
    """The service as its target file sets it."""
    context.testbed.use_service()


@given("a fresh ticker service is running")
def fresh_service_is_running(context: StepContext) -> None:
    """A new process: what earlier clients have left free in its memory could hide a leak."""
    context.testbed.use_service(afresh=True)


@given("the ticker service is running with {setting:Setting}")
def service_is_running_with(context: StepContext, setting: dict[str, str]) -> None:
    """The service with one setting changed, by the target file's name, or left at its default."""
    context.testbed.use_service(setting)


@given("the ticker service is running with {setting:Setting}, and {other:Setting}")
def service_is_running_with_both(
    context: StepContext, setting: dict[str, str], other: dict[str, str]
) -> None:
    """The same with two settings changed."""
    context.testbed.use_service(setting | other)


@given("the ticker service is running in the time zone {zone:TimeZone}")
def service_is_running_in_time_zone(context: StepContext, zone: str) -> None:
    """A zone of the IANA database; it is told by the variable TZ, or as the target says."""
    time_zones.start_in(context.testbed, zone)


@given("the ticker service is running on two nodes that share one feed")
def service_is_running_on_two_nodes(context: StepContext) -> None:
    """Two processes with the same settings, fed by the same broker."""
    deployment.start_two(context.testbed)


@given("the market is closed")
async def market_is_closed(context: StepContext) -> None:
    """No tick is published unless a step says so."""
    await context.testbed.do(Testbed.hush)


@given("the market is open, with ticks every {every:Duration}")
async def market_is_open(context: StepContext, every: float) -> None:
    """Ticks of every symbol, again and again until the market closes, or the last step."""
    await context.testbed.do(publishing.open_market, every)


@when("the market closes")
async def market_closes(context: StepContext) -> None:
    """Ticks no longer flow; each flow ends with a whole tick."""
    await context.testbed.do(publishing.close_market)

"""What is there before anything happens."""

from behave import given, register_type

from qaws.behaviours import nodes, publishing
from qaws.gherkin import types

register_type(**types.TYPES)


@given("the ticker service is {start:Started}")
def service_is_running(context, start):
    """The service as its target file sets it; afresh if earlier clients could hide a leak."""
    start(context.testbed)


@given("the ticker service is running with {setting:Setting}")
async def service_is_running_with(context, setting):
    """The service with one setting changed, by the target file's name, or left at its default."""
    context.testbed.use_service(setting)


@given("the market is {market:Market}")
async def market_is(context, market):
    """Without any tick, or with ticks of every symbol again and again until the last step."""
    await context.testbed.do(market)


@given(
    "{clients:Clients} {be:Be} connected{node:ToNode} and subscribed to {selection:Selection}{every:Ticking}"
)
async def clients_are_subscribed(context, clients, be, node, selection, every):
    """Clients welcomed, subscriptions acknowledged; ticks may come until the last step."""
    await context.testbed.do(nodes.join, clients, selection, node)
    await context.testbed.do(publishing.keep_publishing, selection, every)


@given("{clients:Clients} {be:Be} connected {connected:Connected}")
async def clients_are_connected(context, clients, be, connected):
    """Clients that were welcomed; docs/editing.md says which pages they may show."""
    await context.testbed.do(connected, clients)


@given("the service's {note:Noted} are noted")
async def resources_are_noted(context, note):
    """What the service's process and its own statistics show now."""
    await context.testbed.do(note)

"""Ticks, and what is not a tick, go into the feed."""

from qaws.behaviours import deliveries, publishing
from qaws.gherkin.steps import rows_of, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@when("an option tick for {selection:Selection} is published")
async def option_tick_is_published(context: StepContext, selection: Selection) -> None:
    """One option tick goes into the feed."""
    await context.testbed.do(publishing.publish, selection, "option_tick")


@when("an option tick for {selection:Selection} is published and reaches {clients:Clients}")
async def option_tick_is_published_and_reaches(
    context: StepContext, selection: Selection, clients: list[str]
) -> None:
    """One option tick goes into the feed, and clients have received it."""
    await context.testbed.do(publishing.publish, selection, "option_tick")
    await context.testbed.do(deliveries.have_seen_it, clients)


@when("an option tick of {size:Number} bytes for {selection:Selection} is published")
async def option_tick_of_some_size_is_published(
    context: StepContext, size: int, selection: Selection
) -> None:
    """Behind one or two that show how many bytes are missing; a note fills it up."""
    await context.testbed.do(publishing.publish_of_size, selection, size)


@when("these ticks for {symbol} are published in turn")
async def these_ticks_are_published(context: StepContext, symbol: str) -> None:
    """The ticks of a table; an empty cell leaves the field to the suite."""
    await context.testbed.do(publishing.publish_rows, symbol, rows_of(context.table))


@when("{each:Number} option ticks for {selection:Selection} are published")
@when("{each:Number} option ticks for each of {selection:Selection} are published in turn")
async def option_ticks_are_published_in_turn(
    context: StepContext, each: int, selection: Selection
) -> None:
    """Option ticks at a steady rate; several symbols take turns."""
    await context.testbed.do(publishing.publish_in_turn, selection.symbols, each)


@when(
    "{each:Number} option ticks for {selection:Selection} are published, with others for {symbol} in between"
)
async def option_ticks_are_published_among_others(
    context: StepContext, each: int, selection: Selection, symbol: str
) -> None:
    """Each is followed by one of the symbol's next instrument, which is not for its subscribers."""
    await context.testbed.do(publishing.publish_among_others, selection, symbol, each)


@when("ticks of every kind for each of {selection:Selection} are published in turn")
async def ticks_of_every_kind_are_published(context: StepContext, selection: Selection) -> None:
    """An option tick and a bar of each symbol, as far as the target has them."""
    await context.testbed.do(publishing.publish_every_kind, selection.symbols)


@when(
    "{each:Number} ticks for each of {selection:Selection} are published concurrently, one publisher per symbol"
)
async def ticks_are_published_concurrently(
    context: StepContext, each: int, selection: Selection
) -> None:
    """Option ticks and bars of several symbols, on several connections to the broker."""
    await context.testbed.do(publishing.publish_side_by_side, selection.symbols, each)


@when("a malformed payload is published amid the ticks: {name:MalformedPayload}")
async def malformed_payload_is_published(context: StepContext, name: str) -> None:
    """Something that is not a tick goes into the feed; docs/rows.md lists the names."""
    await context.testbed.do(publishing.publish_malformed, name)

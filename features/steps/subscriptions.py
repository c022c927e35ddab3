"""Clients that change what they want while ticks flow."""

from qaws.behaviours import lifecycle, random_sequences, sequence_gaps, subscriptions
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given(
    "{clients:Clients} {be:Be} connected, and subscribed to {selection:Selection} by a message with {form}"
)
async def clients_are_subscribed_by_another_form(
    context: StepContext, clients: list[str], be: str, selection: Selection, form: str
) -> None:
    """The same JSON, with "blanks and line breaks in it", "its members in reverse order" or "all texts escaped"."""
    await context.testbed.do(subscriptions.be_subscribed_written, clients, selection, form)


@given(
    "{first:Client} and {second:Client} are connected and subscribed at the same moment, one to {mine:Selection} and the other to {other:Selection}"
)
async def clients_are_subscribed_together(
    context: StepContext, first: str, second: str, mine: Selection, other: Selection
) -> None:
    """Neither waits until the other has its acknowledgement."""
    clients, selections = [first, second], [mine, other]
    await context.testbed.do(subscriptions.be_subscribed_at_the_same_moment, clients, selections)


@given("{client:Client} has subscribed to {first:Selection}, and to {second:Selection}, too")
async def has_more(context: StepContext, client: str, first: Selection, second: Selection) -> None:
    """Both were acknowledged; what the target has no such ticks of is left out."""
    for selection in (first, second):
        await context.testbed.do(subscriptions.take, client, selection)


@given("{client:Client} has subscribed to {selection:Selection} too, and given it up again")
async def has_given_up(context: StepContext, client: str, selection: Selection) -> None:
    """Both were acknowledged; where the target has no such ticks nothing is said."""
    await context.testbed.do(subscriptions.take_and_give_up, client, selection)


@when(
    "{client:Client} unsubscribes from {selection:Selection}, and {other:Client} from {second:Selection}"
)
async def two_unsubscribe(
    context: StepContext, client: str, selection: Selection, other: str, second: Selection
) -> None:
    """One after the other, each by one message; both were acknowledged. Of the second, what the dialect has words for."""
    await context.testbed.do(lifecycle.unsubscribe, [client], selection)
    await context.testbed.do(subscriptions.give_up_what_can_be_said, other, second)


@when(
    "{times:Number} times over, {client:Client} unsubscribes from {selection:Selection}, subscribes to it twice, and unsubscribes from {foreign:Selection} without ever having subscribed to it"
)
async def changes_subscriptions(
    context: StepContext, times: int, client: str, selection: Selection, foreign: Selection
) -> None:
    """While ticks flow; after each command some pass, and another client shows which there were."""
    await context.testbed.do(subscriptions.churn, client, selection, foreign, times)


@when(
    "{client:Client} unsubscribes from {selection:Selection} {times:Number} times, and subscribes to it again when ticks have passed"
)
async def ends_again_and_again(
    context: StepContext, client: str, selection: Selection, times: int
) -> None:
    """Only the first time ends anything; another client shows that its own ticks go on."""
    await context.testbed.do(subscriptions.end_again_and_again, client, selection, times)


@when(
    "{clients:Clients} run {sequences:Number} random sequences of up to {length:Number} commands, generated from seed {seed:Number}"
)
def run_sequences(
    context: StepContext, clients: list[str], sequences: int, length: int, seed: int
) -> None:
    """They subscribe, unsubscribe, reconnect and ping at random while ticks are published."""
    random_sequences.play(context.testbed, clients, sequences, length, seed)


@then("every sequence conforms to the model")
def sequences_conform(context: StepContext) -> None:
    """One that does not has been shrunk, and is told step by step."""
    random_sequences.conform_to_the_model(context.testbed)


@then(
    "{client:Client}'s {selection:Selection} sequence numbers have exactly one gap: the {least:Number} or more ticks published between disconnecting and resubscribing"
)
async def gap_is_visible(
    context: StepContext, client: str, selection: Selection, least: int
) -> None:
    """What a client can tell from the numbers alone is compared with what was published."""
    await context.testbed.do(sequence_gaps.gap_is_visible, client, selection, least)

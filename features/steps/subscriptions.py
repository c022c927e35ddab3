"""Clients that change what they want while ticks flow."""

from behave import then, when

from qaws.behaviours import random_sequences, sequence_gaps, subscriptions


@when(
    "{times:Number} times over, {client:Client} unsubscribes from {selection:Selection}, subscribes to it twice, and unsubscribes from {foreign:Selection}, which it never had"
)
async def changes_its_mind(context, times, client, selection, foreign):
    """While ticks flow; after each command some pass, and another client shows which there were."""
    await context.testbed.do(subscriptions.changes_its_mind, client, selection, foreign, times)


@when(
    "{clients:Clients} play {sequences:Number} random sequences of up to {length:Number} steps, drawn from seed {seed:Number}"
)
def play_sequences(context, clients, sequences, length, seed):
    """They subscribe, unsubscribe, reconnect and ping at random while ticks are published."""
    random_sequences.play(context.testbed, clients, sequences, length, seed)


@then("in each of them every client has received exactly what the model says")
def sequences_went_as_the_model_says(context):
    """One that went wrong has been shortened, and is told step by step."""
    random_sequences.as_the_model_says(context.testbed)


@then(
    "the numbers of {selection:Selection} at {client:Client} have one gap, of at least {least:Number} ticks: those published in its absence"
)
async def gap_is_visible(context, selection, client, least):
    """What a client can tell from the numbers alone is held against what was published."""
    await context.testbed.do(sequence_gaps.gap_is_visible, client, selection, least)

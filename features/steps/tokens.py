"""Tokens: forged ones, and those that expire."""

from qaws.behaviours import tokens
from qaws.gherkin.steps import then, when
from qaws.testbed.context import StepContext


@when("{client:Client} connects with a forged token: {kind}")
async def connects_with_forged_token(context: StepContext, client: str, kind: str) -> None:
    """A valid token with one thing wrong; docs/editing.md lists the kinds."""
    await context.testbed.do(tokens.connect_forged, client, kind)


@when("{clients:Clients} reconnect with that token")
async def reconnect_with_that_token(context: StepContext, clients: list[str]) -> None:
    """They present the token of their former connection once more."""
    await context.testbed.do(tokens.reconnect_with_token, clients)


@then("{client:Client} gets the same rejection as a client without a token")
async def rejection_is_the_same(context: StepContext, client: str) -> None:
    """Status, headers, body, code and reason are the same, so that nothing helps a forger."""
    await context.testbed.do(tokens.rejection_is_indistinguishable, client)

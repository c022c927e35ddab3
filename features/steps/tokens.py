"""Tokens: forged ones, and those that expire."""

from qaws.behaviours import expiry, key_rotation, tokens
from qaws.gherkin.steps import then, when
from qaws.testbed.context import StepContext


@when("{client:Client} connects with a forged token: {kind:ForgedToken}")
async def connects_with_forged_token(context: StepContext, client: str, kind: str) -> None:
    """A valid token with one thing wrong; docs/rows.md lists the kinds."""
    await context.testbed.do(tokens.connect_forged, client, kind)


@when("{clients:Clients} reconnect with that token")
async def reconnect_with_that_token(context: StepContext, clients: list[str]) -> None:
    """They present the token of their former connection once more."""
    await context.testbed.do(expiry.reconnect_with_token, clients)


@when(
    "the issuer adds a signing key, and {client:Client} keeps trying to connect with a token of it"
)
async def signing_key_is_added(context: StepContext, client: str) -> None:
    """The former key is in the set still; when the scenario ends, the set is what it was."""
    await context.testbed.do(key_rotation.add_key, client)


@when(
    "the issuer withdraws the former key, and {client:Client} tries to connect with a token of it, for up to {at_most:Duration}"
)
async def signing_key_is_withdrawn(context: StepContext, client: str, at_most: float) -> None:
    """It tries until it is refused; the last attempt counts."""
    await context.testbed.do(key_rotation.withdraw_key, client, at_most)


@when("{client:Client} connects with a token of the new key")
async def connects_with_new_key(context: StepContext, client: str) -> None:
    """The signing key that was added, which is the only one left of the issuer's."""
    await context.testbed.do(key_rotation.connect_with_new_key, client)


@then("{client:Client} gets the same rejection as a client without a token")
async def rejection_is_the_same(context: StepContext, client: str) -> None:
    """Status, headers, body, code and reason are the same, so that nothing helps a forger."""
    await context.testbed.do(tokens.rejection_is_indistinguishable, client)

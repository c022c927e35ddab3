"""Tokens: forged ones, those that expire, and those that are revoked."""

from qaws.behaviours import expiry, key_rotation, rejections, revocation, tokens
from qaws.clients.endings import Refusal
from qaws.gherkin.steps import given, then, when
from qaws.testbed.context import StepContext


@when("{client:Client} connects with a forged token: {kind:ForgedToken}")
async def connects_with_forged_token(context: StepContext, client: str, kind: str) -> None:
    """A valid token with one thing wrong; docs/rows.md lists the kinds."""
    await context.testbed.do(tokens.connect_forged, client, kind)


@when("{client:Client} connects with a good token that was altered: {how:NearMiss}")
async def connects_with_altered_token(context: StepContext, client: str, how: str) -> None:
    """A token or an API key that is good but for one place; docs/rows.md lists the ways."""
    await context.testbed.do(tokens.connect_altered, client, how)


@when("{client:Client} connects with that token as it was")
async def connects_with_unaltered_token(context: StepContext, client: str) -> None:
    """The good token that another client has shown altered."""
    await context.testbed.do(tokens.connect_unaltered, client)


@when("{client:Client} connects with that token altered once more: {how:NearMiss}")
async def connects_with_altered_token_again(context: StepContext, client: str, how: str) -> None:
    """In the same way as before, while another client is connected with the good token."""
    await context.testbed.do(tokens.connect_altered_again, client, how)


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


@given("{clients:Clients} {have:Have} connected twice with the same token, and left")
async def have_connected_twice(context: StepContext, clients: list[str], have: str) -> None:
    """One session after the other; each client has a token of its own, good both times."""
    await context.testbed.do(revocation.connect_twice, clients)


@when(
    "the issuer revokes the token of {client:Client}, who tries to connect with it, for up to {at_most:Duration}"
)
async def token_is_revoked(context: StepContext, client: str, at_most: float) -> None:
    """In the way that the target names; the client tries every place in which a token can be shown, until it is refused several times in a row."""
    await context.testbed.do(revocation.revoke, client, at_most)


@when(
    "the service is restarted, and {client:Client} tries to connect with the revoked token, for up to {at_most:Duration}"
)
async def restarted_after_revocation(context: StepContext, client: str, at_most: float) -> None:
    """A new process takes the place of the old one; the client tries as before."""
    context.testbed.use_service(context.testbed.service.settings, afresh=True)
    await context.testbed.do(revocation.try_again, client, at_most)


@when("{client:Client} connects with the same token once more")
async def connects_once_more(context: StepContext, client: str) -> None:
    """With the token of its former connection."""
    await context.testbed.do(revocation.connect_once_more, client)


@when("{client:Client} connects with another token of the same person")
async def connects_with_another_token(context: StepContext, client: str) -> None:
    """A new token of the same subject, which nobody has shown yet."""
    await context.testbed.do(revocation.connect_with_another_token, client)


@then("the revoked token of {client:Client} is refused in every place with {refusal:Refusal}")
async def revoked_token_is_refused(context: StepContext, client: str, refusal: Refusal) -> None:
    """The last attempt in each place in which the target lets a token be shown."""
    await context.testbed.do(revocation.refused_everywhere, client, refusal)


@then(
    "the sessions of the revoked token of {client:Client} end within {bound:Duration}, or go on, as the target says"
)
async def sessions_are_as_declared(context: StepContext, client: str, bound: float) -> None:
    """Closed by the service with whatever code, or open and alive; a target that does not say is not verified."""
    await context.testbed.do(revocation.sessions_are_as_declared, client, bound)


@then("{client:Client} gets the same rejection as a client without a token")
async def rejection_is_the_same(context: StepContext, client: str) -> None:
    """Status, headers, body, code and reason are the same, so that nothing helps a forger."""
    await context.testbed.do(rejections.rejection_is_indistinguishable, client)

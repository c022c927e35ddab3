"""What belongs to one client, and what to nobody."""

from qaws.behaviours import empty_lists, isolation, session_ids, token_leaks, tokens
from qaws.gherkin.steps import given, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given("the ticker service is running and logs at the level {level}")
def service_logs_at(context: StepContext, level: str) -> None:
    """With the target's setting "log level"; not verified where the service has no such level."""
    token_leaks.log_all_from(context.testbed, level)


@given("{clients:Clients} {be:Be} programs of one user and subscribed to {selection:Selection}")
async def clients_share_a_user(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """Their tokens have the same subject; not verified where one user may connect once only."""
    await context.testbed.do(tokens.share_a_user, clients, selection)


@when("{count:Number} clients connect and disconnect, and their session ids are recorded")
async def session_ids_are_recorded(context: StepContext, count: int) -> None:
    """Clients that come and go, some at a time, all with one token."""
    await context.testbed.do(session_ids.collect, count)


@when("{client:Client} tries to subscribe to {name:Quoted}")
async def tries_to_subscribe(context: StepContext, client: str, name: list[str]) -> None:
    """A name that may not be a symbol, sent as one; each of several by a message of its own."""
    for each in name:
        await context.testbed.do(isolation.try_to_subscribe, client, each)


@when("{client:Client} subscribes to empty lists, and unsubscribes from them")
async def subscribes_to_nothing(context: StepContext, client: str) -> None:
    """Of symbols and of instruments; an acknowledgement or an error will do."""
    await context.testbed.do(empty_lists.ask_for_nothing, client)


@when("{client:Client} tries to publish: {name:Attempt}")
async def tries_to_publish(context: StepContext, client: str, name: str) -> None:
    """What would be a tick if it came from the feed; docs/rows.md lists the names."""
    await context.testbed.do(isolation.try_to_publish, client, name)


@when("{clients:Clients} send broken JSON at the same moment, each with a mark of its own")
async def err_at_once(context: StepContext, clients: list[str]) -> None:
    """Whoever gets an error gets its own: the mark stands in no other message."""
    await context.testbed.do(isolation.err_at_once, clients)


@when("valid and forged tokens are presented wherever a client can put one")
async def tokens_are_presented(context: StepContext) -> None:
    """Where tokens belong and where they do not; clients that are let in then make mistakes."""
    await context.testbed.do(token_leaks.show_canaries)


@then("the session ids are all unique, and have at least {bits:d} bits of entropy")
async def session_ids_are_unguessable(context: StepContext, bits: int) -> None:
    """Estimated from all that were recorded; counters, clocks and repetitions do not count."""
    await context.testbed.do(session_ids.unguessable, bits)


@then("no token appears in logs, responses or close reasons")
async def no_token_appears(context: StepContext) -> None:
    """Nor in messages; and wherever it could have appeared something was seen to be written."""
    await context.testbed.do(token_leaks.nowhere_to_be_found)


@then("nobody has received another client's session id, token or reply")
async def nothing_is_mixed_up(context: StepContext) -> None:
    """Each client's messages are searched for what belongs to the others."""
    await context.testbed.do(isolation.nothing_is_mixed_up)

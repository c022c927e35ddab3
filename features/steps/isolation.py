"""What belongs to one client, and what to nobody."""

from behave import then, when

from qaws.behaviours import isolation, session_ids, token_leaks


@when("{count:Number} clients connect and leave, and their session ids are noted")
async def session_ids_are_noted(context, count):
    """Clients that come and go, some at a time, all with one token."""
    await context.testbed.do(session_ids.collect, count)


@when("{client:Client} asks for ticks of {name:Quoted}")
async def asks_for_ticks_of(context, client, name):
    """A name that may be no symbol at all, in the place of one."""
    await context.testbed.do(isolation.ask_for, client, name[0])


@when("tokens of every kind, forged ones and good ones, are shown in every way")
async def tokens_are_shown(context):
    """In every carrier, and where none belongs; those that are let in then make mistakes."""
    await context.testbed.do(token_leaks.show_canaries)


@then("the session ids are all different, and hold at least {bits:d} random bits")
async def session_ids_are_unguessable(context, bits):
    """Estimated from all that were noted; counters, clocks and repetitions do not count."""
    await context.testbed.do(session_ids.unguessable, bits)


@then("no trace of a token is in anything that the service has written or said")
async def no_trace_of_a_token(context):
    """Output, answers, messages and reasons; whole tokens, their parts, and what they say."""
    await context.testbed.do(token_leaks.nowhere_to_be_found)


@then("nobody has received an id, a token or an answer that is another's")
async def nothing_is_mixed_up(context):
    """Each client's messages are searched for what belongs to the others."""
    await context.testbed.do(isolation.nothing_is_mixed_up)

"""Clients connect, are welcomed, ping, and disconnect."""

from qaws.behaviours import (
    departures,
    deployment,
    eager_clients,
    expiry,
    foreign_pages,
    greetings,
    handshake_forms,
    idleness,
    leaving,
    lifecycle,
    long_lists,
    long_messages,
    long_tokens,
    mistakes,
    near_addresses,
    pings,
    publishing,
    subscriptions,
    tokens,
    unfinished,
)
from qaws.gherkin.steps import given, rows_of, then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@given("{clients:Clients} {be:Be} connected and subscribed to {selection:Selection}")
async def clients_are_subscribed(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """Clients that were welcomed, and whose subscriptions were acknowledged."""
    await context.testbed.do(lifecycle.be_subscribed, clients, selection)


@given(
    "{clients:Clients} {be:Be} connected, and subscribed to {selection:Selection} by one message that names each twice"
)
async def clients_are_subscribed_named_twice(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """Each once and no more; where a service refuses such a message, by one as any other."""
    await context.testbed.do(subscriptions.be_subscribed_named_twice, clients, selection)


@given(
    "{clients:Clients} {be:Be} connected, and subscribed to {selection:Selection} by a message in fragments, with pings between them"
)
async def clients_are_subscribed_in_fragments(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """As every service has to take it (RFC 6455, section 5.4)."""
    await context.testbed.do(subscriptions.be_subscribed_in_fragments, clients, selection)


@given(
    "{clients:Clients} {be:Be} connected, asks for {kept:Selection}, gives it up, asks for it again, and asks for {given_up:Selection} and gives it up, without waiting for a welcome or any answer"
)
async def clients_are_subscribed_at_once(
    context: StepContext, clients: list[str], be: str, kept: Selection, given_up: Selection
) -> None:
    """As pages do that ask for all they show when their connection opens, and whose user is quick; what is asked last holds. A service may answer that it wants to be waited for."""
    await context.testbed.do(eager_clients.be_subscribed_at_once, clients, kept, given_up)


@given(
    "{clients:Clients} {be:Be} connected, and subscribed to {selection:Selection} as the first and the last of {size:Number}"
)
async def clients_are_subscribed_by_a_long_list(
    context: StepContext, clients: list[str], be: str, selection: Selection, size: int
) -> None:
    """By one message; what stands between never ticks. A service may refuse so many at a time."""
    await context.testbed.do(long_lists.be_subscribed, clients, selection, size)


@given(
    "{clients:Clients} {be:Be} connected and subscribed to {selection:Selection}, which ticks every {every:Duration}"
)
async def clients_receive_ticks(
    context: StepContext, clients: list[str], be: str, selection: Selection, every: float
) -> None:
    """The same, and ticks come until the last step."""
    await context.testbed.do(lifecycle.be_subscribed, clients, selection)
    await context.testbed.do(publishing.keep_publishing, selection, every)


@given(
    "{client:Client} has left and come back, and is subscribed to {selection:Selection} each time, and {other:Client} to {second:Selection}, each of which ticks every {every:Duration}"
)
async def two_clients_receive_ticks(
    context: StepContext,
    client: str,
    selection: Selection,
    other: str,
    second: Selection,
    every: float,
) -> None:
    """Ticks of one kind for each, until the last step; where the target has none of the second kind, only the first is there. It has left with a clean close, and is the same person, where tokens can be minted."""
    await context.testbed.do(lifecycle.be_subscribed, [client], selection)
    await context.testbed.do(leaving.end_connection, client, "a clean close")
    await context.testbed.do(lifecycle.be_subscribed, [client], selection)
    await context.testbed.do(publishing.keep_publishing, selection, every)
    await context.testbed.do(subscriptions.be_served_if_any, other, second, every)


@given(
    "{clients:Clients} {be:Be} connected and subscribed to {selection:Selection}, each between two that will leave"
)
async def clients_are_subscribed_between_leavers(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """One after the other; one that will leave comes first, one last, one between any two."""
    await context.testbed.do(departures.be_subscribed_between_leavers, clients, selection)


@given(
    "{clients:Clients} {be:Be} connected to the second node and subscribed to {selection:Selection}"
)
async def clients_are_subscribed_there(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """The same, at the other of two nodes."""
    await context.testbed.do(deployment.join, clients, selection, "the second node")


@given(
    "{client:Client} is connected by handshakes that are written and delivered otherwise, one for each place of a token"
)
async def client_is_connected_by_another_handshake(context: StepContext, client: str) -> None:
    """As other browsers, libraries and proxies do: in small letters, "keep-alive, Upgrade", with escapes, in two pieces; the token is in each place that the target names."""
    await context.testbed.do(handshake_forms.be_connected, client)


@when("{client:Client} sends a WebSocket pong that nobody has asked for")
async def sends_a_pong(context: StepContext, client: str) -> None:
    """As some libraries do every half minute, to keep the connection alive."""
    await context.testbed.do(pings.send_pong, client)


@given("{clients:Clients} {be:Be} connected")
async def clients_are_connected(context: StepContext, clients: list[str], be: str) -> None:
    """Clients that were welcomed, and have subscribed to nothing."""
    await context.testbed.do(lifecycle.be_connected, clients)


@given("{client:Client} is connected and pings every {every:Duration}")
async def client_is_pinging(context: StepContext, client: str, every: float) -> None:
    """A client that was welcomed and sends ping messages until the last step."""
    await context.testbed.do(lifecycle.be_pinging, client, every)


@given(
    "{client:Client} is connected, pings once after {delay:Duration}, and is silent from then on"
)
async def client_pings_once(context: StepContext, client: str, delay: float) -> None:
    """A client that was welcomed and sends one ping message, so long after it had connected."""
    await context.testbed.do(idleness.be_pinging_once, client, delay)


@given(
    "{client:Client} has connected, left, and come back, and pings every {every:Duration}, and {other:Client} sends {name:MalformedMessage} every {pace:Duration}"
)
async def client_has_come_back(
    context: StepContext, client: str, every: float, other: str, name: str, pace: float
) -> None:
    """Welcomed twice, with a clean close between, and pinging then; another one makes nothing but mistakes."""
    await context.testbed.do(lifecycle.be_connected, [client])
    await context.testbed.do(leaving.end_connection, client, "a clean close")
    await context.testbed.do(lifecycle.be_pinging, client, every)
    await context.testbed.do(lifecycle.be_connected, [other])
    await context.testbed.do(mistakes.keep_making, other, name, pace)


@given(
    "{client:Client} subscribes to {selection:Selection} and unsubscribes from it every {pace:Duration}, and {other:Client}, the same user, is silent"
)
async def client_keeps_changing(
    context: StepContext, client: str, selection: Selection, pace: float, other: str
) -> None:
    """Clients that were welcomed; the first goes on until the last step, and pings in other dialects than qa-ws. Where a service lets one user connect once only, the second is a user of its own."""
    await context.testbed.do(idleness.be_changing_beside, client, other, selection, pace)


@given(
    "{client:Client} is connected and subscribed to {selection:Selection}, and has given up {other:Selection}"
)
async def client_has_given_up(
    context: StepContext, client: str, selection: Selection, other: Selection
) -> None:
    """It has subscribed to the second as well, and unsubscribed from it; both were acknowledged."""
    await context.testbed.do(lifecycle.be_subscribed, [client], selection)
    await context.testbed.do(subscriptions.take_and_give_up, client, other)


@given(
    "{client:Client} is connected and subscribed to {selection:Selection}, and {other:Client} to {second:Selection}"
)
async def two_clients_are_subscribed(
    context: StepContext, client: str, selection: Selection, other: str, second: Selection
) -> None:
    """Each was welcomed, and its subscription acknowledged; where the target has no such ticks, its client does not come."""
    await context.testbed.do(subscriptions.be_subscribed_if_any, client, selection)
    await context.testbed.do(subscriptions.be_subscribed_if_any, other, second)


@given(
    "{client:Client} is connected and in the middle of a message, and {other:Client} in that of a handshake"
)
async def clients_are_amid_something(context: StepContext, client: str, other: str) -> None:
    """The first fragment of a ping message has come to the service, and half of a good request; the rest does not follow (RFC 6455, section 5.4)."""
    await context.testbed.do(unfinished.be_amid_a_message, [client])
    await context.testbed.do(unfinished.begin_a_handshake, other)


@when(
    "{client:Client} keeps trying to connect in the place of {leaver:Client}, and {last:Client} comes after that"
)
async def keeps_trying_in_the_place_of(
    context: StepContext, client: str, leaver: str, last: str
) -> None:
    """One shows a valid token until it is welcomed, another then shows one once; the place is that of one who was closed."""
    await context.testbed.do(tokens.take_place, client, leaver)
    await context.testbed.do(lifecycle.connect, [last])


@given("{clients:Clients} {be:Be} connected from {origin:Origin}")
async def clients_are_connected_from(
    context: StepContext, clients: list[str], be: str, origin: str
) -> None:
    """Clients of a page that were welcomed; docs/rows.md lists the pages."""
    await context.testbed.do(lifecycle.be_connected, clients, origin=origin)


@given("{clients:Clients} {be:Be} connected without an Origin header")
async def clients_are_connected_from_no_page(
    context: StepContext, clients: list[str], be: str
) -> None:
    """Clients that are not browsers, and were welcomed."""
    await context.testbed.do(lifecycle.be_connected, clients)


@given(
    "{client:Client} is connected with a token that expires in {days:Number} days, and subscribed to {selection:Selection}, which ticks every {every:Duration}"
)
async def client_has_a_far_expiry(
    context: StepContext, client: str, days: int, selection: Selection, every: float
) -> None:
    """Or, where a service admits nobody for so long, with one of an hour, as all others have."""
    await context.testbed.do(expiry.connect_for_days, client, days)
    await context.testbed.do(lifecycle.subscribe, [client], selection)
    await context.testbed.do(publishing.keep_publishing, selection, every)


@given(
    "{clients:Clients} {be:Be} connected with a token that expires in {lifetime:Duration}, and {client:Client} as the same user as {other:Client} with one of an hour"
)
async def clients_have_expiring_tokens_and_one_has_not(
    context: StepContext, clients: list[str], be: str, lifetime: float, client: str, other: str
) -> None:
    """Where a service lets one user connect once only, the last is a user of its own."""
    await context.testbed.do(expiry.connect_expiring, clients, lifetime)
    await context.testbed.do(expiry.connect_as_same_user, client, other)


@given("{clients:Clients} {be:Be} connected with a token that expires in {lifetime:Duration}")
async def clients_have_expiring_tokens(
    context: StepContext, clients: list[str], be: str, lifetime: float
) -> None:
    """Clients that were welcomed; the token expires at the next whole second after that time."""
    await context.testbed.do(expiry.connect_expiring, clients, lifetime)


@when("{client:Client} connects with a valid token")
async def connects(context: StepContext, client: str) -> None:
    """In the place that the target names first, without an Origin header."""
    await context.testbed.do(lifecycle.connect, [client])


@when("{client:Client} connects with a valid token in the {location}")
async def connects_with_token_in(context: StepContext, client: str, location: str) -> None:
    """The token is in the "query parameter" or the "Authorization header"."""
    await context.testbed.do(lifecycle.connect, [client], location=location)


@when("{client:Client} connects with a valid token of {kib:d} KiB in the {location}")
async def connects_with_long_token(
    context: StepContext, client: str, kib: int, location: str
) -> None:
    """As long as an issuer makes it for somebody who is in many groups: the claim is "groups"."""
    await context.testbed.do(long_tokens.connect, client, kib, location)


@when(
    "{client:Client} connects with a valid token whose times have fractions of a second, in the {location}"
)
async def connects_with_fractions(context: StepContext, client: str, location: str) -> None:
    """When it was issued and when it expires, as an issuer says it that does not round."""
    await context.testbed.do(long_tokens.connect_with_fractions, client, location)


@when("{client:Client} connects from {origin:Origin} with a valid token")
async def connects_from(context: StepContext, client: str, origin: str) -> None:
    """A page makes a browser connect; docs/rows.md lists the pages. It tries each place in which the service takes tokens."""
    await context.testbed.do(foreign_pages.connect, client, origin)


@when("{client:Client} connects without a token")
async def connects_without_token(context: StepContext, client: str) -> None:
    """Nothing says who the client is."""
    await context.testbed.do(tokens.connect_without_token, client)


@when(
    "{client:Client} connects without a token, at the same moment as {others:Clients} with valid ones"
)
async def connects_amid_others(context: StepContext, client: str, others: list[str]) -> None:
    """The others are welcomed; what they have shown is not its token."""
    await context.testbed.do(tokens.connect_amid_others, client, others)


@when("{client:Client} connects without a token, by addresses that are nearly the endpoint's")
async def connects_by_near_addresses(context: StepContext, client: str) -> None:
    """With a slash more, in capitals, and in other ways that routers and guards read differently."""
    await context.testbed.do(near_addresses.come_by_near_addresses, client)


@then("{client:Client} has been let in by none of these addresses")
async def is_let_in_nowhere(context: StepContext, client: str) -> None:
    """Neither welcomed nor sent a tick; how it is turned away there is the service's affair."""
    await context.testbed.do(near_addresses.let_in_nowhere, client)


@when("{client:Client} connects with HTTP Basic credentials instead of a token")
async def connects_with_basic_credentials(context: StepContext, client: str) -> None:
    """In an Authorization header: a name and a password that nobody has (RFC 7617)."""
    await context.testbed.do(tokens.connect_with_basic_credentials, client)


@when("{client:Client} reconnects after {ending}")
async def reconnects(context: StepContext, client: str, ending: str) -> None:
    """A client's connection ends with "a clean close" or "an abrupt reset", and it comes back."""
    await context.testbed.do(leaving.end_connection, client, ending)
    await context.testbed.do(lifecycle.connect, [client])


@when(
    "those that will leave do so {manner}, one by one, amid {ticks:Number} option ticks for {selection:Selection} each"
)
async def leave_amid_ticks(
    context: StepContext, manner: str, ticks: int, selection: Selection
) -> None:
    """In the order of their coming, "politely" (a clean close) or "abruptly" (a reset)."""
    await context.testbed.do(departures.leave_amid_ticks, manner, selection, ticks)


@given("{clients:Clients} {be:Be} connected as one user and subscribed to {selection:Selection}")
async def clients_are_one_user(
    context: StepContext, clients: list[str], be: str, selection: Selection
) -> None:
    """Their tokens differ, and have the same subject; all others are of other users."""
    await context.testbed.do(tokens.be_one_user, clients, selection)


@when("{client:Client} connects as that user too")
async def connects_as_that_user(context: StepContext, client: str) -> None:
    """With one more token of that subject."""
    await context.testbed.do(tokens.connect_as_that_user, client)


@when(
    "{leaver:Client} leaves by {ending}, {client:Client} keeps trying to connect as that user, and {last:Client} comes after that"
)
async def keeps_trying_as_that_user(
    context: StepContext, leaver: str, ending: str, client: str, last: str
) -> None:
    """One shows tokens of that subject until it is welcomed, another one once."""
    await context.testbed.do(leaving.end_connection, leaver, ending)
    await context.testbed.do(tokens.take_place_as_that_user, client, leaver)
    await context.testbed.do(tokens.connect_as_that_user, last)


@when(
    "{leaver:Client} disconnects, {client:Client} keeps trying to connect, and {last:Client} comes after that"
)
async def keeps_trying_to_connect(
    context: StepContext, leaver: str, client: str, last: str
) -> None:
    """A clean close; one shows a valid token until it is welcomed, another then shows one once."""
    await context.testbed.do(leaving.end_connection, leaver, "a clean close")
    await context.testbed.do(tokens.take_place, client, leaver)
    await context.testbed.do(lifecycle.connect, [last])


@when(
    "{leaver:Client} leaves amid {ticks:Number} option ticks for {selection:Selection} by {ending}, {client:Client} keeps trying to connect, and {last:Client} comes after that"
)
async def keeps_trying_amid_ticks(
    context: StepContext,
    leaver: str,
    ending: str,
    ticks: int,
    selection: Selection,
    client: str,
    last: str,
) -> None:
    """The same; the broker gets the ticks all together, and the client leaves as they are delivered."""
    await context.testbed.do(departures.leave_amid_own_ticks, leaver, ending, selection, ticks)
    await context.testbed.do(tokens.take_place, client, leaver)
    await context.testbed.do(lifecycle.connect, [last])


@when(
    "{leaver:Client} leaves by {ending}, {client:Client} keeps trying to connect, and {last:Client} comes after that"
)
async def keeps_trying_after(
    context: StepContext, leaver: str, ending: str, client: str, last: str
) -> None:
    """By "a clean close", "an abrupt reset", "an end of TCP without a close frame" or "a close for an oversized message"."""
    await context.testbed.do(leaving.end_connection, leaver, ending)
    await context.testbed.do(tokens.take_place, client, leaver)
    await context.testbed.do(lifecycle.connect, [last])


@when(
    "{clients:Clients} connect, subscribe to {selection:Selection} twice and for a moment to {other:Selection}, ping, ask for that again, and disconnect at once with {ending}"
)
async def clients_come_and_go(
    context: StepContext, clients: list[str], selection: Selection, other: Selection, ending: str
) -> None:
    """Clients that come, are served, and leave with "a clean close" or "an abrupt reset", amid a request of theirs."""
    newcomers = [f"short-lived {client}" for client in clients]
    await context.testbed.do(leaving.come_and_go, newcomers, selection, other, ending)


@when("{clients:Clients} disconnect with {ending}")
async def clients_disconnect(context: StepContext, clients: list[str], ending: str) -> None:
    """With "a clean close" or "an abrupt reset", all at the same time."""
    await context.testbed.do(leaving.end_connections, clients, ending)


@when("{clients:Clients} {subscribing:Subscribing} to {selection:Selection}")
async def subscribes(
    context: StepContext, clients: list[str], subscribing: str, selection: Selection
) -> None:
    """Clients subscribe and get the acknowledgement."""
    await context.testbed.do(lifecycle.subscribe, clients, selection)


@when("{clients:Clients} {unsubscribing:Unsubscribing} from {selection:Selection}")
async def unsubscribes(
    context: StepContext, clients: list[str], unsubscribing: str, selection: Selection
) -> None:
    """Clients unsubscribe and get the acknowledgement."""
    await context.testbed.do(lifecycle.unsubscribe, clients, selection)


@when("{clients:Clients} {pinging:Pinging} every {every:Duration}")
async def ping_every(context: StepContext, clients: list[str], pinging: str, every: float) -> None:
    """Clients send a ping message again and again until the scenario's last step."""
    await context.testbed.do(lifecycle.keep_pinging, clients, every / 1000)


@when("{client:Client} stays silent until closed, for up to {at_most:Duration}")
async def stays_silent(context: StepContext, client: str, at_most: float) -> None:
    """A client that neither sends nor receives."""
    await context.testbed.do(lifecycle.stay_silent, client, at_most / 1000)


@when(
    "{client:Client} connects with a valid token, and stays silent until closed, for up to {at_most:Duration}"
)
async def connects_and_stays_silent(context: StepContext, client: str, at_most: float) -> None:
    """A client that neither sends nor receives."""
    await context.testbed.do(lifecycle.connect, [client])
    await context.testbed.do(lifecycle.stay_silent, client, at_most / 1000)


@when("{client:Client} reconnects twice, after {ending} and after {second}")
async def reconnects_twice(context: StepContext, client: str, ending: str, second: str) -> None:
    """Each time its connection ends in the way that is named, and it comes back."""
    for each in (ending, second):
        await context.testbed.do(leaving.end_connection, client, each)
        await context.testbed.do(lifecycle.connect, [client])


@when("{client:Client} stops responding, leaving the connection half-open")
async def stops_responding(context: StepContext, client: str) -> None:
    """Its connection stays, but nobody reads from it, answers on it, or closes it."""
    await context.testbed.do(leaving.vanish, client)


@when("{client:Client} sends a malformed message {times:Number} times: {name:MalformedMessage}")
async def sends_malformed(context: StepContext, client: str, times: int, name: str) -> None:
    """On one connection, each when the one before has been answered; docs/rows.md lists names."""
    await context.testbed.do(mistakes.make, client, name, times)


@when(
    "{client:Client} sends {times:Number} ping messages of {size:Number} bytes, one after the other"
)
async def sends_long_pings(context: StepContext, client: str, times: int, size: int) -> None:
    """Filled up with blanks; each when the one before has been answered."""
    await context.testbed.do(long_messages.send_pings, client, times, size)


@when(
    "{client:Client} sends {times:Number} ping messages of {size:Number} bytes, one every {every:Duration}"
)
async def sends_long_pings_at_a_pace(
    context: StepContext, client: str, times: int, size: int, every: float
) -> None:
    """Filled up with blanks; each when it is due and the one before has been answered."""
    await context.testbed.do(long_messages.send_pings, client, times, size, every)


@when(
    "{client:Client} sends broken JSON, and then subscribes to {selection:Selection} and unsubscribes from it again and again"
)
async def errs_and_changes_its_mind(
    context: StepContext, client: str, selection: Selection
) -> None:
    """An error is the answer, and two acknowledgements; the client goes on so until its connection is over."""
    await context.testbed.do(mistakes.make_one_and_go_on, client, selection)


@then("{clients:Clients} {be:Be} connected")
async def are_connected(context: StepContext, clients: list[str], be: str) -> None:
    """Their connections are open, and the service answers."""
    await context.testbed.do(lifecycle.connected, clients)


@then("{clients:Clients} {stay:Stay} connected for at least {after:Duration}")
async def stay_connected(context: StepContext, clients: list[str], stay: str, after: float) -> None:
    """Their connections are open and answered after that time of watching them."""
    await context.testbed.do(lifecycle.connected_after, clients, after)


@then("a {ping:Ping} from {clients:Clients} is answered within {bound:Duration}")
async def ping_is_answered(
    context: StepContext, ping: str, clients: list[str], bound: float
) -> None:
    """A ping frame of the protocol, or a ping message of the dialect, comes back as a pong."""
    await context.testbed.do(pings.ping_answered, clients, ping, bound)


@then("{client:Client} is welcomed within {bound:Duration}")
async def is_welcomed(context: StepContext, client: str, bound: float) -> None:
    """Timed from its first attempt of the last When that let it connect."""
    await context.testbed.do(tokens.admitted, client, bound)


@then("{client:Client} is welcomed within {bound:Duration} with these fields")
async def is_welcomed_with(context: StepContext, client: str, bound: float) -> None:
    """The welcome is the first message, and has the fields of the table."""
    fields = [(row["field"], row["value"]) for row in rows_of(context.table)]
    await context.testbed.do(greetings.welcomed, client, bound, fields)


@then("{client:Client} has a new session")
async def has_new_session(context: StepContext, client: str) -> None:
    """The session id differs from that of the connection before."""
    await context.testbed.do(greetings.new_session, client)


@then("{client:Client} receives an error each time, within {bound:Duration}")
async def receives_error(context: StepContext, client: str, bound: float) -> None:
    """Every single mistake is answered."""
    await context.testbed.do(mistakes.answered, client, bound)


@then(
    "{client:Client} receives an error each time, containing {text:Quoted}, within {bound:Duration}"
)
async def receives_telling_error(
    context: StepContext, client: str, text: list[str], bound: float
) -> None:
    """Every single mistake is answered, and the answer says what is wrong."""
    await context.testbed.do(mistakes.answered, client, bound)
    await context.testbed.do(mistakes.worded, client, text[0])


@then("each error to {client:Client} contains {text:Quoted}")
async def error_says_so(context: StepContext, client: str, text: list[str]) -> None:
    """The answers to its mistakes say what is wrong."""
    await context.testbed.do(mistakes.worded, client, text[0])


@then(
    "{clients:Clients} have received every tick exactly once, in order, each within {bound:Duration}"
)
async def have_received_all(context: StepContext, clients: list[str], bound: float) -> None:
    """Of what they subscribed to; each is timed from its publish."""
    await context.testbed.do(departures.received_all_in_time, clients, bound)


@then("each of these ping messages from {client:Client} is answered within {bound:Duration}")
async def long_pings_are_answered(context: StepContext, client: str, bound: float) -> None:
    """With the dialect's pong; the first that is not answered is the last that was sent."""
    await context.testbed.do(long_messages.pings_answered, client, bound)

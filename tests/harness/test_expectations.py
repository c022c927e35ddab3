"""Every expectation, played against a ticker service that is right but for one thing.

The service, the broker, the sockets and the world are real; what a scenario would say is called
directly. Each test has the sentence that a reader of a red report gets.
"""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from qaws import actions, deliveries, expectations, footprint
from qaws.market import selection_of
from qaws.service import Service
from qaws.target import Endpoint, Statistics, Target
from qaws.verdict import Broken, Refuted
from qaws.world import World
from tests.harness import scripted
from tests.harness.scripted import Ticker

NIFTY, BANKNIFTY = selection_of("NIFTY"), selection_of("BANKNIFTY")
ALLOWANCE_S = 0.25


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    target = Target.model_validate(
        {
            "name": "scripted",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:1/ws/ticks"},
            "auth": {"generate_key": True, "carriers": ["query parameter", "Authorization header"]},
            "feed": {"broker": "embedded"},
        }
    )
    made = World(target, tmp_path_factory.mktemp("world"))
    yield made
    made.stop()


@pytest.fixture
def scenario(world, monkeypatch):
    """Play a scenario: an `async def story(do)` against a service; return the checks."""
    monkeypatch.setattr("qaws.world.ALLOWANCE_S", ALLOWANCE_S)
    monkeypatch.setattr("qaws.expectations.ALIVE_S", ALLOWANCE_S)

    def play(service, story):
        with service(world.broker.url) as running:
            endpoint = Endpoint(url=running.url)
            target = world.target.model_copy(update={"endpoint": endpoint})
            world.new_scene()
            world.scene.service = Service(target, {}, running.port, None)

            async def do(act, *words, **named):
                return await act(world, *words, **named)

            try:
                world.loop.call(story(do), timeout_s=30)
            finally:
                for connection in world.scene.connections.all:
                    if connection._socket:
                        connection._socket.close_timeout = 0.3  # some services never answer
                world.end_scene(trust=True)
            return world.scene.checks.done

    return play


@pytest.fixture
def right(scenario):
    """Play a scenario in which all is right: every check is met."""

    def play(service, story):
        done = scenario(service, story)
        assert {check.verdict for check in done} == {"met"}
        return done

    return play


@pytest.fixture
def wrong(scenario, world):
    """Play a scenario that must be refuted, with a sentence that matches."""

    def play(service, story, sentence):
        with pytest.raises(Refuted) as caught:
            scenario(service, story)
        assert re.search(sentence, str(caught.value), re.DOTALL), str(caught.value)
        if world.scene.checks.done:
            assert [check.verdict for check in world.scene.checks.done][-1] != "inconclusive"
        return str(caught.value)

    return play


async def subscribed(do, *clients, to=NIFTY):
    await do(actions.be_connected, clients)
    await do(actions.subscribe, clients, to)


# --- what is wrong with the services -------------------------------------------------------------


class Duplicates(Ticker):
    async def deliver(self, client, tick, text):
        await super().deliver(client, tick, text)
        await super().deliver(client, tick, text)


class Drops(Ticker):
    """Drops the third tick of every symbol."""

    async def deliver(self, client, tick, text):
        if self.number(tick) != 3:
            await super().deliver(client, tick, text)

    def number(self, tick):
        seen = self.__dict__.setdefault("seen", {}).setdefault(tick["symbol"], [])
        if tick["seq"] not in seen:
            seen.append(tick["seq"])
        return seen.index(tick["seq"]) + 1


class DropsAll(Ticker):
    async def deliver(self, client, tick, text):
        pass


class Delays(Ticker):
    async def deliver(self, client, tick, text):
        await asyncio.sleep(0.6)
        await super().deliver(client, tick, text)


class Swaps(Ticker):
    """Delivers every second tick before the first."""

    async def deliver(self, client, tick, text):
        waiting = self.__dict__.setdefault("waiting", {})
        if not client.wants(tick):
            return
        if client in waiting:
            await client.send(text)
            await client.send(waiting.pop(client))
        else:
            waiting[client] = text


class Leaks(Ticker):
    """Sends every tick to everybody who has subscribed to anything."""

    async def deliver(self, client, tick, text):
        if client.wishes:
            await client.send(text)


class ClosesAtTick(Ticker):
    async def deliver(self, client, tick, text):
        if client.wants(tick):
            await client.close(1011, "internal error")


class CutsAtTick(Ticker):
    async def deliver(self, client, tick, text):
        if client.wants(tick):
            client.cut()


class CutsAfterThree(Ticker):
    """Delivers three ticks, then cuts the connection."""

    async def deliver(self, client, tick, text):
        if client.wants(tick):
            client.count = getattr(client, "count", 0) + 1
            await client.send(text) if client.count <= 3 else client.cut()


def changes(**fields):
    class Changes(Ticker):
        async def deliver(self, client, tick, text):
            changed = {**tick, **fields}
            text = json.dumps({k: v for k, v in changed.items() if v is not None})
            await super().deliver(client, tick, text)

    return Changes


def adds(*messages):
    """Return a service that sends these messages behind every tick."""

    class Adds(Ticker):
        async def deliver(self, client, tick, text):
            await super().deliver(client, tick, text)
            for message in messages if client.wants(tick) else ():
                await client.send(message)

    return Adds


def welcomes(*messages):
    """Return a service that sends these messages for a welcome."""

    class Welcomes(Ticker):
        async def welcome(self, client):
            for message in messages:
                await client.send(message)

    return Welcomes


def closes_at_once(code, reason):
    class Closes(Ticker):
        async def admit(self, client, token):
            await client.close(code, reason)
            return False

    return Closes


WELCOME = {"type": "connection", "status": "connected", "session_id": "x"}

# --- a tick reaches its subscribers --------------------------------------------------------------


def a_tick_is_due_to(*clients, within_ms=400):
    async def story(do):
        await subscribed(do, *clients)
        await do(actions.publish, NIFTY, "option_tick")
        await do(deliveries.receives_it, clients, within_ms)

    return story


def test_a_tick_in_time_and_once_is_met(right):
    done = right(Ticker, a_tick_is_due_to("Alice", "Bob"))
    assert done[0].what.startswith("latency of NIFTY option tick #")
    assert done[0].allowed == "at most 400 ms"
    assert done[1].measured == "1 for each of 2"


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Duplicates, r"copies of NIFTY option tick #\d+ .*Alice got 2.*allowed exactly 1 for each"),
        (
            Delays,
            r"latency of NIFTY option tick .* measured [6-9]\d\d\.\d ms, allowed at most 400 ms",
        ),
        (DropsAll, r"measured nothing in \d{3,4} ms \(it reached 0 of 1; not Alice: "),
        (ClosesAtTick, r'it reached 0 of 1; not Alice: .*closed with 1011 "internal error"'),
        (CutsAtTick, r"it reached 0 of 1; not Alice: .*1006.*cut"),
    ],
)
def test_a_tick_that_comes_twice_late_or_never_is_refuted(wrong, service, sentence):
    wrong(service, a_tick_is_due_to("Alice"), sentence)


def test_one_client_of_many_without_the_tick_is_named(wrong):
    class ForgetsBob(Ticker):
        async def deliver(self, client, tick, text):
            if client is not self.clients[1]:
                await super().deliver(client, tick, text)

    said = wrong(ForgetsBob, a_tick_is_due_to("Alice", "Bob", "Carol"), r"reached 2 of 3; not Bob")
    assert "Alice: " not in said


def test_a_tick_for_which_the_broker_has_no_listener_says_so(scenario, world):
    class Deaf(Ticker):
        async def main(self):
            self.broker_url = None
            await super().main()

    with pytest.raises(Refuted, match="the broker had no subscriber for it"):
        scenario(Deaf, a_tick_is_due_to("Alice"))


def test_without_a_published_tick_there_is_no_it(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(deliveries.receives_it, ["Alice"], 400)

    with pytest.raises(Broken, match="no tick has been published yet"):
        scenario(Ticker, story)


def test_a_lost_closing_tick_is_no_proof_of_anything(wrong):
    class LosesTheSecond(Drops):
        def number(self, tick):
            return 3 if super().number(tick) == 2 else 1

    wrong(LosesTheSecond, a_tick_is_due_to("Alice"), r"the closing tick to Alice: measured nothing")


# --- fields as published -------------------------------------------------------------------------


def fields_equal(*fields, kind="option_tick", to=NIFTY):
    async def story(do):
        await subscribed(do, "Alice", to=to)
        await do(actions.publish, to, kind)
        await do(deliveries.equals_published, "Alice", fields)

    return story


def test_fields_as_published_are_met(right):
    right(Ticker, fields_equal("type", "last_price", "greeks"))


@pytest.mark.parametrize(
    ("service", "fields", "sentence"),
    [
        (
            changes(last_price=1.5),
            ["greeks", "last_price"],
            r"last_price of .*measured 1\.5, allowed",
        ),
        (changes(last_price=None), ["last_price"], r"last_price of .* measured missing, allowed"),
        (changes(last_price="12.5"), ["last_price"], r"measured 12\.5"),
        (DropsAll, ["last_price"], r"measured nothing in \d+ ms"),
        (CutsAtTick, ["last_price"], r"measured nothing in \d+ ms .*1006"),
    ],
)
def test_a_field_that_differs_is_refuted_with_both_values(wrong, service, fields, sentence):
    wrong(service, fields_equal(*fields), sentence)


def test_greeks_rounded_to_32_bits_are_seen(wrong):
    import struct

    class Rounds(Ticker):
        async def deliver(self, client, tick, text):
            greeks = {
                k: struct.unpack("f", struct.pack("f", v))[0] for k, v in tick["greeks"].items()
            }
            await super().deliver(client, tick, json.dumps({**tick, "greeks": greeks}))

    wrong(Rounds, fields_equal("greeks"), r"greeks of .*measured delta .*allowed delta")


def test_a_field_left_over_from_the_tick_before_is_seen(wrong):
    class Stale(Ticker):
        async def deliver(self, client, tick, text):
            first = self.__dict__.setdefault("first", tick)
            await super().deliver(client, tick, json.dumps({**tick, "volume": first["volume"]}))

    async def story(do):
        to = selection_of("the NIFTY underlying")
        await subscribed(do, "Alice", to=to)
        await do(actions.publish, to, "underlying_bar")
        await do(actions.publish, to, "underlying_bar")
        await do(deliveries.equals_published, "Alice", ["open", "volume"])

    wrong(Stale, story, r"volume of NIFTY underlying bar #\d+ at Alice: measured \d+, allowed \d+")


def test_what_was_not_published_cannot_be_equal(scenario):
    async def nothing(do):
        await subscribed(do, "Alice")
        await do(deliveries.equals_published, "Alice", ["last_price"])

    with pytest.raises(Broken, match="no tick that Alice subscribed to was published"):
        scenario(Ticker, nothing)
    with pytest.raises(Broken, match='has no field "colour"'):
        scenario(Ticker, fields_equal("colour"))


# --- what must not come --------------------------------------------------------------------------


def test_a_message_of_a_forbidden_kind_is_refuted_behind_a_closing_tick(right, wrong):
    async def story(do):
        underlying = selection_of("the NIFTY underlying")
        await subscribed(do, "Alice", to=underlying)
        await do(actions.publish, NIFTY, "option_tick")
        await do(deliveries.received_none, ["Alice"], ["option tick"])

    right(Ticker, story)
    wrong(Leaks, story, r"messages that Alice received: .*1 x option tick.*allowed no option tick")
    wrong(DropsAll, story, r"the closing tick to Alice: measured nothing")


def test_a_client_without_a_subscription_is_asked_for_a_pong(right, wrong):
    async def story(do):
        await do(actions.be_connected, ["Alice"])
        await do(deliveries.received_none, ["Alice"], ["error"])

    class Mute(Ticker):
        async def ping(self, client):
            pass

    class Complains(Ticker):
        async def ping(self, client):
            await client.send({"type": "error", "message": "no"})
            await super().ping(client)

    right(Ticker, story)
    wrong(Mute, story, r"the closing pong to Alice: measured nothing")
    wrong(Complains, story, r"1 x error.*allowed no error")


def market(each=4, clients=("Alice",)):
    async def story(do):
        await subscribed(do, *clients)
        await do(actions.publish_in_turn, ["NIFTY", "BANKNIFTY"], each)
        for client in clients:
            await do(deliveries.received_exactly, client, NIFTY)

    return story


def test_exact_deliveries_are_met(right):
    done = right(Ticker, market(clients=("Alice", "Bob")))
    assert re.match(r"\d+, each once and in order, and none of \d+ others", done[-1].measured)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Leaks, r"Alice received ticks that it had not subscribed to: BANKNIFTY"),
        (
            Drops,
            r"Alice never received ticks that it was due: NIFTY option tick #\d+ of instrument",
        ),
        (Duplicates, r"Alice received ticks more than once: NIFTY"),
        (Swaps, r"Alice received ticks out of order: NIFTY option tick #\d+ .* after #\d+"),
        (CutsAfterThree, r"Alice lost its connection while subscribed: closed with 1006"),
        (ClosesAtTick, r'Alice lost its connection while subscribed: closed with 1011 "internal'),
        (changes(seq=None), r"closing tick|without their sequence number"),
        (changes(seq=987_654), r"closing tick|never published"),
    ],
)
def test_deliveries_that_are_not_exact_are_refuted(wrong, service, sentence):
    wrong(service, market(), sentence)


def test_a_claim_about_what_was_never_subscribed_or_published_is_broken(scenario):
    async def other(do):
        await subscribed(do, "Alice")
        await do(actions.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
        await do(deliveries.received_exactly, "Alice", BANKNIFTY)

    async def alone(do):
        await subscribed(do, "Alice")
        await do(actions.publish_in_turn, ["NIFTY"], 2)
        await do(deliveries.received_exactly, "Alice", NIFTY)

    with pytest.raises(
        Broken, match="no tick of BANKNIFTY was published while Alice was subscribed"
    ):
        scenario(Ticker, other)
    with pytest.raises(Broken, match="nothing could be kept away"):
        scenario(Ticker, alone)


# --- the closing step ----------------------------------------------------------------------------


def closing(do_first=None, clients=("Alice", "Bob")):
    async def story(do):
        await subscribed(do, *clients)
        await do(actions.publish_in_turn, ["NIFTY", "BANKNIFTY"], 4)
        if do_first:
            await do_first(do)
        await do(deliveries.everything_was_exact)

    return story


def test_the_closing_step_is_met_where_all_is_right(right):
    done = right(Ticker, closing())
    assert [check.what for check in done] == [
        "deliveries to 2 connections",
        "frames that keep the message contract",
    ]


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (adds({"type": "heartbeat"}), r"against the message contract: .*has the type 'heartbeat'"),
        (adds("{ broken"), r"a frame that is not JSON"),
        (adds(b"\x00"), r"binary|not JSON"),
        (changes(greeks={}), r"option_tick: .*delta"),
        (changes(last_price=-1), r"option_tick: last_price"),
        (adds({"type": "error", "message": ""}), r"error: message"),
        (adds(WELCOME), r"was welcomed \d+ times"),
        (Leaks, r"Alice received ticks that it had not subscribed to"),
        (Duplicates, r"Alice received ticks more than once"),
        (Drops, r"Alice never received ticks"),
        (Swaps, r"out of order|closing tick"),
        (CutsAfterThree, r"lost its connection while subscribed"),
        (changes(seq=None), r"closing tick|without their sequence number"),
    ],
)
def test_the_closing_step_sees_what_no_other_step_looks_for(wrong, service, sentence):
    wrong(service, closing(), sentence)


def test_a_binary_tick_in_fragments_does_not_pass_for_text(wrong):
    class Binary(Ticker):
        async def deliver(self, client, tick, text):
            if client.wants(tick):
                await client.connection.send([text[:5].encode(), text[5:].encode()])

    wrong(Binary, closing(), r"is binary, not text")


def test_what_comes_behind_the_last_check_is_seen_also_without_any_tick(wrong):
    """A pong at the very end is the fence of clients that no tick can reach."""

    class LateNonsense(Ticker):
        async def ping(self, client):
            await client.send({"type": "heartbeat"})
            await super().ping(client)

    async def story(do):
        await do(actions.be_connected, ["Alice"])
        await do(deliveries.everything_was_exact)

    wrong(LateNonsense, story, r"has the type 'heartbeat'")


def test_a_close_that_a_step_has_found_right_is_no_loss(right):
    class ClosesOnPing(Ticker):
        async def ping(self, client):
            await client.close(1001, "idle timeout")

    async def story(do):
        await subscribed(do, "Alice")
        await do(lambda world: world.scene.connections.named("Alice").send('{"action":"ping"}'))
        await do(expectations.closed_by_service, "Alice", [1001], ["idle"])
        await do(deliveries.everything_was_exact)

    right(ClosesOnPing, story)


def test_a_tick_from_an_earlier_scenario_is_unknown(wrong):
    kept = []

    class Replays(Ticker):
        async def deliver(self, client, tick, text):
            kept.append(text)
            await client.send(kept[0])
            await super().deliver(client, tick, text)

    wrong(Replays, closing(), r"more than once|never published")
    wrong(Replays, closing(), r"never published: NIFTY #\d+ \(published in an earlier scenario\)")


# --- pings and connections -----------------------------------------------------------------------


async def connected(do):
    await do(actions.be_connected, ["Alice"])


def test_a_connection_that_is_open_and_answers_is_met(right):
    async def story(do):
        await connected(do)
        await do(expectations.connected, ["Alice"])
        await do(expectations.connected_after, ["Alice"], 0.3)
        await do(expectations.ping_answered, ["Alice"], "WebSocket ping", 400)
        await do(expectations.ping_answered, ["Alice"], "ping message", 400)

    right(Ticker, story)


class ClosesOnPing(Ticker):
    async def ping(self, client):
        await client.close(1011, "no pings")


class LatePong(Ticker):
    async def ping(self, client):
        await asyncio.sleep(0.6)
        await super().ping(client)


class NoPong(Ticker):
    async def ping(self, client):
        pass


class OldPong(Ticker):
    """Has said pong before anybody asked."""

    async def welcome(self, client):
        await super().ping(client)
        await super().welcome(client)

    async def ping(self, client):
        pass


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (ClosesOnPing, r'answer to Alice\'s ping message: measured nothing in \d+ ms .*"no pings"'),
        (LatePong, r"measured [6-9]\d\d\.\d ms, allowed at most 400 ms"),
        (
            NoPong,
            r"nothing in \d{3,4} ms \(1 x welcome; still open\), allowed at most 400 ms",
        ),
        (OldPong, r"measured nothing in \d{3,4} ms"),
    ],
)
def test_a_ping_message_without_its_pong_in_time_is_refuted(wrong, service, sentence):
    async def story(do):
        await connected(do)
        await do(expectations.ping_answered, ["Alice"], "ping message", 400)

    wrong(service, story, sentence)


def test_a_websocket_ping_without_its_pong_is_refuted(wrong):
    class Deaf(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            client.connection.transport.pause_reading()

    async def story(do):
        await connected(do)
        await do(expectations.ping_answered, ["Alice"], "WebSocket ping", 400)

    async def open_story(do):
        await connected(do)
        await do(expectations.connected, ["Alice"])

    wrong(Deaf, story, r"answer to Alice's WebSocket ping: measured nothing in \d+ ms")
    wrong(Deaf, open_story, r"open connections of Alice: measured 0 .*open and answering")


def test_a_connection_that_is_closed_later_is_not_still_connected(wrong):
    class ClosesSoon(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            await asyncio.sleep(0.2)
            await client.close(1001, "idle timeout")

    async def story(do):
        await connected(do)
        await do(expectations.connected_after, ["Alice"], 0.5)

    wrong(ClosesSoon, story, r'0 .*open and answering; Alice: 1 x welcome; closed with 1001 "idle')


# --- welcomes ------------------------------------------------------------------------------------

FIELDS = [("type", "connection"), ("status", "connected"), ("session_id", "any text")]


async def welcome_within_400_ms(do):
    await do(actions.connect, ["Alice"])
    await do(expectations.welcomed, "Alice", 400, FIELDS)


class LateWelcome(Ticker):
    async def welcome(self, client):
        await asyncio.sleep(0.6)
        await super().welcome(client)


@pytest.mark.parametrize("carrier", ["query parameter", "Authorization header"])
def test_a_welcome_as_it_must_be_is_met(right, carrier):
    async def story(do):
        await do(actions.connect, ["Alice"], carrier=carrier)
        await do(expectations.welcomed, "Alice", 400, FIELDS)

    right(Ticker, story)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (LateWelcome, r"welcome of Alice: measured [6-9]\d\d\.\d ms, allowed at most 400 ms"),
        (welcomes(), r"welcome of Alice: measured nothing in \d+ ms \(no message; still open\)"),
        (closes_at_once(1011, "oops"), r'welcome of Alice: measured nothing in .*1011 "oops"'),
        (
            welcomes({**WELCOME, "status": "ok"}),
            r"status in Alice's welcome: measured 'ok', allowed",
        ),
        (welcomes({**WELCOME, "session_id": ""}), r"session_id .* measured '', allowed any text"),
        (welcomes({**WELCOME, "session_id": 7}), r"session_id .* measured 7, allowed any text"),
        (welcomes({"type": "connection", "status": "connected"}), r"session_id .* measured None"),
        (welcomes({"type": "pong"}, WELCOME), r"the first message is a pong"),
        (welcomes(WELCOME, WELCOME), r"welcomes of Alice: measured 2|was welcomed 2 times"),
    ],
)
def test_a_welcome_that_is_late_missing_wrong_or_not_first_is_refuted(wrong, service, sentence):
    async def story(do):
        await welcome_within_400_ms(do)
        await do(deliveries.everything_was_exact)

    wrong(service, story, sentence)


def test_a_client_that_the_scenario_presupposes_must_be_welcomed(wrong):
    wrong(welcomes(), connected, r"Alice has a valid token but was not welcomed: no message")


def test_a_subscription_that_is_not_acknowledged_is_refuted(wrong):
    class Ignores(Ticker):
        async def subscribed(self, client):
            pass

    async def story(do):
        await subscribed(do, "Alice")

    wrong(
        Ignores, story, r"Alice asked to subscribe to NIFTY and got no acknowledgement within 0\.25"
    )


# --- refusals and closes -------------------------------------------------------------------------


def refuses(status):
    class Refuses(Ticker):
        def request(self, connection, request):
            from http import HTTPStatus

            return connection.respond(HTTPStatus(status), "no\n")

    return Refuses


async def refusal(do):
    await do(actions.connect, ["Alice"], token=False)
    await do(expectations.refused, "Alice", 401, 1008, "Authentication required")


@pytest.mark.parametrize("service", [Ticker, refuses(401)])
def test_a_refusal_that_says_why_is_met(right, service):
    right(service, refusal)


class LetsIn(Ticker):
    async def admit(self, client, token):
        return True


class CutsAtOnce(Ticker):
    async def admit(self, client, token):
        client.cut()
        return False


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (
            refuses(403),
            r"refusal of Alice: measured HTTP 403, allowed HTTP 401, or a close with 1008",
        ),
        (refuses(500), r"measured HTTP 500"),
        (closes_at_once(1008, ""), r"closed with 1008 without a reason"),
        (closes_at_once(1008, "go away"), r'closed with 1008 "go away"'),
        (closes_at_once(1011, "Authentication required"), r"closed with 1011"),
        (CutsAtOnce, r"1006"),
        (LetsIn, r"measured 1 x welcome; still open"),
    ],
)
def test_a_refusal_that_does_not_say_why_is_refuted(wrong, service, sentence):
    wrong(service, refusal, sentence)


async def full(do):
    await do(actions.connect, ["Zoe"])
    await do(expectations.closed_by_service, "Zoe", [1008], ["max connections"])


@pytest.mark.parametrize("reason", ["max connections reached", "MAX Connections"])
def test_a_close_with_code_and_reason_is_met(right, reason):
    right(closes_at_once(1008, reason), full)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Ticker, r"end of Zoe's connection: measured 1 x welcome; still open, allowed closed by"),
        (closes_at_once(1008, "full"), r'measured no message; closed with 1008 "full"'),
        (closes_at_once(1013, "max connections"), r"closed with 1013"),
        (CutsAtOnce, r"1006"),
        (refuses(503), r"measured HTTP 503"),
    ],
)
def test_a_close_without_code_or_reason_or_none_at_all_is_refuted(wrong, service, sentence):
    wrong(service, full, sentence)


def test_a_close_by_the_client_is_not_the_services(wrong):
    async def story(do):
        await connected(do)
        await do(actions.end_connection, "Alice", "a clean close")
        await do(expectations.closed_by_service, "Alice", [1000], [""])

    wrong(Ticker, story, r"by the client, allowed closed by the service")


def closes_after(seconds):
    class Closes(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            await asyncio.sleep(seconds)
            await client.close(1001, "idle timeout")

    return Closes


def silence(low_s, high_s):
    async def story(do):
        await connected(do)
        await do(actions.stay_silent, "Alice", 1.5)
        await do(expectations.closed_between, "Alice", low_s, high_s)

    return story


def test_a_close_between_the_bounds_is_met(right):
    right(closes_after(0.6), silence(0.3, 2.0))


@pytest.mark.parametrize(
    ("service", "low", "high", "sentence"),
    [
        (closes_after(0.2), 0.5, 1.0, r"measured [2-4]\d\d\.\d ms, allowed not before 500 ms"),
        (closes_after(0.8), 0.1, 0.5, r"measured \d{3,4}\.\d ms, allowed at most 500 ms"),
        (Ticker, 0.5, 1.0, r"Alice was not closed by the service: 1 x welcome; still open"),
        (closes_at_once(1001, "idle timeout"), 0.5, 1.0, r"Alice .* not welcomed"),
    ],
)
def test_a_close_too_early_too_late_or_never_is_refuted(wrong, service, low, high, sentence):
    wrong(service, silence(low, high), sentence)


def test_a_welcome_does_not_pass_for_the_silence_to_end(wrong):
    """The source plan's mistake: any message ended the wait, and the test passed."""
    wrong(Ticker, silence(0.0, 10.0), r"was not closed by the service")


# --- sessions, errors, places --------------------------------------------------------------------


def test_a_session_id_that_comes_back_is_refuted(right, wrong):
    class SameSession(Ticker):
        def session_id(self):
            return "the-one"

    async def story(do):
        await connected(do)
        await do(actions.end_connection, "Alice", "an abrupt reset")
        await do(actions.connect, ["Alice"])
        await do(expectations.new_session, "Alice")

    right(Ticker, story)
    wrong(
        SameSession, story, r"session id of Alice .* measured the-one, allowed any but the former"
    )


async def an_error(do):
    await subscribed(do, "Alice")
    await do(actions.send_malformed, "Alice", "broken JSON")
    await do(expectations.gets_error, "Alice", "Invalid message format", 400)


def on_invalid(act):
    class OnInvalid(Ticker):
        async def invalid(self, client, text):
            await act(super(), client, text)

    return OnInvalid


async def _nothing(_, client, text):
    pass


async def _close(_, client, text):
    await client.close(1007, "bad message")


async def _late(ticker, client, text):
    await asyncio.sleep(0.6)
    await ticker.invalid(client, text)


async def _other(_, client, text):
    await client.send({"type": "error", "message": "what?"})


async def _pong(ticker, client, text):
    await ticker.ping(client)


def test_an_error_in_time_with_its_text_is_met(right):
    right(Ticker, an_error)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (_nothing, r"error to Alice: measured nothing in \d{3,4} ms"),
        (_close, r'error to Alice: measured nothing in \d+ ms .*closed with 1007 "bad message"'),
        (_late, r"error to Alice: measured [6-9]\d\d\.\d ms, allowed at most 400 ms"),
        (_other, r'message of the error to Alice: measured what\?, allowed contains "Invalid'),
        (_pong, r"error to Alice: measured nothing in \d{3,4} ms .*1 x pong"),
    ],
)
def test_an_error_that_is_missing_late_or_says_something_else_is_refuted(wrong, act, sentence):
    wrong(on_invalid(act), an_error, sentence)


class OnePlace(Ticker):
    async def admit(self, client, token):
        if self.clients:
            await client.close(1008, "max connections reached")
        return not self.clients


class NeverAgain(OnePlace):
    async def left(self, client):
        pass


def test_a_place_that_is_given_back_can_be_taken(right, wrong):
    async def story(do):
        await connected(do)
        await do(expectations.place_is_passed_on, "Alice", "Zoe", 800)

    right(OnePlace, story)
    wrong(NeverAgain, story, r"admission of Zoe after Alice left: measured nothing in \d+ ms")


# --- resources, on a process of its own ----------------------------------------------------------


@pytest.fixture
def resource_story(world, monkeypatch, tmp_path):
    """Let three clients come and go at a service that runs as a process of its own."""
    from qaws.service import Services
    from qaws.target import Launch

    def play(kind, then):
        launch = Launch(
            command=[sys.executable, "-m", scripted.__name__, kind],
            directory=Path(scripted.__file__).parents[2],
            ready_log=r"scripted service on (?P<port>\d+)",
        )
        update = {
            "endpoint": Endpoint(url="ws://127.0.0.1:{port}/ws/ticks"),
            "launch": launch,
            "statistics": Statistics(path="/ws/stats"),
        }
        services = Services(world.target.model_copy(update=update), tmp_path, {})
        monkeypatch.setattr("qaws.world.ALLOWANCE_S", ALLOWANCE_S)
        world.new_scene()
        try:
            world.scene.service = services.get()

            async def story():
                await actions.be_connected(world, ["Alice"])
                await actions.note_resources(world)
                names = ["client 1", "client 2", "client 3"]
                await actions.come_and_go(world, names, NIFTY, "a clean close")
                await then(world)

            world.loop.call(story(), timeout_s=30)
        finally:
            world.end_scene(trust=True)
            services.stop()

    return play


async def back(world):
    await footprint.resources_are_back(world, 500)


async def small(world):
    await back(world)
    await footprint.memory_grew_less(world, 10)


def test_resources_that_come_back_are_met(resource_story, world):
    resource_story("Ticker", small)
    assert {check.verdict for check in world.scene.checks.done} == {"met"}


@pytest.mark.parametrize(
    ("kind", "then", "sentence"),
    [
        ("KeepsSockets", back, r"measured [4-9] sockets, 1 sessions.*as before: 1 sockets"),
        (
            "KeepsSessions",
            back,
            r"measured 1 sockets, 4 sessions.*as before: 1 sockets, 1 sessions",
        ),
        ("KeepsMemory", small, r"growth of the service's private memory: measured 1[12]\.\d\d MB"),
    ],
)
def test_resources_that_do_not_come_back_are_refuted(resource_story, kind, then, sentence):
    with pytest.raises(Refuted, match=sentence):
        resource_story(kind, then)


def test_what_nobody_noted_cannot_be_back(scenario):
    async def story(do):
        await do(footprint.resources_are_back, 100)

    async def memory(do):
        await do(footprint.memory_grew_less, 10)

    async def note(do):
        await do(actions.note_resources)

    with pytest.raises(Broken, match="no step has noted what the service held"):
        scenario(Ticker, story)
    with pytest.raises(Broken, match="no step has noted the service's memory"):
        scenario(Ticker, memory)
    with pytest.raises(Broken, match="nobody can tell what the service holds"):
        scenario(Ticker, note)


# --- words that mean nothing here ----------------------------------------------------------------


def test_a_client_that_has_not_connected_is_named_with_those_that_have(scenario):
    async def story(do):
        await connected(do)
        await do(expectations.connected, ["Bob"])

    with pytest.raises(Broken, match=r"Bob has not connected in this scenario \(there is Alice\)"):
        scenario(Ticker, story)


@pytest.mark.parametrize(
    ("act", "words", "sentence"),
    [
        (
            actions.end_connection,
            ("Alice", "a bang"),
            'no ending "a bang"; known are a clean close',
        ),
        (actions.send_malformed, ("Alice", "x"), 'no malformed message "x"'),
        (actions.publish_rows, ("NIFTY", [{"tick": "trade"}]), 'tick = "trade"; known are'),
        (actions.publish_rows, ("NIFTY", [{"tick": "bar", "colour": "1"}]), 'a column "colour"'),
        (
            actions.publish_rows,
            ("NIFTY", [{"tick": "bar", "open": "x"}]),
            'open = "x", which is no',
        ),
        (expectations.new_session, ("Alice",), "Alice has connected only once"),
    ],
)
def test_words_without_a_meaning_are_broken_and_not_green(scenario, act, words, sentence):
    async def story(do):
        await connected(do)
        await do(act, *words)

    with pytest.raises(Broken, match=re.escape(sentence)):
        scenario(Ticker, story)


def test_a_carrier_that_the_target_has_not_is_broken(scenario):
    async def story(do):
        await do(actions.connect, ["Alice"], carrier="cookie")

    with pytest.raises(Broken, match=r'\[auth\] carriers has no "cookie"'):
        scenario(Ticker, story)


def test_silence_that_the_scenario_or_the_service_breaks_is_no_silence(scenario, wrong):
    async def own_fault(do):
        await subscribed(do, "Alice")
        await do(actions.stay_silent, "Alice", 0.1)

    class SendsAll(Ticker):
        async def deliver(self, client, tick, text):
            await client.send(text)

    async def leaked(do):
        await do(actions.be_connected, ["Alice"])
        await do(actions.publish, NIFTY, "option_tick")
        await do(actions.stay_silent, "Alice", 0.5)

    with pytest.raises(Broken, match="has subscribed: the scenario is wrong"):
        scenario(Ticker, own_fault)
    wrong(SendsAll, leaked, "Alice received ticks that it had not subscribed to")

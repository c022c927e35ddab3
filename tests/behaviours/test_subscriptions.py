"""Subscriptions that change while ticks flow."""

import asyncio
import json

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from qaws.behaviours import deliveries, lifecycle, publishing, subscriptions
from qaws.protocol.json_forms import rewritten
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, NotVerified
from tests.services.faulty import EndsAllOfAClient, NeverEnds, RefusesNeedless, subscribed
from tests.services.scripted import Ticker

NIFTY, BANKNIFTY = selection_of("NIFTY"), selection_of("BANKNIFTY")
NXT50, OPTION = selection_of("NIFTYNXT50"), selection_of("instrument 256265")


class EndsForAll(Ticker):
    """Ends for everybody what one client ends."""

    async def unsubscribe(self, client, wishes):
        for each in self.clients:
            each.wishes -= wishes


async def change_of_mind(do, taken=NIFTY, kept=BANKNIFTY, foreign=NXT50):
    await subscribed(do, "Alice", "Bob")
    await do(publishing.open_market, 6)
    await do(lifecycle.subscribe, ["Alice"], kept)
    await do(subscriptions.churn, "Alice", taken, foreign, 2)
    await do(publishing.close_market)
    await do(deliveries.received_exactly, "Alice", taken)
    await do(deliveries.received_exactly, "Bob", taken)


def test_what_is_ended_ends_and_the_rest_goes_on(right, testbed):
    right(Ticker, change_of_mind)
    shown = dict(testbed.scenario.figures)
    assert shown["times that Alice unsubscribed from NIFTY"] == "2"
    assert int(shown["of these, to be kept from Alice"]) >= 2


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (NeverEnds, "Alice received ticks behind the acknowledgement of its unsubscribe: NIFTY"),
        (EndsForAll, "a further tick of NIFTY to Bob: .*Bob never received ticks that it was due"),
        (EndsAllOfAClient, "a further tick of BANKNIFTY to Alice: .*Alice never received ticks"),
    ],
)
def test_an_unsubscribe_that_does_too_little_or_too_much_is_refuted(wrong, service, sentence):
    wrong(service, change_of_mind, sentence)


def test_an_unsubscribe_from_what_is_not_held_may_be_answered_by_an_error(right):
    right(RefusesNeedless, change_of_mind)


class NoReturn(Ticker):
    """Never gives back what a client has once given up."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.gone = {}

    async def unsubscribe(self, client, wishes):
        self.gone[client] = self.gone.get(client, set()) | wishes
        await super().unsubscribe(client, wishes)

    async def subscribe(self, client, wishes):
        await super().subscribe(client, wishes - self.gone.get(client, set()))


async def two_change_their_minds(do):
    await subscribed(do, "Alice", "Bob", "Carol")
    await do(publishing.open_market, 6)
    await do(lifecycle.subscribe, ["Alice"], BANKNIFTY)
    await do(subscriptions.churn, "Alice", NIFTY, NXT50, 2)
    await do(subscriptions.end_again_and_again, "Carol", NIFTY, 3)
    await do(publishing.close_market)
    await do(deliveries.received_exactly, "Alice", NIFTY)


def test_who_has_never_given_it_up_shows_which_ticks_there_were(right, wrong):
    right(Ticker, two_change_their_minds)
    since = (
        "before that it had unsubscribed from NIFTY and subscribed to it again, and it has received"
    )
    wrong(NoReturn, two_change_their_minds, since)


def test_an_unsubscribe_without_an_answer_is_refuted(wrong):
    class Silent(Ticker):
        async def unsubscribe(self, client, wishes):
            client.cut()

    wrong(Silent, change_of_mind, "Alice asked to unsubscribe from NIFTY and got no acknowledgem")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"taken": BANKNIFTY, "kept": OPTION}, "not subscribed to BANKNIFTY"),
        ({"kept": NIFTY}, "Alice is subscribed to nothing but NIFTY"),
        ({"foreign": BANKNIFTY}, "Alice is subscribed to BANKNIFTY: the scenario says"),
    ],
)
def test_a_scenario_that_could_show_nothing_is_broken(scenario, words, sentence):
    async def story(do):
        with pytest.raises(Broken, match=sentence):
            await change_of_mind(do, **words)

    scenario(Ticker, story)


def test_while_ticks_flow_nobody_has_received_all(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(publishing.open_market, 6)
        with pytest.raises(Broken, match='still open: say "When the market closes" before'):
            await do(deliveries.received_exactly, "Alice", NIFTY)
        await do(publishing.close_market)
        with pytest.raises(Broken, match="the market is not open"):
            await do(publishing.close_market)

    scenario(Ticker, story)


def test_who_is_subscribed_to_everything_shows_nothing_kept_away(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(lifecycle.subscribe, ["Alice"], BANKNIFTY)
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
        with pytest.raises(Broken, match="Alice was subscribed to all that was published"):
            await do(deliveries.received_exactly, "Alice", NIFTY)

    scenario(Ticker, story)


def test_somebody_else_must_show_which_ticks_there_were(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(lifecycle.subscribe, ["Alice"], BANKNIFTY)
        with pytest.raises(Broken, match="nobody but Alice is subscribed to NIFTY"):
            await do(subscriptions.churn, "Alice", NIFTY, NXT50, 1)

    scenario(Ticker, story)


class OnePlace(Ticker):
    """Keeps what a client has asked for last."""

    async def subscribe(self, client, wishes):
        client.wishes = set(wishes)


async def besides(do):
    await subscribed(do, "Alice")
    await do(subscriptions.take_and_give_up, "Alice", selection_of("the BANKNIFTY underlying"))
    await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
    await do(deliveries.received_exactly, "Alice", NIFTY)


def test_what_is_taken_besides_and_given_up_takes_nothing_away(right, wrong):
    right(Ticker, besides)
    wrong(OnePlace, besides, "Alice never received ticks that it was due")


def test_what_a_dialect_has_no_words_for_is_not_taken_besides(scenario, testbed, monkeypatch):
    async def story(do):
        await subscribed(do, "Alice")

        async def no_words(*_):
            raise NotVerified("no underlyings here")

        monkeypatch.setattr(lifecycle, "subscribe", no_words)
        await do(subscriptions.take_and_give_up, "Alice", BANKNIFTY)

    scenario(Ticker, story)
    assert testbed.scenario.figures == [
        ("not tried", "a subscription besides: no underlyings here")
    ]
    assert not testbed.scenario.remarks


class AnswersWhoAskedLast(Ticker):
    """Has what was asked for on a stack while it looks into a store."""

    async def _answer(self, client, text):
        self.held.append(client)
        await asyncio.sleep(0.05)
        await super()._answer(self.held.pop(), text)


async def together(do):
    both = ["Alice", "Bob"]
    await do(subscriptions.be_subscribed_at_the_same_moment, both, [NIFTY, BANKNIFTY])
    await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
    await do(deliveries.received_exactly, "Alice", NIFTY)
    await do(deliveries.received_exactly, "Bob", BANKNIFTY)


def test_who_asks_at_the_same_moment_as_another_gets_an_answer_of_its_own(right, wrong):
    right(Ticker, together)
    sentence = "Alice received ticks that it had not subscribed to: BANKNIFTY"
    wrong(AnswersWhoAskedLast, together, sentence)


# --- named twice, and in fragments ----------------------------------------------------------------


class CountsNames(Ticker):
    """Keeps a name as often as one message has it, and gives one of them back."""

    repeats = False

    async def _answer(self, client, text):
        self.repeats = text.count('"NIFTY"') > 1 or self.repeats
        await super()._answer(client, text)


class DeliversTwice(CountsNames):
    async def deliver(self, client, tick, text):
        await super().deliver(client, tick, text)
        if self.repeats:
            await super().deliver(client, tick, text)


class GivesOneBack(CountsNames):
    async def unsubscribe(self, client, wishes):
        if not self.repeats:
            await super().unsubscribe(client, wishes)
        self.repeats = False


class RefusesRepetition(Ticker):
    async def _answer(self, client, text):
        if text.count('"NIFTY"') > 1:
            await self.invalid(client, text)
        else:
            await super()._answer(client, text)


async def named_twice(do):
    await subscribed(do, "Bob")
    await do(subscriptions.be_subscribed_named_twice, ["Carol"], NIFTY)
    await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
    await do(lifecycle.unsubscribe, ["Carol"], NIFTY)
    await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
    await do(deliveries.received_exactly, "Bob", NIFTY)
    await do(deliveries.received_exactly, "Carol", NIFTY)


@pytest.mark.parametrize("service", [Ticker, RefusesRepetition])
def test_what_is_named_twice_is_held_once_or_refused(right, testbed, service):
    right(service, named_twice)
    remark = "what is named twice in one message is refused here"
    assert (remark in testbed.scenario.remarks) == (service is RefusesRepetition)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (DeliversTwice, r"(Bob|Carol|Bob and Carol) received ticks more than once"),
        (GivesOneBack, r"Carol received ticks behind the acknowledgement of its unsubscribe"),
    ],
)
def test_what_is_named_twice_and_counts_twice_is_refuted(wrong, service, sentence):
    wrong(service, named_twice, sentence)


class EachAlone(ServerConnection):
    """Takes each fragment for a message."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._take = self.protocol.recv_frame
        self.protocol.recv_frame = self.take

    def take(self, frame):
        is_part = frame.opcode in (Opcode.TEXT, Opcode.CONT)
        self._take(Frame(Opcode.TEXT, frame.data) if is_part else frame)


class NoPingBetween(EachAlone):
    """Ends the connection at a ping behind a fragment."""

    begun = False

    def take(self, frame):
        if frame.opcode is Opcode.PING and self.begun:
            self.protocol.fail(1002, "fragments out of place")
            return
        self.begun = not frame.fin
        self._take(frame)


class WholeFramesOnly(ServerConnection):
    """Takes what the network brings at a time for whole frames."""

    def data_received(self, data):
        was_open = self.protocol.state is State.OPEN
        super().data_received(data)
        if was_open and self.protocol.reader.buffer:
            self.protocol.fail(1002, "incomplete frame")
            self.send_data()


class TakesNoPieces(Ticker):
    connection = WholeFramesOnly


class TakesNoFragments(Ticker):
    connection = EachAlone


class TakesNoPingBetween(Ticker):
    connection = NoPingBetween


async def in_fragments(do):
    await do(subscriptions.be_subscribed_in_fragments, ["Carol"], NIFTY)
    await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
    await do(deliveries.received_exactly, "Carol", NIFTY)


def test_a_subscription_in_fragments_is_one_like_any_other(right):
    right(Ticker, in_fragments)


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        (TakesNoFragments, "got an error"),
        (TakesNoPingBetween, "got no acknowledgement.*1002"),
        (TakesNoPieces, 'got no acknowledgement.*1002 "incomplete frame"'),
    ],
)
def test_who_cannot_put_fragments_together_is_refuted(wrong, service, seen):
    asked = "Carol asked in fragments, with pings between them, to subscribe to NIFTY and "
    wrong(service, in_fragments, asked + seen)


# --- other forms of JSON --------------------------------------------------------------------------

FORMS = ("its members in reverse order", "blanks and line breaks in it", "all texts escaped")


class ReadsByPattern(Ticker):
    """Takes only what is written as this suite's own library writes it."""

    async def _answer(self, client, text):
        if text == json.dumps(json.loads(text), separators=(",", ":")):
            await super()._answer(client, text)
        else:
            await self.invalid(client, text)


def in_form(form):
    async def script(do):
        await do(subscriptions.be_subscribed_written, ["Alice"], NIFTY, form)
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
        await do(deliveries.received_exactly, "Alice", NIFTY)

    return script


@pytest.mark.parametrize("form", FORMS)
def test_a_subscription_in_another_form_of_json_is_one_like_any_other(right, form):
    right(Ticker, in_form(form))


@pytest.mark.parametrize("form", FORMS[1:])
def test_who_reads_commands_by_pattern_is_refuted(wrong, form):
    wrong(ReadsByPattern, in_form(form), f"Alice asked by a message with {form} .* got an error")


@pytest.mark.parametrize("form", FORMS)
def test_another_form_says_the_same(form):
    text = '{"action":"subscribe","symbols":["NIFTY","日経225"]}'
    assert rewritten(text, form) != text
    assert json.loads(rewritten(text, form)) == json.loads(text)


def test_what_is_no_json_has_no_other_form():
    with pytest.raises(NotVerified, match="no JSON object or list"):
        rewritten("SUB NIFTY", FORMS[0])
    with pytest.raises(Broken, match="known forms of a message are its members"):
        rewritten("{}", "capitals")


# --- given up more often than held ----------------------------------------------------------------


async def tidies_up(do):
    await subscribed(do, "Alice", "Bob", "Carol")
    await do(publishing.open_market, 6)
    await do(subscriptions.end_again_and_again, "Carol", NIFTY, 3)
    await do(publishing.close_market)
    for client in ("Bob", "Carol"):
        await do(deliveries.received_exactly, client, NIFTY)


class CountsDown(Ticker):
    """Delivers what somebody is counted for; whoever unsubscribes counts one down."""

    interest = 0

    async def subscribe(self, client, wishes):
        self.interest += not wishes <= client.wishes
        await super().subscribe(client, wishes)

    async def unsubscribe(self, client, wishes):
        self.interest -= 1
        await super().unsubscribe(client, wishes)

    async def deliver(self, client, tick, text):
        if self.interest > 0:
            await super().deliver(client, tick, text)


class TakesOff(Ticker):
    """Delivers nothing any more to who has given up everything."""

    async def unsubscribe(self, client, wishes):
        await super().unsubscribe(client, wishes)
        client.is_off = not client.wishes

    async def deliver(self, client, tick, text):
        if not getattr(client, "is_off", False):
            await super().deliver(client, tick, text)


@pytest.mark.parametrize("service", [Ticker, RefusesNeedless])
def test_to_give_up_more_than_once_changes_nothing(right, service):
    right(service, tidies_up)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (CountsDown, "a further tick of NIFTY to (Alice|Bob): measured nothing"),
        (TakesOff, "Carol never received ticks that it was due"),
        (NeverEnds, "Carol received ticks behind the acknowledgement of its unsubscribe"),
    ],
)
def test_who_gives_up_too_often_costs_nobody_anything(wrong, service, sentence):
    wrong(service, tidies_up, sentence)


BARS = selection_of("the NIFTYNXT50 underlying")


async def bars_alone(do):
    await subscribed(do, "Alice")
    await do(subscriptions.be_served_if_any, "Gina", BARS, 20)
    await do(publishing.publish, NXT50, "underlying_bar")
    await do(deliveries.have_seen_it, ["Gina"])
    await do(deliveries.everything_was_exact)


class ClosesForBars(Ticker):
    """Closes who receives a bar."""

    async def deliver(self, client, tick, text):
        await super().deliver(client, tick, text)
        if tick["type"] == "underlying_bar" and client.wants(tick):
            await client.close(1000, "idle timeout")


def test_who_receives_bars_alone_is_served(right, wrong):
    right(Ticker, bars_alone)
    wrong(ClosesForBars, bars_alone, "idle timeout")


def test_where_there_are_no_bars_nobody_waits_for_them(right, testbed, monkeypatch):
    async def none(*_):
        raise NotVerified("the dialect and [market] have no tick of it")

    async def story(do):
        await subscribed(do, "Alice")
        await do(subscriptions.be_served_if_any, "Gina", BARS, 20)
        await do(deliveries.everything_was_exact)

    monkeypatch.setattr(publishing, "keep_publishing", none)
    right(Ticker, story)
    assert any("Gina, who receives" in what for _, what in testbed.scenario.figures)
    assert not testbed.scenario.connections.named("Gina").is_open

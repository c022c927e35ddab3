"""Sessions end with their tokens: not before, in time, and served until then."""

import asyncio
import time

import jwt
import pytest

from qaws.behaviours import closes, deliveries, expiry, lifecycle, mistakes, publishing
from qaws.clients.endings import ExpectedClose
from qaws.verdict import Inconclusive
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY, subscribed
from tests.services.guarded import NO_TOKEN, Strict, shown

AHEAD_MS = 1500
"""How long, at least, tokens are good for that clients are to come and subscribe with."""


def nothing_happens():
    pass


def expiring(within_ms, meanwhile=nothing_happens, afterwards=nothing_happens):
    async def story(do):
        await subscribed(do, "Nora")
        await do(publishing.keep_publishing, NIFTY, 50)
        await do(expiry.connect_expiring, ["Ida", "Lars"], AHEAD_MS)
        await do(lifecycle.subscribe, ["Lars"], NIFTY)
        meanwhile()
        expired = ExpectedClose([1008], ["token expired"])
        await do(expiry.closed_on_expiry, ["Ida", "Lars"], expired, within_ms)
        afterwards()
        await do(expiry.reconnect_with_token, ["Ida", "Lars"])
        await do(closes.refused, ["Ida", "Lars"], NO_TOKEN)
        await do(deliveries.everything_was_exact)

    return story


class Late(Strict):
    def end_of(self, exp):
        return exp + 0.4


class Early(Strict):
    def end_of(self, exp):
        return exp - 0.3


class Never(Strict):
    def end_of(self, exp):
        return exp + 1000


class ForgetsHeaders(Strict):
    """Ends only those sessions whose token stands in the address."""

    async def close_expired(self, client):
        if "token=" in client.connection.request.path:
            await super().close_expired(client)


class EndsNormally(Strict):
    async def close_expired(self, client):
        await client.close(1000, "token expired")


class EndsAll(Strict):
    async def close_expired(self, client):
        for each in [*self.clients]:
            await super().close_expired(each)


class FallsSilent(Strict):
    """Sends a listener with an expiring token nothing from the first."""

    async def deliver(self, client, tick, text):
        claims = jwt.decode(shown(client), options={"verify_signature": False})
        if claims["exp"] > time.time() + 60:
            await super().deliver(client, tick, text)


def test_sessions_that_end_with_their_tokens(right):
    right(Strict, expiring(AMPLE_MS))


class EndsWithTheSubscription(Strict):
    """Forgets the expiry of a client that unsubscribes."""

    async def unsubscribe(self, client, wishes):
        self.held[-1].cancel()
        await super().unsubscribe(client, wishes)


def changing_its_mind(within_ms):
    async def story(do):
        await subscribed(do, "Nora")
        await do(publishing.keep_publishing, NIFTY, 50)
        await do(expiry.connect_expiring, ["Mia"], 2500)
        await do(lifecycle.subscribe, ["Mia"], BANKNIFTY)
        await do(lifecycle.unsubscribe, ["Mia"], BANKNIFTY)
        expired = ExpectedClose([1008], ["token expired"])
        await do(expiry.closed_on_expiry, ["Mia"], expired, within_ms)

    return story


def test_who_has_unsubscribed_needs_no_ticks_until_the_end(right):
    right(Strict, changing_its_mind(AMPLE_MS))


def test_an_expiry_that_ends_with_a_subscription_is_refuted(wrong):
    sentence = (
        r"^close of Mia after its token expired: measured nothing in \d+ ms "
        r"\(1 x welcome, 1 x subscribed, 1 x unsubscribed; still open\), allowed"
    )
    wrong(EndsWithTheSubscription, changing_its_mind(300), sentence)


class ProlongsForSubscribers(Strict):
    """Gives a client whose token is about to expire some more time when it subscribes."""

    async def _answer(self, client, text):
        await super()._answer(client, text)
        claims = jwt.decode(shown(client), options={"verify_signature": False})
        if '"subscribe"' in text and 0 < claims["exp"] - time.time() < 1:
            self.held[-1].cancel()


def test_a_session_that_lives_longer_because_its_client_subscribes_is_refuted(right, wrong):
    async def story(do):
        await subscribed(do, "Nora")
        await do(publishing.keep_publishing, NIFTY, 50)
        await do(expiry.connect_expiring, ["Mia"], AHEAD_MS)
        await do(mistakes.make_one_and_go_on, "Mia", BANKNIFTY)
        expired = ExpectedClose([1008], ["token expired"])
        await do(expiry.closed_on_expiry, ["Mia"], expired, 300)

    right(Strict, story)
    wrong(ProlongsForSubscribers, story, "^close of Mia after its token expired: measured nothing")


# --- the same user twice --------------------------------------------------------------------------


def subject_of(client):
    return jwt.decode(shown(client), options={"verify_signature": False})["sub"]


class RenewsByUser(Strict):
    """Lets all sessions of a user live as long as its newest token."""

    async def expire(self, client, exp):
        await asyncio.sleep(max(0.0, exp - time.time()))
        if client is [c for c in self.clients if subject_of(c) == subject_of(client)][-1]:
            await self.close_expired(client)


class EndsByUser(Strict):
    """Ends all sessions of a user with its first token."""

    async def close_expired(self, client):
        for each in [c for c in self.clients if subject_of(c) == subject_of(client)]:
            await super().close_expired(each)


class OnceOnly(Strict):
    """Turns a user away who is here already."""

    async def admit(self, client, token):
        if subject_of(client) in map(subject_of, self.clients):
            await client.close(1008, "max connections of this user")
            return False
        return await super().admit(client, token)


class NewestOnly(Strict):
    """Closes the session that a user has already."""

    async def admit(self, client, token):
        for each in [c for c in self.clients if subject_of(c) == subject_of(client)]:
            await each.close(1008, "connected elsewhere")
        return await super().admit(client, token)


def one_user_twice(within_ms):
    async def story(do):
        await subscribed(do, "Nora")
        await do(publishing.keep_publishing, NIFTY, 50)
        await do(expiry.connect_expiring, ["Ida"], 2 * AHEAD_MS)
        await do(expiry.connect_as_same_user, "Ines", "Ida")
        expired = ExpectedClose([1008], ["token expired"])
        await do(expiry.closed_on_expiry, ["Ida"], expired, within_ms)
        await do(lifecycle.connected, ["Nora", "Ines"])

    return story


@pytest.mark.parametrize("service", [Strict, OnceOnly, NewestOnly])
def test_another_token_of_the_user_changes_nothing(right, testbed, service):
    right(service, one_user_twice(AMPLE_MS))
    told = any("one user connects once only here" in each for each in testbed.scenario.remarks)
    assert told == (service is not Strict)


def test_another_token_of_the_user_saves_no_session(wrong):
    wrong(RenewsByUser, one_user_twice(300), "^close of Ida after its token expired: .*still open")


def test_another_token_of_the_user_ends_no_session(wrong):
    wrong(EndsByUser, one_user_twice(AMPLE_MS), "open connections of Nora, Ines: measured 1 of 2")


class For24Days(Strict):
    """Counts milliseconds in 31 bits, as many a timer does."""

    def end_of(self, exp):
        return exp if exp - time.time() < 2**31 / 1000 else 0


class NobodyForDays(Strict):
    async def admit(self, client, token):
        claims = jwt.decode(shown(client), options={"verify_signature": False})
        return await super().admit(client, token and claims["exp"] < time.time() + 86_400)


async def for_days(do):
    await do(expiry.connect_for_days, "Nora", 60)
    await do(lifecycle.connected_after, ["Nora"], 300)


@pytest.mark.parametrize("service", [Strict, NobodyForDays])
def test_who_comes_for_days_stays_or_comes_for_less(right, testbed, service):
    right(service, for_days)
    refused = any("expires in 60 days is refused here" in each for each in testbed.scenario.remarks)
    assert refused == (service is NobodyForDays)


def test_who_comes_for_days_and_is_thrown_out_at_once_is_refuted(wrong):
    wrong(For24Days, for_days, r'open connections of Nora: .*closed with 1008 "token expired"')


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (
            Late,
            r"^close of Ida, whose token came in the query parameter, after its token expired: "
            r"measured \d+\.\d ms, allowed at most 300",
        ),
        (
            Early,
            r"^close of Ida, whose token came in the query parameter, after its token expired: "
            r"measured -\d+\.\d ms, allowed not before",
        ),
        (
            Never,
            r"^close of Ida after its token expired: measured nothing in \d+ ms \(1 x welcome; "
            r"still open; its token came in the query parameter; Lars, whose token came in the "
            r"Authorization header, was still open\)",
        ),
        (
            ForgetsHeaders,
            r"^close of Lars after its token expired: measured nothing in \d+ ms .*; its token "
            r"came in the Authorization header; Ida, whose token came in the query parameter, was "
            r'closed with 1008 "token expired" by the service\), allowed at most 300 ms',
        ),
        (
            EndsNormally,
            r'^end of Ida\'s connection: measured 1 x welcome; closed with 1000 "token expired" by '
            r"the service; its token came in the query parameter; Lars, whose token came in the "
            r"Authorization header, was closed with 1000",
        ),
        (EndsAll, r"^Nora got no tick any more: "),
    ],
)
def test_sessions_that_do_not(wrong, service, sentence):
    wrong(service, expiring(300), sentence)


def test_a_listener_that_was_not_served_until_the_end(wrong, monkeypatch):
    monkeypatch.setattr("qaws.behaviours.expiry.LAST_SECOND_MS", 200.0)
    wrong(FallsSilent, expiring(AMPLE_MS), r"^time without a tick before Lars was closed: measured")


# --- somebody sets the clock ----------------------------------------------------------------------


@pytest.fixture
def sets_the_clock(monkeypatch):
    """Return what sets the suite's wall clock forward by so many seconds, or back."""

    def by(step_s):
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + int(step_s * 1e9))

    return by


BY_HOURS = {3600: "forward by", -3600: "back by"}
NEARLY_AN_HOUR = r"3(599[5-9]|600[0-4])\d\d\.\d ms"  # the machine's own clock may be set as well


def set_meanwhile(sets_the_clock, grace, service, step_s):
    def meanwhile():
        sets_the_clock(step_s)
        grace(0.5)  # for a close that will not come

    return expiring(300 if service is Never else AMPLE_MS, meanwhile)


@pytest.mark.parametrize("step_s", BY_HOURS)
@pytest.mark.parametrize("service", [Strict, Never])
def test_where_the_clock_is_set_by_much_nothing_follows(
    scenario, grace, sets_the_clock, service, step_s
):
    said = rf"the wall clock was set {BY_HOURS[step_s]} {NEARLY_AN_HOUR} in the \d\.\d s since"
    with pytest.raises(Inconclusive, match=said):
        scenario(service, set_meanwhile(sets_the_clock, grace, service, step_s))


def test_a_close_that_came_early_by_less_than_the_clock_was_set_decides_nothing(
    scenario, grace, sets_the_clock
):
    with pytest.raises(Inconclusive, match=r"set back by \d+\.\d ms"):
        scenario(Strict, set_meanwhile(sets_the_clock, grace, Strict, -0.09))


def test_a_clock_that_was_put_right_wrongs_nobody(right, grace, sets_the_clock):
    right(Strict, set_meanwhile(sets_the_clock, grace, Strict, 0.02))


@pytest.mark.parametrize("step_s", [0.02, -0.02])
def test_a_clock_that_was_put_right_hides_no_session_without_an_end(
    wrong, grace, sets_the_clock, step_s
):
    story = set_meanwhile(sets_the_clock, grace, Never, step_s)
    wrong(Never, story, "^close of Ida after its token expired: measured nothing in")


@pytest.mark.parametrize("step_s", [0.02, -0.02])
def test_a_clock_that_was_put_right_hides_no_early_close(wrong, grace, sets_the_clock, step_s):
    story = set_meanwhile(sets_the_clock, grace, Early, step_s)
    wrong(Early, story, "after its token expired: measured -")


def test_where_the_clock_is_set_before_a_token_is_shown_again_nothing_follows(
    scenario, sets_the_clock
):
    story = expiring(AMPLE_MS, afterwards=lambda: sets_the_clock(-5))
    with pytest.raises(Inconclusive, match=r"the wall clock was set back by (49|50)\d\d\.\d ms"):
        scenario(Strict, story)


def test_what_lies_within_the_uncertainty_is_no_step(right, sets_the_clock):
    right(Strict, expiring(AMPLE_MS, meanwhile=lambda: sets_the_clock(0.0001)))

"""Sessions end with their tokens: not before, in time, and served until then."""

import time

import jwt
import pytest

from qaws.behaviours import closes, deliveries, lifecycle, publishing, tokens
from qaws.clients.endings import ExpectedClose
from tests.services.faulty import AMPLE_MS, NIFTY, subscribed
from tests.services.guarded import NO_TOKEN, Strict, shown


def expiring(within_ms):
    async def story(do):
        await subscribed(do, "Nora")
        await do(publishing.keep_publishing, NIFTY, 50)
        await do(tokens.connect_expiring, ["Ida", "Lars"], 500)
        await do(lifecycle.subscribe, ["Lars"], NIFTY)
        expired = ExpectedClose([1008], ["token expired"])
        await do(tokens.closed_on_expiry, ["Ida", "Lars"], expired, within_ms)
        await do(tokens.reconnect_with_token, ["Ida", "Lars"])
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


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Late, r"^close of Ida after its token expired: measured \d+\.\d ms, allowed at most 300"),
        (Early, r"^close of Ida after its token expired: measured -\d+\.\d ms, allowed not before"),
        (Never, r"^close of Ida after its token expired: measured nothing in \d+ ms"),
        (EndsNormally, r"^end of Ida's connection: measured .*closed with 1000"),
        (EndsAll, r"^Nora got no tick any more: "),
    ],
)
def test_sessions_that_do_not(wrong, service, sentence):
    wrong(service, expiring(300), sentence)


def test_a_listener_that_was_not_served_until_the_end(wrong, monkeypatch):
    monkeypatch.setattr("qaws.behaviours.tokens.LAST_SECOND_MS", 200.0)
    wrong(FallsSilent, expiring(AMPLE_MS), r"^time without a tick before Lars was closed: measured")

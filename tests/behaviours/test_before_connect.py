"""Where something is asked before a connection, a bad token may be refused there, or behind it."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from qaws.behaviours import browser, closes, lifecycle, rejections, tokens
from qaws.clients.endings import Refusal
from qaws.protocol.market import selection_of
from qaws.sut.before_connect_section import BeforeConnect
from qaws.sut.sections import Endpoint
from qaws.sut.service import Service
from qaws.verdict import Broken, NotVerified
from tests.services.guarded import NO_TOKEN
from tests.services.scripted import Ticker
from tests.services.ticketing import TicketOffice
from tests.waiting import HANG_S


def is_good(token):
    """Return whether a token has an expiry, which is all that these services ask of it."""
    return bool(token) and "exp" in jwt.decode(token, options={"verify_signature": False})


class Door(Ticker):
    """Lets in who shows the ticket of a good token."""

    lax = False

    async def admit(self, client, token):
        shown = parse_qs(urlsplit(client.connection.request.path).query).get("token", [""])[0]
        good = shown.startswith("ticket for ") and is_good(shown.removeprefix("ticket for "))
        if good or self.lax:
            return True
        await client.close(1008, "Authentication required")
        return False


class LaxDoor(Door):
    lax = True


class Office(TicketOffice):
    """Gives a ticket to who has a good token; `words` and `generous` are what may be wrong."""

    generous = False
    says_why = False

    def answer(self, question):
        token = question.headers.get("authorization", "").removeprefix("Bearer ")
        if self.generous or is_good(token):
            return 200, {}, json.dumps({"ticket": f"ticket for {token}"})
        return 401, {}, "no expiry" if token and self.says_why else "Authentication required"


class SaysSo(Office):
    """Refuses with a good status, and says so in the body; `code` is what it says."""

    code = 40101

    def answer(self, question):
        status, _, body = super().answer(question)
        if status == 200:
            return 200, {}, json.dumps({"code": 0, **json.loads(body)})
        return 200, {}, json.dumps({"code": self.code, "msg": body})


class Generous(Office):
    generous = True


class SaysWhy(Office):
    says_why = True


@pytest.fixture
def behind(testbed, tell):
    """Play a story against a service that wants a ticket of an office."""

    def play(office, door, story):
        kept = testbed.target
        with office() as tickets, door(testbed.broker.url) as running:
            step = BeforeConnect.model_validate(
                {
                    "url": tickets.url,
                    "headers": {"Authorization": "Bearer {token}"},
                    "take": {"ticket": "ticket"},
                    "show": "{ticket}",
                    "refused_when": {"code": {"is_not": [0, 42900]}},
                }
            )
            changed = {"endpoint": Endpoint(url=running.url), "before_connect": [step]}
            testbed.target = kept.model_copy(update=changed)
            testbed.begin_scenario()
            testbed.scenario.service = Service(testbed.target, {}, running.port, None)
            try:
                return tell(story)
            finally:
                testbed.target = kept

    return play


def test_a_page_sends_no_headers_and_is_not_verified_where_it_would_have_to(testbed):
    step = BeforeConnect.model_validate(
        {
            "url": "/ticket?key={token}",
            "take": {"sid": {"cookie": "sid"}},
            "connect_headers": {"X-Session": "{sid}"},
        }
    )
    kept = testbed.target
    testbed.target = kept.model_copy(update={"before_connect": [step]})
    try:
        with pytest.raises(NotVerified, match=r"connect_headers: no page in .* send X-Session$"):
            testbed.loop.call(browser.open_page(testbed, selection_of("NIFTY")), HANG_S)
    finally:
        testbed.target = kept


async def without_a_token(do):
    await do(tokens.connect_without_token, "Alice")
    await do(closes.refused, ["Alice"], NO_TOKEN)


async def forged(do):
    await do(tokens.connect_forged, "Mallory", "no expiry")
    await do(closes.refused, ["Mallory"], NO_TOKEN)
    await do(rejections.rejection_is_indistinguishable, "Mallory")
    await do(lifecycle.be_connected, ["Bob"])


@pytest.mark.parametrize("story", [without_a_token, forged])
@pytest.mark.parametrize("office", [Office, Generous])
def test_who_refuses_bad_tokens_at_either_place_keeps_the_requirement(behind, met, office, story):
    checks = met(lambda: behind(office, Door, story))
    seen = " ".join(check.measured for check in checks)
    assert ("HTTP 401 at POST http://127.0.0.1:" in seen) == (office is Office)


@pytest.mark.parametrize("story", [without_a_token, forged])
def test_a_refusal_in_the_body_is_one_though_its_status_is_good(behind, met, story):
    seen = " ".join(check.measured for check in met(lambda: behind(SaysSo, Door, story)))
    assert re.search(r"HTTP 200 at POST http://\S+, which refused_when takes for a refusal", seen)


def test_what_refused_when_does_not_name_breaks_the_run(behind):
    class SlowDown(SaysSo):
        code = 42900

    with pytest.raises(Broken, match=r"take\.ticket = .*it has code, msg; look at take\.ticket"):
        behind(SlowDown, Door, forged)


async def over_the_limit(do):
    await do(tokens.connect_without_token, "Alice")
    await do(closes.refused, ["Alice"], Refusal([503], None))


def test_a_refusal_of_the_person_is_none_for_another_reason(behind, refuted):
    refuted(
        lambda: behind(SaysSo, Door, over_the_limit),
        r"measured HTTP 200 at POST .*, allowed HTTP 503 in answer",
    )


@pytest.mark.parametrize(
    ("office", "door", "story", "sentence"),
    [
        (Generous, LaxDoor, forged, r"^refusal of Mallory: measured 1 x welcome; still open"),
        (Generous, LaxDoor, without_a_token, r"^refusal of Alice: measured 1 x welcome"),
        (
            Office,
            LaxDoor,
            without_a_token,
            r"^refusal of Alice's attempt that has asked for nothing before: measured 1 x welcome",
        ),
        (SaysWhy, Door, forged, r"^what Mallory was told: measured body: no expiry, allowed what"),
    ],
)
def test_who_refuses_them_at_neither_place_is_told_so(
    behind, refuted, office, door, story, sentence
):
    refuted(lambda: behind(office, door, story), sentence)

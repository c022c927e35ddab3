"""Tokens that are taken back: sound services, and those that keep a door open."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from qaws.behaviours import lifecycle, rejections, revocation, tokens
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.sut.revocation_section import Revocation
from qaws.verdict import Broken, NotVerified
from tests.services.faulty import subscribed
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

REFUSED = Refusal([401], ExpectedClose([1008], ["Authentication required"]))


@pytest.fixture
def listed(testbed, tmp_path, monkeypatch):
    """Have tokens revoked by a line in a file; return services that read it, and how well."""
    file = tmp_path / "revoked"

    class Reads(Ticker):
        ends = True

        def shown(self, client):
            request = client.connection.request
            bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
            query = parse_qs(urlsplit(request.path).query).get("token", [""])[0]
            return jwt.decode(query or bearer or "", options={"verify_signature": False})

        def revoked(self):
            return file.read_text().split() if file.exists() else []

        def is_good(self, client):
            return self.shown(client)["jti"] not in self.revoked()

        async def admit(self, client, token):
            return await super().admit(client, token and self.is_good(client))

        async def welcome(self, client):
            await super().welcome(client)
            if self.ends:
                client.watch = asyncio.create_task(self.watch(client))

        async def watch(self, client):
            async for _ in self.looks():
                if self.shown(client)["jti"] in self.revoked():
                    await self.end(client)
                    return

        async def looks(self):
            while True:
                await asyncio.sleep(0.02)
                yield

        async def end(self, client):
            await client.close(4001, "gone")

        async def left(self, client):
            await super().left(client)
            if self.ends:
                client.watch.cancel()

    class Ignores(Reads):
        def is_good(self, client):
            return True

    class NotInTheHeader(Reads):
        def is_good(self, client):
            return "Authorization" in client.connection.request.headers or super().is_good(client)

    class OfAll(Reads):
        def is_good(self, client):
            return not self.revoked()

    class Cuts(Reads):
        async def end(self, client):
            client.cut()

    class GoesOn(Reads):
        ends = False

    class OneSessionEach(Reads):
        seen: set[str]

        async def admit(self, client, token):
            self.seen = getattr(self, "seen", set())
            fresh = token and self.shown(client)["jti"] not in self.seen
            if fresh:
                self.seen.add(self.shown(client)["jti"])
            return await super().admit(client, fresh)

    class OneOfTwoWorkers(Reads):
        count = 0

        def is_good(self, client):
            self.count += 1
            return self.count % 2 == 0 or super().is_good(client)

    def declare(**section):
        target = testbed.target.model_copy(
            update={"revocation": Revocation(**{"file": str(file), **section})}
        )
        monkeypatch.setattr(testbed, "target", target)

    declare(sessions="end")
    kinds = (Reads, Ignores, NotInTheHeader, OfAll, Cuts, GoesOn, OneSessionEach, OneOfTwoWorkers)
    return {"declare": declare, **{kind.__name__: kind for kind in kinds}}


def revoking(within_ms):
    async def story(do):
        await do(revocation.connect_twice, ["Alice", "Bob"])
        await do(revocation.revoke, "Alice", within_ms)
        await do(revocation.refused_everywhere, "Alice", REFUSED)
        await do(rejections.rejection_is_indistinguishable, "Alice")
        await do(revocation.connect_once_more, "Bob")
        await do(tokens.admitted, "Bob", HANG_S * 1e3)
        await do(revocation.connect_with_another_token, "Alice")
        await do(tokens.admitted, "Alice", HANG_S * 1e3)

    return story


def with_sessions(within_ms):
    async def story(do):
        await subscribed(do, "Nora", "Lars")
        await do(revocation.revoke, "Lars", HANG_S * 1e3)
        await do(revocation.sessions_are_as_declared, "Lars", within_ms)
        await do(lifecycle.connected, ["Nora"])

    return story


def test_a_token_that_is_revoked_and_nobody_else_s(right, listed, testbed):
    done = right(listed["Reads"], revoking(HANG_S * 1e3))
    refused = [check for check in done if check.what == "refusal of Alice"]
    assert len(refused) == len(testbed.target.auth.token_locations) == 2


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        ("Ignores", "refusal of Alice: measured 1 x welcome.*in the query parameter"),
        ("NotInTheHeader", "refusal of Alice: .*in the query parameter|in the Authorization"),
        ("OneOfTwoWorkers", "refusal of Alice: measured 1 x welcome"),
        ("OfAll", "admission of Bob: measured nothing"),
    ],
)
def test_doors_that_stay_open_and_those_that_shut_on_others(wrong, listed, service, sentence):
    wrong(listed[service], revoking(300), sentence)


def test_sessions_that_end_and_those_that_go_on(right, listed):
    right(listed["Reads"], with_sessions(HANG_S * 1e3))
    listed["declare"](sessions="go on")
    right(listed["GoesOn"], with_sessions(300))


@pytest.mark.parametrize(
    ("service", "declared", "sentence"),
    [
        ("GoesOn", "end", "end of Lars's session after its token was revoked: measured nothing"),
        ("Cuts", "end", "end of Lars's session after its token was revoked: .*1006"),
        ("Reads", "go on", "Lars's session 1 s after its token was revoked: .*4001"),
    ],
)
def test_sessions_that_are_not_as_declared(wrong, listed, service, declared, sentence):
    listed["declare"](sessions=declared)
    wrong(listed[service], with_sessions(1000), sentence)


def test_what_a_target_does_not_say_is_not_verified(scenario, listed):
    listed["declare"]()
    with pytest.raises(NotVerified, match=r"\[revocation\] does not say what becomes"):
        scenario(listed["Reads"], with_sessions(300))


def test_a_token_that_opens_one_session_only_shows_nothing(scenario, listed):
    with pytest.raises(NotVerified, match=r"of Alice has opened one session and no second"):
        scenario(listed["OneSessionEach"], revoking(300))


def test_a_token_that_cannot_be_revoked_is_nobodys_fault(scenario, listed):
    listed["declare"](file="/no/such/folder/revoked")
    with pytest.raises(Broken, match=r"\[revocation\] file /no/such/folder/revoked: No such"):
        scenario(listed["Reads"], revoking(300))


def test_without_a_step_that_revokes_nothing_can_be_tried(scenario, listed):
    async def story(do):
        await subscribed(do, "Nora")
        await do(revocation.try_again, "Nora", 100)

    with pytest.raises(Broken, match="no token has been revoked in this scenario"):
        scenario(listed["Reads"], story)

"""Forged tokens at the door, and places that are given back."""

import asyncio
import re
import uuid
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import jwt
import pytest

from qaws.auth.near_misses import RECIPES
from qaws.auth.tokens import Tokens
from qaws.behaviours import closes, leaving, lifecycle, rejections, tokens
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.sut.sections import Auth, Endpoint
from qaws.sut.service import Service
from qaws.verdict import NotVerified, Refuted
from tests.services.faulty import AMPLE_MS, LATE, LATE_S, NIFTY, SOON_MS, connected
from tests.services.guarded import (
    NO_TOKEN,
    IgnoresUse,
    Strict,
    TakesTheFirstKey,
    TakesTheLastKey,
    TriesEveryKey,
    Verifies,
    shown,
)
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

OVERSIZED = Refusal([400, 401, 413, 414, 431], ExpectedClose([1008], ["Authentication required"]))


def forged(within_ms):
    async def story(do):
        await do(tokens.connect_forged, "Mallory", "no expiry")
        await do(closes.refused, ["Mallory"], NO_TOKEN)
        await do(rejections.rejection_is_indistinguishable, "Mallory")
        await do(lifecycle.connect, ["Alice"])
        await do(tokens.admitted, "Alice", within_ms)

    return story


class SaysWhy(Strict):
    async def refuse(self, client):
        why = "exp is missing" if shown(client) else "no token"
        await client.close(1008, f"Authentication required: {why}")


class HintsInAHeader(Ticker):
    """Refuses all by HTTP; a bad token is told apart from a missing one in a header alone."""

    def request(self, connection, request):
        answer = connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        hint = ' error="invalid_token"' if "token=" in request.path else ""
        answer.headers["WWW-Authenticate"] = f"Bearer{hint}"
        return answer


class HintsAtHeaders(Ticker):
    """Tells a bad token apart from a missing one where it comes in a header."""

    def request(self, connection, request):
        answer = connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        if "Authorization" in request.headers:
            answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return answer


class NumbersRefusals(Ticker):
    """Refuses all by HTTP: a fresh id in a header, in a cookie and in the body, and a count."""

    def error(self, request):
        return "Authentication required"

    def request(self, connection, request):
        number, fresh = next(self.numbers), uuid.uuid4()
        body = f'{{"error":"{self.error(request)}", "id":"{fresh}", "refused so far":{number}}}\n'
        answer = connection.respond(HTTPStatus.UNAUTHORIZED, body)
        answer.headers["X-Request-ID"] = str(fresh)
        answer.headers["Set-Cookie"] = f"sid={fresh.hex}; Path=/; HttpOnly"
        return answer


class HintsBesideAnId(NumbersRefusals):
    def error(self, request):
        return "expired" if "token=" in request.path else "Authentication required"


class IdsThatAreOftenAlike(NumbersRefusals):
    """Of two ids in a row one in two has the same letter, as behind two workers."""

    def request(self, connection, request):
        answer = super().request(connection, request)
        answer.headers["X-Worker"] = "aabbaaabbaab"[next(self.numbers) // 2 % 12]
        return answer


class LetsNobodyInAfterwards(Strict):
    async def admit(self, client, token):
        if not token:
            self.held.append("locked")
        if "locked" in self.held:
            await self.refuse(client)
            return False
        return await super().admit(client, token)


def test_a_forged_token_that_opens_nothing(right):
    right(Strict, forged(AMPLE_MS))


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Ticker, r"^refusal of Mallory: measured 1 x welcome; still open"),
        (
            SaysWhy,
            r"^what Mallory was told: measured .*exp is missing.*allowed what a client without"
            " a token is told",
        ),
        (
            HintsInAHeader,
            r'^what Mallory was told: measured www-authenticate: Bearer error="invalid_token", '
            r"allowed what a client without a token is told: www-authenticate: Bearer$",
        ),
        (
            HintsAtHeaders,
            r"^what Mallory's attempt by Authorization header was told: measured www-authenticate: "
            r'Bearer error="invalid_token", allowed .*: www-authenticate: nothing$',
        ),
        (HintsBesideAnId, r'^what Mallory was told: measured body: {"error":"expired", .*…'),
        (LetsNobodyInAfterwards, r"^admission of Alice: measured nothing"),
    ],
)
def test_a_forged_token_that_is_handled_wrongly(wrong, service, sentence):
    wrong(service, forged(SOON_MS), sentence)


HEADER_TOO = "refusal of Mallory's attempt by Authorization header: measured 1 x welcome"


class LooksAtAddressesOnly(Strict):
    """Lets in whoever shows something in the header."""

    async def admit(self, client, token):
        in_header = "Authorization" in client.connection.request.headers
        return in_header or await super().admit(client, token)


def test_a_forged_token_is_shown_in_each_place_where_tokens_are_taken(wrong):
    wrong(LooksAtAddressesOnly, forged(AMPLE_MS), HEADER_TOO)


def test_a_token_that_no_server_takes_in_a_header_is_shown_in_one_place_only(right):
    async def story(do):
        await do(tokens.connect_forged, "Mallory", "100 kB of garbage")
        await do(closes.refused, ["Mallory"], OVERSIZED)

    class LooksAtThePath(LooksAtAddressesOnly):
        def request(self, connection, request):
            if len(request.path) > 8192:
                return connection.respond(HTTPStatus.REQUEST_URI_TOO_LONG, "")
            return super().request(connection, request)

    right(LooksAtThePath, story)


@pytest.mark.parametrize("service", [NumbersRefusals, IdsThatAreOftenAlike])
def test_what_differs_by_itself_tells_nothing(right, service):
    async def story(do):
        for _ in range(5):
            await do(tokens.connect_forged, "Mallory", "no expiry")
            await do(closes.refused, ["Mallory"], NO_TOKEN)
            await do(rejections.rejection_is_indistinguishable, "Mallory")

    checks = right(service, story)
    masked = [check.measured for check in checks if check.what.startswith("what differs by itself")]
    assert re.search(r"set-cookie: sid=…; Path=/; HttpOnly; x-request-id: …", masked[-1])


class TellsExpiredApart(Strict):
    async def refuse(self, client):
        claims = (
            jwt.decode(shown(client), options={"verify_signature": False}) if shown(client) else {}
        )
        await client.close(1008, "Authentication required" + " (expired)" * ("exp" in claims))


def test_each_bad_token_is_compared_with_none_at_all(wrong):
    async def story(do):
        await do(tokens.connect_forged, "Mallory", "no expiry")
        await do(rejections.rejection_is_indistinguishable, "Mallory")
        await do(tokens.connect_forged, "Mallory", "expired an hour ago")
        await do(rejections.rejection_is_indistinguishable, "Mallory")

    wrong(
        TellsExpiredApart,
        story,
        r"^what Mallory was told: measured .*\(expired\).*without a token is",
    )


def test_where_a_refusal_takes_long_two_without_a_token_serve_all_rows(
    testbed, grace, tell, monkeypatch
):
    """What differs from theirs is held against more of them, as ever."""
    monkeypatch.setattr(rejections, "SLOW_S", 0.0)
    grace(HANG_S)

    def row_of(kind):
        async def row(do):
            await do(tokens.connect_forged, "Mallory", kind)
            await do(rejections.rejection_is_indistinguishable, "Mallory")

        return row

    def without_a_token():
        return sum(c.name == rejections.CONTROL for c in testbed.scenario.connections.all)

    with TellsExpiredApart(testbed.broker.url) as running:
        endpoint = Endpoint(url=running.url)
        target = testbed.target.model_copy(update={"endpoint": endpoint})
        service = Service(target, {}, running.port, None)
        for kind, expected in (("no expiry", 2), ("no expiry", 0), ("no expiry", 0)):
            testbed.begin_scenario()
            testbed.scenario.service = service
            tell(row_of(kind))
            assert without_a_token() == expected
            assert any("in an earlier row" in r for r in testbed.scenario.remarks) == (not expected)
        testbed.begin_scenario()
        testbed.scenario.service = service
        with pytest.raises(Refuted, match=r"^what Mallory was told: measured .*\(expired\)"):
            tell(row_of("expired an hour ago"))
        assert without_a_token() > 0


class Curious(Strict):
    async def refuse(self, client):
        if jku := (jwt.get_unverified_header(shown(client)) if shown(client) else {}).get("jku"):
            await asyncio.to_thread(lambda: urlopen(jku).read())
        await super().refuse(client)

    async def admit(self, client, token):
        await self.refuse(client)
        return False


def test_a_service_that_goes_where_the_token_points_to(wrong):
    async def story(do):
        await do(tokens.connect_forged, "Mallory", "its own key set at a jku URL")
        await do(rejections.rejection_is_indistinguishable, "Mallory")

    wrong(Curious, story, r"because Mallory's token pointed at it: measured /keys.json, allowed no")


# --- the key set ----------------------------------------------------------------------------------

OTHER_KEYS = ("the right key under another kid", "the set's key for encryption")


def signed(*kinds):
    async def story(do):
        for kind in kinds:
            await do(tokens.connect_forged, "Mallory", kind)
            await do(closes.refused, ["Mallory"], NO_TOKEN)
            await do(rejections.rejection_is_indistinguishable, "Mallory")
        await do(lifecycle.be_connected, ["Alice"])

    return story


@pytest.fixture
def with_key_set(testbed):
    """Give a service the suite's key set; nobody has been let in yet."""
    testbed.tokens.accepted = False
    return lambda service: type(service.__name__, (service,), {"key_set": testbed.tokens.jwks_file})


def test_the_right_key_of_the_set(right, with_key_set):
    right(with_key_set(Verifies), signed(*OTHER_KEYS))


@pytest.mark.parametrize("service", [TakesTheFirstKey, TakesTheLastKey])
def test_a_service_that_lets_nobody_in(wrong, with_key_set, service):
    wrong(
        with_key_set(service),
        signed(),
        r"^Alice has a valid token but was not welcomed: no message; closed with 1008 .*"
        r"; no valid token has been accepted yet; this one claimed sub 'qa-client-\d+', iat 3\d s"
        r" ago, exp \d+ s ahead, by the service's clock, which agrees with the suite's; in the key"
        r" set qaws-1 comes after another"
        r" signing key, an encryption key and an unknown kty: is the key chosen by kid\?$",
    )


@pytest.mark.parametrize(
    ("service", "kind"), [*zip([TriesEveryKey, IgnoresUse], OTHER_KEYS, strict=True)]
)
def test_a_key_of_the_set_that_is_not_the_one(wrong, right, with_key_set, service, kind):
    wrong(
        with_key_set(service),
        signed(kind),
        r"^refusal of Mallory: measured 1 x welcome; still open",
    )
    right(with_key_set(service), signed(*(each for each in OTHER_KEYS if each != kind)))


def test_the_key_set_is_not_to_blame_once_somebody_is_in(right, wrong, testbed, with_key_set):
    right(with_key_set(Verifies), signed(*OTHER_KEYS[:1]))
    wrong(
        with_key_set(TakesTheFirstKey),
        signed(),
        r"^Alice has a valid token but was not welcomed: no message; closed with 1008 [^;]*$",
    )


# --- places ---------------------------------------------------------------------------------------


class OnePlace(Ticker):
    async def admit(self, client, token):
        if self.clients:
            await client.close(1008, "max connections reached")
        return not self.clients


class SoonAgain(OnePlace):
    """Gives a place back a while after its client has left."""

    async def left(self, client):
        await asyncio.sleep(LATE_S)
        await super().left(client)


class NeverAgain(OnePlace):
    async def left(self, client):
        pass


def test_a_place_that_is_given_back_can_be_taken(right, wrong):
    def story(within_ms):
        async def given_back(do):
            await connected(do)
            await do(leaving.end_connection, "Alice", "a clean close")
            await do(tokens.keep_trying, "Zoe", "Alice")
            await do(tokens.admitted, "Zoe", within_ms)

        return given_back

    right(OnePlace, story(AMPLE_MS))
    right(SoonAgain, story(AMPLE_MS))
    late = rf"admission of Zoe after Alice left: measured {LATE}, allowed at most 400 ms"
    wrong(SoonAgain, story(SOON_MS), late)
    wrong(
        NeverAgain, story(SOON_MS), r"admission of Zoe after Alice left: measured nothing in \d+ ms"
    )


def test_who_comes_last_takes_no_place_that_is_given_back_late(right):
    async def story(do):
        await connected(do)
        await do(leaving.end_connection, "Alice", "a clean close")
        await do(tokens.take_place, "Zoe", "Alice")
        await do(lifecycle.connect, ["Yuri"])
        await do(tokens.admitted, "Zoe", AMPLE_MS)
        full = ExpectedClose([1008], ["max connections"])
        await do(closes.closed_by_service, ["Yuri"], full)

    right(SoonAgain, story)


KEYS = {"first-key-of-the-house", "second-key-of-the-house"}


class OfKeys(Ticker):
    """Lets in who shows one of its keys; `same` is what it takes for equal."""

    def same(self, text):
        return text

    async def admit(self, client, token):
        shown = parse_qs(urlsplit(client.connection.request.path).query).get("token", [""])[0]
        known = self.same(shown) in {self.same(key) for key in KEYS}
        return await super().admit(client, token and known)


class CutsKeys(OfKeys):
    def same(self, text):
        return text[:12]


class AnyCase(OfKeys):
    def same(self, text):
        return text.casefold()


class KnowsWhoHasComeBefore(OfKeys):
    """Keeps the keys that it has looked at by a part of them."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.seen = set()

    async def admit(self, client, token):
        shown = parse_qs(urlsplit(client.connection.request.path).query).get("token", [""])[0]
        if shown[:12] in self.seen:
            return True
        good = await super().admit(client, token)
        if good:
            self.seen.add(shown[:12])
        return good


def near_misses(kinds):
    async def story(do):
        for how in kinds:
            await do(tokens.connect_altered, "Mallory", how)
            await do(tokens.connect_unaltered, "Alice")
            await do(tokens.connect_altered_again, "Mallory", how)
            await do(closes.refused, ["Mallory"], NO_TOKEN)
            await do(tokens.admitted, "Alice", HANG_S * 1e3)

    return story


@pytest.fixture
def keyed(testbed, tmp_path, monkeypatch):
    file = tmp_path / "keys"
    file.write_text("\n".join(KEYS))
    auth = Auth(scheme="api-key", token_file=file)
    monkeypatch.setattr(testbed, "tokens", Tokens(auth, tmp_path))


@pytest.mark.usefixtures("keyed")
def test_a_key_that_is_nearly_right_opens_nothing(right):
    right(OfKeys, near_misses(RECIPES))


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(
    ("service", "how"),
    [
        (CutsKeys, "another last character"),
        (CutsKeys, "a character more"),
        (AnyCase, "capitals and small letters exchanged"),
    ],
)
def test_keys_that_are_compared_in_part(wrong, service, how):
    sentence = rf"refusal of Mallory: measured 1 x welcome.*altered: {how}"
    said = wrong(service, near_misses([how]), sentence)
    assert not [key for key in KEYS if key in said]


@pytest.mark.usefixtures("keyed")
def test_a_key_that_is_in_use_opens_nothing_for_one_that_is_nearly_it(wrong):
    sentence = r"refusal of Mallory's attempt once the token is in use: measured 1 x welcome"
    wrong(KnowsWhoHasComeBefore, near_misses(["a character more"]), sentence)


class TakesBasic(Ticker):
    """Lets in whoever has an Authorization header."""

    async def admit(self, client, token):
        shown = "Authorization" in client.connection.request.headers
        return await super().admit(client, token or shown)


def test_a_name_and_a_password_open_nothing(right, wrong):
    async def story(do):
        await do(tokens.connect_with_basic_credentials, "Bob")
        await do(closes.refused, ["Bob"], NO_TOKEN)

    right(Ticker, story)
    wrong(
        TakesBasic,
        story,
        r"refusal of Bob: measured 1 x welcome; still open, .*HTTP Basic credentials and no token",
    )


class OneClientAUser(Ticker):
    """Has one session of a user at a time."""

    async def admit(self, client, token):
        users = self.__dict__.setdefault("users", set())
        user = jwt.decode(shown(client), options={"verify_signature": False})["sub"]
        if user in users:
            await client.close(1008, "too many connections for this user")
            return False
        users.add(user)
        return await super().admit(client, token)


def test_a_service_that_lets_a_user_connect_once_shows_nothing_of_two(right, scenario):
    async def story(do):
        await do(tokens.share_a_user, ["Alice", "Bob"], NIFTY)
        await do(lifecycle.connected, ["Alice", "Bob"])

    right(Ticker, story)
    why = r"one user cannot connect twice here: .*1008 .*too many connections for this user"
    with pytest.raises(NotVerified, match=why):
        scenario(OneClientAUser, story)


class LooksUpWhatCameLast(Ticker):
    """Keeps the token of a handshake in one place while it looks it up."""

    last = False

    async def admit(self, client, token):
        self.last = token
        await asyncio.sleep(0.05)
        return await super().admit(client, self.last)


class LosesThoseWhoComeTogether(Ticker):
    async def admit(self, client, token):
        await asyncio.sleep(0.05)
        return await super().admit(client, token and len(self.clients) < 2)


async def comes_amid_others(do):
    await do(tokens.connect_amid_others, "Alice", ["client 1", "client 2", "client 3"])
    await do(closes.refused, ["Alice"], NO_TOKEN)


def test_who_comes_without_a_token_amid_others_is_refused(right, wrong):
    right(Ticker, comes_amid_others)
    wrong(LooksUpWhatCameLast, comes_amid_others, "refusal of Alice: measured 1 x welcome")


def test_those_amid_whom_it_comes_are_welcomed(wrong):
    wrong(LosesThoseWhoComeTogether, comes_amid_others, "client [123] has a valid token but was")


def test_where_nobody_can_mint_one_comes_amid_whom_it_comes(right, testbed, monkeypatch):
    """A service that lets one person in once is not held to let in five of one token."""
    lacks = testbed.target.capabilities - {"mint"}
    monkeypatch.setattr(type(testbed.target), "capabilities", property(lambda _: lacks))
    right(LosesThoseWhoComeTogether, comes_amid_others)
    assert any("one client came with a valid token" in r for r in testbed.scenario.remarks)

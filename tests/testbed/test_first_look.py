"""The first look: what ends a run, what is a remark, and the key that each line names."""

import contextlib
import re

import pytest

from qaws.auth.key_server import KeyServer
from qaws.clients.address import Untrusted
from qaws.sut.launch_sections import Launch
from qaws.sut.sections import Auth, Endpoint, Statistics
from qaws.sut.service import Service
from qaws.sut.target import Target
from qaws.testbed import first_look, look_ticks, look_words
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken
from tests.services import mismatched
from tests.services.scripted import Raw, Ticker, silent_port
from tests.waiting import HANG_S

EVERYTHING = ("inject", "statistics", "mint")
GIVEN_UP_S = (0.4, 2.0, 8.0)
"""How long what will not come is waited for, at the first try and at the next."""


@pytest.fixture(scope="module")
def testbed(tmp_path_factory):
    target = Target.model_validate(
        {
            "name": "scripted",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:1/ws/ticks"},
            "auth": {
                "generate_key": True,
                "issuer": "me",
                "token_locations": ["query parameter", "Authorization header"],
            },
            "feed": {"broker": "embedded"},
            "statistics": {"path": "/ws/stats"},
            "file": "mine.toml",
        }
    )
    made = Testbed(target, tmp_path_factory.mktemp("testbed"))
    yield made
    made.stop()


@pytest.fixture
def look(testbed, monkeypatch):
    """Look at a service that is at this address; the target may have other values."""

    def at(url, port, needs=EVERYTHING, within_s=HANG_S, last_s=0.2, whole=False, **changed):
        monkeypatch.setattr(look_words, "WITHIN_S", within_s)
        monkeypatch.setattr(look_ticks, "HEARD_WITHIN_S", within_s)
        monkeypatch.setattr(first_look, "LAST_S", last_s)
        monkeypatch.setattr(first_look, "WHOLE_S", 10 * HANG_S)
        kept = testbed.target
        target = kept.model_copy(update={"endpoint": Endpoint(url=url), **changed})
        testbed.target = target
        testbed.begin_scenario()
        testbed.scenario.service = Service(target, {}, port, None)
        try:
            return first_look.look(testbed, needs, whole=whole)
        finally:
            testbed.target = kept

    return at


@pytest.fixture
def ends(look, testbed):
    """Look at what must end a run, in words that match; return the line."""

    def ending(service, sentence, **changed):
        for within_s in GIVEN_UP_S:
            with service(testbed.broker.url) as running, pytest.raises(Broken) as caught:
                look(running.url, running.port, within_s=within_s, **changed)
            if re.search(sentence, said := str(caught.value)):
                break
        assert re.search(sentence, said), said
        assert said.startswith("mine.toml: ")
        assert "\n" not in said
        assert "eyJ" not in said
        return said

    return ending


@pytest.fixture
def remarks(look, testbed):
    """Look at what must not end a run; return the remarks once one matches."""

    def remarking(service, sentence, **changed):
        for within_s in GIVEN_UP_S:
            with service(testbed.broker.url) as running:
                found = look(running.url, running.port, within_s=within_s, **changed)
            if [each for each in found.remarks if re.search(sentence, each)]:
                break
        assert [each for each in found.remarks if re.search(sentence, each)], found
        return found.remarks

    return remarking


# --- a service that is what the target says ------------------------------------------------------


def test_of_a_sound_service_every_step_is_seen_and_nothing_is_remarked(look, testbed):
    with Ticker(testbed.broker.url) as running:
        found = look(running.url, running.port, whole=True)
    assert found.remarks == []
    assert [step.what for step in found.steps] == [
        "handshake, token as query parameter",
        "handshake, token as Authorization header",
        "welcome",
        "session id",
        "ping",
        "subscribe",
        "statistics",
        "option tick",
        "underlying bar",
        "unsubscribe",
    ]
    seen = {step.what: step.seen for step in found.steps}
    assert seen["statistics"] == "2 connections, 1 subscriptions"
    assert re.search(
        r"received after \d+\.\d ms, number \d+, with its due time", seen["option tick"]
    )


def test_where_no_scenario_needs_it_nothing_is_published_and_no_statistics_are_read(look, testbed):
    with Ticker(testbed.broker.url) as running:
        found = look(running.url, running.port, needs=("mint",))
        assert running.numbers.__reduce__()[1] == (2,), "one client, and one session id"
    assert [step.what for step in found.steps][-2:] == ["subscribe", "unsubscribe"]
    assert found.remarks == []
    assert testbed.ledger.ticks == []


# --- what ends a run -----------------------------------------------------------------------------

REFUSED = r"a good token was refused in every place that \[auth\] token_locations names: "


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (
            mismatched.SaysConnected,
            r"the first message has the type 'connected'; known are connection, error, .*"
            r"the service does not speak the dialect qa-ws, or \[endpoint\] heartbeats",
        ),
        (
            mismatched.LetsNobodyIn,
            REFUSED + "as query parameter: HTTP 403 with an empty body; as Authorization header: "
            r"HTTP 403 with an empty body; it claims iss 'me', .*nothing tells the service the key",
        ),
        (
            mismatched.LivesElsewhere,
            REFUSED + r'.*HTTP 404 with the body "no such page"; .*look at \[endpoint\] url',
        ),
        (
            mismatched.WantsEngineIO,
            REFUSED + r".*HTTP 403.*; look at \[endpoint\] url: a service that speaks Socket\.IO, "
            r"as this path says, wants \?EIO=4&transport=websocket there$",
        ),
        (
            mismatched.SpeaksSocketIO,
            r': what came is Socket\.IO, 0\{"sid":"9bAY",.*…; \[dialect\.encoding\] '
            r'texts = "socket\.io" and sent = "socket\.io" are missing \(docs/dialects\.md',
        ),
        (
            mismatched.ClosesAll,
            REFUSED
            + r"as query parameter: 1 x error; closed with 1008 \"Authentication required\"",
        ),
        (
            mismatched.Silent,
            r"does not speak the dialect qa-ws: a good token is let in, but welcome: none within .*"
            r"ping: no answer within .*; subscribe: no answer within .*; look at dialect",
        ),
        (
            mismatched.Deaf,
            r"does not speak the dialect qa-ws: behind its welcome ping: no answer within .*; "
            r"subscribe: no answer within",
        ),
        (
            mismatched.FirstMessageOpens,
            r'subscribe: answered by \{"status": "error", "code": "NOT_AUTHENTICATED"\}; look at',
        ),
        (
            mismatched.OtherChannel,
            r"no tick came to a client subscribed to instrument 256265, and the broker redis://\S+ "
            r"counted 0 listeners on ticker:options; there are listeners on 1 by pattern; "
            r"look at \[feed\] options_channel",
        ),
        (
            mismatched.BarsElsewhere,
            r"no tick came to a client subscribed to the NIFTY underlying, .* counted 0 listeners "
            r"on ticker:underlying; .*look at \[feed\] underlying_channel",
        ),
        (
            mismatched.NumbersItself,
            r"NIFTY was published with the number \d+ and received with 7001: the service writes "
            r'its own over .*: \[feed\] option_payload "\{sequence\}", and sequence of \[\[dialect',
        ),
    ],
)
def test_a_service_that_is_another_ends_the_run_in_one_line_with_the_key(ends, service, sentence):
    ends(service, sentence)


@pytest.mark.parametrize(
    ("auth", "keys"),
    [
        (
            {"generate_key": True, "algorithm": "HS256"},
            "issuer, audience, subject, algorithm, token_locations, header; {sec",
        ),
        ({"key_file": "key.pem"}, "subject, token_locations, header; key_file, k"),
    ],
)
def test_a_header_of_another_name_is_named_and_so_is_its_key(ends, testbed, auth, keys):
    own = {"issuer": "me", "token_locations": ["header"], "header": "X-Auth-Token"}
    told = Launch(command=["serve"], environment={"SECRET": "{secret}"}, ready_path="/ready")
    said = ends(
        mismatched.LetsNobodyIn,
        REFUSED + "as header X-Auth-Token: HTTP 403 with an empty body; ",
        auth=Auth.model_validate(auth | own),
        launch=told,
    )
    assert keys in said


def test_a_service_that_listens_to_another_broker_ends_the_run(ends):
    class Elsewhere(Ticker):
        def __init__(self, _url):
            super().__init__(None)

    ends(
        Elsewhere, r"nobody listens anywhere; look at \[feed\] broker, and how the service is told"
    )


def test_a_key_set_that_nobody_has_fetched_ends_the_run(ends, testbed, tmp_path, monkeypatch):
    with contextlib.closing(KeyServer(tmp_path, "/jwks.json")) as server:
        monkeypatch.setattr(testbed.tokens, "server", server)
        served = testbed.target.auth.model_copy(update={"key_set": "http"})
        ends(
            mismatched.LetsNobodyIn,
            r"nobody has fetched the key set at http://127\.0\.0\.1:\d+/jwks\.json: give the "
            r"service \{jwks_url\}, or look at \[auth\] key_set_port, key_set_path",
            auth=served,
        )
        server.fetched_ns.append(1)
        ends(mismatched.LetsNobodyIn, r"look at \[auth\] issuer, audience", auth=served)


@pytest.mark.parametrize(
    ("statistics", "sentence"),
    [
        ({"path": "/nowhere"}, r"/nowhere: no statistics there \(HTTPError: HTTP Error 404"),
        (
            {"path": "/ws/stats", "connections": "clients"},
            r'/ws/stats: \[statistics\] connections = "clients": the answer has '
            r'"active_connections", "total_subscriptions"$',
        ),
    ],
)
def test_statistics_that_are_not_there_end_the_run(ends, statistics, sentence):
    class NoPage(Ticker):
        def request(self, connection, request):
            if request.path == "/nowhere":
                return connection.respond(404, "")
            return super().request(connection, request)

    ends(NoPage, sentence, statistics=Statistics(**statistics))


def test_nobody_who_listens_is_said_with_the_key(look):
    with pytest.raises(Broken, match=r"mine\.toml: ws://127\.0\.0\.1:1/.*look at \[endpoint\] url"):
        look("ws://127.0.0.1:1/ws/ticks", 1)


def test_a_certificate_that_is_not_trusted_is_said_with_the_way_out(testbed):
    said = "wss://x/: the certificate has expired (certificate has expired); renew it"
    assert str(look_words.unreachable(testbed, Untrusted(said))) == f"mine.toml: {said}"


def test_tls_asked_of_a_plain_port_is_said_first(look, testbed):
    said = r"^mine\.toml: wss://127\.0\.0\.1:\d+/: .*no TLS: look at \[endpoint\] url"
    with Ticker(testbed.broker.url) as running, pytest.raises(Broken, match=said):
        look(f"wss://127.0.0.1:{running.port}/", running.port)


def test_a_port_that_never_answers_is_said_with_the_key(look, monkeypatch):
    monkeypatch.setattr("qaws.clients.connection.OPEN_ALLOWANCE_S", 0.3)
    server = silent_port()
    port = server.getsockname()[1]
    try:
        with pytest.raises(Broken, match=REFUSED + r".*was not answered in .*\[endpoint\] url"):
            look(f"ws://127.0.0.1:{port}/", port)
    finally:
        server.close()


def test_a_port_that_speaks_something_else_is_said_with_the_key(look):
    async def script(reader, writer):
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    with (
        Raw(script) as running,
        pytest.raises(Broken, match=REFUSED + r".*a handshake that failed.*\[endpoint\] url"),
    ):
        look(running.url, running.port)


# --- what the scenarios judge --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (mismatched.HelloFirst, r"^first message: .*hello"),
        (mismatched.HeaderOnly, r"^handshake, token as query parameter: no message; closed with 1"),
        (mismatched.NoWelcome, r"^welcome: none within"),
        (mismatched.OkForConnected, r"^welcome: .*connection: status"),
        (mismatched.ClosesAfterWelcome, r"^connection: 1 x welcome; closed with 1011"),
        (mismatched.NoPong, r"^ping: no answer within"),
        (mismatched.NoAck, r"^subscribe: no answer within"),
        (mismatched.DropsTicks, r"^option tick: not received within .* counted 1 who heard it"),
        (mismatched.Rounds, r"^option tick: received .* with bid 1 instead of \d+\.\d+$"),
        (
            mismatched.ForwardsWhatItKnows,
            r"^option tick: received .* without its number, without its due",
        ),
        (mismatched.SetsDueTimes, r"number \d+, with 17 over its due time \d+: latencies are unkn"),
    ],
)
def test_a_mistake_of_the_service_is_a_remark_and_ends_nothing(remarks, service, sentence):
    remarks(service, sentence)


@pytest.mark.parametrize("service", [mismatched.LateWelcome, mismatched.LateAnswers])
def test_a_service_that_is_only_slow_is_judged_by_its_scenarios(look, testbed, service):
    with service(testbed.broker.url) as running:
        found = look(running.url, running.port, within_s=0.05, last_s=HANG_S)
    assert found.remarks


def test_a_service_without_bars_is_judged_by_its_scenarios(remarks):
    said = r"^underlying bar: .*counted 0 listeners on ticker:underlying"
    remarks(mismatched.OptionsOnly, said)


def test_statistics_behind_credentials_that_the_target_has_not_are_withheld(look, testbed):
    with mismatched.AsksForCredentials(testbed.broker.url) as running:
        found = look(running.url, running.port)
        assert "HTTP Error 401" in found.withheld["statistics"]
        assert "neither headers nor token" in found.withheld["statistics"]
        given = Statistics(path="/ws/stats", headers={"X-Key": "sesame"})
        assert look(running.url, running.port, statistics=given).withheld == {}
        wrong = Statistics(path="/ws/stats", headers={"X-Other": "sesame"})
        found = look(running.url, running.port, statistics=wrong)
    assert found.withheld == {}
    assert [each for each in found.remarks if each.startswith("statistics: ")]

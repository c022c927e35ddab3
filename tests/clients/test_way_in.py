"""Clients that ask over HTTP before they connect: real sockets, and what their log says of it."""

import base64
import hmac
import json
import ssl

import pytest

from qaws.clients.address import Untrusted
from qaws.clients.connection import Connection
from qaws.clients.raw_connection import RawConnection
from qaws.clients.way_in import way_in
from qaws.protocol.dialect import QaWs
from qaws.report.transcript import transcript
from qaws.runtime.certificates import issue
from qaws.sut.target import Target
from qaws.verdict import Broken
from tests.services.scripted import Ticker, silent_port
from tests.services.ticketing import TicketOffice
from tests.waiting import HANG_S

GOOD = "good-token-of-alice"
SECRET = "hunter2-of-the-desk"


class Strict(Ticker):
    """Lets in who shows a ticket that was not shown before."""

    def __init__(self):
        super().__init__()
        self.shown = []

    async def admit(self, client, token):
        ticket = client.connection.request.path.partition("ticket=")[2]
        if ticket and ticket not in self.shown:
            self.shown.append(ticket)
            return True
        await client.close(1008, "Authentication required")
        return False


def target(url, **step):
    asks = {
        "url": url,
        "headers": {"Authorization": "Bearer {token}"},
        "take": {"ticket": "data.ticket"},
        "show": "{ticket}",
        "within_s": 1,
    }
    return Target.model_validate(
        {
            "name": "tickets",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:1/ws"},
            "auth": {"token_variable": "T", "query_parameter": "ticket"},
            "before_connect": {**asks, **step},
            "file": "mine.toml",
        }
    )


@pytest.fixture
def come(loop):
    """Let a client come to a service as its target has it; return its connection."""

    def coming(where, service_url, token=GOOD, kind=Connection, authority="", **named):
        async def story():
            client = kind("Alice", QaWs(), token=token, authority=authority)
            way = await way_in(client, where, service_url, "query parameter", **named)
            if way is None:
                return client
            opening = client.open if kind is Connection else client.connect
            await opening(way[0], way[1].items())
            await client.wait_for(lambda f: f.kind in ("text", "close", "end"), None, HANG_S)
            await client.close()
            return client

        return loop.call(story(), timeout_s=3 * HANG_S)

    return coming


def log_of(client):
    return [f"{f.direction} {f.text}" for f in client.log if f.kind == "step"]


@pytest.mark.parametrize("kind", [Connection, RawConnection])
def test_each_connection_has_a_ticket_of_its_own(come, kind):
    with TicketOffice() as office, Strict() as service:
        clients = [come(target(office.url), service.url, kind=kind) for _ in range(2)]
    assert all(client.is_welcomed for client in clients), clients[-1].summary()
    assert len(set(service.shown)) == 2
    assert log_of(clients[0]) == [
        f"→ POST {office.url}",
        "← the step is answered as it should be; taken: ticket",
    ]
    everything = " ".join(f.text for f in clients[0].log)
    assert GOOD not in everything
    assert not any(ticket in everything for ticket in service.shown)


def test_a_bad_token_is_refused_at_the_step_and_goes_no_further(come):
    with TicketOffice() as office, Strict() as service:
        client = come(target(office.url), service.url, token="bad-token-of-mallory")
    assert client.summary() == f"HTTP 401 at POST {office.url}"
    head = transcript(client, 0).splitlines()[0]
    assert head == f"Alice · session none · HTTP 401 at POST {office.url}"
    assert client.refusal.body == b"who are you?"
    assert client.refusal.headers["WWW-Authenticate"] == "Bearer"
    assert service.shown == []
    assert "← HTTP 401 Unauthorized: who are you?" in log_of(client)


def test_tickets_for_everybody_are_refused_at_the_handshake_if_at_all(come):
    class Generous(TicketOffice):
        def answer(self, question):
            return 200, {}, '{"data": {"ticket": "for-whoever-comes"}}'

    class Checks(Strict):
        async def admit(self, client, token):
            await client.close(1008, "Authentication required")
            return False

    with Generous() as office, Checks() as service:
        client = come(target(office.url), service.url, token="bad-token-of-mallory")
    assert client.ending.code == 1008
    with Generous() as office, Strict() as service:
        assert come(target(office.url), service.url, token="bad").is_welcomed


def test_without_a_token_the_step_is_asked_without_one_or_left_out(come):
    with TicketOffice() as office, Strict() as service:
        client = come(target(office.url), service.url, token=None)
        bare = come(target(office.url), service.url, token=None, bare=True)
    assert client.summary() == f"HTTP 401 at POST {office.url}"
    assert "authorization" not in office.questions[0].headers
    assert len(office.questions) == 1
    assert bare.ending.code == 1008
    assert log_of(bare) == []


class TwoDoors(TicketOffice):
    """Wants a sign-in, and then a signed request with what that gave; the ticket is the body."""

    def answer(self, question):
        if question.path == "/login":
            if question.headers.get("authorization") != f"Bearer {GOOD}":
                return 200, {}, json.dumps({"code": 40101, "msg": "who are you?"})
            return 200, {}, json.dumps({"code": 0, "data": {"access": "access-of-alice"}})
        at, shown = question.headers["x-time"], question.headers["x-sign"]
        said = f"{at}{question.method}{question.path}{question.body}".encode()
        made = hmac.digest(SECRET.encode(), said, "sha512")
        is_his = question.headers["x-access"] == "access-of-alice"
        if not is_his or shown != base64.b64encode(made).decode():
            return 403, {}, "a bad signature"
        return 200, {"Content-Type": "text/plain"}, f"ticket-{next(self._numbers):04}-single\n"


def two_doors(office, secret="{secret}"):
    where = office.url.removesuffix("/ticket")
    plain = target(office.url)
    login = {
        "url": f"{where}/login",
        "headers": {"Authorization": "Bearer {token}"},
        "refused_when": {"code": {"is_not": 0}},
        "take": {"access": "data.access"},
    }
    ticket = {
        "url": f"{where}/ticket?app=qa",
        "headers": {"X-Access": "{access}", "X-Time": "{now_iso}", "X-Sign": "{signature}"},
        "body": {"at": "{now_ms}"},
        "secrets": {"secret": "DESK_SECRET"},
        "sign": {
            "signature": {
                "over": "{now_iso}{method}{path}?{query}{body}",
                "key": secret,
                "hash": "sha512",
                "encoding": "base64",
            }
        },
        "take": {"ticket": {"body": True}},
        "show": "{ticket}",
    }
    given = plain.model_dump(exclude_none=True, exclude={"before_connect"})
    return Target.model_validate({**given, "before_connect": [login, ticket]})


def test_two_steps_of_which_the_second_is_signed_and_answered_with_a_text(come, monkeypatch):
    monkeypatch.setenv("DESK_SECRET", SECRET)
    with TwoDoors() as office, Strict() as service:
        client = come(two_doors(office), service.url)
        bad = come(two_doors(office), service.url, token="bad-token-of-mallory")
        wrong = come(two_doors(office, "{secret}x"), service.url)
    assert client.is_welcomed, client.summary()
    assert log_of(client)[0].startswith("→ step 1, POST http://127.0.0.1:")
    assert log_of(client)[1] == "← the step is answered as it should be; taken: access"
    assert log_of(client)[3] == "← the step is answered as it should be; taken: ticket"
    everything = " ".join(f.text for each in (client, bad, wrong) for f in each.log)
    for secret in (GOOD, SECRET, "access-of-alice", *service.shown):
        assert secret not in everything
    at = f"at step 1, POST {office.url.removesuffix('/ticket')}/login"
    assert bad.summary() == f"HTTP 200 {at}, which refused_when takes for a refusal"
    assert wrong.summary() == f"HTTP 403 at step 2, POST {office.url}"


def test_a_redirect_is_followed_by_nobody(come):
    class Moved(TicketOffice):
        def answer(self, question):
            return 307, {"Location": "http://127.0.0.1:9/elsewhere?t=1"}, ""

    with Moved() as office:
        client = come(target(office.url), "ws://127.0.0.1:1/ws")
    assert "HTTP 307, a redirect to http://127.0.0.1:9/elsewhere, which" in client.summary()
    assert len(office.questions) == 1


def test_who_cuts_or_says_nothing_has_answered_nobody(come):
    class Cuts(TicketOffice):
        def answer(self, question):
            return None

    with Cuts() as office:
        client = come(target(office.url), "ws://127.0.0.1:1/ws")
    assert f"POST {office.url}: the connection was cut" in client.summary()
    with silent_port() as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/ticket"
        client = come(target(url), "ws://127.0.0.1:1/ws")
    assert f"POST {url}: it was not answered in 1 s" in client.summary()


def test_nobody_there_breaks_the_run_unless_that_may_be(come):
    with silent_port() as taken:
        port = taken.getsockname()[1]
    where = target(f"http://127.0.0.1:{port}/ticket")
    with pytest.raises(Broken, match=r"^mine\.toml: \[before_connect\] POST .*: cannot connect: "):
        come(where, "ws://127.0.0.1:1/ws")
    assert "cannot connect" in come(where, "ws://127.0.0.1:1/ws", may_be_gone=True).summary()


def test_the_proxy_of_the_environment_is_not_for_this_machine(come, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with TicketOffice() as office, Strict() as service:
        assert come(target(office.url), service.url).is_welcomed


def test_over_tls_who_is_trusted_is_who_is_trusted_for_the_connection(come, tmp_path):
    made = issue(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    with TicketOffice(tls=context) as office, Strict() as service:
        client = come(target(office.url), service.url, authority=made.authority.read_text())
        assert client.is_welcomed
        with pytest.raises(Untrusted, match=r"^mine\.toml: POST https://127\.0\.0\.1:\d+/ticket: "):
            come(target(office.url), service.url)
    assert len(office.questions) == 1


def test_a_variable_of_a_secret_that_is_not_set_is_named(come, monkeypatch):
    where = target("/ticket", body={"key": "{key}"}, secrets={"key": "DESK_KEY"})
    with pytest.raises(Broken, match=r"^mine\.toml: .* secrets\.key = 'DESK_KEY': is not set"):
        come(where, "ws://127.0.0.1:1/ws")
    monkeypatch.setenv("DESK_KEY", "hunter2-of-the-desk")
    with TicketOffice() as office, Strict() as service:
        where = target(office.url, body={"key": "{key}"}, secrets={"key": "DESK_KEY"})
        assert come(where, service.url).is_welcomed
    assert json.loads(office.questions[0].body) == {"key": "hunter2-of-the-desk"}

"""The first look where something is asked before a connection: it is tried first, and named."""

import re

import pytest

from qaws.sut.sections import Auth, Endpoint
from qaws.sut.service import Service
from qaws.sut.target import Target
from qaws.testbed import first_look
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken
from tests.services.scripted import Ticker, silent_port
from tests.services.ticketing import TicketOffice


class Office(TicketOffice):
    """Gives a ticket to everybody."""

    def answer(self, question):
        return 201, {}, '{"data": {"ticket": "a-ticket-for-you"}}'


class Refuses(TicketOffice):
    def answer(self, question):
        return 401, {}, "unknown issuer"


class Nowhere(TicketOffice):
    def answer(self, question):
        return 404, {}, "no such page"


class Else(TicketOffice):
    def answer(self, question):
        return 200, {}, '{"code": 0, "ticket": "another-place-of-it"}'


@pytest.fixture(scope="module")
def testbed(tmp_path_factory):
    target = Target.model_validate(
        {
            "name": "scripted",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:1/ws/ticks"},
            "auth": {"generate_key": True, "issuer": "me"},
            "file": "mine.toml",
        }
    )
    made = Testbed(target, tmp_path_factory.mktemp("testbed"))
    yield made
    made.stop()


@pytest.fixture
def look(testbed, monkeypatch):
    """Look at a service for which a ticket is asked for at a URL."""

    def at(service, url, **further):
        kept = testbed.target
        step = {
            "url": url,
            "headers": {"Authorization": "Bearer {token}"},
            "take": {"ticket": "data.ticket"},
            "show": "{ticket}",
            **further,
        }
        target = Target.model_validate(
            {
                **kept.model_dump(exclude_none=True, exclude={"endpoint", "auth"}),
                "endpoint": Endpoint(url=service.url),
                "auth": Auth(generate_key=True, issuer="me"),
                "before_connect": step,
            }
        )
        testbed.target = target
        testbed.begin_scenario()
        testbed.scenario.service = Service(target, {}, service.port, None)
        try:
            return first_look.look(testbed, ())
        finally:
            testbed.target = kept

    return at


def test_the_step_is_tried_first_and_named(look):
    with Office() as office, Ticker() as service:
        found = look(service, office.url)
    first = found.steps[0]
    assert (first.what, first.fits) == ("before the connection", True)
    assert first.seen == (f"POST {office.url}: the step is answered as it should be; taken: ticket")
    assert found.remarks == []
    assert "a-ticket-for-you" not in str(found.as_dict())


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            Refuses,
            r"a good token got no further than to what is asked before a connection: HTTP 401 with "
            r'the body "unknown issuer" at POST http\S+; it claims iss \'me\'.*; look at '
            r"\[before_connect\] url, headers, body, form, status, and \[auth\]$",
        ),
        (Nowhere, r"HTTP 404 with .*; look at \[before_connect\] url, method, and \[auth\]$"),
        (Else, r'take\.ticket = member "data\.ticket": the answer has no such member; it has code'),
    ],
)
def test_a_step_that_does_not_work_ends_the_run_in_one_line(look, kind, said):
    with kind() as office, Ticker() as service, pytest.raises(Broken) as caught:
        look(service, office.url)
    line = str(caught.value)
    assert line.startswith("mine.toml: ")
    assert "\n" not in line
    assert re.search(said, line), line


SIGN = {
    "secrets": {"secret": "DESK_SECRET"},
    "sign": {"signature": {"over": "{now_ms}", "key": "{secret}"}},
    "headers": {"Authorization": "Bearer {token}", "X-Sign": "{signature}"},
}


def test_where_requests_are_signed_the_line_names_that_key_too(look, monkeypatch):
    monkeypatch.setenv("DESK_SECRET", "hunter2-of-the-desk")
    with Refuses() as office, Ticker() as service, pytest.raises(Broken) as caught:
        look(service, office.url, **SIGN)
    said = "look at [before_connect] url, headers, body, form, sign, status, and [auth]"
    assert str(caught.value).endswith(said)


def test_a_ticket_that_refused_when_takes_for_a_refusal_is_in_no_sentence(look):
    wrong = {"refused_when": {"data.ticket": {"absent": False}}}
    with Office() as office, Ticker() as service, pytest.raises(Broken) as caught:
        look(service, office.url, **wrong)
    line = str(caught.value)
    assert "a-ticket-for-you" not in line
    assert re.search(r"HTTP 201 with .* at POST http\S+, which refused_when takes for a ref", line)
    assert line.endswith("url, headers, body, form, refused_when, and [auth]")


def test_a_variable_that_is_not_set_is_named_before_anything_starts(testbed, tmp_path):
    step = {"url": "/ticket", "take": {"ticket": "t"}, "show": "{ticket}", **SIGN}
    given = testbed.target.model_dump(exclude_none=True, exclude={"auth", "endpoint"})
    kept = {"auth": testbed.target.auth, "endpoint": testbed.target.endpoint}
    target = Target.model_validate({**given, **kept, "before_connect": step})
    with pytest.raises(Broken) as caught:
        Testbed(target, tmp_path)
    said = "mine.toml: [before_connect] secrets.secret = 'DESK_SECRET': is not set; export "
    assert str(caught.value) == f"{said}DESK_SECRET=…"


def test_nobody_who_answers_the_step_is_said_with_its_key(look):
    with silent_port() as taken:
        port = taken.getsockname()[1]
    with Ticker() as service, pytest.raises(Broken) as caught:
        look(service, f"http://127.0.0.1:{port}/ticket")
    said = r"^mine\.toml: \[before_connect\] POST http\S+: cannot connect: .*running there\?$"
    assert re.search(said, str(caught.value))

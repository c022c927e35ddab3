"""Load clients that ask over HTTP before they connect: each gets a ticket of its own."""

import hmac
import socket
from contextlib import closing
from dataclasses import replace

import pytest

from qaws.load.before import Before
from qaws.load.churn.cycles import CyclesPlan, run_cycles
from qaws.load.churn.short_lived import Address
from qaws.load.churn.storm import StormPlan, run_storm
from qaws.load.plan import Group, SwarmPlan
from qaws.load.swarm import Swarm
from qaws.protocol.http_answer import Taken
from qaws.protocol.http_step import HttpStep
from qaws.protocol.signing import Signature
from qaws.verdict import Broken, Refuted
from tests.load_fixtures import NIFTY
from tests.services.scripted import Ticker
from tests.services.ticketing import TicketOffice
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("load_forks")


class Strict(Ticker):
    """Lets in who shows a ticket that was not shown before; a tick follows each subscription."""

    def __init__(self):
        super().__init__()
        self.shown = []

    async def admit(self, client, token):
        ticket = client.connection.request.path.partition("ticket=")[2]
        if ticket.startswith("ticket-") and ticket not in self.shown:
            self.shown.append(ticket)
            return True
        await client.close(1008, "Authentication required")
        return False


def step(office, **given):
    asks = {
        "file": "mine.toml",
        "method": "POST",
        "url": office.url,
        "headers": {"Authorization": "Bearer {token}"},
        "take": {"ticket": Taken("member", "data.ticket")},
        "show": "{ticket}",
    }
    return HttpStep(**{**asks, **given})


def plan(office, service, token="good", **given):
    groups = (Group("client", 3, NIFTY), Group.stopped("the slow one", 1, NIFTY))
    return SwarmPlan(
        service.url, groups, (token,), carrier="ticket", before=(step(office, **given),), at_once=2
    )


def test_fast_and_slow_clients_of_a_swarm_come_with_a_ticket_each(tmp_path):
    with TicketOffice() as office, Strict() as service:
        with closing(Swarm(tmp_path, workers=1)) as swarm:
            swarm.start(plan(office, service))
            until(lambda: len(service.clients) == 4)
        assert len(set(service.shown)) == 4


class TwoDoors(TicketOffice):
    """Wants a sign-in, which is refused with a good status, and then a signed request."""

    def answer(self, question):
        if question.path == "/login":
            is_good = question.headers.get("authorization") == "Bearer good"
            return 200, {}, '{"code": 0, "access": "a-1"}' if is_good else '{"code": 40101}'
        said = f"{question.headers['x-time']}POST/ticket".encode()
        good = hmac.digest(b"hunter2-of-the-desk", said, "sha256").hex()
        if question.headers["x-sign"] != good or question.headers["x-access"] != "a-1":
            return 403, {}, "a bad signature"
        return 200, {}, f"ticket-{next(self._numbers):04}"


def two_doors(office, secret="hunter2-of-the-desk"):
    where = office.url.removesuffix("/ticket")
    login = HttpStep(
        file="mine.toml",
        number=1,
        url=f"{where}/login",
        headers={"Authorization": "Bearer {token}"},
        refused_when=({"code": {"is_not": 0}},),
        take={"access": Taken("member", "access")},
    )
    ticket = HttpStep(
        file="mine.toml",
        number=2,
        url=office.url,
        headers={"X-Access": "{access}", "X-Time": "{now_ms}", "X-Sign": "{signature}"},
        sign={"signature": Signature(over="{now_ms}{method}{path}", key="{secret}")},
        secrets={"secret": secret},
        take={"ticket": Taken("body")},
        show="{ticket}",
    )
    return login, ticket


def test_load_clients_take_several_steps_and_sign(tmp_path):
    groups = (Group("client", 2, NIFTY), Group.stopped("the slow one", 1, NIFTY))
    with TwoDoors() as office, Strict() as service:
        asks = {"carrier": "ticket", "before": two_doors(office), "at_once": 2}
        with closing(Swarm(tmp_path, workers=1)) as swarm:
            swarm.start(SwarmPlan(service.url, groups, ("good",), **asks))
            until(lambda: len(service.clients) == 3)
        assert len(set(service.shown)) == 3
        with closing(Swarm(tmp_path, workers=1)) as swarm:
            said = r"was not let in: HTTP 200 at step 1, POST http://\S+, which refused_when takes"
            with pytest.raises(Refuted, match=said):
                swarm.start(SwarmPlan(service.url, groups, ("bad",), **asks))
        asks["before"] = two_doors(office, "another secret")
        said = r"was not let in: HTTP 403 at step 2, POST http"
        with closing(Swarm(tmp_path, workers=1)) as swarm, pytest.raises(Refuted, match=said):
            swarm.start(SwarmPlan(service.url, groups, ("good",), **asks))


def test_who_is_turned_away_is_refused(tmp_path):
    with (
        TicketOffice() as office,
        Strict() as service,
        closing(Swarm(tmp_path, workers=1)) as swarm,
    ):
        with pytest.raises(Refuted, match=r"was not let in: HTTP 401 at POST http://127"):
            swarm.start(plan(office, service, token="bad"))
        assert service.shown == []


def test_a_step_without_an_answer_is_named_with_the_time_that_it_had(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent, Strict() as service:
        office = TicketOffice(port=silent.getsockname()[1])
        said = rf"was not let in: POST {office.url}: it was not answered in 0\.3 s"
        with closing(Swarm(tmp_path, workers=1)) as swarm, pytest.raises(Refuted, match=said):
            swarm.start(plan(office, service, within_s=0.3))
        report = run_cycles(CyclesPlan(door(office, service, within_s=0.3), 1))
    assert f"POST {office.url}: it was not answered in 0.3 s" in report.failures[0]


def test_a_step_that_gives_nothing_is_broken(tmp_path):
    with (
        TicketOffice() as office,
        Strict() as service,
        closing(Swarm(tmp_path, workers=1)) as swarm,
    ):
        broken = {"take": {"ticket": Taken("member", "tickets")}}
        with pytest.raises(
            Broken, match=r'take\.ticket = member "tickets": the answer has no such'
        ):
            swarm.start(plan(office, service, **broken))


def door(office, service, tokens=("good",), **given):
    before = Before(
        (step(office, **given),), service.url, "query parameter", "ticket", tuple(tokens)
    )
    shown = [(f"{service.url}?ticket=none", {})]
    return replace(Address.of(shown, NIFTY), before=before)


def test_a_storm_has_its_tickets_before_it_begins():
    with TicketOffice() as office, Strict() as service:
        where = door(office, service)
        report = run_storm(StormPlan(where, 6, 0.5, resets=0, churn_per_s=0, churn_s=0))
        assert report.failures == []
        assert [a.end for a in report.attempts if a.welcomed_s is None] == []
        assert len(set(service.shown)) == len(report.attempts) == 6


def test_short_lived_clients_that_are_turned_away_say_where():
    with TicketOffice() as office, Strict() as service:
        report = run_cycles(CyclesPlan(door(office, service, ["bad"]), 2, at_once=1))
    assert report.done == 0
    assert "was answered with HTTP 401 at POST" in report.failures[0]
    assert service.shown == []

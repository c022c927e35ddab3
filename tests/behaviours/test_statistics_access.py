"""Who may read the statistics."""

from http import HTTPStatus

import pytest

from qaws.behaviours import statistics_access
from qaws.sut.sections import Statistics
from qaws.verdict import Broken
from tests.services.scripted import Ticker

KEY = "let-me-in"


@pytest.fixture(autouse=True)
def section(testbed, monkeypatch):
    section = Statistics(path="/ws/stats", headers={"X-Key": KEY})
    target = testbed.target.model_copy(update={"statistics": section})
    monkeypatch.setattr(testbed, "target", target)


class Private(Ticker):
    status, told = HTTPStatus.FORBIDDEN, '{"error": "forbidden"}'

    def request(self, connection, request):
        if request.path.startswith("/ws/stats") and request.headers.get("X-Key") != KEY:
            return connection.respond(self.status, self.told)
        return super().request(connection, request)


class Tells(Private):
    told = '{"active_connections": 3}'


class Hides(Private):
    status = HTTPStatus.NOT_FOUND


class TakesAnyToken(Private):
    def request(self, connection, request):
        if "token=" in request.path:
            return Ticker.request(self, connection, request)
        return super().request(connection, request)


def asking(shown):
    async def story(do):
        await do(statistics_access.ask_as_stranger, shown)
        await do(statistics_access.stranger_learned_nothing, [401, 403])
        await do(statistics_access.operator_reads)

    return story


KINDS = ["no credentials", "wrong credentials", "an expired token", "a forged token"]


@pytest.mark.parametrize("shown", KINDS)
def test_strangers_are_told_nothing(right, shown):
    right(Private, asking(shown))


@pytest.mark.parametrize(
    ("service", "shown", "sentence"),
    [
        (Ticker, "no credentials", "a stranger with no credentials who .*: measured HTTP 200"),
        (Tells, "wrong credentials", "told nevertheless: measured active_connections: "),
        (Hides, "no credentials", "measured HTTP 404, allowed HTTP 401 or 403"),
        (TakesAnyToken, "a forged token", "a stranger with a forged token .*: measured HTTP 200"),
    ],
)
def test_strangers_that_learn_something(wrong, service, shown, sentence):
    wrong(service, asking(shown), sentence)


def test_unknown_credentials_break(scenario):
    with pytest.raises(Broken, match='no credentials "a smile" of a stranger; known are no cred'):
        scenario(Private, asking("a smile"))

"""A foreign page is turned away wherever its token is shown."""

from http import HTTPStatus

from qaws.behaviours import closes, foreign_pages
from qaws.clients.endings import Refusal
from tests.services.scripted import Ticker

FORBIDDEN = Refusal([403], None)


async def comes_from_elsewhere(do):
    await do(foreign_pages.connect, "Mallory", "another site")
    await do(closes.refused, ["Mallory"], FORBIDDEN)


class LooksAtOrigins(Ticker):
    def request(self, connection, request):
        if "Origin" in request.headers and self.is_looked_at(request):
            return connection.respond(HTTPStatus.FORBIDDEN, "not from there")
        return super().request(connection, request)

    def is_looked_at(self, request):
        return True


class InTheAddressOnly(LooksAtOrigins):
    def is_looked_at(self, request):
        return "token=" in request.path


def test_a_foreign_page_may_be_turned_away_everywhere(right):
    right(LooksAtOrigins, comes_from_elsewhere)


def test_a_page_that_is_let_in_by_another_place_of_its_token_is_told(wrong):
    what = "refusal of Mallory's attempt by Authorization header: measured 1 x welcome"
    wrong(InTheAddressOnly, comes_from_elsewhere, what)

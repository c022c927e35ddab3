"""Addresses that are nearly the endpoint's."""

import pytest

from qaws.behaviours import near_addresses
from tests.services.scripted import Ticker

SENTENCE = (
    r"addresses at which Carol was let in without a token: measured Carol by an address with "
)


def path_of(client):
    return client.connection.request.path.partition("?")[0]


async def comes(do):
    await do(near_addresses.come_by_near_addresses, "Carol")
    await do(near_addresses.let_in_nowhere, "Carol")


class NobodyLives(Ticker):
    """Has one address and no other."""

    def request(self, connection, request):
        if request.path.partition("?")[0] != "/ws/ticks":
            return connection.respond(404, "not found\n")
        return super().request(connection, request)


@pytest.mark.parametrize("service", [Ticker, NobodyLives])
def test_nobody_is_let_in_however_it_is_turned_away(right, testbed, service):
    right(service, comes)
    came = testbed.scenario.connections.all
    assert len({each.url for each in came}) == len(near_addresses.NEAR) == len(came)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/ws/ticks/", "a slash behind it"),
        ("//ws/ticks", "two slashes before it"),
        ("/WS/TICKS", "capitals"),
        ("/./ws/ticks", "a dot as a further part"),
        ("/ws/ticks;v=1", "a parameter of its last part"),
        ("/ws/ticks.json", "a file's ending"),
        ("/ws%2Fticks", "a slash that is encoded"),
    ],
)
def test_an_address_that_nobody_guards_is_refuted(wrong, path, what):
    class Unguarded(Ticker):
        async def admit(self, client, token):
            return await super().admit(client, token or path_of(client) == path)

    wrong(Unguarded, comes, SENTENCE + what)

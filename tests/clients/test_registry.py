"""What the clients of a scenario do together."""

import time

from qaws.clients.connection import Connection
from qaws.clients.registry import IMPATIENCE_S, Goodbyes, Registry
from qaws.protocol.dialect import QaWs
from tests.services.scripted import Raw, handshake


def test_at_the_end_nobody_waits_for_a_service_that_answers_no_goodbye(loop):
    async def deaf(reader, writer):
        await handshake(reader, writer)
        await reader.read()

    async def story(url):
        for name in ("Alice", "Bob"):
            registry.all.append(Connection(name, QaWs()))
            await registry.all[-1].open(f"{url}?token=t", [])
        began = time.monotonic()
        assert not await registry.close(0.2)
        return time.monotonic() - began

    registry = Registry(QaWs())
    with Raw(deaf) as service:
        took_s = loop.call(story(service.url))
    assert 0.15 < took_s < 9, "by itself a client waits ten seconds"
    assert not any(each.is_open or each.ended_by_service for each in registry.all)
    loop.call(registry.close(0.2))


def test_where_nobody_has_come_nobody_need_leave(loop):
    assert loop.call(Registry(QaWs()).close())


def test_only_once_is_a_service_waited_for_long(loop):
    """A slow one that has answered so far is waited for each time."""
    waited = []

    class Connections(Registry):
        def __init__(self, answered):
            super().__init__(QaWs())
            self.answered = answered

        async def close(self, within_s=None):
            waited.append(within_s)
            return self.answered

    goodbyes = Goodbyes()
    for answered in (True, True, False, True, False):
        loop.call(goodbyes.say(Connections(answered)))
    patience_s = waited[0]
    assert waited == [patience_s, patience_s, patience_s, IMPATIENCE_S, IMPATIENCE_S]
    assert patience_s > 10 * IMPATIENCE_S

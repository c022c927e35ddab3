"""Malformed payloads are malformed, and a client that vanishes does so."""

import asyncio
import json

import pytest

from qaws.clients.connection import Connection
from qaws.protocol.contract import Contract
from qaws.protocol.dialect import QaWs
from qaws.protocol.malformed import PAYLOADS, payload
from qaws.verdict import Broken
from tests.services.scripted import Ticker


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_malformed_payload_is_no_tick_of_the_contract(name):
    _, data = payload(name)

    def refuse(constant):
        raise ValueError(constant)

    try:
        message = json.loads(data, parse_constant=refuse)
    except (ValueError, RecursionError):
        return
    assert Contract("qa-ws").violation(message)


def test_a_name_that_nobody_knows_is_named():
    with pytest.raises(Broken, match='no malformed payload "a song"; known are broken JSON'):
        payload("a song")


def test_a_client_that_vanishes_hears_nothing_and_is_cut_at_the_end(loop):
    async def story(url):
        connection = Connection("Alice", QaWs(), Contract("qa-ws"))
        await connection.open(f"{url}?token=t")
        assert await connection.wait_for(lambda f: f.kind == "text", None, 5)
        connection.vanish()
        seen = len(connection.log)
        await connection._socket.send(QaWs().ping())
        await asyncio.sleep(0.1)
        assert len(connection.log) == seen
        assert not connection.is_open
        await connection.close()
        await connection._socket.wait_closed()
        return connection

    with Ticker() as service:
        connection = loop.call(story(service.url), timeout_s=10)
    assert str(connection.ending) == "closed with 1006 without a reason by the client"
    assert not connection.was_lost

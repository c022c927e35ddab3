"""Malformed payloads are malformed."""

import json

import pytest

from qaws.protocol.contract import Contract
from qaws.protocol.malformed import PAYLOADS, payload
from qaws.verdict import Broken


@pytest.mark.parametrize("name", PAYLOADS.rows)
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

"""Which tick of several it is that has come, and whether the service has numbered it anew."""

import json

import pytest

from qaws.clients.frame_log import Frame
from qaws.oracle.ledger import Published
from qaws.testbed.look_ticks import _that_came


def published(number):
    text = json.dumps({"symbol": "NIFTY", "seq": number, "due_us": 1000 + number})
    return Published("NIFTY", number, "option_tick", 256265, number, text, number)


SENT = [published(1), published(2), published(3)]


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ({"symbol": "NIFTY", "seq": 1, "due_us": 1001}, 1),  # late: two more have been published
        ({"symbol": "NIFTY", "seq": 3, "due_us": 1003}, 3),
        ({"symbol": "NIFTY", "seq": 1, "due_us": 1003}, 3),  # the service counts for itself
        ({"symbol": "NIFTY", "seq": 2}, 2),
        ({"symbol": "NIFTY", "seq": 70}, 3),
        ({"symbol": "NIFTY"}, 3),
    ],
)
def test_a_tick_is_told_by_its_due_time_and_without_that_by_its_number(message, number):
    came = Frame(0, "←", "text", json.dumps(message), {"type": "option_tick", **message})
    assert _that_came(SENT, came).sequence == number

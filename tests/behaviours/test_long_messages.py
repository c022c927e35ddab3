"""Messages filled up with blanks say what they said, and each is owed an answer."""

import json
import time

import pytest

from qaws.behaviours import lifecycle, long_messages
from qaws.behaviours.long_messages import padded
from qaws.verdict import NotVerified
from tests.services.faulty import AMPLE_MS, SOON_MS
from tests.services.scripted import Ticker


class HearsTwo(Ticker):
    """Answers two pings, and no more."""

    heard = 0

    async def ping(self, client):
        self.heard += 1
        if self.heard <= 2:
            await super().ping(client)


def three_pings(within_ms):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(long_messages.send_pings, "Alice", 3, 60_000)
        await do(long_messages.pings_answered, "Alice", within_ms)

    return story


def test_long_messages_that_are_answered_are_right(right):
    found = right(Ticker, three_pings(AMPLE_MS))
    assert [each.what for each in found] == [
        f"answer to Alice's long ping message {number}, of 60,000 characters"
        for number in (1, 2, 3)
    ]


def test_one_that_is_not_answered_is_refuted(wrong):
    third = r"answer to Alice's long ping message 3, .*measured nothing in"
    wrong(HearsTwo, three_pings(SOON_MS), third)


def three_pings_at_a_pace(within_ms):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        began = time.monotonic()
        await do(long_messages.send_pings, "Alice", 3, 60_000, 150)
        assert time.monotonic() - began >= 0.3
        await do(long_messages.pings_answered, "Alice", within_ms)

    return story


def test_messages_at_a_pace_are_sent_when_they_are_due(right, wrong):
    assert len(right(Ticker, three_pings_at_a_pace(AMPLE_MS))) == 3
    wrong(HearsTwo, three_pings_at_a_pace(SOON_MS), r"answer to Alice's long ping message 3, ")


@pytest.mark.parametrize("text", ['{"action": "ping"}', '["ping", {}]', '{"note": "é"} '])
def test_a_filled_up_message_has_its_size_and_its_meaning(text):
    longer = padded(text, 60_000)
    assert len(longer.encode()) == 60_000
    assert json.loads(longer) == json.loads(text)


@pytest.mark.parametrize("text", ["PING", "1", '"ping"'])
def test_what_blanks_cannot_fill_is_not_verified(text):
    with pytest.raises(NotVerified, match="no JSON object or list"):
        padded(text, 60_000)

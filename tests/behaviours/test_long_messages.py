"""Messages filled up with blanks say what they said."""

import json

import pytest

from qaws.behaviours.long_messages import padded
from qaws.verdict import NotVerified


@pytest.mark.parametrize("text", ['{"action": "ping"}', '["ping", {}]', '{"note": "é"} '])
def test_a_filled_up_message_has_its_size_and_its_meaning(text):
    longer = padded(text, 60_000)
    assert len(longer.encode()) == 60_000
    assert json.loads(longer) == json.loads(text)


@pytest.mark.parametrize("text", ["PING", "1", '"ping"'])
def test_what_blanks_cannot_fill_is_not_verified(text):
    with pytest.raises(NotVerified, match="no JSON object or list"):
        padded(text, 60_000)

"""Answers to attacks: which words tell too much."""

import pytest

from qaws.behaviours.attack_responses import INTERNALS


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last)",
        'File "/srv/app/messages.py", line 84',
        "KeyError: 'action'",
        "<object at 0x7f3a1c2b3d4e>",
        "RecursionError",
    ],
)
def test_words_that_tell_how_a_service_is_made(text):
    assert INTERNALS.search(f"Invalid message format: {text}")


def test_words_that_only_help_the_client():
    for text in ("not JSON: JSON is malformed: invalid character (byte 22)", "nested too deeply"):
        assert not INTERNALS.search(f"Invalid message format: {text}")

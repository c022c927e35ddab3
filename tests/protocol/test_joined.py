"""Several JSON texts in one message are told from what is no JSON at all."""

import pytest

from qaws.protocol.joined import several_texts


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('{"a":1}\n{"b":2}', "2 JSON texts in one message, separated by a newline"),
        ('{"a":1}\n{"b":2}\n[3]\n', "3 JSON texts in one message, separated by a newline"),
        (b'{"a":1}{"b":2}', "2 JSON texts in one message, separated by nothing"),
        ('{"a":1}\x1e{"b":2}\x1e', "2 JSON texts in one message, separated by a record separator"),
        ('{"a":1}, {"b":2}', "2 JSON texts in one message, separated by a comma"),
        ('{"a":1} {"b":2}\t3', "3 JSON texts in one message, separated by blanks"),
    ],
)
def test_several(message, words):
    assert several_texts(message) == words


@pytest.mark.parametrize("message", ["", "{", '{"a":1}', '{"a":1}\n', '{"a":1}\n{', b"\xff", "["])
def test_something_else(message):
    assert several_texts(message) is None

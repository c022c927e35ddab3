"""Half a surrogate pair is JSON; whatever else is none stays none."""

import msgspec
import pytest

from qaws.load.subscriber.message import read_message
from qaws.protocol.surrogates import decoded


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'{"a": "\ud800"}', {"a": "\ufffd"}),
        (rb'{"\udc00": 1}', {"\ufffd": 1}),
        (rb'"\ud800\ud83d\ude00\ude00"', "\ufffd\U0001f600\ufffd"),
        (rb'"\\ud800 \ud800"', "\\ud800 \ufffd"),
        (rb'"\\\ud800"', "\\\ufffd"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
    ],
)
def test_half_a_pair_is_read(text, value):
    assert decoded(text) == value


@pytest.mark.parametrize("text", [rb'"\ud8"', rb'"\ud800', rb"\ud800", b"{", b"NaN", b'"\x01"'])
def test_what_is_no_json_stays_none(text):
    with pytest.raises(msgspec.DecodeError):
        decoded(text)


def test_under_load_too():
    assert read_message(rb'{"type": "error", "message": "no symbol \ud800"}').kind == "error"
    with pytest.raises(ValueError, match=r"invalid|malformed|truncated"):
        read_message(rb'{"type": "error", "message": "no symbol \ud8"}')

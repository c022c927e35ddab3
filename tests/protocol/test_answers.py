"""What a service answers, in words."""

from email.utils import formatdate

import pytest

from qaws.protocol.answers import as_http_1_1, in_words, known_cause, seconds_ahead


@pytest.mark.parametrize(
    ("status", "location", "words"),
    [
        (401, None, "HTTP 401"),
        (401, "/login", "HTTP 401"),
        (302, None, "HTTP 302"),
        (308, "/ws/ticks/?token=S", "HTTP 308, a redirect to /ws/ticks/, which no client follows"),
        (302, "https://a.example/#b", "HTTP 302, a redirect to https://a.example/, which no client "
         "follows"),
    ],
)  # fmt: skip
def test_a_redirect_says_where_to(status, location, words):
    assert in_words(status, location) == words


def test_a_date_tells_by_how_much_clocks_differ():
    ahead = seconds_ahead(formatdate(usegmt=True))
    assert ahead is not None
    assert abs(ahead) < 1.5
    long_ago = seconds_ahead("Fri, 27 Nov 2020 10:00:00 GMT")
    assert long_ago is not None
    assert long_ago < -86400
    assert seconds_ahead(None) is seconds_ahead("today") is None


@pytest.mark.parametrize(
    ("status", "body", "is_known"),
    [
        (403, b"", True),
        (403, None, True),
        (403, b" \r\n", True),
        (403, b"origin not allowed", False),
        (401, b"", False),
        (None, None, False),
    ],
)
def test_a_bare_403_is_explained(status, body, is_known):
    assert ("an application closes before it accepts" in known_cause(status, body)) is is_known


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (b"HTTP/1.0 400 Bad Request\r\n", b"HTTP/1.1 400 Bad Request\r\n"),
        (b"HTTP/1.1 400 Bad Request\r\n", b"HTTP/1.1 400 Bad Request\r\n"),
        (b"HTTP/1.0 101 Switching Protocols\r\n", b"HTTP/1.0 101 Switching Protocols\r\n"),
        (b"HTTP/0.9 400\r\n", b"HTTP/0.9 400\r\n"),
        (b"", b""),
    ],
)
def test_an_older_http_refuses_as_well_and_opens_nothing(answer, read):
    assert as_http_1_1(answer) == read

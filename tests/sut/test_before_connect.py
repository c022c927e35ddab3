"""`[before_connect]`: each mistake is one line that names file, key, value and the way out."""

import pytest

from qaws.protocol.http_step import Taken
from qaws.sut.target_file import read_target
from qaws.verdict import Broken

HEAD = """
name = "mine"
dialect = "qa-ws"
[endpoint]
url = "wss://ticks.example/ws"
[auth]
token_variable = "TOKEN"
"""
GOOD = """
[before_connect]
url = "/ticket"
headers = { Authorization = "Bearer {token}" }
take = { ticket = "data.ticket" }
show = "{ticket}"
"""


@pytest.fixture
def read(tmp_path):
    def reading(text, overrides=None, environment=None):
        file = tmp_path / "mine.toml"
        file.write_text(HEAD + text, encoding="utf-8")
        return read_target(file, overrides or {}, environment or {})

    return reading


def test_what_it_says_becomes_the_step(read, monkeypatch):
    monkeypatch.setenv("DESK_KEY", "s3cret")
    where = read(
        GOOD.replace('"data.ticket"', '"data.ticket", sid = { cookie = "session" }')
        + 'connect_headers = { X-Session = "{sid}" }\nsecrets = { key = "DESK_KEY" }\n'
        + "status = [201]\n"
    )
    step = where.step
    assert step.take == {
        "ticket": Taken("member", "data.ticket"),
        "sid": Taken("cookie", "session"),
    }
    assert (step.method, step.url, step.status) == ("POST", "/ticket", (201,))
    assert step.secrets == {"key": "s3cret"}


def test_without_the_table_there_is_no_step(read):
    assert read("").step is None


def test_it_is_overridden_like_any_other(read):
    where = read(GOOD, {"before_connect.status": "200 204"}, {"QAWS_BEFORE_CONNECT__URL": "/other"})
    assert (where.step.url, where.step.status) == ("/other", (200, 204))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"/ticket"',
            '"ticket"',
            "[before_connect] url = 'ticket': must be an address",
        ),
        ("url =", "uri =", "[before_connect] uri: unknown key; did you mean url?"),
        ('url = "/ticket"', "", "[before_connect] url is missing"),
        (
            "show =",
            'method = "PATCH"\nshow =',
            "[before_connect] method = 'PATCH': input",
        ),
        (
            "show =",
            'body = { a = 1 }\nform = { a = "1" }\nshow =',
            "[before_connect]: body and form do not go together; give one",
        ),
        (
            "show =",
            'method = "GET"\nbody = { a = 1 }\nshow =',
            "[before_connect]: a GET has no body or form; put it into url",
        ),
        (
            "Bearer {token}",
            "Bearer {tokn}",
            "headers: {tokn}: nothing is known of that name",
        ),
        (
            "Bearer {token}",
            "Bearer x",
            "{token} stands nowhere, so that the service would",
        ),
        ("Bearer {token}", "{ticket}", "headers: {ticket}: nothing is known of that name"),
        (
            'show = "{ticket}"',
            "",
            "take.ticket is used nowhere; put {ticket} into show",
        ),
        ("ticket = ", "Ticket = ", '"Ticket" cannot be the name of a value: small letters'),
        ("ticket = ", "url = ", '"url" cannot be the name of a value'),
        (
            "show =",
            'secrets = { ticket = "T" }\nshow =',
            '"ticket" is a name of secrets and of take; rename one',
        ),
        (
            '"data.ticket"',
            '{ header = "A", cookie = "b" }',
            "[before_connect] take.ticket: needs exactly one of member, header, cookie; it has",
        ),
        ('"data.ticket"', '"..x"', '[before_connect] take.ticket: "..x" is no path; write members'),
        (
            "show =",
            "status = [99]\nshow =",
            "[before_connect] status.0 = 99: input should",
        ),
        ("show =", "status = []\nshow =", "[before_connect] status = []: "),
        (
            "show =",
            "within_s = 0\nshow =",
            "[before_connect] within_s = 0: input should",
        ),
    ],
)
def test_each_mistake_is_said_in_one_line(read, tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(Broken) as caught:
        read(GOOD.replace(old, new))
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / 'mine.toml'}: ")
    assert "\n" not in line
    assert said in line

"""`[before_connect]`: each mistake is one line that names file, key, value and the way out."""

import pytest

from qaws.protocol.http_answer import Taken
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
    (step,) = where.steps
    assert step.take == {
        "ticket": Taken("member", "data.ticket"),
        "sid": Taken("cookie", "session"),
    }
    assert (step.method, step.url, step.status) == ("POST", "/ticket", (201,))
    assert step.secrets == {"key": "s3cret"}


def test_without_the_table_there_is_no_step(read):
    assert read("").steps == ()


def test_it_is_overridden_like_any_other(read):
    where = read(GOOD, {"before_connect.status": "200 204"}, {"QAWS_BEFORE_CONNECT__URL": "/other"})
    (step,) = where.steps
    assert (step.url, step.status) == ("/other", (200, 204))


STEPS = """
[[before_connect]]
url = "/login"
form = { user = "{user}", password = "{password}" }
refused_when = { code = { is_not = 0 } }
take = { access = "data.access" }

[[before_connect]]
url = "/ticket"
headers = { X-Access = "{access}", X-Time = "{now_ms}", X-Sign = "{signature}" }
secrets = { secret = "DESK_SECRET" }
take = { ticket = { body = true } }
show = "{ticket}"

[before_connect.sign.signature]
over = "{now_ms}{method}{path}{body}"
key = "{secret}"
hash = "sha512"
encoding = "base64"
"""


def test_a_list_of_tables_is_as_many_steps(read, monkeypatch):
    monkeypatch.setenv("DESK_SECRET", "s3cret")
    first, second = read(STEPS).steps
    assert (str(first), str(second)) == ("step 1, POST /login", "step 2, POST /ticket")
    assert first.refused_when == ({"code": {"is_not": 0}},)
    assert second.take == {"ticket": Taken("body")}
    assert second.sign["signature"].hash == "sha512"
    (alone,) = read(GOOD.replace("[before_connect]", "[[before_connect]]")).steps
    assert str(alone) == "POST /ticket"


def test_one_step_of_several_is_not_overridden_from_outside(read):
    with pytest.raises(Broken, match=r"^-D before_connect\.url=/x: there are 2 of \[\[before_conn"):
        read(STEPS, {"before_connect.url": "/x"})


def test_a_variable_that_is_not_set_is_named_with_its_step(read):
    said = r"\[before_connect\] step 2, secrets\.secret = 'DESK_SECRET': is not set; export DESK_S"
    with pytest.raises(Broken, match=said):
        _ = read(STEPS).steps


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"/login"', '"login"', "[before_connect] step 1, url = 'login': must be an address"),
        (
            "take = { t",
            "tke = { t",
            "[before_connect] step 2, tke: unknown key; did you mean take",
        ),
        ("{access}", "{acess}", "step 2, headers: {acess}: nothing is known of that name; known"),
        ('"{user}"', '"{ticket}"', "step 1, form: {ticket}: nothing is known of that name"),
        (
            "form =",
            'show = ""\nform =',
            "step 1, show: says how the client goes on; put it into the last step",
        ),
        ("{access}", "x", "step 1, take.access is used nowhere; put {access} into show"),
        ("access =", "ticket =", '"ticket" is the name of another value in an earlier step'),
        ('"{user}", password = "{password}"', '"me"', "{token} stands nowhere"),
        ("{signature}", "x", "step 2, sign.signature is used nowhere; put {signature} into"),
        ("over = ", "ovre = ", "sign.signature.ovre: unknown key; did you mean over?"),
        ('"sha512"', '"md5"', "sign.signature.hash = 'md5': input should be 'sha256', 'sha384' or"),
        ('"base64"', '"octal"', "sign.signature.encoding = 'octal': input should be 'hex', "),
        ('"base64"', '"raw"', 'step 2, sign.signature.encoding = "raw": is bytes, which only over'),
        ('"{secret}"', '"hunter2"', "step 2, sign.signature.key: is no place for a secret; export"),
        ('"{secret}"', '"{body}"', "step 2, sign.signature.key: {body}: nothing is known"),
        ("{path}", "{paht}", "step 2, sign.signature.over: {paht}: nothing is known"),
        ("sign.signature", "sign.now_ms", '"now_ms" cannot be the name of a value'),
        ('"/ticket"', '"/{signature}"', "url: {signature} stands before the ?; a signature goes"),
        ("{ is_not = 0 }", "{ isnt = 0, is_not = 1 }", "refused_when: \"code\" asks for {'isnt'"),
        ("body = true", "body = false", "take.ticket: needs exactly one of member, header, cookie"),
        (
            "{ body = true }",
            '{ member = "a", each = "b[*]" }',
            "take.ticket: each, match and member go together: give all three",
        ),
        ('url = "/login"', "", "step 1: url is missing, and there is no form where nothing is"),
    ],
)
def test_each_mistake_in_several_steps_names_its_step(read, tmp_path, old, new, said):
    assert old in STEPS
    with pytest.raises(Broken) as caught:
        read(STEPS.replace(old, new, 1))
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / 'mine.toml'}: [before_connect]")
    assert "\n" not in line
    assert "hunter2" not in line
    assert said in line


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"/ticket"',
            '"ticket"',
            "[before_connect] url = 'ticket': must be an address",
        ),
        ("url =", "uri =", "[before_connect] uri: unknown key; did you mean url?"),
        (
            'url = "/ticket"',
            "",
            "[before_connect]: url is missing, and there is no headers where nothing is asked",
        ),
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
            "take.ticket: needs exactly one of member, header, cookie, body = true; it has header",
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

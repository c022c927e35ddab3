"""First messages that are signed: what they say, and what a wrong one is called."""

import hmac
import json
import time

import pytest

from qaws.load.subscriber.conversation import Conversation
from qaws.protocol.market import Selection
from qaws.sut.spoken import dialect_of, spelling_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken, NotVerified
from tests.services.independent import ROOT

SOURCE = (ROOT / "tests/services/dialects/first_message.toml").read_text("utf-8")
SAY = '[[dialect.open]]\nsay = { action = "authenticate", api_key = "{token}" }\n'
SIGNED = """
[[dialect.open]]
say = { op = "auth", args = ["{user}", "{expires_ms}", "{signature}"], by = "{desk}" }
expires_in_s = 30

[dialect.open.sign.signature]
over = "GET/realtime{expires_ms}"
key = "{password}"
hash = "sha384"
"""
SECRET = "hunter2-of-the-desk"


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.setenv("DESK", "the-desk-that-asks")

    def reading(signed=SIGNED, secrets='secrets = { desk = "DESK" }\n'):
        assert SAY in SOURCE
        text = SOURCE.replace(SAY, signed).replace("[dialect]\n", f"[dialect]\n{secrets}")
        file = tmp_path / "mine.toml"
        file.write_text(text, "utf-8")
        return read_target(file, {}, {})

    return reading


def said(dialect, token):
    return [json.loads(each.text) for each in dialect.openings(token)]


def test_what_is_signed_with_a_tokens_password_is_said(read):
    target = read()
    for dialect in (dialect_of(target), spelling_of(target).compiled()):
        (message,) = said(dialect, f"key-of-ann:{SECRET}")
        user, expires, signature = message["args"]
        assert (user, message["by"]) == ("key-of-ann", "the-desk-that-asks")
        assert 28 < expires / 1000 - time.time() <= 30
        over = f"GET/realtime{expires}".encode()
        assert signature == hmac.digest(SECRET.encode(), over, "sha384").hex()


def test_a_load_client_signs_when_it_says_it_and_not_before(read):
    dialect = dialect_of(read())
    client = Conversation(dialect, Selection("symbols", symbols=("NIFTY",)), f"ann:{SECRET}")
    prepared_ms = time.time() * 1000
    time.sleep(0.02)
    (text,) = client.opened()
    assert json.loads(text)["args"][1] > prepared_ms + 30_000 + 10


def test_nobody_reads_what_is_signed_or_secret(read):
    (opening,) = dialect_of(read()).openings(f"key-of-ann:{SECRET}")
    signature = json.loads(opening.text)["args"][2]
    assert {*opening.hides} == {signature, "the-desk-that-asks"}


def test_without_a_token_nothing_is_said_that_is_signed_with_it(read):
    assert said(dialect_of(read()), None) == []
    only = SIGNED.replace("{user}", "the desk")
    assert said(dialect_of(read(only)), None) == []


def test_a_token_that_cannot_be_a_key_is_not_verified(read):
    dialect = dialect_of(read(f'{SIGNED}key_encoding = "hex"\n'))
    with pytest.raises(NotVerified, match=r"no hex: nobody could sign with it$"):
        dialect.openings("key-of-ann:zzz")
    dialect = dialect_of(
        read(f'{SIGNED}key_encoding = "hex"\n'.replace('key = "{password}"', 'key = "{desk}"'))
    )
    with pytest.raises(
        Broken, match=r"^\[dialect\.open\[0\]\] sign\.signature: .* no hex; look at"
    ):
        dialect.openings("key-of-ann:zzz")


def test_a_variable_that_is_not_set_is_named(read, monkeypatch):
    monkeypatch.delenv("DESK")
    with pytest.raises(Broken, match=r"mine\.toml: \[dialect\] secrets\.desk = 'DESK': is not set"):
        dialect_of(read())


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"{password}"', '"hunter2"', "[dialect] open[0].sign.signature.key: is no place for a"),
        ('"{password}"', '"{pasword}"', "open[0].sign.signature.key: {pasword}: nothing is known"),
        ('"sha384"', '"md5"', "[dialect.open[0].sign.signature] hash = 'md5': input should be"),
        ("over =", "ovre =", "[dialect.open[0].sign.signature] ovre: unknown key; did you mean o"),
        ("{signature}", "x", "open[0].sign.signature is used nowhere; put {signature} into say"),
        ("GET/realtime{expires_ms}", "{method}", "open[0].sign.signature.over: {method}: nothing"),
        ("sign.signature", "sign.now_ms", '"now_ms" cannot be the name of a value'),
        ("expires_in_s = 30", "expires_in_s = 0", "[dialect.open[0]] expires_in_s = 0: input"),
    ],
)
def test_each_mistake_is_said_in_one_line(read, old, new, what):
    assert old in SIGNED
    with pytest.raises(Broken) as caught:
        dialect_of(read(SIGNED.replace(old, new, 1)))
    line = str(caught.value)
    assert "mine.toml: [dialect" in line
    assert what in line
    assert "\n" not in line
    assert "hunter2" not in line


def test_a_first_message_that_nothing_of_a_token_goes_into_is_none(read):
    nobody = SIGNED.replace("{user}", "me").replace("{password}", "{desk}")
    with pytest.raises(Broken, match=r'has "first message", and the dialect first-message says no'):
        read(nobody)

# ruff: noqa: E501 (lines of target files)
"""Messages that are signed behind the first, and challenges: as venues have them, and mistakes."""

import base64
import hmac
import json
import time

import jwt
import pytest

from qaws.load.subscriber.conversation import Conversation
from qaws.load.subscriber.spelled import SpelledVerifier
from qaws.protocol.market import Selection, selection_of
from qaws.protocol.speech import CannotSign, concealed
from qaws.sut.spoken import dialect_of, spelling_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken, NotVerified
from tests.services.independent import ROOT
from tests.services.private_keys import ASKS, Unproven, new_keys, require_fresh_jwt, require_proof

SECRET = "7zxMEF5p/Z8l2p2U7Ghv6x14Af+Fx+92tPgUdVQ748FOIrEoT9bgT+bTRfXc5pz8na+hL/QdrCVG7bh9KpT0eMTm"
KEYS = new_keys()
TWO = Selection("symbols", symbols=("NIFTY", "BANKNIFTY"))

HEAD = """
name = "venue"
[market]
NIFTY = { symbol = "BTC-USD" }
BANKNIFTY = { symbol = "ETH-USD" }
[endpoint]
url = "ws://127.0.0.1:9"
[auth]
scheme = "api-key"
token_locations = ["first message"]
token_variable = "VENUE_PAIR"
[dialect]
name = "venue"
SECRETS
[dialect.ping]
say = { type = "ping" }
answer = [{ type = "pong" }]
[dialect.recognise]
welcome = [{ event = "info" }]
[[dialect.tick]]
kind = "option tick"
match = { type = "ticker" }
symbol = "product_id"
sequence = "n"
fields = { last_price = "price" }
"""

# docs.kraken.com: Derivatives WebSocket, authentication; its example is what is signed here
KRAKEN_FUTURES = """
[[dialect.open]]
say = { event = "challenge", api_key = "{user}" }
[[dialect.open]]
after = { event = "challenge" }
take = { challenge = "message" }
[dialect.subscribe]
symbols = { event = "subscribe", feed = "fills", product_ids = { each = "items", is = "{symbol}" }, api_key = "{user}", original_challenge = "{challenge}", signed_challenge = "{signed}" }
ack = [{ event = "subscribed" }]
[dialect.subscribe.sign.digest]
over = "{challenge}"
encoding = "raw"
[dialect.subscribe.sign.signed]
over = "{digest}"
key = "{password}"
key_encoding = "base64"
hash = "sha512"
encoding = "base64"
[dialect.unsubscribe]
symbols = { event = "unsubscribe" }
ack = [{ event = "unsubscribed" }]
"""

# Timestamp, channel and products, as Advanced Trade had it before its JWTs
COINBASE = """
[dialect.subscribe]
symbols = { type = "subscribe", channel = "ticker", product_ids = { each = "items", is = "{symbol}" }, api_key = "{user}", timestamp = "{now_s:text}", signature = "{signature}" }
sign = { signature = { over = ["{now_s}ticker", { each = "items", is = "{symbol}", with = "," }], key = "{password}" } }
ack = [{ channel = "subscriptions" }]
[dialect.unsubscribe]
symbols = { type = "unsubscribe", timestamp = "{now_s:text}", signature = "{signature}" }
sign = { signature = { over = "{now_s}ticker", key = "{password}" } }
ack = [{ channel = "unsubscriptions" }]
"""

# docs.cdp.coinbase.com: Advanced Trade WebSocket, authentication; a JWT is good for two minutes
ADVANCED = """
[dialect.subscribe]
symbols = { type = "subscribe", channel = "ticker", product_ids = { each = "items", is = "{symbol}" }, jwt = "{jwt}" }
expires_in_s = 120
ack = [{ channel = "subscriptions" }]
[dialect.subscribe.sign.jwt]
header = { kid = "{user}", nonce = "{nonce}" }
claims = { iss = "cdp", sub = "{user}", nbf = "{now_s}", exp = "{expires_s}" }
key = "{key}"
algorithm = "ecdsa"
[dialect.unsubscribe]
symbols = { type = "unsubscribe" }
ack = [{ channel = "unsubscriptions" }]
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)

    def reading(venue, secrets=""):
        file = tmp_path / "venue.toml"
        file.write_text(HEAD.replace("SECRETS", secrets) + venue, "utf-8")
        return read_target(file, {}, {})

    return reading


def connected(dialect, token, hears=None):
    """Return a connection's dialect with its session open, and what it has said."""
    mine, said = dialect.for_connection(), []
    for opening in mine.openings(token):
        if opening.after is not None:
            [told] = mine.read(json.dumps(hears).encode())
            assert told.message["number"] == opening.after
            mine.remember(told.message["taken"])
        said += [opening.text] if opening.text else []
    return mine, said


def test_a_challenge_is_signed_into_each_subscription_as_kraken_futures_has_published_it(read):
    challenge = "c100b894-1729-464d-ace1-52dbce11db42"
    dialect, said = connected(
        dialect_of(read(KRAKEN_FUTURES)),
        f"key-of-ann:{SECRET}",
        {"event": "challenge", "message": challenge},
    )
    assert [json.loads(each) for each in said] == [{"event": "challenge", "api_key": "key-of-ann"}]
    [request] = dialect.subscribing(TWO)
    signed = (
        "4JEpF3ix66GA2B+ooK128Ift4XQVtc137N9yeg4Kqsn9PI0Kpzbysl9M1IeCEdjg0zl00wkVqcsnG4bmnlMb3A=="
    )
    assert json.loads(request) == {
        "event": "subscribe",
        "feed": "fills",
        "product_ids": ["BTC-USD", "ETH-USD"],
        "api_key": "key-of-ann",
        "original_challenge": challenge,
        "signed_challenge": signed,
    }
    assert signed not in concealed(request)
    assert "original_challenge" in concealed(request)


def test_each_connection_has_a_challenge_of_its_own(read):
    dialect = dialect_of(read(KRAKEN_FUTURES))
    said = []
    for challenge in ("one", "two"):
        mine, _ = connected(dialect, f"ann:{SECRET}", {"event": "challenge", "message": challenge})
        said.append(mine)
    wishes = [json.loads(mine.subscribing(TWO)[0])["original_challenge"] for mine in said]
    assert wishes == ["one", "two"]
    with pytest.raises(NotVerified, match="signed by each client for itself"):
        dialect.subscribing(TWO)


def test_load_answers_the_challenge_and_waits_for_it_with_its_wish(read):
    spelling = spelling_of(read(KRAKEN_FUTURES))
    verifier = SpelledVerifier(spelling)
    client = Conversation(verifier.dialect, TWO, f"ann:{SECRET}")
    assert [json.loads(each)["event"] for each in client.opened()] == ["challenge"]
    assert client.heard(verifier.read(b'{"event":"info"}')) == []
    assert not client.is_welcome
    client.heard(verifier.read(b'{"event":"challenge","message":"once"}'))
    assert client.is_welcome
    [wish] = client.wishes()
    assert json.loads(wish)["original_challenge"] == "once"
    client.heard(verifier.read(b'{"event":"subscribed"}'))
    assert client.is_acknowledged


def test_each_subscription_is_signed_over_its_time_channel_and_products(read):
    dialect, said = connected(dialect_of(read(COINBASE)), f"ann:{SECRET}")
    assert said == []
    [request] = dialect.subscribing(TWO)
    message = json.loads(request)
    over = f"{message['timestamp']}tickerBTC-USD,ETH-USD".encode()
    assert message["signature"] == hmac.digest(SECRET.encode(), over, "sha256").hex()
    assert abs(int(message["timestamp"]) - time.time()) < 5
    [request] = dialect.unsubscribing(TWO)
    message = json.loads(request)
    over = f"{message['timestamp']}ticker".encode()
    assert message["signature"] == hmac.digest(SECRET.encode(), over, "sha256").hex()


def test_another_secret_signs_otherwise(read):
    dialect = dialect_of(read(COINBASE))
    texts = {
        json.loads(connected(dialect, f"ann:{each}")[0].subscribing(TWO)[0])["signature"]
        for each in (SECRET, SECRET[:-1] + "n")
    }
    assert len(texts) == 2


def test_each_subscription_has_a_jwt_of_its_own(read):
    dialect, _ = connected(dialect_of(read(ADVANCED, f'secrets = {{ key = "{ASKS}" }}')), "ann:x")
    tokens = [json.loads(dialect.subscribing(TWO)[0])["jwt"] for _ in range(2)]
    public = KEYS[f"{ASKS}_PUBLIC"]
    for token in tokens:
        claims = jwt.decode(token, public, algorithms=["ES256"])
        assert claims["exp"] - claims["nbf"] == 120
        assert (claims["iss"], claims["sub"]) == ("cdp", "ann")
    nonces = {jwt.get_unverified_header(each)["nonce"] for each in tokens}
    assert len(nonces) == 2
    assert {jwt.get_unverified_header(each)["kid"] for each in tokens} == {"ann"}


def test_a_load_client_signs_its_wish_when_it_says_it(read):
    dialect = dialect_of(read(ADVANCED.replace("{now_s}", "{now_ms}"), f'secrets.key = "{ASKS}"'))
    client = Conversation(dialect, TWO, "ann:x")
    prepared_ms = time.time() * 1000
    time.sleep(0.02)
    client.opened()
    [wish] = client.wishes()
    token = json.loads(wish)["jwt"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert claims["nbf"] > prepared_ms + 10


def test_a_key_comes_from_a_file(read, tmp_path):
    file = tmp_path / "desk.pem"
    file.write_text(KEYS[ASKS])
    target = read(ADVANCED, f'secret_files = {{ key = "{file}" }}')
    for dialect in (dialect_of(target), spelling_of(target).compiled()):
        mine, _ = connected(dialect, "ann:x")
        assert "jwt" in json.loads(mine.subscribing(TWO)[0])
    file.unlink()
    with pytest.raises(Broken, match=r"venue\.toml: \[dialect\] secret_files\.key = .* No such f"):
        dialect_of(target)


def test_a_secret_that_is_no_key_breaks_the_run_in_a_line_that_does_not_show_it(read, monkeypatch):
    monkeypatch.setenv(ASKS, "hunter2-of-the-desk")
    dialect, _ = connected(dialect_of(read(ADVANCED, f'secrets.key = "{ASKS}"')), "ann:x")
    with pytest.raises(CannotSign, match=r"^\[dialect\.subscribe\.symbols\] sign\.jwt: .* no PEM"):
        dialect.subscribing(selection_of("NIFTY"))


def test_an_answer_is_signed_over_what_it_answers(read):
    answers = """
[[dialect.answers]]
to = { type = "prove" }
take = { what = "text" }
say = { type = "proof", of = "{what}", by = "{sealed}" }
sign = { sealed = { over = "{what}", key = "{key}", algorithm = "rsa-pkcs1v15" } }
"""
    text = COINBASE + answers
    dialect = dialect_of(read(text, 'secrets.key = "DESK_LEAVES"'))
    [said] = dialect.read(b'{"type":"prove","text":"me"}')
    assert said.answer is not None
    message = json.loads(said.answer)
    assert message["of"] == "me"
    assert len(message["by"]) == 512
    assert message["by"] not in concealed(said.answer)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('after = { event = "challenge" }\n', "", "[dialect.open] 1: after is missing: the m"),
        ('take = { challenge = "message" }', "", "[dialect.open] 1: needs say, or take"),
        ('{ challenge = "message" }', '{ chalenge = "message" }', "{challenge}: nothing is known"),
        ('{ challenge = "message" }', '{ now_ms = "message" }', '"now_ms" cannot be the name'),
        ('over = "{challenge}"', 'over = "{pasword}"', "subscribe.sign.digest.over: {pasword}:"),
        (
            'over = "{challenge}"',
            'claims = {}\nover = "x"',
            "needs over, which is signed, or claims",
        ),
        ('key = "{password}"', 'key = "hunter2"', "sign.signed.key: is no place for a secret"),
        ('key = "{password}"', 'algorithm = "ed25519"', "key is missing, and ed25519 needs one"),
        (
            '"base64"\nhash',
            '"base64"\nalgorithm = "ed25519"\nhash',
            "ed25519 has a hash of its own",
        ),
        ('hash = "sha512"', 'algorithm = "rsa"', "algorithm = 'rsa': input should be 'hmac', 'ed2"),
        ('hash = "sha512"', "header = { a = 1 }", "header is that of a JWT, which has claims"),
        ('signed_challenge = "{signed}"', "x = 1", "subscribe.sign.digest is used nowhere; put"),
        ('say = { event = "challenge"', 'tke = 1\nsay = { event = "challenge"', "tke: unknown key"),
    ],
)
def test_each_mistake_is_said_in_one_line(read, old, new, what):
    assert old in KRAKEN_FUTURES
    with pytest.raises(Broken) as caught:
        dialect_of(read(KRAKEN_FUTURES.replace(old, new, 1)))
    line = str(caught.value)
    assert "venue.toml: [dialect" in line
    assert what in line
    assert "\n" not in line
    assert "hunter2" not in line


def test_items_are_signed_only_where_there_are_some(read):
    over = 'over = ["a", { each = "items", is = "{id}" }]'
    opening = f"""
[[dialect.open]]
say = {{ s = "{{s}}" }}
sign = {{ s = {{ {over}, key = "{{password}}" }} }}
"""
    with pytest.raises(Broken, match=r'open\[0\]\.sign\.s: has each = "items", and only subscribe'):
        dialect_of(read(opening + COINBASE))


def test_the_desks_service_takes_nothing_that_is_not_signed_as_it_should_be(monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    target = read_target(ROOT / "tests/services/dialects/challenged.toml", {}, {})
    hears = {"type": "challenge", "challenge": "c1"}
    dialect, [said] = connected(dialect_of(target), "a.b.c", hears)
    proof = json.loads(said)["proof"]
    require_proof("a.b.c", "c1", proof)
    for token, challenge, shown in (
        ("a.b.d", "c1", proof),
        ("a.b.c", "c2", proof),
        ("a.b.c", "c1", "A" + proof[1:] if proof[0] != "A" else "B" + proof[1:]),
        ("a.b.c", "c1", proof.rstrip("=")),
        ("a.b.c", "c1", None),
    ):
        with pytest.raises(Unproven):
            require_proof(token, challenge, shown)
    seen: set[str] = set()
    token = json.loads(dialect.subscribing(selection_of("NIFTY"))[0])["jwt"]
    require_fresh_jwt(token, seen)
    with pytest.raises(Unproven, match="shown before"):
        require_fresh_jwt(token, seen)
    with pytest.raises(Unproven):
        require_fresh_jwt(token[:-4] + "AAAA", set())

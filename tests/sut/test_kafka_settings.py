"""How clients of Kafka sign in is a target's to say, what they ask of the broker is not."""

import pytest

from qaws.runtime.certificates import issue
from qaws.runtime.ports import free_port
from qaws.sut.broker import broker_of
from qaws.sut.brokers.redis_server import RedisServer
from qaws.sut.kafka_settings import is_encrypted
from qaws.verdict import Broken, without_tokens
from tests.sut.test_target import AUTH, GOOD, HEAD, REMOTE

SIGNED = """
[feed]
kind = "kafka"
broker = "kafka://broker.example:9093"
secrets = { password = "KAFKA_PASSWORD" }

[feed.client]
security.protocol = "SASL_SSL"
sasl = { mechanism = "PLAIN", username = "desk" }
"sasl.password" = "{password}"
"""

TLS = """
[feed]
kind = "nats"
broker = "tls://desk:{password}@nats.example:4222"
secrets = { password = "KAFKA_PASSWORD" }
ca_file = "FOLDER/ca.pem"
"""


def test_names_with_dots_may_stand_as_they_are_or_in_quotes(read, monkeypatch):
    monkeypatch.setenv("KAFKA_PASSWORD", "sesame-of-the-desk")
    target = read(HEAD + REMOTE + AUTH + SIGNED)
    assert target.feed.client == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "desk",
        "sasl.password": "{password}",
    }
    assert target.feed_secrets == {"password": "sesame-of-the-desk"}


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ('acks = "0"', 'client: "acks" is the suite\'s own'),
        (
            'security.protocol = "TLS"',
            'security.protocol = "TLS": give one of PLAINTEXT, SSL, SASL',
        ),
        ('sasl.username = "desk"', 'security.protocol = "": give one of PLAINTEXT, SSL, SASL'),
        (
            'security.protocol = "SASL_SSL", sasl.password = "open"',
            'client: "sasl.password" stands in no file: name the variable that has it',
        ),
        (
            'security.protocol = "SASL_SSL", sasl.password = "{passwort}"',
            'client: "sasl.password": {passwort} is no name of [feed] secrets',
        ),
        (
            'security.protocol = "SSL", sasl.oauthbearer.assertion.private.key.passphrase = "x"',
            "stands in no file",
        ),
        ("ssl.key.location = []", 'client: "ssl.key.location" has no value that is a text'),
    ],
)
def test_what_is_none_of_the_targets_is_said(complaint, client, said):
    feed = f'[feed]\nbroker = "kafka://broker.example:9093"\nclient = {{ {client} }}\n'
    assert said in complaint(HEAD + REMOTE + AUTH + feed)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ('broker = "kafka://desk:x@h:9093"', "client says who signs in, as in client = {"),
        ('broker = "redis://h"\nclient = { x = 1 }', "client is of Kafka"),
        (
            'broker = "redis://:{key}@h"',
            "{key}: is no name of [feed] secrets, which has none",
        ),
    ],
)
def test_a_sign_in_that_goes_nowhere_is_said(complaint, feed, said):
    assert said in complaint(HEAD + REMOTE + AUTH + f"[feed]\n{feed}\n")


@pytest.mark.parametrize("feed", [SIGNED, TLS])
def test_a_file_for_a_broker_of_ones_own_runs_with_the_embedded_one_too(
    read, tmp_path, monkeypatch, feed
):
    """What opens the other one is not asked for then."""
    issue(tmp_path)
    monkeypatch.delenv("KAFKA_PASSWORD", raising=False)
    for said in ({"feed.broker": "embedded"}, {}):
        environment = {} if said else {"QAWS_FEED__BROKER": "embedded"}
        text = HEAD + REMOTE + AUTH + feed.replace("FOLDER", str(tmp_path))
        target = read(text, said, environment)
        target.require_secrets()
        assert (target.broker_address, target.feed_secrets) == ("embedded", {})


def test_the_address_of_a_broker_may_have_a_secret(read, monkeypatch):
    feed = (
        '[feed]\nbroker = "redis://desk:{key}@127.0.0.1:6380/0"\nsecrets = { key = "REDIS_KEY" }\n'
    )
    target = read(HEAD + REMOTE + AUTH + feed)
    monkeypatch.delenv("REDIS_KEY", raising=False)
    with pytest.raises(Broken, match=r"\[feed\] secrets.key = 'REDIS_KEY': is not set"):
        target.require_secrets()
    monkeypatch.setenv("REDIS_KEY", "a/b@c")
    assert target.broker_address == "redis://desk:a%2Fb%40c@127.0.0.1:6380/0"
    assert target.may_publish


def test_a_secret_is_not_shown_as_an_address_has_it_either(read, monkeypatch):
    """A service that tells where it connects writes it as it was told."""
    monkeypatch.setenv("REDIS_KEY", "sesame/of the@desk")
    feed = '[feed]\nbroker = "redis://:{key}@127.0.0.1/0"\nsecrets = { key = "REDIS_KEY" }\n'
    said = read(HEAD + REMOTE + AUTH + feed).broker_address.replace("redis://:", "connecting as ")
    assert without_tokens(said) == "connecting as (a token)@127.0.0.1/0"


def test_the_address_of_an_exchange_may_have_a_secret(read, monkeypatch, tmp_path):
    monkeypatch.setenv("FEED_PATH", "desk-of-mine")
    broker = f'broker = "ws://127.0.0.1:{free_port()}/{{path}}"'
    feed = f'[feed]\nkind = "websocket"\n{broker}\nsecrets = {{ path = "FEED_PATH" }}\n'
    opened = broker_of(read(HEAD + REMOTE + AUTH + feed), tmp_path)
    opened.stop()
    assert opened.told_url.endswith("/desk-of-mine")


def test_what_an_address_says_by_itself_of_its_authority_the_service_is_told(tmp_path):
    own = "rediss://h:6380/0?ssl_ca_certs=/etc/own.pem"
    assert RedisServer().told(own) == own
    trusting = RedisServer()
    url = trusting.trusting("rediss://h:6380/0?db=1", tmp_path / "ca.pem")
    assert f"&ssl_ca_certs={tmp_path}/ca.pem" in url
    assert trusting.told(url) == "rediss://h:6380/0?db=1"


@pytest.mark.parametrize(("spoken", "is_relayed"), [("SASL_SSL", False), ("SASL_PLAINTEXT", True)])
def test_what_is_encrypted_cannot_be_relayed_and_the_reason_is_said(read, spoken, is_relayed):
    feed = (
        '[launch.environment]\nFEED = "{broker_url}"\n[feed]\nbroker = "kafka://127.0.0.1:9093"\n'
    )
    target = read(f'{GOOD}{feed}client = {{ security.protocol = "{spoken}" }}\n')
    assert ("relay" in target.capabilities) is is_relayed
    assert ("over TLS nobody between can" in target.withheld.get("relay", "")) is not is_relayed


def test_what_a_client_says_is_encrypted_by_the_name_of_its_protocol():
    said = {each: is_encrypted({"security.protocol": each}) for each in ("SSL", "sasl_plaintext")}
    assert said == {"SSL": True, "sasl_plaintext": False}
    assert not is_encrypted({})

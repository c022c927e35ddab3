"""The key set on the web: what is served, over which protocol, and who is known to have asked."""

import json
import socket
import ssl
import urllib.error

import pytest

from qaws.auth.tokens import Tokens
from qaws.runtime.certificates import issue
from qaws.runtime.ports import free_port
from qaws.sut.sections import Auth
from qaws.sut.service import open_url
from qaws.verdict import Broken
from tests.waiting import HANG_S


@pytest.fixture
def authority(tmp_path):
    return issue(tmp_path).authority.read_text()


@pytest.fixture
def served(tmp_path, authority):
    opened = []

    def serving(**auth):
        opened.append(Tokens(Auth(generate_key=True, algorithm="ES256", **auth), tmp_path))
        return opened[-1]

    yield serving
    for each in opened:
        each.close()


def kids(url, authority=""):
    with open_url(url, HANG_S, authority=authority) as answer:
        assert answer.headers["Content-Type"] == "application/jwk-set+json"
        return {key["kid"] for key in json.load(answer)["keys"]}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_set_is_served_as_it_is_now(served, authority, scheme):
    tokens = served(key_set=scheme)
    url = tokens.placeholders["jwks_url"]
    assert url.startswith(f"{scheme}://127.0.0.1:")
    before = kids(url, authority)
    tokens.rotate("both")
    assert kids(url, authority) - before == {"qaws-1-rotated"}
    tokens.rotate("new")
    assert "qaws-1" not in kids(url, authority)
    assert len(tokens.server.fetched_ns) == 3


def test_address_and_path_may_be_fixed(served):
    port = free_port()
    tokens = served(key_set="http", key_set_port=port, key_set_path="/realms/qa/certs")
    assert tokens.placeholders["jwks_url"] == f"http://127.0.0.1:{port}/realms/qa/certs"
    assert "qaws-1" in kids(tokens.placeholders["jwks_url"])
    lone = tokens.lone_key_set()["jwks_url"]
    assert lone == f"http://127.0.0.1:{port}/realms/qa/jwks-lone.json"
    assert kids(lone) == {"qaws-1"}


def test_nothing_else_is_served_and_nobody_is_counted_for_it(served):
    tokens = served(key_set="http")
    url = tokens.placeholders["jwks_url"]
    for other in ("/", "/server.key", "/../server.key", "/jwks.json/", "/x/jwks.json"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            open_url(url.replace("/jwks.json", other), HANG_S)
    assert tokens.server.fetched_ns == []


def test_it_is_not_served_where_nobody_asks_for_that(served):
    tokens = served()
    assert tokens.server is None
    assert tokens.placeholders["jwks_url"] == ""


def test_one_who_asks_and_says_nothing_holds_up_nobody(served, authority):
    tokens = served(key_set="https")
    url = tokens.placeholders["jwks_url"]
    with socket.create_connection(("127.0.0.1", tokens.server._server.server_port), HANG_S):
        assert "qaws-1" in kids(url, authority)


def test_who_does_not_trust_the_authority_gets_nothing(served):
    with pytest.raises(urllib.error.URLError) as caught:
        open_url(served(key_set="https").placeholders["jwks_url"], HANG_S)
    assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)


def test_a_port_that_is_taken_is_told(served):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Broken, match=rf"key_set_port = {port}: cannot be listened on \(Addr"):
            served(key_set="http", key_set_port=port)

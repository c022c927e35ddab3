"""How a client shows its token: each way as its RFC has it, and nothing where there is none."""

import base64

import pytest

from qaws.protocol.credentials import credentials, offered
from qaws.verdict import NotVerified

URL = "ws://127.0.0.1:1/ws?v=2"


@pytest.mark.parametrize(
    ("location", "carrier", "url", "headers"),
    [
        ("query parameter", "jwt", f"{URL}&jwt=a.b-c", {}),
        ("Authorization header", "", URL, {"Authorization": "Bearer a.b-c"}),
        ("header", "X-Key", URL, {"X-Key": "a.b-c"}),
        ("cookie", "session", URL, {"Cookie": "session=a.b-c"}),
        ("subprotocol", "bearer, {token}", URL, {"Sec-WebSocket-Protocol": "bearer, a.b-c"}),
        ("first message", "", URL, {}),
    ],
)
def test_each_way_has_its_place(location, carrier, url, headers):
    assert credentials(URL, "a.b-c", location, carrier) == (url, headers)
    assert credentials(URL, None, location, carrier) == (URL, {})


def test_a_query_is_quoted():
    assert credentials("ws://x/", "a/b c", "query parameter", "t")[0] == "ws://x/?t=a%2Fb%20c"


@pytest.mark.parametrize(("token", "pair"), [("me:secret", "me:secret"), ("key", "key:")])
def test_a_user_without_a_password_has_an_empty_one(token, pair):
    _, headers = credentials(URL, token, "basic authentication", "")
    scheme, _, said = headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(said).decode()) == ("Basic", pair)


def test_a_token_that_no_subprotocol_may_be_is_not_shown_as_one():
    with pytest.raises(NotVerified, match="so that no client can offer it"):
        credentials(URL, '{"payload": 1}', "subprotocol", "{token}")


def test_what_is_offered_is_what_an_answer_may_choose_from():
    assert offered({"Sec-WebSocket-Protocol": "bearer, a.b.c"}) == ["bearer", "a.b.c"]
    assert offered({}) == []

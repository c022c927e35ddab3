"""Revoking a token, in each of the ways that a target can name."""

import hashlib
import http.server
import sys
import threading
import urllib.parse
from types import SimpleNamespace

import pytest
import redis

from qaws.auth.revocation import Revoker
from qaws.auth.tokens import Tokens
from qaws.sut.broker import open_broker
from qaws.sut.revocation_section import Revocation
from qaws.sut.sections import Auth
from qaws.verdict import Broken

NOWHERE = "http://127.0.0.1:1/revoke"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    auth = Auth(generate_key=True)
    return Tokens(auth, tmp_path_factory.mktemp("tokens"))


@pytest.fixture
def issuer():
    """Serve what notes each request; /refuses, /moved and /gone say no."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            asked.append((self.command, self.path, dict(self.headers), body))
            status = {"/refuses": 401, "/moved": 307}.get(self.path, 200)
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(asked=asked, server_port=server.server_port)
    server.shutdown()
    server.server_close()
    thread.join()


def revoke(token, service_url="ws://127.0.0.1:1/ws", **section):
    places = {"folder": "/nowhere", "port": "1", "python": sys.executable, "broker_url": ""}
    places |= section.pop("places", {})
    Revoker(Revocation(**section), places, service_url, "").revoke(token)


def test_the_request_of_the_standard(issuer, tokens, monkeypatch):
    monkeypatch.setenv("REVOKER", " Basic abc ")
    token, port = tokens.valid(), issuer.server_port
    revoke(token, url=f"http://127.0.0.1:{port}/revoke", authorization_variable="REVOKER")
    (method, path, headers, body) = issuer.asked[0]
    assert (method, path) == ("POST", "/revoke")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Authorization"] == "Basic abc"
    assert urllib.parse.parse_qs(body) == {"token": [token], "token_type_hint": ["access_token"]}


def test_a_path_of_the_service_itself(issuer, tokens):
    token = tokens.mint(jti="a/b c", sub="x")
    service = f"ws://127.0.0.1:{issuer.server_port}/ws/ticks"
    revoke(token, service, url="/tokens/{jti}", method="DELETE", headers={"X-Who": "{sub}"})
    (method, path, headers, body) = issuer.asked[0]
    assert (method, path, headers["X-Who"], body) == ("DELETE", "/tokens/a%2Fb%20c", "x", "")


def test_a_form_of_ones_own(issuer, tokens):
    url = f"http://127.0.0.1:{issuer.server_port}/revoke"
    revoke(tokens.mint(jti="j"), url=url, method="PUT", form={"id": "{jti}"})
    assert issuer.asked[0][3] == "id=j"


def test_a_file_gets_a_line_more(tokens, tmp_path):
    for jti in ("a", "b"):
        revoke(tokens.mint(jti=jti), file="{folder}/revoked", places={"folder": str(tmp_path)})
    assert (tmp_path / "revoked").read_text() == "a\nb\n"
    token = tokens.valid()
    revoke(token, file=str(tmp_path / "hashed"), line="{sha256}")
    expected = hashlib.sha256(token.encode()).hexdigest()
    assert (tmp_path / "hashed").read_text() == f"{expected}\n"


def test_a_command(tokens, tmp_path):
    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    command = ["{python}", "-c", code, str(tmp_path / "out"), "{sub} {jti} {exp} {ttl_s}"]
    revoke(tokens.mint(sub="alice", jti="j", exp=1), command=command)
    assert (tmp_path / "out").read_text() == "alice j 1 1"


@pytest.mark.parametrize("named", [True, False])
def test_a_list_in_redis(tokens, tmp_path, named):
    broker = open_broker("embedded", tmp_path)
    try:
        place = {"redis_url": broker.url} if named else {"places": {"broker_url": broker.url}}
        revoke(tokens.mint(jti="j"), redis=["SET", "revoked:{jti}", "1", "EX", "{ttl_s}"], **place)
        with redis.Redis.from_url(broker.url) as server:
            assert server.get("revoked:j") == b"1"
            assert 3000 < server.ttl("revoked:j") <= 3600
    finally:
        broker.stop()


COMPLAINS = "import sys; sys.exit('no such token: ' + sys.argv[1])"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"url": NOWHERE}, r"\[revocation\] POST http://127.0.0.1:1/revoke: .*refused"),
        ({"url": NOWHERE, "authorization_variable": "NOT_SET_XYZ"}, "NOT_SET_XYZ: is not set"),
        ({"command": ["no-such-program"]}, "command 'no-such-program': No such file"),
        (
            {"command": ["{python}", "-c", COMPLAINS, "{token}"]},
            r"exit code 1: no such token: \(the token\)",
        ),
        ({"command": ["{python}", "-c", "raise SystemExit(3)"]}, "code 3: it said nothing"),
        ({"file": "/no/such/folder/revoked"}, "file /no/such/folder/revoked: No such file"),
        ({"redis": ["SADD", "r", "{jti}"]}, "the feed has no Redis; name one in"),
        ({"redis": ["SADD", "r", "{jti}"], "redis_url": "redis://127.0.0.1:1"}, "refused"),
    ],
)
def test_what_cannot_be_done_is_told_without_the_token(tokens, section, said):
    token = tokens.valid()
    with pytest.raises(Broken, match=said) as caught:
        revoke(token, **section)
    assert token not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("path", "said"), [("refuses", "HTTP 401"), ("moved", "HTTP 307")])
def test_only_2xx_counts_and_a_token_is_not_sent_elsewhere(issuer, tokens, path, said):
    with pytest.raises(Broken, match=f"{said} .*; 2xx is wanted"):
        revoke(tokens.valid(), url=f"http://127.0.0.1:{issuer.server_port}/{path}")
    assert [asked[1] for asked in issuer.asked] == [f"/{path}"]


def test_a_token_that_is_no_jwt_has_no_id(tmp_path):
    with pytest.raises(Broken, match="this token has no 'jti'"):
        revoke("opaque", file=str(tmp_path / "revoked"))
    revoke("opaque", file=str(tmp_path / "revoked"), line="{token}")
    assert (tmp_path / "revoked").read_text() == "opaque\n"

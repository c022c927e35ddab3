"""Key sets as real issuers publish them: which keys are used, and when they are read again."""

import base64
import http.server
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app import jwks
from app.auth import AuthenticationError, TokenVerifier
from app.jwks import JwksError, KeySet
from tests.app.harness import AUDIENCE, ISSUER, Issuer, fail_to_start
from tests.waiting import HANG_S, until

Jwk = dict[str, Any]


@cache
def rsa_jwk(kid: str, bits: int = 2048) -> Jwk:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    public: Jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    del public["key_ops"]
    return {**public, "kid": kid, "use": "sig", "alg": "RS256"}


@cache
def ec_jwk(kid: str) -> Jwk:
    key = ec.generate_private_key(ec.SECP256R1())
    public: Jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return {**public, "kid": kid, "use": "sig", "alg": "ES256"}


def without(jwk: Jwk, *names: str) -> Jwk:
    return {name: value for name, value in jwk.items() if name not in names}


def zeros(count: int) -> str:
    return base64.urlsafe_b64encode(bytes(count)).rstrip(b"=").decode()


OTHERS = [rsa_jwk("other-1"), rsa_jwk("other-2")]
CERTIFICATE = [base64.b64encode(bytes(600)).decode()]
X25519 = {"kty": "OKP", "crv": "X25519", "kid": "dh-1", "x": zeros(32)}
AKP = {"kty": "AKP", "kid": "pq-1", "use": "sig", "pub": zeros(1312)}
BRAINPOOL = {"kty": "EC", "crv": "BP-256", "kid": "bp-1", "x": zeros(32), "y": zeros(32)}


@pytest.fixture(scope="module")
def own(issuer: Issuer) -> Jwk:
    (jwk,) = json.loads(issuer.jwks.read_text())["keys"]
    return {**without(jwk, "key_ops"), "alg": "RS256"}


Publish = Callable[[list[Any]], str]


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Write a key set, in one go as an issuer should, and return where it is."""

    def write(keys: list[Any]) -> str:
        file = tmp_path / "jwks.json"
        (tmp_path / "new").write_text(json.dumps({"keys": keys}))
        (tmp_path / "new").replace(file)
        return str(file)

    return write


def verifier_of(keys: KeySet) -> TokenVerifier:
    return TokenVerifier(keys, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE)


def accepts(keys: KeySet, token: str) -> bool:
    try:
        verifier_of(keys).verify(token)
    except AuthenticationError:
        return False
    return True


SETS: dict[str, Callable[[Jwk], list[Any]]] = {
    "as Google": lambda own: [*OTHERS, own],
    "as Microsoft": lambda own: [
        {**without(each, "alg"), "x5t": each["kid"], "x5c": CERTIFICATE} for each in (*OTHERS, own)
    ],
    "as Keycloak": lambda own: [{**OTHERS[0], "use": "enc", "alg": "RSA-OAEP"}, own],
    "EC and RSA": lambda own: [ec_jwk("ec-1"), own],
    "X25519 without alg": lambda own: [{**X25519, "use": "enc"}, own],
    "X25519 without alg and use": lambda own: [X25519, own],
    "X25519 with alg": lambda own: [{**X25519, "alg": "ECDH-ES"}, own],
    "AKP without alg": lambda own: [AKP, own],
    "AKP with alg": lambda own: [{**AKP, "alg": "ML-DSA-44"}, own],
    "Brainpool": lambda own: [BRAINPOOL, own],
    "an unknown kty": lambda own: [{"kty": "XYZ", "kid": "x-1", "use": "sig"}, own],
    "a kty that is a list": lambda own: [{**OTHERS[0], "kty": ["RSA"]}, own],
    "a null member": lambda own: [{**OTHERS[0], "x5u": None}, {**own, "use": None, "alg": None}],
    "a null key": lambda own: [None, own],
    "keys that are no objects": lambda own: [7, "x", [], own],
    "key_ops": lambda own: [{**without(own, "use"), "key_ops": ["verify"]}],
    "no use and no alg": lambda own: [without(own, "use", "alg")],
    "members that are broken": lambda own: [
        without(OTHERS[0], "n"),
        {**OTHERS[0], "n": 7},
        {**OTHERS[0], "n": "!"},
        {**OTHERS[0], "e": zeros(3)},
        without(OTHERS[0], "kty"),
        own,
    ],
    "kids that are no texts": lambda own: [{**OTHERS[0], "kid": 7}, {**OTHERS[0], "kid": []}, own],
    "a key without kid besides": lambda own: [without(OTHERS[0], "kid"), own],
    "an impostor of the same kid behind": lambda own: [own, {**OTHERS[0], "kid": own["kid"]}],
    "another algorithm under the same kid": lambda own: [ec_jwk(own["kid"]), own],
    "one key without kid": lambda own: [without(own, "kid")],
    "one usable key without kid": lambda own: [X25519, AKP, without(own, "kid")],
}


@pytest.mark.parametrize("name", SETS)
def test_the_key_that_fits_is_found(issuer: Issuer, own: Jwk, publish: Publish, name: str) -> None:
    keys = KeySet(publish(SETS[name](own)), ["RS256"])
    assert accepts(keys, issuer.token())
    assert not accepts(keys, issuer.token()[:-8])


def test_a_token_without_kid_fits_the_only_key_if_that_has_none(
    issuer: Issuer, own: Jwk, publish: Publish
) -> None:
    token = jwt.encode(issuer.claims(), issuer.key, "RS256")
    assert accepts(KeySet(publish([without(own, "kid")]), ["RS256"]), token)
    assert not accepts(KeySet(publish([own]), ["RS256"]), token)


def test_the_right_key_under_another_kid(issuer: Issuer, own: Jwk, publish: Publish) -> None:
    keys = KeySet(publish([OTHERS[0], own]), ["RS256"])
    assert not accepts(keys, issuer.token(headers={"kid": "other-1"}))
    assert not accepts(keys, issuer.token(headers={"kid": "other-7"}))


@pytest.mark.parametrize(
    "spoil",
    [
        {"use": "enc"},
        {"use": "tls"},
        {"use": ["sig"]},
        {"use": None, "key_ops": ["encrypt", "wrapKey"]},
        {"key_ops": "verify"},
        {"alg": "RSA-OAEP"},
        {"alg": "RS512"},
        {"alg": "ES256"},
        {"alg": "none"},
        {"alg": 256},
        {"alg": ""},
        {"d": "AQAB"},
        {"kty": "oct", "k": "c2VjcmV0"},
    ],
    ids=str,
)
def test_the_right_key_is_not_for_that(
    issuer: Issuer, own: Jwk, publish: Publish, spoil: Jwk
) -> None:
    keys = KeySet(publish([OTHERS[0], {**own, **spoil}]), ["RS256"])
    assert keys.by_kid.keys() == {"other-1"}
    assert not accepts(keys, issuer.token())


def test_a_key_without_alg_is_for_the_algorithm_that_fits_it(publish: Publish) -> None:
    ed = json.loads(
        jwt.algorithms.OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key())
    )
    p384 = json.loads(
        jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key())
    )
    keys = [without(OTHERS[0], "alg"), {**ed, "kid": "ed"}, {**p384, "kid": "p384"}]
    found = KeySet(publish(keys), ["ES256", "ES384", "PS256", "EdDSA"]).by_kid
    assert {kid: key.algorithm_name for kid, key in found.items()} == {
        "other-1": "PS256",
        "ed": "EdDSA",
        "p384": "ES384",
    }


@pytest.mark.parametrize(
    "spoil", [{"alg": "ES384"}, {"crv": "P-384"}, {"crv": "P-384", "alg": None}]
)
def test_a_curve_belongs_to_an_algorithm(publish: Publish, spoil: Jwk) -> None:
    with pytest.raises(JwksError, match="1 of 1 keys ignored"):
        KeySet(publish([{**ec_jwk("ec-1"), **spoil}]), ["ES256"])


def test_a_set_that_is_too_large(publish: Publish) -> None:
    with pytest.raises(JwksError, match="cannot be read: larger than 1048576 bytes"):
        KeySet(publish(["x" * 1024 * 1024]), ["RS256"])


def test_one_line_tells_how_many_are_ignored_and_why(
    own: Jwk, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    weak = rsa_jwk("weak", 1024)
    ignored = [None, {**OTHERS[0], "use": "enc"}, {**AKP, "kid": "a\nb"}, BRAINPOOL, weak]
    with caplog.at_level(logging.INFO, "app"):
        source = publish([*ignored, own])
        KeySet(source, ["RS256", "ES256"])
    (line,) = caplog.messages
    assert line.startswith(
        f"{source}: 5 of 6 keys ignored: no. 1: not an object; kid 'other-1': use is 'enc'; "
        "kid 'a\\nb': kty 'AKP' is not understood; "
        "kid 'bp-1': kty EC of crv 'BP-256' fits no accepted algorithm; kid 'weak': "
    )
    assert "1024" in line
    assert "\n" not in line


def test_a_set_that_is_understood_needs_no_words(
    own: Jwk, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app"):
        KeySet(publish([*OTHERS, own]), ["RS256"])
    assert caplog.messages == []


def test_many_ignored_keys_are_counted(own: Jwk, publish: Publish) -> None:
    with pytest.raises(JwksError) as caught:
        KeySet(publish([{"kty": "K" * 900, "kid": "k" * 900}] * 500), ["RS256"])
    assert "500 of 500 keys ignored: " in str(caught.value)
    assert str(caught.value).endswith("; and 490 more)")
    assert len(str(caught.value)) < 3000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a JSON Web Key Set"),
        (b"\xff" * 100, "not a JSON Web Key Set"),
        (b"[" * 100_000, "not a JSON Web Key Set"),
        (b"[]", "not a JSON Web Key Set"),
        (b"{}", "not a JSON Web Key Set"),
        (b'{"keys":7}', "not a JSON Web Key Set"),
        (b'{"keys":{"kty":"RSA"}}', "not a JSON Web Key Set"),
        (b'{"keys":[]}', "has no public key that verifies RS256"),
        (b'{"keys":[7]}', "1 of 1 keys ignored: no. 1: not an object"),
        (b'{"keys":[{"kid":"k1"}]}', "kid 'k1': kty None is not understood"),
        (b'{"keys":[{"kid":"k1","kty":"oct","k":"c2VjcmV0"}]}', "kid 'k1': is secret"),
    ],
)
def test_a_set_without_a_usable_key(tmp_path: Path, content: bytes, words: str) -> None:
    source = tmp_path / "jwks.json"
    source.write_bytes(content)
    with pytest.raises(JwksError) as caught:
        KeySet(str(source), ["RS256"])
    assert str(caught.value).startswith(f"{source}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_two_keys_without_kid_could_both_be_meant(own: Jwk, publish: Publish) -> None:
    with pytest.raises(JwksError, match=r"2 of 2 keys ignored: no\. 1: has no kid, and others"):
        KeySet(publish([without(OTHERS[0], "kid"), without(own, "kid")]), ["RS256"])


def test_the_service_does_not_start_without_a_usable_key(
    environment: dict[str, str], publish: Publish
) -> None:
    source = publish([AKP, {**OTHERS[0], "use": "enc"}])
    ((code, said),) = fail_to_start(environment, {"TICKER_JWKS": source})
    assert code == 2
    assert said == (
        f"TICKER_JWKS={source}: has no public key that verifies RS256 (2 of 2 keys ignored: "
        "kid 'pq-1': kty 'AKP' is not understood; kid 'other-1': use is 'enc'); "
        "give a readable JSON Web Key Set\n"
    )


# --- where they come from -------------------------------------------------------------------------


@contextmanager
def web(page: Callable[[], bytes]) -> Iterator[str]:
    """Serve what a function returns at /jwks.json."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/jwks.json"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(page())

        def log_message(self, *_: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_key_set_from_a_url(issuer: Issuer) -> None:
    with web(issuer.jwks.read_bytes) as url:
        keys = KeySet(f"{url}/jwks.json", ["RS256"])
        assert keys.by_kid.keys() == {"k1"}
        with pytest.raises(JwksError, match="cannot be read: HTTP 404"):
            KeySet(f"{url}/elsewhere", ["RS256"])


def found(keys: KeySet, kid: str) -> bool:
    try:
        keys.find(kid)
    except KeyError:
        return False
    return True


def test_a_url_is_asked_again_when_keys_change(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "REREAD_EVERY_S", 0.05)
    monkeypatch.setattr(jwks, "REFETCH_EVERY_S", 0.05)
    key = json.loads(issuer.jwks.read_bytes())["keys"][0]
    served = [[key]]
    with web(lambda: json.dumps({"keys": served[0]}).encode()) as url:
        keys = KeySet(f"{url}/jwks.json", ["RS256"])
        served[0] = [key, {**key, "kid": "k2"}]
        until(lambda: found(keys, "k2"), "the key that was added is known")
        assert found(keys, "k1")
        served[0] = [{**key, "kid": "k2"}]
        until(lambda: not found(keys, "k1"), "the key that was withdrawn is forgotten")
    time.sleep(0.06)
    assert found(keys, "k2")  # it cannot be asked any more: what is known is kept


def test_nobody_waits_for_a_url_that_does_not_answer(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "REREAD_EVERY_S", 0.0)
    over, asked = threading.Event(), []

    def page() -> bytes:
        asked.append(1)
        if len(asked) > 1:
            over.wait(HANG_S)
        return issuer.jwks.read_bytes()

    with web(page) as url:
        keys = KeySet(f"{url}/jwks.json", ["RS256"])
        began = time.monotonic()
        for _ in range(50):
            assert not found(keys, "unknown")
        assert time.monotonic() - began < HANG_S
        until(lambda: len(asked) == 2, "it is asked once more")
        assert len(asked) == 2, "and by one thread at a time"
        over.set()


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jwks, "time", clock)
    return clock


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been read, once for each time."""
    read, seen = jwks._read, list[str]()

    def counting(source: str) -> bytes:
        seen.append(source)
        return read(source)

    monkeypatch.setattr(jwks, "_read", counting)
    return seen


def test_a_new_key_is_known_at_once(
    issuer: Issuer, own: Jwk, publish: Publish, clock: Clock
) -> None:
    keys = KeySet(publish([OTHERS[0]]), ["RS256"])
    assert not accepts(keys, issuer.token())
    clock.now_s += 1
    publish([OTHERS[0], own])
    assert accepts(keys, issuer.token())


def test_a_withdrawn_key_is_known_for_a_second_at_most(
    issuer: Issuer, own: Jwk, publish: Publish, clock: Clock
) -> None:
    keys = KeySet(publish([OTHERS[0], own]), ["RS256"])
    publish([OTHERS[0]])
    clock.now_s += 1
    assert not accepts(keys, issuer.token())


def test_whatever_tokens_come_the_file_is_not_read_more_than_that(
    issuer: Issuer, own: Jwk, publish: Publish, clock: Clock, reads: list[str]
) -> None:
    keys = KeySet(publish([own]), ["RS256"])
    reads.clear()
    for number in range(300):  # three seconds
        clock.now_s += 0.01
        assert not accepts(keys, issuer.token(headers={"kid": f"unknown-{number % 7}"}))
        assert accepts(keys, issuer.token())
    assert len(reads) <= 2 * 3


@pytest.mark.parametrize("content", ["", "{", '{"keys":[]}', None], ids=repr)
def test_a_file_that_cannot_be_used_changes_nothing(
    issuer: Issuer,
    own: Jwk,
    publish: Publish,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    content: str | None,
) -> None:
    source = Path(publish([own]))
    keys = KeySet(str(source), ["RS256"])
    if content is None:
        source.unlink()
    else:
        source.write_text(content)
    for _ in range(3):
        clock.now_s += 1
        assert accepts(keys, issuer.token())
    if content is None:  # it is missed again and again, but said once
        assert len(caplog.messages) == 1
    assert all(line.endswith("; the keys known so far are kept") for line in caplog.messages)
    assert caplog.messages
    publish([OTHERS[0]])
    clock.now_s += 1
    assert not accepts(keys, issuer.token())


def test_a_pipe_is_read_once(issuer: Issuer, clock: Clock) -> None:
    receiver, sender = os.pipe()
    try:
        os.write(sender, issuer.jwks.read_bytes())
        os.close(sender)
        keys = KeySet(f"/dev/fd/{receiver}", ["RS256"])
    finally:
        os.close(receiver)
    clock.now_s += 10
    assert accepts(keys, issuer.token())


def test_a_running_service_follows_its_file(
    own: Jwk,
    publish: Publish,
    launch: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """It admits the bearer of a new key, and those who are connected notice nothing."""
    service = launch(TICKER_JWKS=publish([OTHERS[0], own]))
    early = service.welcomed()
    successor = Issuer(tmp_path_factory.mktemp("successor"))
    (new,) = json.loads(successor.jwks.read_text())["keys"]
    publish([OTHERS[0], own, {**new, "kid": "k2"}])
    late = service.connect(successor.token(headers={"kid": "k2"}))
    assert late.receive()["type"] == "connection"
    assert early.ask({"action": "ping"})["type"] == "pong"
    assert "has changed; keys are now 'other-1', 'k1', 'k2'" in service.logged()

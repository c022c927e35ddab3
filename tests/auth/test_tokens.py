"""Tokens: those that are minted verify, those that cannot be had say why in one line."""

import base64
import json
import re
import sys
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from qaws.auth.tokens import ONE_USER, Tokens
from qaws.sut.sections import Auth
from qaws.verdict import Broken, without_tokens
from tests.waiting import HANG_S


def minting(folder, **more):
    return Tokens(Auth(generate_key=True, issuer="qaws", audience="ticker", **more), folder)


def decoded(tokens, token, algorithm="RS256"):
    """Verify a token the way a service does: with the published keys, and nothing else."""
    keys = jwt.PyJWKSet.from_dict(json.loads(tokens.jwks_file.read_text()))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=[algorithm], audience="ticker", issuer="qaws")


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"])
def test_a_minted_token_verifies_against_the_published_keys(tmp_path, algorithm):
    tokens = minting(tmp_path, algorithm=algorithm)
    claims = decoded(tokens, tokens.valid(), algorithm)
    assert claims["sub"] == "qa-client-1"
    assert claims["exp"] > time.time() + 600


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_minted_token_verifies_with_the_secret_that_the_service_is_told(tmp_path, algorithm):
    tokens = minting(tmp_path, algorithm=algorithm)
    secret = tokens.placeholders["secret"]
    claims = jwt.decode(tokens.valid(), secret, [algorithm], audience="ticker", issuer="qaws")
    assert claims["sub"] == "qa-client-1"
    assert json.loads(tokens.jwks_file.read_text()) == {"keys": []}
    assert secret not in tokens.jwks_file.read_text()
    assert tokens.lone_key_set() is None


def test_a_secret_comes_from_a_variable_or_a_file(tmp_path, monkeypatch):
    secret = "a secret of thirty-two bytes, and more"
    (tmp_path / "secret").write_text(f"{secret}\n")
    monkeypatch.setenv("SECRET", secret)
    for source in ({"secret_variable": "SECRET"}, {"key_file": tmp_path / "secret"}):
        tokens = Tokens(Auth(algorithm="HS256", audience="ticker", **source), tmp_path)
        assert jwt.decode(tokens.valid(), secret, ["HS256"], audience="ticker")


@pytest.mark.parametrize(
    ("value", "said"),
    [("", "SECRET: is not set; export SECRET=<secret>"), ("short", "5 bytes; HS256 needs 32")],
)
def test_a_secret_that_is_none_is_one_line_without_it(tmp_path, monkeypatch, value, said):
    monkeypatch.setenv("SECRET", value)
    with pytest.raises(Broken, match=said) as caught:
        Tokens(Auth(algorithm="HS256", secret_variable="SECRET"), tmp_path)
    assert "short" not in one_line(caught)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secret_variable": "SECRET"}, "is for HS256, HS384 and HS512, not RS256"),
        ({"algorithm": "HS256", "generate_key": True, "key_set": "http"}, "and no key set"),
    ],
)
def test_what_does_not_go_with_a_secret_is_said(given, said):
    with pytest.raises(ValueError, match=said):
        Auth(**given)


def test_each_token_is_another_person_s_and_no_borderline_case(tmp_path):
    tokens = minting(tmp_path)
    everybody = [tokens.valid(), *tokens.several(3), *tokens.several(2, role="trader")]
    claims = [decoded(tokens, token) for token in everybody]
    assert len({each["sub"] for each in claims}) == len({each["jti"] for each in claims}) == 6
    assert all(each["iat"] < time.time() - 20 for each in claims)
    assert [each.get("role") for each in claims].count("trader") == 2


def test_a_target_may_have_one_person_only(tmp_path):
    tokens = minting(tmp_path, subject="qa", one_person=True)
    claims = [decoded(tokens, token) for token in tokens.several(3)]
    assert {each["sub"] for each in claims} == {"qa"}
    assert len({each["jti"] for each in claims}) == 3


@pytest.mark.parametrize("count", [1, 9])
def test_tokens_for_clients_on_the_loop(tmp_path, loop, count):
    made = loop.call(minting(tmp_path).for_clients(count, role="trader"), timeout_s=HANG_S)
    assert len(set(made)) == count


def test_what_a_token_claims_is_said_by_the_service_s_clock(tmp_path):
    tokens = minting(tmp_path)
    said = tokens.hint(tokens.valid(), -120.0)
    assert re.search(
        r"this one claimed iss 'qaws', aud 'ticker', sub 'qa-client-1', iat (8\d|90) s ahead, "
        r"exp 37\d\d s ahead, by the service's clock, which is 120 s behind the suite's; in the",
        said,
    )
    assert "as the service's answer has no Date" in tokens.hint(tokens.valid(), None)
    assert "which agrees with the suite's" in tokens.hint(tokens.valid(), 0.4)
    assert tokens.hint("no.token.atall", None).count("claimed") == 0
    tokens.accepted = True
    assert tokens.hint(tokens.valid(), None) == ""


def published(tokens):
    return json.loads(tokens.jwks_file.read_text())["keys"]


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"])
def test_the_published_keys_are_as_those_of_real_issuers(tmp_path, algorithm):
    older, encryption, unknown, right, newer = keys = published(
        minting(tmp_path, algorithm=algorithm)
    )
    assert right["kid"] == "qaws-1"
    assert [each.get("alg") for each in (older, right, newer)] == [algorithm] * 3
    assert [each["use"] for each in keys] == ["sig", "enc", "sig", "sig", "sig"]
    assert len({each["kid"] for each in keys}) == 5
    assert encryption["kty"] == right["kty"] != unknown["kty"]
    material = "n" if right["kty"] == "RSA" else "x"
    assert len({each[material] for each in (older, encryption, right, newer)}) == 4
    assert not [each for each in keys if {"d", "p", "q", "dp", "dq", "qi", "k"} & set(each)]


@pytest.mark.parametrize(("shape", "claim"), [("list", ["NIFTY", "M&M"]), ("words", "NIFTY M&M")])
def test_a_token_says_what_its_bearer_may_see_in_the_target_s_way(tmp_path, shape, claim):
    tokens = minting(tmp_path, entitlement_claim="scope", entitlement_shape=shape)
    assert decoded(tokens, tokens.mint(**tokens.entitled(["NIFTY", "M&M"])))["scope"] == claim
    assert "scope" not in decoded(tokens, tokens.valid())
    with pytest.raises(Broken, match="has no entitlement_claim: no token can say"):
        minting(tmp_path).entitled(["NIFTY"])


def test_the_key_set_changes_and_changes_back(tmp_path):
    tokens = minting(tmp_path)
    before = published(tokens)
    with pytest.raises(Broken, match="no step has added a signing key"):
        tokens.of_new_key()
    tokens.rotate("both")
    assert published(tokens)[:-1] == before
    assert decoded(tokens, tokens.of_new_key())
    assert decoded(tokens, tokens.valid())
    tokens.rotate("new")
    assert decoded(tokens, tokens.of_new_key())
    with pytest.raises(KeyError):
        decoded(tokens, tokens.valid())
    tokens.rotate("former")
    assert published(tokens) == before


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"])
def test_only_the_right_key_of_the_set_verifies(tmp_path, algorithm):
    tokens = minting(tmp_path, algorithm=algorithm)
    header, payload, signature = (part.encode() for part in tokens.valid().split("."))
    raw = base64.urlsafe_b64decode(signature + b"==")
    fitting = []
    for jwk in published(tokens):
        if jwk["kty"] != "qaws-unheard-of":
            key = jwt.PyJWK(jwk, algorithm)
            if key.Algorithm.verify(header + b"." + payload, key.key, raw):
                fitting.append(jwk["kid"])
    assert fitting == ["qaws-1"]


def test_another_key_does_not_verify(tmp_path):
    (tmp_path / "other").mkdir()
    mine, other = minting(tmp_path), minting(tmp_path / "other")
    with pytest.raises(jwt.InvalidSignatureError):
        decoded(mine, other.valid())


def test_claims_can_be_replaced_added_and_left_out(tmp_path):
    tokens = minting(tmp_path)
    past = int(time.time()) - 60
    with pytest.raises(jwt.ExpiredSignatureError):
        decoded(tokens, tokens.mint(exp=past))
    with pytest.raises(jwt.InvalidIssuerError):
        decoded(tokens, tokens.mint(iss="somebody"))
    with pytest.raises(jwt.MissingRequiredClaimError):
        decoded(tokens, tokens.mint(aud=None))
    claims = decoded(tokens, tokens.mint(exp=None, sub="bob", role="trader"))
    assert "exp" not in claims
    assert (claims["sub"], claims["role"]) == ("bob", "trader")


@pytest.fixture
def key_file(tmp_path):
    def write(key, password=None):
        hidden = (
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption()
        )
        file = tmp_path / "key.pem"
        kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden
        file.write_bytes(key.private_bytes(*kinds))
        return file

    return write


def test_a_key_file_signs(tmp_path, key_file):
    file = key_file(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    tokens = Tokens(Auth(key_file=file, issuer="qaws", audience="ticker"), tmp_path)
    assert decoded(tokens, tokens.valid())["iss"] == "qaws"


def one_line(caught):
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 300
    return said


def test_a_key_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(Broken) as caught:
        Tokens(Auth(key_file=tmp_path / "none.pem"), tmp_path)
    assert "key_file" in one_line(caught)
    assert "none.pem" in one_line(caught)


@pytest.mark.parametrize("content", [b"", b"no key at all", b"-----BEGIN PRIVATE KEY-----\nAA\n"])
def test_a_key_file_that_is_none_is_named(tmp_path, content):
    (tmp_path / "bad.pem").write_bytes(content)
    with pytest.raises(Broken) as caught:
        Tokens(Auth(key_file=tmp_path / "bad.pem"), tmp_path)
    assert "bad.pem" in one_line(caught)
    assert "PEM private key" in one_line(caught)


def test_a_key_file_with_a_password_is_refused_in_words(tmp_path, key_file):
    file = key_file(ec.generate_private_key(ec.SECP256R1()), password=b"secret")
    with pytest.raises(Broken) as caught:
        Tokens(Auth(key_file=file, algorithm="ES256"), tmp_path)
    assert "without password" in one_line(caught)


@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("RS256", lambda: ec.generate_private_key(ec.SECP256R1())),
        ("ES256", lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        ("RS256", ed25519.Ed25519PrivateKey.generate),
        ("EdDSA", lambda: ec.generate_private_key(ec.SECP256R1())),
        ("ES384", lambda: ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_a_key_of_the_wrong_kind_is_refused(tmp_path, key_file, algorithm, make):
    with pytest.raises(Broken, match=f"is not a key for {algorithm}"):
        Tokens(Auth(key_file=key_file(make()), algorithm=algorithm), tmp_path)


def by_command(tmp_path, *words):
    return Tokens(Auth(token_command=[sys.executable, "-c", *words]), tmp_path)


def test_a_token_command_supplies_the_token(tmp_path):
    assert by_command(tmp_path, "print('abc')").valid() == "abc"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("raise SystemExit('no access')", ["exit code 1", "no access"]),
        ("print('abc'); raise SystemExit(3)", ["exit code 3"]),
        ("pass", ["exit code 0", "it printed no token"]),
        ("print('   ')", ["it printed no token"]),
    ],
)
def test_a_token_command_that_gives_none_is_broken(tmp_path, program, words):
    with pytest.raises(Broken) as caught:
        by_command(tmp_path, program).valid()
    assert all(word in one_line(caught) for word in ["token_command", *words])


def test_a_token_command_that_is_not_there_is_broken(tmp_path):
    with pytest.raises(Broken) as caught:
        Tokens(Auth(token_command=["no-such-program"]), tmp_path).valid()
    assert "no-such-program" in one_line(caught)


def test_a_token_command_that_hangs_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("qaws.auth.tokens.COMMAND_ALLOWANCE_S", 0.3)
    start = time.monotonic()
    with pytest.raises(Broken) as caught:
        by_command(tmp_path, "import time; time.sleep(600)").valid()
    assert time.monotonic() - start < HANG_S
    assert "timed out" in one_line(caught)


def test_a_token_command_is_told_for_which_client(tmp_path):
    script = "import os; print('token-' + os.environ['QAWS_CLIENT'])"
    tokens = by_command(tmp_path, script)
    assert sorted(tokens.several(3)) == ["token-1", "token-2", "token-3"]
    assert tokens.valid() == "token-4"


def test_a_token_variable_supplies_the_token(tmp_path, monkeypatch):
    tokens = Tokens(Auth(token_variable="MY_TOKEN"), tmp_path)
    monkeypatch.setenv("MY_TOKEN", " abc\n")
    assert tokens.valid() == "abc"
    for nothing in ("", "  "):
        monkeypatch.setenv("MY_TOKEN", nothing)
        with pytest.raises(Broken, match="MY_TOKEN: is not set; export MY_TOKEN=<token>"):
            tokens.valid()
    monkeypatch.delenv("MY_TOKEN")
    with pytest.raises(Broken, match="is not set"):
        tokens.valid()


def test_a_file_has_a_token_for_each_client_in_turn(tmp_path):
    file = tmp_path / "keys"
    file.write_text("# ours\nfirst-key-of-two\n\n second-key-of-two \n")
    tokens = Tokens(Auth(scheme="api-key", token_file=file), tmp_path)
    shown = ["first-key-of-two", "second-key-of-two", "first-key-of-two"]
    assert tokens.several(3) == shown
    assert without_tokens(f"it said {shown[0]}!") == "it said (a token)!"
    one = Tokens(Auth(token_file=file, one_person=True), tmp_path)
    assert one.several(2) == shown[:1] * 2


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"# none\n", "has no token in it"), (b"\xff\xfe", "is not text")],
)
def test_a_file_without_tokens_is_named(tmp_path, content, said):
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Broken, match=rf"\[auth\] token_file {file}: {said}"):
        Tokens(Auth(token_file=file), tmp_path).valid()


def test_without_a_key_nothing_can_be_minted(tmp_path):
    with pytest.raises(Broken, match="nobody can mint"):
        Tokens(Auth(token_variable="MY_TOKEN"), tmp_path).mint()
    assert not (tmp_path / "jwks.json").exists()


def test_who_comes_again_is_the_same_person_with_another_token(tmp_path):
    tokens = Tokens(Auth(generate_key=True), tmp_path)
    first = tokens.valid()
    again = tokens.renewed(first)
    read = [jwt.decode(each, options={"verify_signature": False}) for each in (first, again)]
    assert read[0]["sub"] == read[1]["sub"]
    assert read[0]["jti"] != read[1]["jti"]
    assert tokens.renewed(None) == tokens.renewed("garbage") == ""
    assert tokens.renewed(tokens.mint(sub="Mallory")) == ""
    shared = tokens.renewed(tokens.mint(sub=ONE_USER))
    assert jwt.decode(shared, options={"verify_signature": False})["sub"] == ONE_USER

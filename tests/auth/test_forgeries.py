"""Forged tokens: each is a sound token with one thing wrong, which alone keeps it out."""

import base64
import json
import re
from pathlib import Path

import jwt
import pytest

from qaws.auth.forgeries import (
    CLOCKS,
    RECIPES,
    TOKENS,
    Forger,
    forged,
    kinds,
)
from qaws.auth.key_set import encryption_key, published_key_set
from qaws.auth.strangers import STRANGE_KEY_ID, callback_server_for, stranger
from qaws.auth.tokens import Tokens
from qaws.sut.sections import Auth
from qaws.verdict import Broken, NotVerified

KINDS = kinds()
FEATURE = Path(__file__).parents[2] / "features" / "tokens.feature"
MARKER = "canary-1234"
ALGORITHMS = ("RS256", "PS384", "ES256", "ES512", "EdDSA", "HS256")

CLAIMS = (
    *("expired an hour ago", "expired five seconds ago", "not yet valid", "issued in the future"),
    *("no expiry", "an expiry in words", "an expiry as a numeric string"),
    *("an infinite expiry", "no issuer", "a wrong issuer", "a prefix of the issuer"),
    *("the issuer with a suffix", "the issuer in a list", "no audience", "a wrong audience"),
    *(
        "a prefix of the audience",
        "the audience with a suffix",
        "the audience inside a longer text",
    ),
    *("the audience in a list", "no subject", "an empty subject", "a subject that is a number"),
    "100 kB of claims",
)
NOT_OF = {
    "HS256": (
        *("an HMAC with the public key", "an HMAC with the public key's JWK"),
        *("the set's key for encryption", "its own certificate in x5c"),
        "its own certificate at an x5u URL",
    ),
    "EdDSA": ("the right key with another algorithm",),
}
"""What there is no such thing as: a secret has no public half, and no certificate."""
STRANGE = (
    *("an untrusted key under the right kid", "its own key in jwk", "its own key set at a jku URL"),
    *("its own certificate in x5c", "its own certificate at an x5u URL", "an unknown kid"),
    *("an empty kid", "no kid", "a kid that is a list"),
)


@pytest.fixture(scope="module", params=ALGORITHMS)
def forger(request, tmp_path_factory, loop):
    auth = Auth(generate_key=True, issuer="qaws", audience="ticker", algorithm=request.param)
    callbacks = callback_server_for(request.param)
    loop.call(callbacks.open())
    yield Forger(Tokens(auth, tmp_path_factory.mktemp("keys")), callbacks, MARKER)
    loop.call(callbacks.close())


@pytest.mark.parametrize("kind", CLOCKS)
def test_a_stated_leeway_moves_what_is_out_of_time(tmp_path, kind):
    def checked(leeway_s, granted_s):
        auth = Auth(generate_key=True, issuer="qaws", audience="ticker", leeway_s=leeway_s)
        forger = Forger(Tokens(auth, tmp_path), callback_server_for("RS256"))
        jwt.decode(
            forged(kind, forger),
            forger.key.public_key(),
            algorithms=["RS256"],
            audience="ticker",
            leeway=granted_s,
        )

    checked(0, 3601 if "hour" in kind else 601)
    for leeway_s, granted_s in ((0, 0), (300, 300)):
        with pytest.raises(jwt.InvalidTokenError):
            checked(leeway_s, granted_s)


def checking(key):
    """Return what a service checks with."""
    return key if isinstance(key, bytes) else key.public_key()


def decode(forger, token):
    """Check a token as a service does that checks everything."""
    claims = jwt.decode(
        token,
        checking(forger.key),
        algorithms=[forger.algorithm],
        issuer="qaws",
        audience="ticker",
        options={"require": ["exp", "iss", "aud", "sub"], "strict_aud": True},
    )
    assert claims["sub"]
    assert isinstance(claims["exp"], int)
    header = jwt.get_unverified_header(token)
    assert header["kid"] == "qaws-1"
    assert header["typ"] == "JWT"
    assert len(token) < 8192
    return claims


def parts(token):
    """Return header and payload as bytes."""
    return [base64.urlsafe_b64decode(part + "==") for part in token.split(".")[:2]]


def signed_by(forger, key, token):
    """Return whether the signature is that of a key, whatever is signed."""
    signed, _, signature = token.rpartition(".")
    algorithm = jwt.get_algorithm_by_name(forger.algorithm)
    raw = base64.urlsafe_b64decode(signature + "==")
    return algorithm.verify(signed.encode(), checking(key), raw)


def test_what_is_not_spoiled_is_sound(forger):
    assert decode(forger, forger.good())["jti"] == MARKER


def test_there_are_at_least_thirty_kinds_and_the_feature_has_each_once():
    tests = re.split(r"^  @QA-WS", FEATURE.read_text(), flags=re.MULTILINE)
    played = "".join(test for test in tests if "a forged token: <token>" in test)
    rows = re.findall(r"^ +\| (.+?) +\|$", played, re.MULTILINE)
    assert sorted(row for row in rows if row != "<token>" and row != "token") == sorted(KINDS)
    assert len(KINDS) >= 30


def made_of(kind, forger):
    """Return a bad token, or skip what there is no such thing as with an algorithm."""
    if kind in NOT_OF.get(forger.algorithm, ()):
        with pytest.raises(NotVerified, match=forger.algorithm):
            forged(kind, forger)
        pytest.skip(f"there is no such thing with {forger.algorithm}")
    return forged(kind, forger)


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_is_sound(forger, kind):
    token = made_of(kind, forger)
    assert token or kind == "an empty token"
    assert token != forger.good()
    if kind == "a signature with illegal characters":  # which the library skips over
        assert set(token) - set(forger.good()) & {"!", "~"}
        return
    with pytest.raises((jwt.PyJWTError, AssertionError, ValueError, RecursionError)):
        decode(forger, token)


@pytest.mark.parametrize("kind", CLAIMS)
def test_bad_claims_have_a_good_header_and_signature(forger, kind):
    token = forged(kind, forger)
    assert signed_by(forger, forger.key, token)
    assert json.loads(parts(token)[0]) == forger.header()
    assert json.loads(parts(token)[1])["jti"] == MARKER


@pytest.mark.parametrize("kind", STRANGE)
def test_what_a_stranger_has_signed_has_good_claims(forger, kind):
    token = made_of(kind, forger)
    assert signed_by(forger, stranger(forger.algorithm), token)
    assert not signed_by(forger, forger.key, token)
    claims = jwt.decode(
        token,
        checking(stranger(forger.algorithm)),
        algorithms=[forger.algorithm],
        issuer="qaws",
        audience="ticker",
    ) if kind != "a kid that is a list" else json.loads(parts(token)[1])  # fmt: skip
    assert claims["jti"] == MARKER


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("an HMAC")])
def test_an_hmac_fits_the_secret_that_it_is_named_for(forger, kind):
    header, payload = parts(made_of(kind, forger))
    assert json.loads(header)["alg"] == "HS256"
    assert json.loads(payload)["aud"] == "ticker"


@pytest.mark.parametrize("kind", ["an unknown crit", "an empty crit", "a wrong typ"])
def test_bad_headers_have_a_good_signature(forger, kind):
    token = forged(kind, forger)
    assert signed_by(forger, forger.key, token)
    assert json.loads(parts(token)[0]) != forger.header()


@pytest.mark.parametrize(
    ("kind", "use"),
    [("the right key under another kid", "sig"), ("the set's key for encryption", "enc")],
)
def test_a_key_of_the_set_that_is_not_the_one(forger, kind, use):
    if forger.algorithm == "HS256":
        pytest.skip("there is a secret, and no key set")
    token = made_of(kind, forger)
    key = forger.key if use == "sig" else encryption_key(forger.algorithm)
    assert signed_by(forger, key, token)
    keys = published_key_set(forger.key, forger.algorithm, "qaws-1")["keys"]
    (named,) = [each for each in keys if each["kid"] == json.loads(parts(token)[0])["kid"]]
    assert named["kid"] != "qaws-1"
    assert named["use"] == use
    assert json.loads(parts(token)[1])["jti"] == MARKER


@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE"])
def test_the_algorithm_none_needs_no_signature(forger, spelling):
    token = forged(f"algorithm {spelling}", forger)
    assert token.endswith(".")
    assert json.loads(parts(token)[0])["alg"] == spelling


def test_each_recipe_is_that_of_a_row_that_says_nothing_itself():
    assert set(RECIPES) == {name for name, row in TOKENS.rows.items() if not row.is_spelled}


def test_long_tokens_are_long(forger):
    assert all(len(token) >= 100_000 for k, token in made(forger) if k.startswith("100 kB"))
    others = [token for kind, token in made(forger) if not kind.startswith("100 kB")]
    assert max(map(len, others)) < 8192


def made(forger):
    others = NOT_OF.get(forger.algorithm, ())
    return [(kind, forged(kind, forger)) for kind in KINDS if kind not in others]


def test_the_lure_serves_the_strangers_keys_and_notes_who_came(forger):
    header = json.loads(parts(forged("its own key set at a jku URL", forger))[0])
    client = jwt.PyJWKClient(header["jku"])
    assert client.get_signing_key(STRANGE_KEY_ID).key_id == STRANGE_KEY_ID
    assert forger.callbacks.fetched[-1] == "/keys.json"


def test_an_unknown_kind_names_those_that_there_are(forger):
    with pytest.raises(Broken, match='no forged token "a lie"; known are algorithm none, '):
        forged("a lie", forger)


def test_without_an_issuer_there_is_no_wrong_one(tmp_path):
    tokens = Tokens(Auth(generate_key=True, audience="ticker"), tmp_path)
    with pytest.raises(Broken, match=r"\[auth\] has no issuer, so that no token can have a wrong"):
        forged("a wrong issuer", Forger(tokens, callback_server_for("RS256")))


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("the issuer in letters of the other case", {"issuer": "4711", "audience": "ticker"}),
        ("the audience in letters of the other case", {"issuer": "qaws", "audience": "0815"}),
    ],
)
def test_a_name_without_letters_has_no_other_case(tmp_path, kind, named):
    """The token would be a good one, and a service that takes it is right."""
    tokens = Tokens(Auth(generate_key=True, **named), tmp_path)
    with pytest.raises(NotVerified, match="has no letters that could be capitals or small ones"):
        forged(kind, Forger(tokens, callback_server_for("RS256")))

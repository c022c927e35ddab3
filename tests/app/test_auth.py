"""Tokens."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.datastructures import Headers

from app.auth import AuthenticationError, TokenVerifier, bearer_token
from app.jwks import KeySet
from tests.app.harness import AUDIENCE, ISSUER, Issuer


@pytest.fixture(scope="module")
def verifier(issuer: Issuer) -> TokenVerifier:
    keys = KeySet(str(issuer.jwks), ["RS256"])
    return TokenVerifier(keys, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE)


def refused(verifier: TokenVerifier, token: str | None) -> bool:
    with pytest.raises(AuthenticationError) as caught:
        verifier.verify(token)
    assert str(caught.value) == "Authentication required"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return True


def segment(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_good_token(issuer: Issuer, verifier: TokenVerifier) -> None:
    exp = int(time.time()) + 60
    claims = verifier.verify(issuer.token(sub="bob", exp=exp))
    assert (claims.sub, claims.exp) == ("bob", exp)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"nbf": int(time.time()) + 86_400},
        {"sub": None},
        {"sub": ""},
        {"sub": " "},
        {"sub": 7},
        {"iss": None},
        {"iss": "other"},
        {"iss": ISSUER[:-1]},
        {"iss": [ISSUER]},
        {"aud": None},
        {"aud": "other"},
        {"aud": AUDIENCE + "x"},
        {"aud": [AUDIENCE]},
    ],
    ids=str,
)
def test_bad_claims(issuer: Issuer, verifier: TokenVerifier, claims: dict[str, Any]) -> None:
    assert refused(verifier, issuer.token(**claims))


@pytest.mark.parametrize(
    "header",
    [{"kid": "k2"}, {"typ": "at+jwt"}, {"crit": ["x"], "x": 1}, {"crit": ["b64"], "b64": True}],
    ids=str,
)
def test_bad_headers(issuer: Issuer, verifier: TokenVerifier, header: dict[str, Any]) -> None:
    assert refused(verifier, issuer.token(headers=header))


def test_a_token_needs_a_key_id(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert refused(verifier, jwt.encode(issuer.claims(), issuer.key, "RS256"))


@pytest.mark.parametrize("token", [None, "", "x", "..", "a.b.c", "e30.e30.", "é.é.é", "." * 9999])
def test_garbage(verifier: TokenVerifier, token: str | None) -> None:
    assert refused(verifier, token)


def test_nothing_but_the_three_parts(issuer: Issuer, verifier: TokenVerifier) -> None:
    token = issuer.token()
    assert refused(verifier, f"{token[:-20]}!!~~{token[-20:]}")
    assert refused(verifier, f" {token}")
    assert refused(verifier, f"{token}\n")
    assert refused(verifier, issuer.token(filler="x" * 8192))


def test_whatever_goes_wrong_is_a_refusal(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(self: TokenVerifier, header: object) -> None:
        raise AttributeError(issuer.token())

    monkeypatch.setattr(TokenVerifier, "_key_for", stumble)
    assert refused(verifier, issuer.token())


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_unsigned(issuer: Issuer, verifier: TokenVerifier, alg: str) -> None:
    header = segment({"alg": alg, "typ": "JWT", "kid": "k1"})
    assert refused(verifier, f"{header}.{segment(issuer.claims())}.")


def test_hmac_with_the_public_key(issuer: Issuer, verifier: TokenVerifier) -> None:
    public = issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = segment({"alg": "HS256", "typ": "JWT", "kid": "k1"})
    signed = f"{header}.{segment(issuer.claims())}"
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    assert refused(verifier, f"{signed}.{signature}")


def test_another_key_and_another_algorithm(issuer: Issuer, verifier: TokenVerifier) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    headers = {"kid": "k1"}
    assert refused(verifier, jwt.encode(issuer.claims(), other, "RS256", headers=headers))
    assert refused(verifier, jwt.encode(issuer.claims(), issuer.key, "RS512", headers=headers))


def test_an_altered_payload(issuer: Issuer, verifier: TokenVerifier) -> None:
    header, _, signature = issuer.token().split(".")
    assert refused(verifier, f"{header}.{segment(issuer.claims(sub='mallory'))}.{signature}")


@pytest.mark.parametrize(
    ("path", "authorization", "token"),
    [
        ("/ws/ticks?token=abc", [], "abc"),
        ("/ws/ticks", ["Bearer abc"], "abc"),
        ("/ws/ticks", ["bearer abc"], "abc"),
        ("/ws/ticks", [], None),
        ("/ws/ticks?token=", [], None),
        ("/ws/ticks", ["Basic abc"], None),
        ("/ws/ticks", ["Bearer"], None),
        ("/ws/ticks?token=a&token=b", [], None),
        ("/ws/ticks?token=a", ["Bearer b"], None),
        ("/ws/ticks", ["Bearer a", "Bearer b"], None),
    ],
)
def test_where_the_token_is(path: str, authorization: list[str], token: str | None) -> None:
    headers = Headers([("Authorization", value) for value in authorization])
    assert bearer_token(path, headers) == token


def test_a_claim_says_what_the_bearer_may_see(issuer: Issuer) -> None:
    keys = KeySet(str(issuer.jwks), ["RS256"])
    verifier = TokenVerifier(
        keys,
        algorithms=["RS256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        entitlement_claim="symbols",
    )
    assert verifier.verify(issuer.token()).symbols is None
    assert verifier.verify(issuer.token(symbols=["NIFTY"])).symbols == frozenset({"NIFTY"})
    assert verifier.verify(issuer.token(symbols=[])).symbols == frozenset()
    for wrong in ("NIFTY", [1], [""], {"NIFTY": 1}):
        assert refused(verifier, issuer.token(symbols=wrong))


def test_without_a_setting_the_claim_means_nothing(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert verifier.verify(issuer.token(symbols=["NIFTY"])).symbols is None

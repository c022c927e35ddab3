"""Signatures by private keys, held against published ones and against who verifies them."""

import base64

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qaws.protocol.private_keys import KeyEncoding, NoKey
from qaws.protocol.signing import Signature, times

SEED = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
"""Of the second test of RFC 8032, section 7.1."""
RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())


def pem(key, form=PrivateFormat.PKCS8):
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def der(key):
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_ed25519_is_that_of_rfc_8032():
    seed = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SEED))
    written: dict[KeyEncoding, str] = {
        "hex": SEED,
        "base64": base64.b64encode(bytes.fromhex(SEED + PUBLIC)).decode(),
    }
    written["text"] = pem(seed)
    for encoding, key in written.items():
        signature = Signature(over="r", key="{k}", algorithm="ed25519", key_encoding=encoding)
        assert signature.of({"k": key}) == (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        )


@pytest.mark.parametrize(
    ("hash_", "chosen"), [("sha256", hashes.SHA256), ("sha512", hashes.SHA512)]
)
def test_rsa_is_the_same_each_time_but_for_pss(hash_, chosen):
    names = {"k": base64.b64encode(der(RSA)).decode(), "t": 7}
    made = {}
    for algorithm in ("rsa-pkcs1v15", "rsa-pss"):
        signature = Signature(
            over="{t}GET",
            key="{k}",
            key_encoding="base64",
            algorithm=algorithm,
            hash=hash_,
            encoding="raw",
        )
        made[algorithm] = signature.of(names), signature.of(names)
    once, again = made["rsa-pkcs1v15"]
    assert isinstance(once, bytes)
    assert once == again
    RSA.public_key().verify(once, b"7GET", padding.PKCS1v15(), chosen())
    once, again = made["rsa-pss"]
    assert isinstance(once, bytes)
    assert once != again
    pss = padding.PSS(padding.MGF1(chosen()), chosen.digest_size)
    RSA.public_key().verify(once, b"7GET", pss, chosen())


def test_ecdsa_is_written_in_both_ways():
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        names = {"k": pem(P256, form).replace("\n", "\\n")}  # as variables hold it in one line
        sign = Signature(over="x", key="{k}", algorithm="ecdsa-der", encoding="raw")
        made = sign.of(names)
        assert isinstance(made, bytes)
        P256.public_key().verify(made, b"x", ec.ECDSA(hashes.SHA256()))
        assert len(Signature(over="x", key="{k}", algorithm="ecdsa").of(names)) == 128


@pytest.mark.parametrize(
    ("algorithm", "hash_", "key", "alg"),
    [
        ("ecdsa", "sha256", P256, "ES256"),
        ("ecdsa", "sha512", ec.generate_private_key(ec.SECP521R1()), "ES512"),
        ("rsa-pkcs1v15", "sha256", RSA, "RS256"),
        ("rsa-pss", "sha384", RSA, "PS384"),
        ("ed25519", "sha256", ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
)
def test_a_jwt_is_one_that_others_verify(algorithm, hash_, key, alg):
    signature = Signature(
        claims={"iss": "cdp", "sub": "{user}", "nbf": "{now_s}", "exp": "{expires_s}"},
        header={"kid": "{user}", "nonce": "{nonce}"},
        key="{k}",
        algorithm=algorithm,
        hash=hash_,
    )
    names = {"k": pem(key), "user": "organizations/1/apiKeys/2", **times(120)}
    token = signature.of(names)
    claims = jwt.decode(token, key.public_key(), algorithms=[alg])
    assert claims["sub"] == "organizations/1/apiKeys/2"
    assert claims["exp"] - claims["nbf"] == 120
    header = {"alg": alg, "typ": "JWT", "kid": names["user"], "nonce": names["nonce"]}
    assert jwt.get_unverified_header(token) == header


@pytest.mark.parametrize(
    ("algorithm", "key", "words", "further"),
    [
        ("ed25519", "hunter2", "is no PEM without a password", {}),
        ("ed25519", "hunter2!", "is no base64", {"key_encoding": "base64"}),
        ("ed25519", pem(P256), "is none of ed25519", {}),
        ("ecdsa", pem(RSA), "is none of ecdsa", {}),
        ("rsa-pss", SEED, "is no private key in DER", {"key_encoding": "hex"}),
        ("ed25519", SEED + SEED, "second half of the key", {"key_encoding": "hex"}),
    ],
)
def test_what_is_no_such_key_is_named_and_not_shown(algorithm, key, words, further):
    signature = Signature(over="x", key="{k}", algorithm=algorithm, **further)
    with pytest.raises(NoKey, match=words) as caught:
        signature.of({"k": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("curve", "words"),
    [(ec.SECP256K1(), "secp256k1, which no JWT"), (ec.SECP384R1(), "sha256 goes with another")],
)
def test_a_jwt_is_signed_on_the_curve_of_its_algorithm(curve, words):
    key = pem(ec.generate_private_key(curve))
    with pytest.raises(NoKey, match=words):
        Signature(claims={}, key="{k}", algorithm="ecdsa").of({"k": key})


def test_another_seed_signs_otherwise_so_that_a_wrong_key_can_be_shown():
    signature = Signature(over="x", key="{k}", algorithm="ed25519", key_encoding="hex")
    assert signature.of({"k": SEED}) != signature.of({"k": "5" + SEED[1:]})

"""Signatures, held against what is published of them."""

import base64
import hashlib
import hmac

import pytest

from qaws.protocol.private_keys import NoKey
from qaws.protocol.signing import Signature, lacking, signed, times


@pytest.mark.parametrize(
    ("hash_", "said"),
    [
        ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            "sha384",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
            "8e2240ca5e69e2c78b3239ecfab21649",
        ),
        (
            "sha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ],
)
def test_hashes_are_those_of_rfc_4231(hash_, said):
    signature = Signature(over="what do ya want {what}?", key="{key}", hash=hash_)
    assert signature.of({"what": "for nothing", "key": "Jefe"}) == said


def test_a_first_message_is_signed_as_a_venue_has_published_it():
    # docs.bitvavo.com, authentication of the WebSocket API
    signature = Signature(over="{now_ms}GET/v2/websocket", key="{secret}")
    assert signature.of({"now_ms": 1548175200641, "secret": "bitvavo"}) == (
        "653fc0505431c63a043273da4bd2f0927eae83948d796084f313e5d1131b0d6f"
    )


def test_a_digest_as_bytes_may_stand_in_what_is_signed():
    # docs.kraken.com, authentication of the REST API
    signatures = {
        "inner": Signature(over="{now_ms}{body}", encoding="raw"),
        "signature": Signature(
            over="{path}{inner}",
            key="{secret}",
            hash="sha512",
            encoding="base64",
            key_encoding="base64",
        ),
    }
    names = {
        "now_ms": 1616492376594,
        "body": "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
        "path": "/0/private/AddOrder",
        "secret": "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5"
        "nE9qa99HAZtuZuj6F1huXg==",
    }
    assert signed(signatures, names)["signature"] == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


def test_how_a_signature_and_its_key_are_written():
    key, message = bytes(range(250, 256)) + bytes(3), b"a\nb"
    made = hmac.digest(key, message, hashlib.sha256)
    names = {"hex": key.hex(), "b64": base64.b64encode(key).decode()}
    for written in ("hex", "base64", "base64url"):
        signature = Signature(over="a\nb", key="{hex}", key_encoding="hex", encoding=written)
        assert (
            signature.of(names)
            == {
                "hex": made.hex(),
                "base64": base64.b64encode(made).decode(),
                "base64url": base64.urlsafe_b64encode(made).decode(),
            }[written]
        )
    for text in (names["b64"], names["b64"].rstrip("="), names["b64"].replace("+", "-")):
        signature = Signature(over="a\nb", key="{k}", key_encoding="base64", encoding="raw")
        assert signature.of({"k": text}) == made


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_key_that_is_not_written_so_is_named_and_not_shown(encoding):
    signatures = {"signature": Signature(over="x", key="{key}", key_encoding=encoding)}
    with pytest.raises(NoKey, match=f"^sign.signature: what is to be the key is no {encoding}$"):
        signed(signatures, {"key": "hunter2!hunter2"})


def test_without_a_token_what_is_signed_with_it_is_lacking_and_what_names_that():
    signatures = {
        "ours": Signature(over="{now_s}", key="{secret}"),
        "theirs": Signature(over="{now_s}", key="{password}"),
        "both": Signature(over="{theirs}", key="{secret}"),
    }
    assert lacking(signatures, ["token", "password"]) == ["theirs", "both"]


def test_instants_are_one_and_the_same_in_every_form():
    found = times(7.5, 1_607_418_537_715_000_999)
    nonce = found.pop("nonce")
    assert found == {
        "now_s": 1607418537,
        "now_ms": 1607418537715,
        "now_us": 1607418537715000,
        "now_iso": "2020-12-08T09:08:57.715Z",
        "now_iso_s": "2020-12-08T09:08:57",
        "expires_s": 1607418545,
        "expires_ms": 1607418545215,
    }
    assert nonce != times()["nonce"]

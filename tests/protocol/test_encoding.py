"""Binary messages, and the JSON text that they mean."""

import json
import struct
import zlib
from decimal import Decimal
from pathlib import Path

import pytest

from qaws.protocol.dialect_table import EncodingTable
from qaws.protocol.encoding import BUILT_IN, LARGEST, TEXT, Encoding, NoDecoder, Undecodable
from tests.services.dialects import encoded

FRAMED = Path(__file__).resolve().parents[1] / "services/dialects/framed.py"


def message_of(name, text):
    return encoded.ENCODERS[name](text)


TICK = {
    "type": "tick",
    "symbol": "M&M 日経",
    "price": 23456.75,
    "zero": -0.0,
    "tiny": 5e-324,
    "token": (1 << 53) + 1,
    "greeks": {"delta": 0.5, "none": None},
    "list": [True, False, 1, "a"],
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_a_message_means_is_kept_digit_for_digit(name):
    text = json.dumps(TICK)
    decoded = Encoding(name).decoded(message_of(name, text))
    assert json.loads(decoded, parse_float=Decimal) == json.loads(text, parse_float=Decimal)
    assert b"-0.0" in decoded


def test_a_price_of_32_bits_has_other_digits():
    message = b"\x81\xa1p\xca" + struct.pack(">f", 23456.1)
    assert json.loads(Encoding("msgpack").decoded(message)) == {"p": 23456.099609375}


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_no_such_message_is_told_with_its_size(name):
    with pytest.raises(Undecodable, match=r"^is a binary message of 3 bytes that is no \w+: "):
        Encoding(name).decoded(b"\xc1\xff\xff")


@pytest.mark.parametrize("name", ["gzip", "zlib", "deflate"])
def test_what_stands_behind_a_compressed_message_is_told(name):
    with pytest.raises(Undecodable, match="4 bytes stand behind its end"):
        Encoding(name).decoded(message_of(name, "{}") + b"more")


@pytest.mark.parametrize("name", ["gzip", "zlib", "deflate"])
def test_a_message_means_a_bounded_text(name):
    whole = message_of(name, " " * (LARGEST + 1))
    with pytest.raises(Undecodable, match="it is more than 16,777,216 bytes when inflated"):
        Encoding(name).decoded(whole)


@pytest.mark.parametrize("name", ["gzip", "zlib", "deflate"])
def test_half_a_compressed_message_is_none(name):
    whole = message_of(name, json.dumps(TICK))
    with pytest.raises(Undecodable, match="it ends in the middle"):
        Encoding(name).decoded(whole[: len(whole) // 2])


def test_a_flushed_message_of_deflate_is_whole():
    encoder = zlib.compressobj(wbits=-15)
    data = encoder.compress(b'{"a": 1}') + encoder.flush(zlib.Z_SYNC_FLUSH)
    assert Encoding("deflate").decoded(data) == b'{"a": 1}'


def test_a_file_decodes():
    decode = Encoding("framed.py", source=FRAMED.read_text("utf-8")).decoded
    assert (
        decode(message_of("framed", '{"p": 1.10}') + message_of("framed", "[2]"))
        == b'[{"p":1.10},[2]]'
    )
    with pytest.raises(Undecodable, match=r"of 2 bytes that is no framed.py: error: "):
        decode(b"\0\0")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def decode(", r"^ticks\.py: SyntaxError: "),
        ("import nowhere_to_be_found", r"^ticks\.py: ModuleNotFoundError: No module named"),
        ("decode = 7", r"^ticks\.py: has no function decode\(message\)"),
        ("", r"^ticks\.py: has no function decode\(message\)"),
    ],
)
def test_a_file_that_is_no_decoder_is_named(source, words):
    with pytest.raises(NoDecoder, match=words):
        Encoding("ticks.py", source=source)


def test_text_is_text():
    table = EncodingTable()
    assert table.made("") is TEXT
    assert not TEXT.reads_binary
    assert TEXT.wire("{}") == "{}"
    with pytest.raises(Undecodable, match=r"^is binary, not text$"):
        TEXT.decoded(b"{}")


def test_clients_may_send_binary_messages():
    encoding = EncodingTable(received="binary", sent="binary").made("")
    assert encoding.wire("{}") == b"{}"
    assert str(encoding) == (
        "binary messages of the service are read as binary, clients send JSON in binary messages"
    )


def test_an_unknown_encoding_is_told_what_there_is():
    with pytest.raises(
        ValueError, match="'protobuf' is none of text, binary, msgpack, gzip, zlib, deflate, nor"
    ):
        EncodingTable(received="protobuf")
